"""Every service, the backend, and all of them at once, killed, frozen, terminated and killed again and again under a steady load;
and what runs occurrences frozen for longer than its peers wait for it.
"""
import functools
import signal
import tempfile
import threading
import time

from account import account
from cluster import ORDER, Cluster, Layout
from load import Load

TARGETS = ["gateway", "scheduler", "worker", "notifier", "backend", "all"]
RATE, SECONDS = 60, 20
# How long the load has run when the fault begins.
LEAD_SECONDS = 4
FREEZE_SECONDS = 10
# Longer than a peer waits for a silent one (15 s), and than a lease (60 s).
STALL_SECONDS = 75
LOOPS, LOOP_SECONDS = 5, 2
# Where a process is lost that had sent a request, or was to hear or record its answer.
MAY_REPEAT = {
    *((target, fault) for target in ("scheduler", "worker", "notifier", "all") for fault in ("kill", "loop")), ("notifier", "stall")}


def kill(services):
    for service in services:
        service.kill()
    time.sleep(LOOP_SECONDS / 2)
    for service in services:
        service.start()


def freeze(services, seconds=FREEZE_SECONDS):
    for service in services:
        service.send(signal.SIGSTOP)
    time.sleep(seconds)
    for service in services:
        service.send(signal.SIGCONT)


def terminate(services):
    # Against the stream, so that what each has begun can still be reported.
    for service in reversed(services):
        service.terminate()
    for service in services:
        service.start()


def loop(services):
    for _ in range(LOOPS):
        kill(services)
        time.sleep(LOOP_SECONDS / 2)


FAULTS = {"kill": kill, "freeze": freeze, "terminate": terminate, "loop": loop, "stall": functools.partial(freeze, seconds=STALL_SECONDS)}
STALLED = ["scheduler", "worker", "notifier"]


def run(programs, target, fault, prepare=lambda layout: None, rate=RATE, may_repeat=None):
    """A row. `prepare`: changes the layout before anything starts. `may_repeat`: as `account` has it; None: as `MAY_REPEAT` says."""
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout(programs, folder)
        prepare(layout)
        return broken(layout, target, fault, rate, (target, fault) in MAY_REPEAT if may_repeat is None else may_repeat)


def broken(layout, target, fault, rate, may_repeat):
    with Cluster(layout) as cluster:
        load = Load(cluster.apis, rate, SECONDS).start()
        time.sleep(LEAD_SECONDS)
        names = ORDER if target == "all" else [target]
        failures = []
        breaker = threading.Thread(target=apply, args=(FAULTS[fault], [cluster[name] for name in names], failures))
        breaker.start()
        breaker.join()
        load.join()
        row = account(cluster, [load], may_repeat=may_repeat)
        row["problems"] += failures
        return row


def apply(fault, services, failures):
    """A fault that does not go as meant is a row that is not as promised, never one that looks well."""
    try:
        fault(services)
    except Exception as error:
        failures.append(f"the fault itself failed: {error}")


CASES = {
    f"{target}/{fault}": lambda programs, target=target, fault=fault: run(programs, target, fault)
    for target in TARGETS for fault in FAULTS if fault != "stall" or target in STALLED
}
