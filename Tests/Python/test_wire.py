"""The worker's side of the wire, against schedulers that the test plays, and real ones that encrypt."""

import asyncio
import os
import pathlib
import select
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import unittest.mock
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Cluster"))
from wire import ACCEPTING
from wire import Connection as PlayedConnection

from support import Worker, eventually
from task_scheduler._protos import outcome_pb2, scheduler_pb2, wire_pb2
from task_scheduler.wire.connection import Connection, connect
from task_scheduler.wire.keys import LinkKeys
from task_scheduler.wire.security import Security, has_pre_shared_keys

TYPES = {"task_scheduler.wire.Frame": wire_pb2.Frame}
SECRET = "a secret of the whole cluster"


class PlayedScheduler:
    """Accepts workers, one at a time, and keeps what they say."""

    def __init__(self, **tenure):
        """tenure: which store it has, `store` and `term`, where others stand by for that."""
        self.tenure = tenure
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.connection, self.attached, self.said = None, [], []
        self.credit = 0
        """What it may hand out in all."""
        self.reports = {}

    def accept(self):
        if self.connection:
            self.connection.socket.close()
        accepted, _ = self.listener.accept()
        accepted.settimeout(10)
        try:
            self.connection = PlayedConnection(accepted, TYPES, "scheduler", side=ACCEPTING, **self.tenure)
        except EOFError:
            accepted.close()
            raise
        self.call = self.connection.expect("open").call
        self.credit = 0
        self.listen_once()
        return self

    def listen_once(self):
        kind, body = self.connection.receive()
        if kind != "item":
            return kind
        message = scheduler_pb2.WorkerMessage.FromString(body.payload)
        self.said.append(message)
        if message.HasField("attach"):
            self.attached.append(message.attach)
        if message.HasField("credit_limit"):
            if message.credit_limit < self.credit:
                # Nothing waits here: what was handed out has been sent.
                self.send(credit_limit=message.credit_limit)
            self.credit = message.credit_limit
        for report in message.outcomes:
            self.reports[report.lease] = report
        return kind

    def until(self, condition):
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline, f"not within 10 s; {self.said}"
            self.listen_once()

    def send(self, **message):
        self.connection.send(item=dict(call=self.call, payload=scheduler_pb2.SchedulerMessage(**message).SerializeToString()))

    def dispatch(self, lease, task, arguments='{"args":["x"],"kwargs":{}}', lease_ms=60_000):
        return scheduler_pb2.Dispatch(
            lease=lease, id=uuid.uuid4().bytes, scheduled_at=1_800_000_000, attempt=1, lease_ms=lease_ms, task=task, arguments=arguments.encode())

    def rest(self):
        """Listens no more, until it goes on."""
        self.listener.close()

    def go_on(self):
        host, port = self.address.rsplit(":", 1)
        self.listener = socket.create_server((host, int(port)))

    def close(self):
        if self.connection:
            self.connection.socket.close()
        self.listener.close()


