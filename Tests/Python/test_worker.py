"""The worker, as a process beside a whole stack."""

import atexit
import os
import signal
import subprocess
import sys
import time
import unittest

from support import GATEWAY, StackTest, Worker, ask, eventually

import sample
from task_scheduler import NotFound, Options


class Runs(StackTest):
    """One worker for all of these, as none of them ends it."""

    @classmethod
    def setUpClass(cls):
        if not GATEWAY:
            raise unittest.SkipTest("there is no stack; see Tests/Python/run")
        cls.shared = Worker("runs", "--concurrency", "8")
        cls.addClassCleanup(cls.shared.close)

    def schedule(self, task, *args, options=None, **more):
        return self.scheduler.schedule(task, "", args, options=Options(queue="runs", **(options or {})), **more)

    def attempts(self, made, count):
        return eventually(
            lambda: (found := ask(f"/reminders/{made.id}/attempts")["attempts"]) and len(found) >= count and found[::-1],
            lambda: f"{count} attempts; {ask(f'/reminders/{made.id}')}; {self.shared.said()}")

    def noted(self, made):
        return [line for line in self.shared.log() if line["key"].startswith(made.id)]

    def test_functions_and_coroutines_run_with_their_arguments(self):
        for task, given in ((sample.greet, {"kwargs": {"greeting": "servus"}}), (sample.agreet, {"kwargs": {"greeting": "servus"}})):
            made = self.schedule(task, "Ada", **given)
            attempt, = self.attempts(made, 1)
            line, = self.noted(made)
            self.assertEqual((attempt["outcome"], line["said"], line["attempt"]), ("delivered", "servus Ada", 1))
            self.assertEqual(line["key"], f"{made.id}:{attempt['scheduled_at']}")
            self.assertTrue(self.scheduler.get(made).served)

    def test_a_series_runs_on_time_never_early(self):
        due = int(time.time()) + 2
        made = self.schedule(sample.agreet, "Ada", rrule_string="FREQ=SECONDLY;COUNT=3", trigger_at=due)
        attempts = self.attempts(made, 3)
        self.assertEqual([each["scheduled_at"] for each in attempts], [due, due + 1, due + 2])
        self.assertTrue(all(each["lateness_ms"] >= 0 for each in attempts))
        self.assertEqual(len(self.noted(made)), 3)

    def test_retry_waits_as_long_as_the_task_says(self):
        made = self.schedule(sample.fails_twice, "r")
        attempts = self.attempts(made, 3)
        self.assertEqual([(each["outcome"], each["number"]) for each in attempts], [("retry", 1), ("retry", 2), ("delivered", 3)])
        self.assertEqual(attempts[0]["detail"], "not yet")
        self.assertLess(attempts[2]["started_at_ms"] - attempts[0]["started_at_ms"], 2_000)

    def test_any_other_exception_is_a_failure_that_is_tried_again_and_tells_no_credential(self):
        credential = "Bearer abcdefghijklmnop"
        made = self.schedule(sample.fails, "f", options={"auth_header": credential})
        first, second = self.attempts(made, 2)[:2]
        self.assertEqual((first["outcome"], first["detail"]), ("retry", "ValueError: f went wrong with Bearer [redacted] in two lines"))
        self.assertGreaterEqual(second["started_at_ms"] - first["started_at_ms"], 500)
        self.scheduler.cancel(made)
        lines = [line for line in self.shared.said().splitlines() if made.id in line]
        self.assertTrue(lines and all(line.split()[1:5] == ["warning", "worker", "a", "task"] for line in lines), lines)
        self.assertNotIn("abcdefgh", self.shared.said())

    def test_what_a_task_returns_is_kept_and_may_be_waited_for(self):
        made = self.schedule(sample.counts, ["a", "bcd"])
        result = self.scheduler.result(made, wait=20)
        self.assertEqual((result.state, result.value, result.detail), ("done", {"count": 2, "longest": "bcd"}, ""))
        self.assertEqual(self.scheduler.result(made.id, scheduled_at=result.scheduled_at), result)
        again = self.scheduler.run(made)
        self.assertEqual(self.scheduler.result(again, wait=20).value, {"count": 2, "longest": "bcd"})
        self.assertIsNone(self.scheduler.result(self.schedule(sample.greet, "Ada"), wait=20).value)
        later = self.schedule(sample.counts, [], trigger_at=4_000_000_000)
        self.assertEqual(self.scheduler.result(later).state, "open")
        with self.assertRaises(NotFound):
            self.scheduler.result(later, scheduled_at=7)

    def test_a_result_that_cannot_be_kept_is_left_out_in_words_and_the_task_is_done(self):
        credential = "Bearer abcdefghijklmnop"
        for what, value, detail in (
            ("long", None, "the result, 65537 bytes of JSON, was not kept: 65536 are allowed"), ("fits", "x" * 65_534, ""),
            ("set", None, "cannot be written as JSON"), ("nan", None, "cannot be written as JSON"), ("said", ["Bearer [redacted]"], ""),
        ):
            with self.subTest(what):
                result = self.scheduler.result(self.schedule(sample.returns, what, options={"auth_header": credential}), wait=20)
                self.assertEqual((result.state, result.value, result.attempt["number"]), ("done", value, 1))
                self.assertIn(detail, result.detail)

    def test_reject_is_a_dead_letter_at_once(self):
        made = self.schedule(sample.rejects, "r")
        attempt, = self.attempts(made, 1)
        self.assertEqual((attempt["outcome"], attempt["detail"]), ("rejected", "never"))
        eventually(lambda: self.scheduler.get(made).dead == 1, "one dead letter")

    def test_arguments_that_do_not_fit_are_rejected_at_the_worker_too(self):
        made = self.scheduler.schedule("greet", "", ["Ada", "hi", "more"], options=Options(queue="runs"))
        attempt, = self.attempts(made, 1)
        self.assertEqual(attempt["outcome"], "rejected")
        self.assertIn("greet(name, greeting='hello') cannot be called with these arguments: too many positional", attempt["detail"])

    def test_cancel_schedule_ends_the_series_as_done(self):
        made = self.schedule(sample.ends_series, "e", rrule_string="FREQ=SECONDLY")
        self.assertEqual(self.attempts(made, 1)[0]["outcome"], "cancel_schedule")
        eventually(lambda: self.scheduler.get(made).next_fire_at is None, lambda: str(self.scheduler.get(made)))
        self.assertEqual(len(self.noted(made)), 1)

    def test_a_time_limit_cancels_a_coroutine_and_frees_its_place(self):
        made = self.schedule(sample.limited, "l")
        attempt, = self.attempts(made, 1)
        self.assertEqual(attempt["detail"], "the task did not end within its time limit of 0.3 s")
        self.assertGreaterEqual(attempt["duration_us"], 300_000)
        self.assertEqual([line.get("cancelled") for line in self.noted(made)], ["l"])

    def test_a_time_limit_is_seen_by_a_function_that_looks(self):
        made = self.schedule(sample.watches, "w")
        attempt, = self.attempts(made, 1)
        self.assertEqual(attempt["detail"], "the task did not end within its time limit of 0.3 s")
        eventually(lambda: [(line["cancelled"], line["left"]) for line in self.noted(made)] == [("w", 0.0)], self.shared.said)

    def test_the_fleet_s_list_shows_it(self):
        workers = [each for each in ask("/workers")["workers"] if each["queues"] == ["runs"] and each["state"] == "attached"]
        self.assertEqual([(each["concurrency"], "greet" in each["tasks"]) for each in workers], [(8, True)])


