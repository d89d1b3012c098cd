"""Ten minutes in which everything goes wrong, one thing after the other: processes are killed, stopped and frozen, the network loses,
delays and falls apart, the disk is full and fails, the clock leaps, the backend refuses. In the end everything that was accepted is
delivered, and the processes that lived through it have not grown.
"""
import errno
import os
import pathlib
import random
import signal
import statistics
import tempfile
import threading
import time

from account import account
from cluster import Cluster
from load import Load
from network import Apart
from shim import SYNCS, WRITES, Shim
from switch import Switch

SECONDS, RATE, LANES = int(os.environ.get("SOAK_SECONDS", "600")), 30, 32
# One fault after the other, each followed by so much peace.
PEACE_SECONDS = (3, 8)
REFUSED_PER_MILLE = 20
# Only these are killed, so that the others live long enough to be watched.
VICTIMS = ["gateway-2", "worker-2", "notifier-2", "backend"]
# The scheduler too, but in the first part only, and once more when the samples have been taken.
SCHEDULER_KILLS_UNTIL = 0.2
NAMES = ["backend", "notifier", "notifier-2", "scheduler", "worker", "worker-2", "gateway", "gateway-2"]
PAIRS = [
    (one, other) for ones, others in (
        (["caller"], ["gateway", "gateway-2"]), (["gateway", "gateway-2"], ["scheduler"]), (["scheduler"], ["worker", "worker-2"]),
        (["worker", "worker-2"], ["notifier", "notifier-2"]), (["notifier", "notifier-2"], ["backend"]))
    for one in ones for other in others]
CLOCK_SECONDS = 3_600
# A request that had left when the clock was set back arrives at a time that is early by the new one.
IN_FLIGHT_SECONDS = 2

SAMPLE_SECONDS = 1
# A process is judged from then on, and only if it was watched for this part of the soak.
WARM_UP_SECONDS, LEAST_WATCHED = 30, 0.5
# What the median of the last third may have more than that of the first.
MEMORY_GROWTH, MEMORY_MEBIBYTES, MORE_FILES, MORE_THREADS = 1.10, 4, 8, 2


class Samples:
    """Memory, open files and threads of every process, once a second."""

    def __init__(self, cluster):
        self.cluster, self.of = cluster, {}
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self):
        while not self.ends.wait(SAMPLE_SECONDS):
            for name, service in self.cluster.services.items():
                process, began = service.process, service.began
                if process is None or name == "backend":
                    continue
                try:
                    sample = self._sample(process.pid)
                except (OSError, ValueError):
                    continue    # it has just ended
                self.of.setdefault((name, process.pid), []).append((time.monotonic() - began, *sample))

    def _sample(self, pid):
        status = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
        database = self.cluster.layout.store
        size = database.stat().st_size / (1 << 20) if database.exists() else 0
        return int(status["VmRSS"].split()[0]) / 1024, len(os.listdir(f"/proc/{pid}/fd")), int(status["Threads"]), size

    def judge(self, row):
        self.ends.set()
        self.thread.join()
        watched = 0
        for (name, _), samples in sorted(self.of.items()):
            samples = [sample[1:] for sample in samples if sample[0] >= WARM_UP_SECONDS]
            if len(samples) * SAMPLE_SECONDS < LEAST_WATCHED * SECONDS:
                continue
            watched += 1
            third = len(samples) // 3
            before, after = ([statistics.median(column) for column in zip(*part)] for part in (samples[:third], samples[-third:]))
            row["seen"].append(
                f"{name} {before[0]:.0f} to {after[0]:.0f} MiB, {before[1]:.0f} to {after[1]:.0f} files, "
                f"{before[2]:.0f} to {after[2]:.0f} threads")
            # The scheduler keeps pages of its database, up to a bound.
            kept = after[3] - before[3] if name == "scheduler" else 0
            for what, grown in {
                "memory": after[0] > before[0] * MEMORY_GROWTH + MEMORY_MEBIBYTES + kept,
                "files": after[1] > before[1] + MORE_FILES, "threads": after[2] > before[2] + MORE_THREADS,
            }.items():
                if grown:
                    row["problems"].append(f"the {what} of {name} grew")
        if watched < 4:
            row["problems"].append(f"only {watched} processes lived long enough to be watched")


