"""Peers that speak the services' own protocol and do not keep to it, beside an ordinary caller: one that sends without an end to a call that nobody
made, fifty of another version that do not stop, and a worker that says of what others run that it is its own.
"""
import contextlib
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import uuid

from account import account
from cluster import Cluster, Layout
from load import Load
from measure import bound, lateness, percentile, resident_mebibytes

HERE = pathlib.Path(__file__).parent
PROTOS = HERE.parent.parent / "Shared" / "Protos"
# The protocol as another reader of its specification wrote it down.
sys.path.append(str(HERE.parent / "Cluster"))

RATE, SECONDS, LEAD_SECONDS = 40, 16, 4
ATTACK_SECONDS = 10
# What a scheduler may have more of than before: buffers of connections, and what it does for the ordinary caller meanwhile.
GROWTH_MEBIBYTES = 16
# How late one in a hundred of the caller's may be meanwhile: three times what two cores with five other programs at work showed; and where the
# backend is slow, what waits for its connections, too.
LATE_MILLISECONDS, LATE_BEHIND_SLOW_MILLISECONDS = 900, 3_400
REFUSED = 50
# Of refused peers so many lines a second are logged, and at the end one for what was left out.
LINES_PER_SECOND = 10
# A backend that answers so slowly that there is always something under way to be claimed.
SLOW_MILLISECONDS = (400, 1_000)
# Of so many occurrences, the latest, a worker claims each; it tries so many numbers of leases below and above its own.
CLAIMED, GUESSES = 100, 20
# When nothing has come for so long nothing more comes.
QUIET_SECONDS = 0.5
# It can take so many: more than the 512 of the one that works, as who can take the most is handed the next.
TAKEN = 540
# The scheduler is killed after so many connections of it.
RESTARTS_AFTER = 2


def types(folder):
    """The messages of the protocol, by their names."""
    from wire import messages

    path = pathlib.Path(folder) / "descriptors"
    names = ("wire", "outcome", "notifier", "scheduler")
    subprocess.run(["protoc", f"-I{PROTOS}", f"--descriptor_set_out={path}", *(f"{name}.proto" for name in names)], check=True)
    return messages(path)


def beside(programs, attack, answer_milliseconds=(0, 0), may_repeat=False):
    """A row in which `attack(cluster, types, load)` goes on beside an ordinary caller. It returns faults, and what there is to say.

    `may_repeat`: a process is killed meanwhile, so that something may come twice, and late."""
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout(programs, folder)
        layout.answer_milliseconds = answer_milliseconds
        with Cluster(layout) as cluster:
            load = Load(cluster.apis, RATE, SECONDS).start()
            time.sleep(LEAD_SECONDS)
            began, before = time.time(), resident_mebibytes(cluster["scheduler"])
            watch = Watch(cluster["scheduler"])
            problems, seen = attack(cluster, types(folder), load)
            most = watch.stop()
            load.join()
            row = account(cluster, [load], may_repeat=may_repeat)
            record = row["record"]
            late, before_it = (lateness(record, load.expected, **when) for when in ({"since": began}, {"until": began}))
            latest = bound(LATE_MILLISECONDS, before_it) if answer_milliseconds == (0, 0) else LATE_BEHIND_SLOW_MILLISECONDS
            row["problems"] += problems
            if most - before > GROWTH_MEBIBYTES:
                row["problems"].append(f"the scheduler grew from {before:.0f} to {most:.0f} MiB")
            if not may_repeat and percentile(late, 99) > latest:
                row["problems"].append(f"the caller's were {percentile(late, 99)} ms late, more than {latest:.0f}")
            row["seen"] = seen + [f"scheduler {before:.0f} MiB before, {most:.0f} at most; the caller's p99 {percentile(late, 99)} ms late"]
            return row


class Watch:
    """The most memory that a service is seen to have."""

    def __init__(self, service):
        self.service, self.most, self.ends = service, 0, threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        while not self.ends.wait(0.05):
            # It may be killed and started again meanwhile.
            with contextlib.suppress(AttributeError, FileNotFoundError):
                if self.service.runs:
                    self.most = max(self.most, resident_mebibytes(self.service))

    def stop(self):
        self.ends.set()
        self.thread.join()
        return self.most


def unknown_call(programs):
    """Frames of 1 MiB for a call that nobody has made, each sent with the half of the next: as much as goes through in ten seconds."""
    def attack(cluster, types, load):
        from wire import Connection

        sent, connections, end = 0, 0, time.monotonic() + ATTACK_SECONDS
        while time.monotonic() < end:
            peer = Connection.open(scheduler(cluster), types, role="gateway")
            connections += 1
            frame = peer.pack(peer.Frame(item=dict(call=999, payload=bytes(1 << 20))))
            frame = struct.pack(">I", len(frame)) + frame
            half = len(frame) // 2
            shifted = frame[half:] + frame[:half]
            try:
                peer.socket.sendall(frame[:half])
                while time.monotonic() < end:
                    peer.socket.sendall(shifted)
                    sent += len(shifted)
            except OSError:
                time.sleep(0.05)    # it was sent away
            finally:
                peer.socket.close()
        return [], [f"{sent / (1 << 30):.1f} GiB in {connections} connections"]

    return beside(programs, attack)


