"""Peers that speak the services' own protocol and do not keep to it, beside an ordinary caller: one that sends without an end to a call that nobody
made, and fifty of another version that do not stop.
"""
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

from account import account
from cluster import Cluster, Layout
from load import Load
from measure import lateness, percentile, resident_mebibytes

HERE = pathlib.Path(__file__).parent
PROTOS = HERE.parent.parent / "Shared" / "Protos"
# The protocol as another reader of its specification wrote it down.
sys.path.append(str(HERE.parent / "Cluster"))

RATE, SECONDS, LEAD_SECONDS = 40, 16, 4
ATTACK_SECONDS = 10
# What a scheduler may have more of than before: buffers of connections, and what it does for the ordinary caller meanwhile.
GROWTH_MEBIBYTES = 16
LATE_MILLISECONDS = 3_000
REFUSED = 50
# Of refused peers so many lines a second are logged, and at the end one for what was left out.
LINES_PER_SECOND = 10


def types(folder):
    """The messages of the protocol, by their names."""
    from wire import messages

    path = pathlib.Path(folder) / "descriptors"
    names = ("wire", "outcome", "notifier", "scheduler")
    subprocess.run(["protoc", f"-I{PROTOS}", f"--descriptor_set_out={path}", *(f"{name}.proto" for name in names)], check=True)
    return messages(path)


def beside(programs, attack):
    """A row in which `attack(cluster, types, load)` goes on beside an ordinary caller. It returns faults, and what there is to say."""
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout(programs, folder)
        layout.answer_milliseconds = (0, 0)
        with Cluster(layout) as cluster:
            load = Load(cluster.apis, RATE, SECONDS).start()
            time.sleep(LEAD_SECONDS)
            began, before = time.time(), resident_mebibytes(cluster["scheduler"])
            watch = Watch(cluster["scheduler"])
            problems, seen = attack(cluster, types(folder), load)
            most = watch.stop()
            load.join()
            row = account(cluster, [load])
            late = lateness(row["record"], load.expected, since=began)
            row["problems"] += problems
            if most - before > GROWTH_MEBIBYTES:
                row["problems"].append(f"the scheduler grew from {before:.0f} to {most:.0f} MiB")
            if percentile(late, 99) > LATE_MILLISECONDS:
                row["problems"].append(f"the caller's were {percentile(late, 99)} ms late")
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


CASES = {"peers/unknown-call": unknown_call, "peers/wrong-version": wrong_version}
