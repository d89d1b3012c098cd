"""Reminders sent through the published port, and what the stand-in backend's record says of them."""

import http.client
import json
import threading
import time
import uuid
from collections import Counter

from stack import Failure, wait_for

CREDENTIAL = "Bearer compose-test-credential"


def request(method, port, path, body=None, headers=None, host="127.0.0.1"):
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def create(port, due, seconds=40):
    """Creates a reminder, again and again until a gateway and a scheduler are there; the key makes it one reminder."""
    body = {
        "rrule": None, "start_datetime": due,
        "notification_metadata": {
            "auth_header": CREDENTIAL, "title": "compose", "body": "test", "item_id": "1", "created_at": due - 60,
            "created_by": "test", "classroom_id": "c1", "kind": 1,
        },
    }
    key = {"Idempotency-Key": uuid.uuid4().hex}
    deadline = time.monotonic() + seconds
    while True:
        try:
            status, answer = request("POST", port, "/remind_me", body, key)
        except (OSError, http.client.HTTPException) as error:
            status, answer = 0, repr(error)
        if status == 201:
            return f"{json.loads(answer)['id']}:{due}"
        # Nobody there, or a 5xx that says so; anything else is a fault.
        if 0 < status < 500 or time.monotonic() > deadline:
            raise Failure(f"a reminder was answered {status}: {answer}")
        time.sleep(0.1)


class Record:
    """What the stand-in has received, kept beyond its restarts."""

    def __init__(self, port):
        self.port = port
        self.lives = [[]]
        self.known = set()

    def read(self):
        status, text = request("GET", self.port, "/control/deliveries")
        if status != 200:
            raise Failure(f"the stand-in's record was answered {status}")
        self.lives[-1] = [json.loads(line) for line in text.splitlines()]
        return [delivery for life in self.lives for delivery in life]

    def standin_restarts(self):
        self.read()
        self.lives.append([])

    def check(self, keys, once=True, seconds=40):
        """Waits until all of these were delivered.
        - once: each exactly once. Otherwise, after a crash, more often is no fault, but the number is returned."""
        keys = set(keys)
        delivered = lambda: Counter(d["key"] for d in self.read() if 200 <= d["status"] < 300)
        wait_for(f"{len(keys)} reminders delivered", seconds, lambda: keys <= delivered().keys())
        record, counts = self.read(), delivered()
        if unknown := counts.keys() - keys - self.known:
            raise Failure(f"delivered, but never asked for: {sorted(unknown)[:3]}")
        self.known |= keys
        if early := [d["key"] for d in record if d["received_at_ms"] < d["scheduled_at"] * 1000]:
            raise Failure(f"delivered before their time: {early[:3]}")
        if faults := [d["fault"] for d in record if "fault" in d]:
            raise Failure(f"requests that break the contract: {faults[:3]}")
        twice = [key for key in keys if counts[key] > 1]
        if once and twice:
            raise Failure(f"{len(twice)} of {len(keys)} delivered more than once: {twice[:3]}")
        return len(twice)


class Flow:
    """Ten reminders a second, each due two seconds later, for as long as a step lasts."""

    INTERVAL, LEAD = 0.1, 2

    def __init__(self, port):
        self.port = port
        self.keys, self.failure = [], None
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.send, daemon=True)

    def send(self):
        try:
            while not self.ending.wait(self.INTERVAL):
                self.keys.append(create(self.port, int(time.time()) + self.LEAD))
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error

    def __enter__(self):
        self.thread.start()
        # Some are under way when whatever the step is about happens.
        wait_for("reminders flow", 15, lambda: len(self.keys) >= 15 or self.failure)
        return self

    def __exit__(self, kind, *_):
        self.ending.set()
        self.thread.join(60)
        if kind is None and self.failure:
            raise Failure(f"while reminders flowed: {self.failure}")
