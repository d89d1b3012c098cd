"""A steady stream of creates, each repeated with its Idempotency-Key until it is answered, and what was accepted of them."""
import collections
import http.client
import json
import threading
import time

SERIES = {"rrule": "FREQ=SECONDLY;INTERVAL=2;COUNT=4", "misfire_policy": "fire_all"}
OCCURRENCES_OF_SERIES = 4
# What is created falls due after so many seconds, and up to four more.
LEAD_SECONDS = 2
# One create in so many is a series.
SERIES_EVERY = 10
# A create is tried until it is accepted, for longer than any fault lasts.
PATIENCE_SECONDS, PAUSE_SECONDS = 90, 0.25
# Longer than the gateway waits for a scheduler.
ANSWER_SECONDS = 8

# In every reminder.
CREDENTIAL = b"Bearer fault"


class Load:
    """`lanes` connections that together ask for `rate` creates a second, due some seconds later."""

    path = "/remind_me"

    def __init__(self, addresses, rate, seconds, lanes=8, clock=time.time, tag="load", headers={}, fields={}):
        """`headers` go with every request; `fields` stand in every reminder."""
        self.addresses, self.rate, self.seconds, self.lanes = addresses, rate, seconds, lanes
        self.clock, self.tag = clock, tag
        self.headers, self.fields = headers, fields
        self.lock = threading.Lock()
        self.expected = set()       # occurrences of what was accepted: idempotency keys
        self.accepted_at = {}       # when a reminder was accepted, unix seconds
        self.accepted = self.refused = self.broken = self.unanswered = 0
        self.answers = collections.Counter()    # refusals by status
        self.wrong = collections.Counter()      # answers that should not be
        self.threads = [threading.Thread(target=self._lane, args=(lane,), daemon=True) for lane in range(lanes)]

    @property
    def asked(self):
        return int(self.rate * self.seconds)

    def body(self, due, item):
        return reminder(due, item)

    def start(self):
        self.begun = time.monotonic()
        for thread in self.threads:
            thread.start()
        return self

    def join(self):
        for thread in self.threads:
            thread.join()

    def _lane(self, lane):
        connection = Connection(*self.addresses, headers=self.headers)
        for number in range(lane, self.asked, self.lanes):
            wait = self.begun + number / self.rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            self._create(connection, number)

    def _create(self, connection, number):
        due = int(self.clock()) + LEAD_SECONDS + number % 5
        body = {**self.body(due, f"item-{number}"), **self.fields}
        count = 1
        if number % SERIES_EVERY == 0:
            body.update(SERIES)
            count = OCCURRENCES_OF_SERIES
        payload = json.dumps(body)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            answer = connection.post(self.path, payload, f"{self.tag}-{number}")
            with self.lock:
                if answer is None:
                    self.broken += 1
                elif answer.status == 201:
                    identity = json.loads(answer.text)["id"]
                    self.accepted += 1
                    self.accepted_at[identity] = time.time()
                    self.expected.update(f"{identity}:{due + 2 * step}" for step in range(count))
                    return
                else:
                    self.refused += 1
                    self.answers[answer.status] += 1
                    if answer.status not in (429, 503) or answer.retry_after is None:
                        self.wrong[f"{answer.status} {answer.text[:200]}"] += 1
                        self.unanswered += 1
                        return      # another try would be answered the same
            time.sleep(PAUSE_SECONDS)
        with self.lock:
            self.unanswered += 1


def reminder(due, item):
    return {"rrule": None, "start_datetime": due, "notification_metadata": {
        "auth_header": CREDENTIAL.decode(), "title": "t", "body": "b", "item_id": item, "created_at": due,
        "created_by": "u", "classroom_id": "c", "kind": 1}}


Answer = collections.namedtuple("Answer", "status text retry_after")


class Connection:
    """One that is opened again when it broke, to the next of several addresses. `headers` go with every request."""

    def __init__(self, *addresses, timeout=ANSWER_SECONDS, headers={}):
        self.addresses, self.timeout, self.http = collections.deque(addresses), timeout, None
        self.headers = headers

    def post(self, path, payload, key):
        return self._ask("POST", path, payload, {"Content-Type": "application/json", "Idempotency-Key": key})

    def get(self, path):
        return self._ask("GET", path, None, {})

    def delete(self, path):
        return self._ask("DELETE", path, None, {})

    def _ask(self, method, path, payload, headers):
        """The answer; None where the connection broke first."""
        try:
            self.http = self.http or http.client.HTTPConnection(self.addresses[0], timeout=self.timeout)
            self.http.request(method, path, payload, {**self.headers, **headers})
            answer = self.http.getresponse()
            return Answer(answer.status, answer.read().decode(), answer.headers.get("Retry-After"))
        except (OSError, http.client.HTTPException):
            if self.http is not None:
                self.http.close()
            self.http = None
            self.addresses.rotate(-1)
            return None
