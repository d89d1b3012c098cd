"""Tasks that take three times as long as their leases last, and extend them: each runs once, whatever becomes of the scheduler meanwhile."""
import json
import tempfile
import time

from account import account
from cluster import Cluster, Layout
from load import Connection, Load
from matrix import FAULTS, apply
from python import add_worker

# A lease lasts a minute.
RUN_SECONDS = 180
RATE, SECONDS = 5, 4
# When the fault begins, and how long before the first ends it is over.
FAULT_SECONDS, LAST_SECONDS = 70, 20


class LongTasks(Load):
    """As many as the worker runs at once, each of them once."""

    path = "/tasks"

    def body(self, due, item):
        return {"task": "post_late", "args": [item, RUN_SECONDS], "queue": "python", "start_datetime": due}

    def _create(self, connection, number):
        # None of them is a series.
        super()._create(connection, number * 10 + 1)


def progress(cluster):
    """How many run, and say how far they are."""
    answer = Connection(*cluster.apis).get("/occurrences?state=running")
    return sum(each["progress"] is not None for each in json.loads(answer.text)["occurrences"]) if answer else 0


def run(programs, fault):
    with tempfile.TemporaryDirectory() as folder, Cluster(Layout(programs, folder)) as cluster:
        add_worker(cluster, 1).start()
        begun, load, failures = time.monotonic(), LongTasks(cluster.apis, RATE, SECONDS).start(), []
        load.join()
        time.sleep(FAULT_SECONDS - (time.monotonic() - begun))
        if (shown := progress(cluster)) != load.asked:
            failures.append(f"{shown} of {load.asked} are shown with how far they are")
        if fault:
            apply(FAULTS[fault], [cluster["scheduler"]], failures)
        time.sleep(max(0, RUN_SECONDS - LAST_SECONDS - (time.monotonic() - begun)))
        row = account(cluster, [load], may_repeat=False)
        row["problems"] += failures
        return row


CASES = {f"long/{fault or 'undisturbed'}": lambda programs, fault=fault: run(programs, fault) for fault in (None, "kill", "terminate", "freeze")}