class Ends(StackTest):
    def many(self, count, task=sample.waits, seconds=0.02, **options):
        return [self.scheduler.schedule(task, "", [str(n), seconds], options=Options(queue=self.queue, **options)) for n in range(count)]

    def ended(self, worker):
        return {line["key"] for line in worker.log() if "ended" in line}

    def done(self, count):
        return [each for each in self.scheduler.list(queue=self.queue) if each.delivered] if count else []

    def all_delivered(self, made, why=""):
        eventually(lambda: len(self.done(True)) == len(made), lambda: f"{len(self.done(True))} of {len(made)} delivered {why}")

    def test_a_drained_worker_finishes_what_it_has_begun_and_leaves_the_rest(self):
        worker = self.worker("--concurrency", "4")
        made = self.many(12, sample.waits, 0.4) + self.many(4, sample.sleeps, 0.4)
        eventually(lambda: len([line for line in worker.log() if "began" in line]) >= 4, worker.said)
        worker.kill(signal.SIGTERM)
        self.assertEqual(worker.ends(), 0, worker.said())
        log = worker.log()
        self.assertEqual(len([line for line in log if "began" in line]), len([line for line in log if "ended" in line]))
        self.assertFalse([line for line in log if "cancelled" in line])
        self.assertLess(len(self.ended(worker)), len(made))
        other = self.worker("--concurrency", "16", log=worker.notes)
        self.all_delivered(made, other.said())
        # No crash: each was run once.
        self.assertEqual(len([line for line in worker.log() if "began" in line]), len(made))

    def test_an_operator_tells_it_to_serve_another_queue_and_to_end(self):
        worker = self.worker("--concurrency", "3")
        name = next(each["instance"] for each in ask("/workers")["workers"] if each["queues"] == [self.queue])
        self.assertEqual(ask(f"/workers/{name}", "PATCH", {"concurrency": 7, "take_queues": ["told"]})["worker"]["concurrency"], 7)
        made = self.scheduler.schedule(sample.greet, "", ["Ada"], options=Options(queue="told"))
        eventually(lambda: self.scheduler.get(made).delivered == 1, worker.said)
        ask(f"/workers/{name}/shut-down", "POST")
        self.assertEqual(worker.ends(), 0)

    def test_a_second_signal_ends_it_at_once(self):
        worker = self.worker()
        self.many(1, sample.waits, 30)
        eventually(worker.log, worker.said)
        worker.kill(signal.SIGINT)
        eventually(lambda: "stopping" in worker.said(), worker.said)
        worker.kill(signal.SIGINT)
        self.assertEqual(worker.ends(3), 130)

    def test_what_does_not_end_in_time_is_given_to_another(self):
        worker = self.worker("--drain", "300ms")
        made = self.many(1, sample.waits, 30) + self.many(1, sample.sleeps, 2)
        eventually(lambda: len(worker.log()) == 2, worker.said)
        worker.kill(signal.SIGTERM)
        self.assertEqual(worker.ends(3), 75, worker.said())
        attempts = [ask(f"/reminders/{each.id}/attempts")["attempts"] for each in made]
        self.assertTrue(all(each["outcome"] == "lease_lost" for found in attempts for each in found), attempts)
        other = self.worker(log=worker.notes)
        eventually(lambda: len([line for line in other.log() if "began" in line]) == 4, other.said)

    def test_killed_in_the_middle_nothing_is_lost(self):
        workers = [self.worker("--concurrency", "4"), None]
        workers[1] = self.worker("--concurrency", "4", log=workers[0].notes)
        made = self.many(60)
        eventually(lambda: len(self.ended(workers[0])) > 10, workers[0].said)
        workers[0].kill()
        workers[0].ends()
        self.all_delivered(made)
        log = workers[0].log()
        self.assertEqual({line["key"].split(":")[0] for line in log if "ended" in line}, {each.id for each in made})
        # A pair shares the queue, and only what the killed one had may have been begun twice.
        self.assertEqual(len({line["pid"] for line in log}), 2)
        twice = len([line for line in log if "began" in line]) - len(made)
        self.assertLessEqual(twice, 4 + 4)

    def test_a_wrong_secret_is_one_line(self):
        worker = self.worker(environment={"CLUSTER_SECRET": os.environ["CLUSTER_SECRET"] + "x"}, wait=False)
        eventually(lambda: "secret is another" in worker.said(), worker.said)
        time.sleep(0.5)
        self.assertEqual(len(worker.said().splitlines()), 1, worker.said())
        worker.kill(signal.SIGTERM)
        self.assertEqual(worker.ends(3), 0)
        worker = self.worker(environment={"CLUSTER_SECRET": ""}, wait=False)
        eventually(lambda: "this worker has none" in worker.said(), worker.said)

    def test_keys_of_the_role_alone_are_enough(self):
        environment = {**os.environ}
        line = subprocess.run(
            [os.environ["STACK_PROGRAMS"] + "/scheduler", "--derive-secret", "worker"], env=environment, capture_output=True, text=True, check=True)
        self.worker(environment={"CLUSTER_SECRET": line.stdout.strip()})

    def test_a_start_that_fails_is_one_line_and_a_code(self):
        for arguments, environment, code, wanted in (
            (["sample", "--queues", "a b"], {}, 64, 'WORKER_QUEUES was "a b"'), (["nothing.there"], {}, 1, "cannot be imported"),
            (["json"], {}, 64, "no task in json"),
        ):
            with self.subTest(wanted):
                done = subprocess.run(
                    [sys.executable, "-m", "task_scheduler", "worker", *arguments], capture_output=True, text=True, timeout=10,
                    env={**os.environ, "LOG_FORMAT": "text", **environment})
                self.assertEqual((done.returncode, len(done.stderr.splitlines())), (code, 1), done.stderr)
                self.assertIn(wanted, done.stderr)


