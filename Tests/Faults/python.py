"""Two workers in Python that share a queue, one of them killed, frozen, terminated and killed again and again under a steady load of
tasks; and the scheduler beneath them.
"""
import pathlib
import sys
import tempfile
import time

from account import account
from cluster import Cluster, Layout
from load import Load
from matrix import FAULTS, LEAD_SECONDS, RATE, SECONDS, apply

HERE = pathlib.Path(__file__).parent
WORKERS = 2
TARGETS = {"python": "worker-python-1", "python-scheduler": "scheduler"}
# A worker that is lost may have posted without having said so. Those that a scheduler finds again say what they run.
MAY_REPEAT = {("python", fault) for fault in ("kill", "loop")}


class Tasks(Load):
    """The same stream, of tasks."""

    path = "/tasks"

    def body(self, due, item):
        return {"task": "post", "args": [item], "queue": "python", "start_datetime": due}


def add_worker(cluster, number):
    """A worker of the tasks of posting.py; it is still to be started."""
    return cluster.add(
        f"worker-python-{number}", [sys.executable, "-m", "task_scheduler", "worker", "posting", "--queues", "python"],
        {
            "SCHEDULER_ENDPOINTS": cluster["scheduler"].environment["SCHEDULER_LISTEN"], "LOG_FORMAT": "json",
            "POSTING_BACKEND": ":".join(cluster["backend"].command[2:4]), "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": f"{HERE.parent.parent / 'Shared/Python/src'}:{HERE}",
        }, "taking occurrences")


def run(programs, target, fault):
    with tempfile.TemporaryDirectory() as folder, Cluster(Layout(programs, folder)) as cluster:
        for number in range(WORKERS):
            add_worker(cluster, number + 1).start()
        load, failures = Tasks(cluster.apis, RATE, SECONDS).start(), []
        time.sleep(LEAD_SECONDS)
        apply(FAULTS[fault], [cluster[TARGETS[target]]], failures)
        load.join()
        row = account(cluster, [load], may_repeat=(target, fault) in MAY_REPEAT)
        row["problems"] += failures
        return row


CASES = {
    f"{target}/{fault}": lambda programs, target=target, fault=fault: run(programs, target, fault)
    for target in TARGETS for fault in FAULTS if fault != "stall"
}