class Played(unittest.TestCase):
    def setUp(self):
        before = os.environ.get("CLUSTER_SECRET")
        os.environ["CLUSTER_SECRET"] = SECRET
        self.addCleanup(lambda: os.environ.update(CLUSTER_SECRET=before) if before else os.environ.pop("CLUSTER_SECRET"))

    def played(self, *options, count=1):
        schedulers = [PlayedScheduler() for _ in range(count)]
        for each in schedulers:
            self.addCleanup(each.close)
        worker = Worker("q", "--schedulers", ",".join(each.address for each in schedulers), *options, wait=False)
        self.addCleanup(worker.close)
        return worker, *(each.accept() for each in schedulers)

    def test_revoked_coroutines_are_cancelled_and_recalled_ones_go_on(self):
        worker, scheduler = self.played("--concurrency", "4")
        waiting = '{"args":["x",0.5],"kwargs":{}}'
        scheduler.send(dispatches=[scheduler.dispatch(lease, "sample.waits", waiting) for lease in (1, 2)])
        eventually(lambda: len(worker.log()) == 2, worker.said)
        scheduler.send(revoked=[1], recalled=[2])
        scheduler.until(lambda: {1, 2} <= set(scheduler.reports))
        self.assertEqual(scheduler.reports[1].outcome, outcome_pb2.OUTCOME_RETRY)
        self.assertEqual(scheduler.reports[2].outcome, outcome_pb2.OUTCOME_DELIVERED)
        self.assertEqual(sorted(next(name for name in line if name in ("began", "cancelled", "ended")) for line in worker.log()), ["began", "began", "cancelled", "ended"])

    def test_tasks_extend_their_leases_and_say_how_far_they_are(self):
        worker, scheduler = self.played("--concurrency", "4")
        arguments = '{"args":["x",0.4,4],"kwargs":{}}'
        scheduler.send(dispatches=[
            scheduler.dispatch(1, "sample.goes_on", arguments, lease_ms=500), scheduler.dispatch(2, "sample.goes_on_in_a_thread", arguments, lease_ms=500)])
        answered = set()
        while not {1, 2} <= set(scheduler.reports):
            asked = [each for message in scheduler.said for each in message.extensions if each.id not in answered]
            for each in asked:
                self.assertEqual(each.for_ms, 400)
                self.assertEqual((len(each.lease.id), each.lease.scheduled_at), (16, 1_800_000_000))
            answered.update(each.id for each in asked)
            if asked:
                scheduler.send(extended=[scheduler_pb2.Extended(id=each.id, for_ms=600) for each in asked])
            scheduler.listen_once()
        self.assertEqual([scheduler.reports[lease].outcome for lease in (1, 2)], [outcome_pb2.OUTCOME_DELIVERED] * 2)
        self.assertEqual(len(answered), 8)
        heard = [each for message in scheduler.said for each in message.progress]
        self.assertTrue(heard and all(each.text.endswith(" of 4") and each.thousandths in (250, 500, 750, 1000) for each in heard))
        # The last of each second, of each.
        self.assertLessEqual(len(heard), 2 * 3)

    def test_what_the_scheduler_refuses_or_does_not_answer_is_no_extension(self):
        worker, scheduler = self.played("--concurrency", "4")
        scheduler.send(dispatches=[
            scheduler.dispatch(1, "sample.goes_on", '{"args":["refused",60,1],"kwargs":{}}'),
            scheduler.dispatch(2, "sample.goes_on_in_a_thread", '{"args":["silent",60,1],"kwargs":{}}', lease_ms=2_000),
            scheduler.dispatch(3, "sample.goes_on", '{"args":["long",3601,1],"kwargs":{}}')])
        scheduler.until(lambda: sum(len(message.extensions) for message in scheduler.said) == 2)
        asked = {each.lease.lease: each.id for message in scheduler.said for each in message.extensions}
        scheduler.send(extended=[scheduler_pb2.Extended(id=asked[1], refusal="no more")])
        scheduler.until(lambda: {1, 2, 3} <= set(scheduler.reports))
        self.assertEqual(scheduler.reports[2].outcome, outcome_pb2.OUTCOME_RETRY)
        self.assertIn("lease", scheduler.reports[2].detail)
        refused = {line["tag"]: line["refused"] for line in eventually(lambda: len(worker.log()) == 3 and worker.log(), worker.said)}
        self.assertIn("no more", refused["refused"])
        self.assertIn("the run has ended", refused["silent"])
        self.assertIn("3600", refused["long"])

    def test_an_extension_is_asked_for_again_after_a_reconnection_and_the_lease_is_said_with_its_time(self):
        worker, scheduler = self.played("--concurrency", "4")
        scheduler.send(dispatches=[scheduler.dispatch(1, "sample.goes_on", '{"args":["x",1.0,2],"kwargs":{}}')])
        scheduler.until(lambda: any(message.extensions for message in scheduler.said))
        scheduler.send(extended=[scheduler_pb2.Extended(id=scheduler.said[-1].extensions[0].id, for_ms=600_000)])
        scheduler.until(lambda: sum(len(message.extensions) for message in scheduler.said) == 2)
        scheduler.accept()
        lease, again = scheduler.attached[-1].running[0], [each for message in scheduler.said[-2:] for each in message.extensions][-1]
        self.assertTrue(590_000 < lease.left_ms <= 600_000 and 0 < lease.held_ms < 10_000, lease)
        self.assertEqual(again.lease.lease, 1)
        scheduler.send(extended=[scheduler_pb2.Extended(id=again.id, for_ms=600_000)])
        scheduler.until(lambda: 1 in scheduler.reports)
        self.assertEqual(scheduler.reports[1].outcome, outcome_pb2.OUTCOME_DELIVERED)

    def test_what_is_called_off_before_it_begins_is_unsent(self):
        # Two threads that are taken, and a third run that waits: more is sent than there is credit for.
        worker, scheduler = self.played("--concurrency", "2")
        scheduler.send(dispatches=[scheduler.dispatch(lease, "sample.sleeps", '{"args":["x",0.6],"kwargs":{}}') for lease in (1, 2, 3)])
        eventually(lambda: len(worker.log()) == 2, worker.said)
        scheduler.send(recalled=[3])
        scheduler.until(lambda: set(scheduler.reports) == {1, 2, 3})
        self.assertEqual([scheduler.reports[lease].outcome for lease in (1, 2, 3)], [outcome_pb2.OUTCOME_DELIVERED] * 2 + [outcome_pb2.OUTCOME_UNSENT])
        self.assertEqual(len([line for line in worker.log() if "began" in line]), 2)
        # It may have two more, beyond the three that it had.
        scheduler.until(lambda: scheduler.credit == 2 + 3)

    def test_short_runs_are_asked_for_ahead_and_given_back_when_a_long_one_holds_the_place(self):
        worker, scheduler = self.played("--concurrency", "1")
        self.assertEqual(scheduler.credit, 1)
        lease = 0
        while scheduler.credit - lease < 5:
            self.assertLess(lease, 400)
            lease += 1
            scheduler.send(dispatches=[scheduler.dispatch(lease, "nothing", '{"args":[],"kwargs":{}}')])
            scheduler.until(lambda: lease in scheduler.reports)
        ahead = scheduler.credit - lease
        scheduler.send(dispatches=[
            scheduler.dispatch(lease + 1, "sample.sleeps", '{"args":["long",1.0],"kwargs":{}}'),
            *(scheduler.dispatch(lease + 1 + each, "sample.agreet") for each in range(1, ahead))])
        scheduler.until(lambda: set(range(lease + 2, lease + 1 + ahead)) <= set(scheduler.reports))
        self.assertNotIn(lease + 1, scheduler.reports)
        given_back = [scheduler.reports[lease + 1 + each] for each in range(1, ahead)]
        self.assertEqual({(each.outcome, each.detail) for each in given_back}, {(outcome_pb2.OUTCOME_UNSENT, "no place became free in time")})
        self.assertEqual(scheduler.credit, lease + ahead)
        scheduler.until(lambda: lease + 1 in scheduler.reports)
        # Never more than one at once, and no more than one asked for now.
        scheduler.until(lambda: scheduler.credit == lease + ahead + 1)
        self.assertEqual([line for line in worker.log() if "said" in line], [])

    def test_a_lease_that_is_about_to_end_is_given_back_and_its_place_only_when_the_thread_is_free(self):
        worker, scheduler = self.played("--concurrency", "1")
        scheduler.send(dispatches=[scheduler.dispatch(1, "sample.sleeps", '{"args":["x",1.0],"kwargs":{}}', lease_ms=300)])
        scheduler.until(lambda: 1 in scheduler.reports)
        self.assertEqual((scheduler.reports[1].outcome, scheduler.reports[1].detail, scheduler.credit), (outcome_pb2.OUTCOME_RETRY, "the task did not end within its lease", 1))
        self.assertLess(scheduler.reports[1].duration_us, 900_000)
        scheduler.until(lambda: scheduler.credit == 2)
        self.assertTrue([line for line in worker.log() if "ended" in line])

    def test_what_was_not_acknowledged_is_said_again_with_what_runs(self):
        worker, scheduler = self.played("--concurrency", "4")
        scheduler.send(dispatches=[scheduler.dispatch(1, "sample.agreet"), scheduler.dispatch(2, "sample.waits", '{"args":["x",1.5],"kwargs":{}}')])
        scheduler.until(lambda: 1 in scheduler.reports)
        eventually(lambda: [line for line in worker.log() if "began" in line], worker.said)
        scheduler.connection.socket.close()
        scheduler.accept()
        again, attach = scheduler.said[-1], scheduler.attached[-1]
        self.assertEqual(([each.lease for each in again.outcomes], [each.lease for each in attach.running], again.credit_limit), ([1], [2], 3))
        self.assertEqual((attach.instance, attach.token), (scheduler.attached[0].instance, scheduler.attached[0].token))
        scheduler.send(acknowledged=[1])
        scheduler.until(lambda: 2 in scheduler.reports)
        scheduler.send(acknowledged=[2])
        worker.kill(15)
        scheduler.until(lambda: scheduler.said[-1].leaving)
        self.assertEqual(worker.ends(5), 0)

    def test_a_worker_that_stops_while_its_scheduler_is_away_tells_it_when_it_is_back(self):
        worker, scheduler = self.played("--concurrency", "1")
        scheduler.send(dispatches=[scheduler.dispatch(1, "sample.agreet")])
        scheduler.until(lambda: 1 in scheduler.reports)
        scheduler.connection.socket.close()
        worker.kill(15)
        scheduler.accept()
        last = scheduler.said[-1]
        if not last.leaving:
            # The signal came after it had announced itself.
            scheduler.until(lambda: scheduler.said[-1].leaving)
        self.assertIn(1, [each.lease for message in scheduler.said[-2:] for each in message.outcomes])
        scheduler.send(acknowledged=[1])
        self.assertEqual(worker.ends(5), 0)

    def test_outcomes_go_to_the_scheduler_that_they_came_from(self):
        worker, one, two = self.played("--concurrency", "5", count=2)
        self.together(lambda: {one.credit, two.credit} == {2, 3}, one, two)
        one.send(dispatches=[one.dispatch(7, "sample.agreet")])
        two.send(dispatches=[two.dispatch(7, "sample.rejects"), two.dispatch(8, "no.such")])
        one.until(lambda: 7 in one.reports)
        two.until(lambda: {7, 8} <= set(two.reports))
        self.assertEqual((one.reports[7].outcome, two.reports[7].outcome), (outcome_pb2.OUTCOME_DELIVERED, outcome_pb2.OUTCOME_REJECTED))
        self.assertEqual((two.reports[8].outcome, two.reports[8].detail), (outcome_pb2.OUTCOME_RETRY, "this worker has no task no.such"))

    def test_who_takes_a_store_over_is_told_what_runs_of_it_and_what_was_not_acknowledged(self):
        one, two = PlayedScheduler(store="s", term=1), PlayedScheduler(store="s", term=2)
        two.rest()
        for each in one, two:
            self.addCleanup(each.close)
        worker = Worker("q", "--schedulers", f"{one.address},{two.address}", "--concurrency", "4", wait=False)
        self.addCleanup(worker.close)
        one.accept()
        one.send(dispatches=[one.dispatch(1, "sample.agreet"), one.dispatch(2, "sample.waits", '{"args":["x",1.5],"kwargs":{}}')])
        one.until(lambda: 1 in one.reports)
        eventually(lambda: [line for line in worker.log() if "began" in line], worker.said)
        two.go_on()
        two.accept()
        again, attach = two.said[-1], two.attached[-1]
        self.assertEqual(([each.lease for each in again.outcomes], [each.lease for each in attach.running]), ([1], [2]))
        # At once, whatever the first might still hand out.
        two.until(lambda: two.credit == 3)
        # The one that had it before may stand still: it is left, and one that comes back with what it had is, too.
        with self.assertRaises(EOFError):
            while True:
                one.listen_once()
        with self.assertRaises(EOFError):
            one.accept()
        two.send(acknowledged=[1])
        two.until(lambda: 2 in two.reports)
        self.assertEqual(list(one.reports), [1])
        two.send(acknowledged=[2])
        worker.kill(15)
        two.until(lambda: two.said[-1].leaving)
        self.assertEqual(worker.ends(5), 0)

    def together(self, condition, *schedulers):
        deadline = time.monotonic() + 10
        while not condition():
            self.assertLess(time.monotonic(), deadline, [each.credit for each in schedulers])
            by_socket = {each.connection.socket: each for each in schedulers}
            for readable in select.select(list(by_socket), [], [], 0.1)[0]:
                by_socket[readable].listen_once()

    def test_places_go_to_the_scheduler_that_has_work_and_none_is_lost_with_a_stream(self):
        worker, one, two = self.played("--concurrency", "20", count=2)
        self.together(lambda: (one.credit, two.credit) == (10, 10), one, two)
        one.send(dispatches=[one.dispatch(lease, "sample.waits", '{"args":["x",30.0],"kwargs":{}}') for lease in range(10)])
        self.together(lambda: (one.credit, two.credit) == (16, 4), one, two)
        # It wants more, and has what the other does not use beyond its own few.
        two.send(dispatches=[two.dispatch(lease, "sample.waits", '{"args":["x",30.0],"kwargs":{}}') for lease in range(4)])
        self.together(lambda: (one.credit, two.credit) == (14, 6), one, two)
        two.connection.socket.close()
        self.together(lambda: one.credit == 16, one)
        one.send(revoked=list(range(10)))
        self.together(lambda: one.credit >= 10 + 16, one)

    def test_one_place_goes_round_between_schedulers(self):
        worker, one, two = self.played("--concurrency", "1", count=2)
        for each in (one, two, one, two):
            self.together(lambda: each.credit == 1, one, two)

    def test_what_one_scheduler_tells_it_to_be_it_is_to_all(self):
        worker, one, two = self.played("--concurrency", "8", count=2)
        self.together(lambda: (one.credit, two.credit) == (4, 4), one, two)
        one.send(controls=[scheduler_pb2.WorkerControl(id=1, action=scheduler_pb2.WorkerControl.ACTION_DRAIN)])
        self.together(lambda: (one.credit, two.credit) == (0, 0), one, two)
        self.together(lambda: one.said[-1].controlled or any(each.controlled for each in one.said), one, two)
        self.assertTrue(all(any(each.standing.draining for each in scheduler.said) for scheduler in (one, two)))

    def test_it_is_what_it_is_told_to_be_and_says_so(self):
        worker, scheduler = self.played("--concurrency", "2", "--max-concurrency", "6")
        self.assertEqual((scheduler.attached[0].controllable, scheduler.attached[0].max_concurrency), (True, 6))
        Control, answers = scheduler_pb2.WorkerControl, {}

        def tell(id, **control):
            scheduler.send(controls=[Control(id=id, **control)])
            scheduler.until(lambda: any(each.id == id for message in scheduler.said for each in message.controlled))
            said = next(message for message in scheduler.said if any(each.id == id for each in message.controlled))
            answers[id] = next(each.refusal for each in said.controlled if each.id == id)
            return said.standing

        standing = tell(1, action=Control.ACTION_CHANGE, concurrency=5, take_queues=["more"], drop_queues=["q"])
        self.assertEqual((list(standing.queues), standing.concurrency, standing.draining, scheduler.credit), (["more"], 5, False, 5))
        scheduler.send(dispatches=[scheduler.dispatch(each, "sample.waits", '{"args":["x",0.4],"kwargs":{}}') for each in (1, 2, 3)])
        # What is on its way when it becomes less is run all the same.
        standing = tell(2, action=Control.ACTION_CHANGE, concurrency=0)
        self.assertEqual((standing.concurrency, scheduler.credit), (2, 3))
        scheduler.until(lambda: len(scheduler.reports) == 3)
        scheduler.until(lambda: scheduler.credit == 3 + 2)
        self.assertTrue(tell(3, action=Control.ACTION_DRAIN).draining)
        self.assertEqual(scheduler.credit, 3)
        scheduler.connection.socket.close()
        scheduler.accept()
        self.assertEqual((scheduler.said[-1].standing.draining, scheduler.credit, list(scheduler.attached[-1].queues)), (True, 0, ["more"]))
        scheduler.send(acknowledged=[1, 2, 3])
        self.assertFalse(tell(4, action=Control.ACTION_RESUME).draining)
        scheduler.until(lambda: scheduler.credit == 2)
        for id, control, wanted in (
            (5, dict(action=Control.ACTION_CHANGE, concurrency=7), "concurrency must be 1 to 6"), (6, dict(action=99), "does not know action 99"),
            (7, dict(action=Control.ACTION_CHANGE, drop_queues=["more"]), "no queue"), (8, dict(action=Control.ACTION_CHANGE, take_queues=["a b"]), "name of a queue"),
            (9, dict(action=Control.ACTION_CHANGE, take_queues=[str(each) for each in range(256)]), "257 queues"),
        ):
            tell(id, **control)
            self.assertIn(wanted, answers.pop(id))
        self.assertEqual(set(answers.values()), {""})
        tell(10, action=Control.ACTION_SHUT_DOWN)
        self.assertEqual(worker.ends(5), 0)

    def test_frames_that_are_none_end_the_connection_and_not_the_worker(self):
        worker, scheduler = self.played()
        for bytes in (struct.pack(">I", 0), struct.pack(">I", (4 << 20) + 1), struct.pack(">I", 3) + b"\xff\xff\xff"):
            scheduler.connection.socket.sendall(bytes)
            with self.assertRaises(EOFError):
                while True:
                    scheduler.listen_once()
            scheduler.accept()
        scheduler.send(dispatches=[
            scheduler.dispatch(1, "sample.agreet", "[]"), scheduler.dispatch(2, "sample.agreet", "{"), scheduler.dispatch(3, "sample.agreet", "[" * 60_000),
            scheduler_pb2.Dispatch(lease=4, task="sample.agreet"), scheduler.dispatch(5, "sample.agreet")])
        scheduler.until(lambda: {1, 2, 3, 5} <= set(scheduler.reports))
        self.assertEqual([scheduler.reports[lease].outcome for lease in (1, 2, 3, 5)], [outcome_pb2.OUTCOME_REJECTED] * 3 + [outcome_pb2.OUTCOME_DELIVERED])
        self.assertNotIn(4, scheduler.reports)

    def test_more_than_a_window_flows(self):
        worker, scheduler = self.played("--concurrency", "100")
        granted = threading.Event()
        text = '{"args":["' + "x" * 60_000 + '"],"kwargs":{}}'
        sent = 0
        for start in range(0, 60, 10):
            message = scheduler_pb2.SchedulerMessage(dispatches=[scheduler.dispatch(start + each + 1, "sample.agreet", text) for each in range(10)]).SerializeToString()
            sent += len(message)
            scheduler.connection.send(item=dict(call=scheduler.call, payload=message))
        credit = 0
        while len(scheduler.reports) < 60:
            kind, body = scheduler.connection.receive()
            if kind == "credit":
                credit += body.bytes
                granted.set()
            else:
                for report in scheduler_pb2.WorkerMessage.FromString(body.payload).outcomes:
                    scheduler.reports[report.lease] = report
        self.assertTrue(granted.is_set() and sent - (1 << 19) <= credit <= sent)


