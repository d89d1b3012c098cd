"""Every service, the backend, and all of them at once, killed, frozen, terminated and killed again and again under a steady load; and
what became of everything that was accepted.

usage: matrix.py FOLDER-OF-THE-PROGRAMS [CASE…]      a case is like scheduler/kill; none: all of them
"""
import pathlib
import signal
import sys
import tempfile
import threading
import time

from cluster import Cluster
from load import Load, Record, dead_letters

TARGETS = ["gateway", "scheduler", "worker", "notifier", "backend", "all"]
RATE, SECONDS = 60, 20
# Duplicates are possible where a process is lost that had sent a request, or was to hear or record its answer.
MAY_REPEAT = {"scheduler", "worker", "notifier", "backend", "all"}


def kill(services):
    for service in services:
        service.kill()
    time.sleep(1)
    for service in services:
        service.start()


def freeze(services):
    for service in services:
        service.send(signal.SIGSTOP)
    time.sleep(10)
    for service in services:
        service.send(signal.SIGCONT)


def terminate(services):
    for service in services:
        service.terminate()
    for service in services:
        service.start()


def loop(services):
    for _ in range(5):
        kill(services)
        time.sleep(1)


FAULTS = {"kill": kill, "freeze": freeze, "terminate": terminate, "loop": loop}
# The order in which they can be started: each finds what it connects to.
ORDER = ["backend", "notifier", "scheduler", "worker", "gateway"]


def run(programs, target, fault):
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(programs, pathlib.Path(folder))
        try:
            load = Load(cluster.api, RATE, SECONDS)
            load.start()
            time.sleep(4)
            names = ORDER if target == "all" else [target]
            breaker = threading.Thread(target=FAULTS[fault], args=([cluster.services[name] for name in names],))
            breaker.start()
            breaker.join()
            load.join()
            return account(cluster, load, target, fault)
        finally:
            cluster.stop()


def account(cluster, load, target, fault):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        record = Record(cluster.record)
        if load.expected <= record.received.keys():
            break
        time.sleep(0.5)
    # What was answered may still be on its way back.
    time.sleep(1)
    cluster.check()
    record = Record(cluster.record)
    missing = load.expected - record.received.keys()
    dead = missing & dead_letters(cluster.api) if missing else set()
    # Answered 2xx twice; and of these, sent again although an answer had been sent.
    twice = [key for key, count in record.answered.items() if count > 1]
    result = {
        "accepted": load.accepted, "occurrences": len(load.expected), "delivered": len(load.expected) - len(missing),
        "dead": len(dead), "lost": len(missing - dead), "early": record.early, "twice": len(twice),
        "refused": load.refused, "unanswered": load.unanswered, "crashes": cluster.unexpected,
    }
    may_repeat = target in MAY_REPEAT and fault != "terminate"
    result["good"] = (
        result["lost"] == result["early"] == result["dead"] == load.unanswered == 0 and not cluster.unexpected
        and load.accepted == RATE * SECONDS and (may_repeat or not twice))
    return result


def main(programs, *cases):
    programs = pathlib.Path(programs).resolve()
    names = ["accepted", "occurrences", "delivered", "dead", "lost", "early", "twice"]
    print("| case | " + " | ".join(names) + " | crashes |\n|---|" + "---|" * (len(names) + 1))
    bad = 0
    for target in TARGETS:
        for fault in FAULTS:
            if cases and f"{target}/{fault}" not in cases:
                continue
            result = run(programs, target, fault)
            mark = "" if result["good"] else " **NOT AS PROMISED**"
            bad += not result["good"]
            row = " | ".join(str(result[name]) for name in names)
            print(f"| {target}/{fault} | {row} | {'; '.join(result['crashes']) or 0} |{mark}", flush=True)
    return bad


if __name__ == "__main__":
    raise SystemExit(min(1, main(*sys.argv[1:])))
