"""A backend that is slower than notifications come, and callers that cancel all that waits for it: after the answer to a cancel
nothing of it may arrive that the answer did not name as on its way.
"""
import json
import tempfile
import threading
import time

from account import LINGER_SECONDS
from cluster import Cluster, Layout
from load import Connection, reminder

REMINDERS, LANES = 400, 8
CONNECTIONS, ANSWER_MILLISECONDS = 4, (900, 1_100)
# As long as what was queued may wait for its turn, and then for its answer.
QUIET_SECONDS = 8
# Those that the backend takes before the first cancel.
BEGUN = 8


def run(programs):
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout(programs, folder)
        layout.answer_milliseconds = ANSWER_MILLISECONDS
        layout.settings = {"notifier": {"NOTIFIER_CONNECTIONS": str(CONNECTIONS)}}
        with Cluster(layout) as cluster:
            return cancelled(cluster)


def cancelled(cluster):
    problems = []
    identities = created(Connection(cluster.api), problems)
    deadline = time.monotonic() + 30
    while len(arrivals(cluster)) < BEGUN and time.monotonic() < deadline:
        time.sleep(0.05)
    answers, lock = {}, threading.Lock()

    def lane(number):
        connection = Connection(cluster.api)
        for identity in identities[number::LANES]:
            answer = connection.delete(f"/reminders/{identity}")
            now = time.time_ns() // 1_000_000
            with lock:
                if answer is not None and answer.status == 200:
                    answers[identity] = (now, set(json.loads(answer.text).get("in_flight", [])))
                elif answer is None or answer.status != 409:    # 409: delivered before
                    problems.append(f"a cancel was answered {answer}")

    threads = [threading.Thread(target=lane, args=(number,)) for number in range(LANES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    time.sleep(QUIET_SECONDS + LINGER_SECONDS)
    arrived, named, late = arrivals(cluster), 0, []
    for key, at in arrived:
        identity, second = key.rsplit(":", 1)
        answered, in_flight = answers.get(identity, (at, set()))
        named += int(second) in in_flight
        if at > answered and int(second) not in in_flight:
            late.append(key)
    if late:
        problems.append(f"{len(late)} arrived after the answer to their cancel, such as {late[0]}")
    if len(arrived) > REMINDERS // 2:
        problems.append(f"{len(arrived)} of {REMINDERS} arrived although all were cancelled")
    return {
        "accepted": len(identities), "delivered": len(arrived), "problems": problems + list(cluster.unexpected),
        "seen": [f"cancelled {len(answers)}, of which {named} were named as on their way"]}


def created(connection, problems):
    due = int(time.time()) - 1
    payload = json.dumps({"create": [reminder(due, f"item-{number}") for number in range(REMINDERS)]})
    answer = connection.post("/reminders/batch", payload, "cancelled")
    items = json.loads(answer.text)["created"] if answer is not None and answer.status == 200 else []
    identities = [item["id"] for item in items if item["status"] == 201]
    if len(identities) != REMINDERS:
        problems.append(f"{REMINDERS - len(identities)} creates of {REMINDERS} were not accepted")
    return identities


def arrivals(cluster):
    """What reached the backend: keys, and when, unix milliseconds."""
    if not cluster.record.exists():
        return []
    lines = (line.split(" ") for line in cluster.record.read_text().splitlines())
    return [(line[1], int(line[2])) for line in lines if line[0] == "R" and len(line) == 3]


CASES = {"cancel/slow-backend": run}