class Scheduler(StackTest):
    """Puts another scheduler in the place of the stack's."""

    def start(self):
        process = subprocess.Popen(
            [os.environ["STACK_PROGRAMS"] + "/scheduler"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "SCHEDULER_LISTEN": os.environ["SCHEDULER_ENDPOINTS"]})
        # It stays for the tests of other files.
        atexit.register(lambda: (process.terminate(), process.wait()))

    def test_a_scheduler_that_is_killed_and_comes_back_loses_nothing(self):
        worker = self.worker("--concurrency", "4")
        made = [self.scheduler.schedule(sample.waits, "", [str(n), 0.05], options=Options(queue=self.queue)) for n in range(60)]
        eventually(lambda: len(worker.log()) > 20, worker.said)
        os.kill(int(os.environ["STACK_PIDS"].split()[2]), signal.SIGKILL)
        eventually(lambda: "no scheduler to take occurrences from" in worker.said(), worker.said)
        self.start()
        eventually(
            lambda: len([each for each in self.scheduler.list(queue=self.queue) if each.delivered]) == len(made), worker.said, seconds=40)
        log = worker.log()
        self.assertEqual({line["key"].split(":")[0] for line in log if "ended" in line}, {each.id for each in made})
        # The worker said what it ran and what it had done, so nothing was begun twice.
        self.assertEqual(len([line for line in log if "began" in line]), len(made))
        said = [line for line in worker.said().splitlines() if "no scheduler" in line]
        self.assertLess(len(said), 6, worker.said())