class Faults:
    """One fault after the other, drawn by a seed."""

    def __init__(self, cluster, switch, shim, seed=7):
        self.cluster, self.switch, self.shim = cluster, switch, shim
        self.random = random.Random(seed)
        self.counts, self.backward = {}, []
        self.begun = time.monotonic()

    @property
    def part(self):
        return (time.monotonic() - self.begun) / SECONDS

    def run(self):
        kinds = [self.kill, self.freeze, self.terminate, self.lose, self.delay, self.cut, self.fill, self.fail, self.back, self.forward]
        while self.part < 0.95:
            # Each kind as often as the others, in an order that is drawn.
            self.random.shuffle(kinds)
            for kind in kinds:
                if self.part >= 0.95:
                    break
                self.counts[kind.__name__] = self.counts.get(kind.__name__, 0) + 1
                kind()
                self._sleep(*PEACE_SECONDS)

    def _sleep(self, least, most):
        time.sleep(self.random.uniform(least, most))

    def _victim(self):
        scheduler = ["scheduler"] * 2 if self.part < SCHEDULER_KILLS_UNTIL else []
        return self.cluster[self.random.choice(VICTIMS + scheduler)]

    def kill(self):
        victim = self._victim()
        victim.kill()
        self._sleep(0, 2)
        victim.start()

    def terminate(self):
        victim = self._victim()
        victim.terminate()
        victim.start()

    def freeze(self):
        victim = self.cluster[self.random.choice(NAMES)]
        victim.send(signal.SIGSTOP)
        self._sleep(1, 10)
        victim.send(signal.SIGCONT)

    def lose(self):
        self.switch.shape(loss=self.random.uniform(0.05, 0.3))
        self._sleep(4, 8)
        self.switch.heal()

    def delay(self):
        self.switch.shape(delay=0.2, jitter=0.1)
        self._sleep(4, 8)
        self.switch.heal()

    def cut(self):
        self.switch.cut(*self.random.choice(PAIRS))
        self._sleep(3, 15)
        self.switch.heal()

    def fill(self):
        with self.shim.failing(WRITES, errno.ENOSPC):
            self._sleep(2, 6)

    def fail(self):
        with self.shim.failing(self.random.choice([WRITES, SYNCS, WRITES | SYNCS]), errno.EIO):
            self._sleep(2, 6)

    def back(self):
        """And forwards again, so that nothing waits for an hour."""
        self.backward.append(self.shim.now() - CLOCK_SECONDS)
        self.shim.clock_offset -= CLOCK_SECONDS
        self._sleep(3, 6)
        self.shim.clock_offset += CLOCK_SECONDS

    def forward(self):
        self.shim.clock_offset += CLOCK_SECONDS

    def in_flight(self, key, at):
        due = int(key.rsplit(":", 1)[1]) * 1000
        return due <= at + CLOCK_SECONDS * 1000 and any(
            moment * 1000 <= at <= (moment + IN_FLIGHT_SECONDS) * 1000 for moment in self.backward)


def run(programs):
    switch = Switch()
    try:
        with tempfile.TemporaryDirectory() as folder:
            shim = Shim(folder)
            layout = Apart(programs, folder, switch, NAMES)
            layout.copies, layout.refused_per_mille = {"notifier": 2, "worker": 2, "gateway": 2}, REFUSED_PER_MILLE
            layout.settings[""].update(shim.environment(layout.store))
            with Cluster(layout) as cluster:
                return soak(cluster, switch, shim)
    finally:
        switch.close()


def soak(cluster, switch, shim):
    load = Load(cluster.apis, RATE, SECONDS, LANES, clock=shim.now).start()
    samples, faults, failures = Samples(cluster), Faults(cluster, switch, shim), []
    try:
        faults.run()
    except Exception as error:
        failures.append(f"a fault itself failed: {error}")
        switch.heal()
    samples.ends.set()
    cluster["scheduler"].kill()
    cluster["scheduler"].start()
    load.join()
    row = account(cluster, [load], may_repeat=True, excuse=faults.in_flight)
    row["seen"] = [", ".join(f"{count} x {name}" for name, count in sorted(faults.counts.items()))]
    row["problems"] += failures
    samples.judge(row)
    return row


CASES = {"soak": run}
