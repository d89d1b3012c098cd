"""The client, against a gateway."""

import http.server
import os
import threading
import time
from datetime import datetime, timedelta, timezone

from support import StackTest, ask, eventually

import sample
from task_scheduler import Conflict, InvalidRequest, InvalidTask, NotAllowed, NotFound, Options, Refused, TaskScheduler, TooMany, Unavailable, task


class Client(StackTest):
    def options(self, **more):
        return Options(queue=self.queue, **more)

    def test_schedules_reads_lists_and_cancels(self):
        due = int(time.time()) + 3_600
        made = self.scheduler.schedule(
            sample.greet, "a greeting", ["Ada"], {"greeting": "good day"}, "FREQ=DAILY;COUNT=3", due, options=self.options(priority=7))
        self.assertEqual((made.next_fire_at, len(made.upcoming), made.warnings), (due, 3, ()))
        read = self.scheduler.get(made)
        self.assertEqual(
            (read.id, read.state, read.task, read.description, read.args, read.kwargs, read.queue, read.rrule, read.answer["priority"]),
            (made.id, "scheduled", "greet", "a greeting", ("Ada",), {"greeting": "good day"}, self.queue, "FREQ=DAILY;COUNT=3", 7))
        self.assertFalse(read.served)
        self.assertEqual([each.id for each in self.scheduler.list(queue=self.queue, state="scheduled", task=sample.greet)], [made.id])
        self.assertEqual(self.scheduler.cancel(made).state, "cancelled")
        self.assertEqual(self.scheduler.cancel(made.id).state, "cancelled")
        with self.assertRaisesRegex(Conflict, "cancelled"):
            self.scheduler.run(made)

    def test_lists_more_than_a_page_holds(self):
        made = [self.scheduler.schedule("greet", f"no. {number}", ["Ada"], trigger_at=4_000_000_000, options=self.options()).id for number in range(105)]
        self.assertEqual([each.id for each in self.scheduler.list(queue=self.queue)], made[::-1])

    def test_times_are_instants_never_early(self):
        zone = timezone(timedelta(hours=2))
        when = datetime(2100, 1, 1, 12, 0, 0, 1, tzinfo=zone)
        made = self.scheduler.schedule("greet", "", trigger_at=when, until=when + timedelta(days=2), rrule_string="FREQ=DAILY", options=self.options())
        self.assertEqual(made.next_fire_at, int(when.timestamp()) + 1)
        self.assertEqual(self.scheduler.get(made).answer["until"], int(when.timestamp()) + 2 * 86_400)
        for wrong in (datetime(2100, 1, 1), "tomorrow", True, float("nan")):
            with self.assertRaisesRegex(InvalidRequest, "trigger_at"):
                self.scheduler.schedule("greet", "", trigger_at=wrong)

    def test_the_same_key_is_one_reminder(self):
        key = f"key-{time.time()}"
        made = [self.scheduler.schedule("greet", "", trigger_at=4_000_000_000, idempotency_key=key).id for _ in range(2)]
        self.assertEqual(made[0], made[1])
        with self.assertRaises(Conflict):
            self.scheduler.schedule("greet", "another", trigger_at=4_000_000_000, idempotency_key=key)

    def test_arguments_are_checked_before_anything_is_sent(self):
        nowhere = TaskScheduler("http://127.0.0.1:9", timeout=0.2)
        deep = []
        for _ in range(40):
            deep = [deep]
        for args, kwargs, wanted in (
            ((), {}, "missing a required argument: 'name'"), (("Ada", "hi", 3), {}, "too many positional"),
            (("Ada",), {"nmae": 1}, "unexpected keyword argument 'nmae'"), ((object(),), {}, r"args\[0\] is a object"),
            (([{"a": {1: 2}}],), {}, r'args\[0\]\[0\]\["a"\] has the key 1'), ((float("nan"),), {}, "nan"), ((2**63,), {}, "64 bits"),
            (("x" * 70_000,), {}, "65536 are allowed"), ((deep,), {}, "nested more than"), (("\ud800",), {}, "surrogate"), ("Ada", {}, "must be a list"),
        ):
            with self.subTest(wanted), self.assertRaisesRegex(InvalidRequest, wanted):
                nowhere.schedule(sample.greet, "", args, kwargs)
        with self.assertRaisesRegex(InvalidTask, "decorate it"):
            nowhere.schedule(len, "")
        with self.assertRaisesRegex(Unavailable, "http://127.0.0.1:9 could not do it within 0.2 s: it cannot be connected to"):
            nowhere.schedule(sample.greet, "", ["Ada"])

    def test_what_the_gateway_refuses_says_where_and_why(self):
        with self.assertRaises(Refused) as refused:
            self.scheduler.schedule("greet", "", rrule_string="FREQ=NEVER", options=self.options(priority=12))
        self.assertEqual((refused.exception.status, {fault.place for fault in refused.exception.faults}), (422, {"/rrule", "/priority"}))
        self.assertIn("0 to 9", str(refused.exception))
        with self.assertRaises(NotFound):
            self.scheduler.get("01a209f0-c991-7612-8b71-e74fc5c3787b")
        with self.assertRaises(Refused):
            self.scheduler.get("../queues")

    def test_a_task_s_defaults_are_sent_and_options_win(self):
        @task(name="defaults", queue="elsewhere", priority=2, retry_for=90, max_attempts=4, expires_after=timedelta(minutes=5))
        def defaults():
            pass

        made = self.scheduler.schedule(defaults, "", trigger_at=4_000_000_000, options=self.options())
        answer = self.scheduler.get(made).answer
        self.assertEqual(
            [answer[name] for name in ("queue", "priority", "retry_for_seconds", "max_attempts", "expires_after_seconds")],
            [self.queue, 2, 90, 4, 300])

    def test_a_lost_answer_is_asked_for_again_and_leaves_one_reminder(self):
        """Between client and gateway: the first answers are thrown away."""
        gateway, lost = os.environ["GATEWAY_URL"], []

        class Relay(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                import urllib.request
                body = self.rfile.read(int(self.headers["Content-Length"]))
                request = urllib.request.Request(gateway + self.path, body, dict(self.headers))
                with urllib.request.urlopen(request) as answer:
                    content = answer.read()
                if len(lost) < 2:
                    lost.append(content)
                    self.close_connection = True
                    return
                self.send_response(201)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Relay)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        with TaskScheduler(f"http://127.0.0.1:{server.server_port}") as scheduler:
            scheduler.schedule("greet", "", ["Ada"], trigger_at=4_000_000_000, options=self.options())
        self.assertEqual(len(lost), 2)
        self.assertEqual(len(ask(f"/reminders?queue={self.queue}")["reminders"]), 1)

    def test_the_key_is_sent_and_refusals_have_their_types(self):
        answers = {"good": (404, {}), "unknown": (401, {}), "narrow": (403, {}), "hasty": (429, {"Retry-After": "7"}), "full": (429, {})}

        class Keyed(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                status, headers = answers[self.headers["Authorization"].removeprefix("Bearer ")]
                self.send_response(status)
                for name, value in {**headers, "Content-Length": "0"}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Keyed)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        for key, kind in (("good", NotFound), ("unknown", NotAllowed), ("narrow", NotAllowed), ("hasty", TooMany), ("full", TooMany)):
            with TaskScheduler(f"http://127.0.0.1:{server.server_port}", key) as scheduler, self.assertRaises(kind) as refused:
                scheduler.get("1")
            self.assertNotIn(key, str(refused.exception))
            if kind is TooMany:
                self.assertEqual(refused.exception.retry_after, 7.0 if key == "hasty" else None)

    def test_addresses_and_keys_that_would_give_secrets_away_are_refused(self):
        for url in ("http://tasks.example", "ftp://127.0.0.1", "127.0.0.1:5000", "http://user:secret@127.0.0.1:5000", "http://[::1"):
            with self.subTest(url), self.assertRaises((InvalidRequest, ValueError)):
                TaskScheduler(url)
        with self.assertRaisesRegex(InvalidRequest, "key"):
            TaskScheduler("http://127.0.0.1:5000", key="a\r\nb")
        TaskScheduler("http://tasks.example", allow_plain=True)

    def test_threads_and_forks_share_one_client(self):
        self.scheduler.schedule("greet", "", trigger_at=4_000_000_000, options=self.options())
        threads = [
            threading.Thread(target=lambda: self.scheduler.schedule("greet", "", trigger_at=4_000_000_000, options=self.options())) for _ in range(12)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        child = os.fork()
        if child == 0:
            try:
                self.scheduler.schedule("greet", "", trigger_at=4_000_000_000, options=self.options())
            finally:
                os._exit(0)
        self.scheduler.schedule("greet", "", trigger_at=4_000_000_000, options=self.options())
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        eventually(lambda: len(list(self.scheduler.list(queue=self.queue))) == 15, "15 reminders")
