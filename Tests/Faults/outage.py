"""Away for a quarter of an hour (`OUTAGE_SECONDS`), with a hundred due in every second: a backend, or the notifier. That costs lateness, and
nothing else: no dead letter, nothing twice, and nothing is written of what was never sent.
"""
import os
import sqlite3
import tempfile
import time

from account import account
from cluster import Cluster, Layout
from load import Load

SECONDS = int(os.environ.get("OUTAGE_SECONDS", 900))
RATE = 100
LEAD_SECONDS = 4
# Tries in a second of an outage that may be recorded: those that find out whether the backend is back, one in ten seconds once it has been
# away for a while.
PROBES = 0.2
# Tries under way when it begins: as many as the notifier has connections.
UNDER_WAY = 64
# What had been tried is tried again within the time for which it was tried before.
SETTLE_SECONDS = max(120, SECONDS)


def run(programs, target):
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout(programs, folder)
        with Cluster(layout) as cluster:
            load = Load(cluster.apis, RATE, SECONDS).start()
            time.sleep(LEAD_SECONDS)
            cluster[target].kill()
            time.sleep(SECONDS)
            tries = recorded(layout.store)
            cluster[target].start()
            load.join()
            row = account(cluster, [load], settle_seconds=SETTLE_SECONDS, may_repeat=target == "notifier")
            row.setdefault("seen", []).append(f"{tries} tries recorded until the end of the outage")
            most = RATE * LEAD_SECONDS * 2 + UNDER_WAY + PROBES * SECONDS
            if tries > most:
                row["problems"].append(f"{tries} tries were recorded in the outage, {most} at most could be sent")
            if row["dead"]:
                row["problems"].append(f"{row['dead']} dead letters")
            return row


def recorded(store):
    """Rows of the history."""
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as database:
        return database.execute("SELECT count(*) FROM attempts").fetchone()[0]


CASES = {f"outage/{target}": lambda programs, target=target: run(programs, target) for target in ("backend", "notifier")}
