"""A steady stream of creates, each repeated with its Idempotency-Key until it is answered, and what was accepted of them."""
import http.client
import json
import threading
import time

SERIES = {"rrule": "FREQ=SECONDLY;INTERVAL=2;COUNT=4", "misfire_policy": "fire_all"}


class Load:
    def __init__(self, address, rate, seconds, lanes=8):
        self.address, self.rate, self.seconds, self.lanes = address, rate, seconds, lanes
        self.lock = threading.Lock()
        self.expected = set()       # occurrences of what was accepted: idempotency keys
        self.ids = set()
        self.accepted = self.refused = self.unanswered = 0
        self.threads = [threading.Thread(target=self._lane, args=(lane,), daemon=True) for lane in range(lanes)]

    def start(self):
        self.begun = time.monotonic()
        for thread in self.threads:
            thread.start()

    def join(self):
        for thread in self.threads:
            thread.join()

    def _lane(self, lane):
        connection = None
        for number in range(lane, int(self.rate * self.seconds), self.lanes):
            time.sleep(max(0, self.begun + number / self.rate - time.monotonic()))
            due = int(time.time()) + 2 + number % 5
            body = {"rrule": None, "start_datetime": due, "notification_metadata": {
                "auth_header": "Bearer fault", "title": "t", "body": "b", "item_id": str(number), "created_at": due,
                "created_by": "u", "classroom_id": "c", "kind": 1}}
            count = 1
            if number % 10 == 0:
                body.update(SERIES)
                count = 4
            payload = json.dumps(body)
            # Ten tries over up to half a minute: longer than any fault lasts.
            for attempt in range(60):
                try:
                    connection = connection or http.client.HTTPConnection(self.address, timeout=8)
                    connection.request("POST", "/remind_me", payload, {
                        "Content-Type": "application/json", "Idempotency-Key": f"load-{number}"})
                    answer = connection.getresponse()
                    text = answer.read()
                except (OSError, http.client.HTTPException):
                    connection = None
                    time.sleep(0.25)
                    continue
                if answer.status == 201:
                    identity = json.loads(text)["id"]
                    with self.lock:
                        self.accepted += 1
                        self.ids.add(identity)
                        self.expected.update(f"{identity}:{due + 2 * step}" for step in range(count))
                    break
                with self.lock:
                    self.refused += 1
                time.sleep(0.25)
            else:
                with self.lock:
                    self.unanswered += 1


class Record:
    """What the backend saw."""

    def __init__(self, path):
        self.received, self.answered, self.early = {}, {}, 0
        for line in path.read_text().splitlines() if path.exists() else []:
            event = json.loads(line)
            counts = self.received if event["what"] == "received" else self.answered
            counts[event["key"]] = counts.get(event["key"], 0) + 1
            if event["what"] == "received" and event["at_ms"] < int(event["key"].split(":")[1]) * 1000:
                self.early += 1


def get(address, path):
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.request("GET", path)
    return json.loads(connection.getresponse().read())


def dead_letters(address):
    found, cursor = set(), ""
    while cursor is not None:
        page = get(address, "/dead-letters?limit=500" + (f"&cursor={cursor}" if cursor else ""))
        found.update(letter["id"] for letter in page["dead_letters"])
        cursor = page["next_cursor"]
    return found