def wrong_version(programs):
    """Fifty connections whose first frame is of version 9, and zeros from then on; each comes again when it is sent away."""
    def attack(cluster, types, load):
        Frame = types["task_scheduler.wire.Frame"]
        hello = Frame(hello=dict(version_min=9, version_max=9, role="gateway", instance="later", build="later", nonce=bytes(32)))
        data = hello.SerializeToString()
        data = struct.pack(">I", len(data)) + data
        host, port = scheduler(cluster).rsplit(":", 1)
        counts, end, before = [0] * REFUSED, time.monotonic() + ATTACK_SECONDS, lines(cluster)

        def peer(number):
            zeros = bytes(64 << 10)
            while time.monotonic() < end:
                try:
                    with socket.create_connection((host, int(port)), timeout=5) as connection:
                        counts[number] += 1
                        connection.sendall(data)
                        while time.monotonic() < end:
                            connection.sendall(zeros)
                except OSError:
                    pass

        threads = [threading.Thread(target=peer, args=(number,)) for number in range(REFUSED)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        logged, most = lines(cluster) - before, LINES_PER_SECOND * (ATTACK_SECONDS + 2)
        problems = [f"{logged} lines were logged in {ATTACK_SECONDS} s"] if logged > most else []
        return problems, [f"{sum(counts)} connections refused, {logged} lines logged"]

    return beside(programs, attack)


def scheduler(cluster):
    return cluster["scheduler"].environment["SCHEDULER_LISTEN"]


def lines(cluster):
    return cluster["scheduler"].log.read_bytes().count(b"\n")


def claims(programs, restarts):
    """A worker that knows every reminder and takes one occurrence now and then, and so knows the numbers that leases have, says of what
    others run, or will, that it runs it, and how it ended. With `restarts` the scheduler is killed meanwhile: it then asks the workers that it
    knows, and believes what they run, until it sees that nothing comes of it."""
    def attack(cluster, types, load):
        said, rounds, problems, token, end = 0, 0, [], os.urandom(32), time.monotonic() + ATTACK_SECONDS
        while time.monotonic() < end:
            if restarts and rounds == RESTARTS_AFTER:
                cluster["scheduler"].kill()
                cluster["scheduler"].start()
            outcomes = () if restarts else ("OUTCOME_RETRY", "OUTCOME_DELIVERED", "OUTCOME_REJECTED", "OUTCOME_CANCEL_SCHEDULE")
            if not restarts:
                # Another each time: one that could not send a moment ago is given little.
                token = os.urandom(32)
            try:
                said += claim(scheduler(cluster), types, load, token, outcomes)
            except (OSError, EOFError) as error:
                problems += [] if restarts else [f"the worker was sent away: {error}"]
                time.sleep(0.1)
            rounds += 1
        return problems, [f"{said} claims and outcomes in {rounds} connections"]

    row = beside(programs, attack, answer_milliseconds=SLOW_MILLISECONDS, may_repeat=restarts)
    if row["repeated"] and not restarts:
        row["problems"].append(f"{row['repeated']} sent twice")
    return row


def claim(address, types, load, token, outcomes):
    """Attaches, says what it does not run and how it ended, gives back what it is given, and goes.
    Returns how much it has said."""
    from wire import Connection

    WorkerMessage, SchedulerMessage = (types[f"task_scheduler.v1.{name}"] for name in ("WorkerMessage", "SchedulerMessage"))
    with load.lock:
        keys = list(load.expected)
    keys = sorted(keys, key=lambda key: -int(key.rsplit(":", 1)[1]))[:CLAIMED]
    keys = [dict(id=uuid.UUID(key.split(":")[0]).bytes, scheduled_at=int(key.split(":")[1])) for key in keys]
    connection = Connection.open(address, types, role="worker")
    def say(message):
        connection.send(item=dict(call=1, payload=message.SerializeToString()))

    def given(seconds):
        """What comes, until nothing has for so long."""
        connection.socket.settimeout(seconds)
        while True:
            try:
                kind, item = connection.receive()
            except TimeoutError:
                return
            if kind == "item":
                yield from SchedulerMessage.FromString(item.payload).dispatches

    def named(lease, key, **more):
        return dict(lease=lease, id=key["id"], scheduled_at=key["scheduled_at"], **more)

    try:
        connection.send(open=dict(call=1, method="task_scheduler.v1.Scheduler/Work", streaming=True))
        running = [named(number, key) for number, key in enumerate(keys, 1)]
        say(WorkerMessage(attach=dict(
            instance="hostile", queues=["default"], tasks=["edvora.notification"], token=token, running=running), credit_limit=TAKEN))
        said, own = len(running), []
        for dispatch in given(2 * QUIET_SECONDS):
            if not own:
                # What it is given it could end as it likes; that is not what this is about.
                say(WorkerMessage(leaving=True))
                connection.socket.settimeout(QUIET_SECONDS)
            own.append(dispatch)
        say(WorkerMessage(outcomes=[
            dict(outcome="OUTCOME_UNSENT", lease=dispatch.lease, id=dispatch.id, scheduled_at=dispatch.scheduled_at) for dispatch in own]))
        others = [key for key in keys if key["id"] not in {dispatch.id for dispatch in own}]
        for outcome in outcomes if own else ():
            last = own[-1].lease
            foreign = [
                named(last + step, key, outcome=outcome, started_at_ms=int(time.time() * 1_000))
                for key in others for step in range(-GUESSES, GUESSES)]
            say(WorkerMessage(outcomes=foreign))
            said += len(foreign)
        # As long as it takes to be read.
        for _ in given(QUIET_SECONDS):
            pass
        return said
    finally:
        connection.socket.close()


CASES = {
    "peers/unknown-call": unknown_call, "peers/wrong-version": wrong_version,
    "peers/claims": lambda programs: claims(programs, restarts=False),
    "peers/claims-after-a-crash": lambda programs: claims(programs, restarts=True),
}