class StoodStill(unittest.IsolatedAsyncioTestCase):
    """A worker whose process or machine was paused: here only its own account of when it last looked is set back."""

    class Stream:
        def __init__(self):
            self.payloads = []

        def opened(self):
            pass

        def received(self, payload):
            self.payloads.append(payload)

        def unblocked(self):
            pass

    async def asyncSetUp(self):
        self.scheduler = PlayedScheduler()
        self.addCleanup(self.scheduler.close)
        self.stream = self.Stream()
        host, port = self.scheduler.address.split(":")
        security = Security(LinkKeys.of(SECRET))
        with unittest.mock.patch.dict(os.environ, CLUSTER_SECRET=SECRET):
            accepting = asyncio.get_running_loop().run_in_executor(None, self.accept)
            self.connection = await connect(host, int(port), lambda: Connection(self.stream, security, "w", "1"), security, 3)
            await accepting
        self.connection._looked -= 60

    def accept(self):
        accepted, _ = self.scheduler.listener.accept()
        self.scheduler.connection = PlayedConnection(accepted, TYPES, "scheduler", side=ACCEPTING)
        self.scheduler.call = self.scheduler.connection.expect("open").call

    async def test_it_begins_nothing_of_a_connection_that_was_given_up_meanwhile(self):
        self.scheduler.send(dispatches=[self.scheduler.dispatch(1, "greet")])
        self.scheduler.connection.socket.close()
        await self.connection.ended
        self.assertEqual(self.stream.payloads, [])

    async def test_it_goes_on_with_one_that_stands(self):
        self.scheduler.send(dispatches=[self.scheduler.dispatch(1, "greet")])
        async with asyncio.timeout(5):
            while not self.stream.payloads:
                await asyncio.sleep(0.01)
        self.assertTrue(self.connection.is_open)
        self.connection.finish()


