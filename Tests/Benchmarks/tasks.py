"""Tasks that do nothing, all due in one second: run by a worker in Swift, and by one in Python and by Celery, both with four at once."""

import json
import os
import sqlite3
import struct
import subprocess
import sys
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
CONCURRENCY = 4
SLOT, SLOTS = struct.Struct("<qdd"), 64
DEADLINE_SECONDS = 120


def measured(path, count, due):
    """Waits until so many have run, in all processes that say so in the file, and comes to how fast that was."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        with open(path, "rb") as file:
            slots = [slot for slot in SLOT.iter_unpack(file.read()) if slot[0]]
        if (ran := sum(slot[0] for slot in slots)) >= count:
            break
        assert time.monotonic() < deadline, f"{ran} of {count} have run"
        time.sleep(0.05)
    assert ran == count, f"{ran} runs of {count}"
    assert min(slot[1] for slot in slots) >= due, "one ran early"
    seconds = max(slot[2] for slot in slots) - due
    return {"count": count, "seconds": round(seconds, 3), "per_second": round(count / seconds)}


def create(count, due, body):
    """So many tasks by batches, all due then."""
    for start in range(0, count, 1_000):
        creates = [body | {"start_datetime": due}] * min(1_000, count - start)
        request = urllib.request.Request(
            os.environ["GATEWAY_URL"] + "/reminders/batch", json.dumps({"create": creates}).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert all(each["status"] == 201 for each in json.load(answer)["created"])
    assert time.time() < due, "creating took longer than foreseen"


def swift(count=100_000):
    """By the stack's worker: lines below its log's level, so that nothing is written. To the end when all are settled on disk."""
    due = int(time.time()) + 5 + count // 10_000
    create(count, due, {"task": "worker.log", "kwargs": {"message": "nothing", "level": "trace"}})
    store = sqlite3.connect(f"file:{os.environ['STACK_LOGS']}/store.db?mode=ro", uri=True)
    time.sleep(max(0, due - time.time()))
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (settled := store.execute("SELECT count(*) FROM attempts").fetchone()[0]) < count:
        assert time.monotonic() < deadline, f"{settled} of {count} are settled"
        time.sleep(0.05)
    seconds = time.time() - due
    first, others = store.execute("SELECT min(started_ms), sum(outcome != 0) FROM attempts").fetchone()
    assert settled == count and others == 0, f"{settled} attempts at {count}, {others} of them have failed"
    assert first >= due * 1000, "one ran early"
    return {"count": count, "seconds": round(seconds, 3), "per_second": round(count / seconds)}


def here(count=20_000):
    """By `python -m task_scheduler worker`. Due when all have been created."""
    path = os.path.join(os.environ["STACK_LOGS"], "tasks-done")
    with open(path, "wb") as file:
        file.write(bytes(SLOT.size * SLOTS))
    worker = subprocess.Popen(
        # As deploy/bench says: it has protobuf.
        [os.environ.get("TASK_SCHEDULER_PYTHON", sys.executable), "-m", "task_scheduler", "worker", "nothing", "--queues", "nothing", "--concurrency", str(CONCURRENCY)],
        env=os.environ | {"TASKS_DONE": path, "PYTHONPATH": f"{HERE}/../../Shared/Python/src:{HERE}/Peers", "LOG_LEVEL": "warning"})
    try:
        due = int(time.time()) + 5 + count // 3_000
        create(count, due, {"task": "nothing", "queue": "nothing"})
        return measured(path, count, due)
    finally:
        worker.terminate()
        worker.wait()


def predecessor(count=3_000, published_per_second=100):
    """By the Celery worker of with-predecessor, whose Python publishes them."""
    due = int(time.time()) + 5 + count // published_per_second
    program = f"import app, sys\nfrom datetime import datetime, timezone\nwith app.worker.producer_pool.acquire(block=True) as producer:\n" \
        f"    for _ in range({count}): app.nothing.apply_async(eta=datetime.fromtimestamp({due}, timezone.utc), producer=producer)"
    subprocess.run([os.environ["PREDECESSOR_PYTHON"], "-c", program], check=True)
    assert time.time() < due, "publishing took longer than foreseen"
    return measured(os.environ["TASKS_DONE"], count, due)
