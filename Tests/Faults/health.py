"""A scheduler whose loop stands still, or whose store cannot be written, for longer than the 5 s after which it must say so: neither ready
nor alive, and both again when that has passed, with nothing lost.
"""
import contextlib
import ctypes
import os
import pathlib
import sqlite3
import tempfile
import time

from account import account
from cluster import Cluster, Layout
from load import Connection, Load

RATE, SECONDS = 40, 16
LEAD_SECONDS = 3
# What the probes may take to say that something stands still, as promised, and what a busy machine adds; not before the first.
AT_LEAST_SECONDS, AT_MOST_SECONDS = 4, 5 + 3
# How long it stands still, once the probes have said so.
HOLD_SECONDS = 1
# Of the ptrace interface.
SEIZE, INTERRUPT, DETACH, ALL_THREADS = 0x4206, 0x4207, 17, 0x40000000
# The scheduler's loop has a thread of its own; what answers the probes has others.
LOOP_THREAD = "NIO-ELT-"


@contextlib.contextmanager
def stopped(service):
    """Stops the thread that the scheduler's loop runs on, and no other."""
    tasks = pathlib.Path(f"/proc/{service.process.pid}/task").iterdir()
    threads = [int(task.name) for task in tasks if (task / "comm").read_text().startswith(LOOP_THREAD)]
    if len(threads) != 1:
        raise RuntimeError(f"{len(threads)} threads of the scheduler are called {LOOP_THREAD}…, not 1")
    trace(SEIZE, threads[0])
    try:
        trace(INTERRUPT, threads[0])
        os.waitpid(threads[0], ALL_THREADS)
        yield
    finally:
        trace(DETACH, threads[0])


def trace(request, thread):
    library = ctypes.CDLL(None, use_errno=True)
    library.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    if library.ptrace(request, thread, None, None) != 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request} of thread {thread}")


@contextlib.contextmanager
def held(store):
    """Holds the database as another program does that writes to it and does not come to its end."""
    with contextlib.closing(sqlite3.connect(store, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        yield
        database.execute("ROLLBACK")


def ask(address, path):
    answer = Connection(address).get(path)
    return (0, "no answer") if answer is None else (answer.status, answer.text)


def until(address, statuses):
    """How long it takes until /healthz and /readyz are answered with these statuses; seconds, infinite beyond patience."""
    began = time.monotonic()
    while time.monotonic() - began < AT_MOST_SECONDS * 3:
        if all(ask(address, path)[0] == status for path, status in zip(("/healthz", "/readyz"), statuses)):
            return time.monotonic() - began
        time.sleep(0.05)
    return float("inf")


def run(programs, fault, says):
    with tempfile.TemporaryDirectory() as folder:
        with Cluster(Layout(programs, folder)) as cluster:
            line = next(line for line in cluster["scheduler"].text().splitlines() if "ops listening" in line)
            ops, problems = line.split('"address":"')[1].split('"')[0], []
            load = Load(cluster.apis, RATE, SECONDS).start()
            time.sleep(LEAD_SECONDS)
            before = until(ops, (200, 200))
            with fault(cluster):
                failed = until(ops, (503, 503))
                reasons = ask(ops, "/readyz")[1]
                time.sleep(HOLD_SECONDS)
            again = until(ops, (200, 200))
            load.join()
            row = account(cluster, [load])
            if before > 1:
                problems.append(f"it was ready only after {before:.1f} s of load")
            if not AT_LEAST_SECONDS < failed <= AT_MOST_SECONDS:
                problems.append(f"the probes failed after {failed:.1f} s")
            if says not in reasons:
                problems.append(f"/readyz does not say {says!r}: {reasons[:200]}")
            if again > AT_MOST_SECONDS:
                problems.append(f"ready again only after {again:.1f} s")
            row["problems"] += problems
            row["seen"] = [f"neither ready nor alive after {failed:.1f} s, both again {again:.1f} s after its end"]
            return row


def loop(programs):
    """The thread of its loop is stopped, and nothing else."""
    return run(programs, lambda cluster: stopped(cluster["scheduler"]), "loop: has not got on for ")


def store(programs):
    """Another program holds the database."""
    return run(programs, lambda cluster: held(cluster.layout.store), "store's writes: has not got on for ")


CASES = {"health/loop": loop, "health/store": store}