class Encrypted(unittest.TestCase):
    """Real schedulers of their own."""

    def setUp(self):
        programs = os.environ.get("STACK_PROGRAMS")
        if not programs:
            self.skipTest("there is no stack; see Tests/Python/run")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder, self.program = folder.name, f"{programs}/scheduler"

    def scheduler(self, **environment):
        output = open(f"{self.folder}/scheduler.log", "w+", encoding="utf-8")
        self.addCleanup(output.close)
        process = subprocess.Popen(
            [self.program], stdout=output, stderr=output,
            env={**os.environ, "SCHEDULER_LISTEN": "127.0.0.1:0", "SCHEDULER_STORE": f"sqlite:{self.folder}/store.db", "LOG_FORMAT": "text", **environment})
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)

        def address():
            with open(output.name, encoding="utf-8") as file:
                said = [line for line in file if "wire listening" in line]
            return said and said[0].split("address=")[1].split()[0]

        return eventually(address, lambda: pathlib.Path(output.name).read_text())

    def worker(self, address, wait=True, **environment):
        worker = Worker("q", "--schedulers", address, environment=environment, wait=wait)
        self.addCleanup(worker.close)
        return worker

    def test_the_secret_alone_encrypts_where_python_has_pre_shared_keys(self):
        environment = {"CLUSTER_SECRET": SECRET, "CLUSTER_TLS": "on"}
        address = self.scheduler(**environment)
        if has_pre_shared_keys():
            self.assertIn("taking occurrences", self.worker(address, **environment).said())
            plain = self.worker(address, wait=False, CLUSTER_SECRET=SECRET)
            eventually(lambda: "no scheduler to take" in plain.said(), plain.said)
            wrong = self.worker(address, wait=False, CLUSTER_SECRET=SECRET + "x", CLUSTER_TLS="on")
            eventually(lambda: "no scheduler to take" in wrong.said(), wrong.said)
            self.assertEqual(len(wrong.said().splitlines()), 1)
        else:
            worker = self.worker(address, wait=False, **environment)
            self.assertEqual((worker.ends(), "3.13 can" in worker.said()), (64, True))

    def test_certificates_encrypt_and_say_the_role(self):
        def openssl(*arguments):
            subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=self.folder)

        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca", "-days", "2")
        for role in ("scheduler", "worker"):
            pathlib.Path(f"{self.folder}/{role}.ext").write_text(f"subjectAltName=URI:urn:task-scheduler:{role},IP:127.0.0.1\n")
            openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{role}.key", "-out", f"{role}.csr", "-subj", f"/CN={role}")
            openssl("x509", "-req", "-in", f"{role}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", f"{role}.pem", "-days", "2", "-extfile", f"{role}.ext")

        def files(role):
            return {"CLUSTER_SECRET": SECRET, "TLS_CERT": f"{self.folder}/{role}.pem", "TLS_KEY": f"{self.folder}/{role}.key", "TLS_CA": f"{self.folder}/ca.pem"}

        address = self.scheduler(**files("scheduler"))
        self.assertIn("taking occurrences", self.worker(address, **files("worker")).said())
        # A scheduler's certificate makes no worker.
        other = self.worker(address, wait=False, **files("scheduler"))
        eventually(lambda: "no scheduler to take" in other.said(), other.said)
        self.assertNotIn("taking occurrences", other.said())
