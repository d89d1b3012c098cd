"""Reminders of every state, with texts that try to be markup in every field that callers control."""

import time

HOSTILE = "<img src=x onerror=\"document.title='broken into'\"><script>document.title='broken into'</script>"
# What has no ink at all: control characters, and a space without width.
UNSEEN = "\u0001\u0085\u200b"
# 2030-01-01T00:00:00Z
NEW_YEAR = 1_893_456_000
BEYOND = 9_007_199_254_740_993_123
WAIT_SECONDS = 30


class Stock:
    """What the checks find in the store, and the ways to make more."""

    def __init__(self, api, standin):
        self.api, self.standin = api, standin

    def fill(self):
        self.behave()
        self.once = self.create("once", NEW_YEAR)
        self.series = self.create(
            "across a clock change", NEW_YEAR, rrule="FREQ=WEEKLY;BYDAY=TU", timezone="America/New_York", description="across a clock change")
        self.hostile = self.create(
            HOSTILE, NEW_YEAR, description=HOSTILE, meta={"body": HOSTILE, "created_by": HOSTILE[:200], "classroom_id": HOSTILE[:200],
                "item_id": [HOSTILE], "usernames": [HOSTILE], "image": HOSTILE, "extra_path": HOSTILE, "action_path": [HOSTILE]})
        self.unseen = self.create(UNSEEN, NEW_YEAR, meta={"created_by": UNSEEN, "classroom_id": UNSEEN, "body": UNSEEN})
        self.task = self.send("/tasks", {"task": "nobody.has.it", "queue": "idle", "start_datetime": NEW_YEAR, "kwargs": {"big": BEYOND, "text": HOSTILE}})
        self.paused = self.create("paused", NEW_YEAR)
        self.ask("POST", f"/reminders/{self.paused}/pause")
        self.cancelled = self.create("cancelled", NEW_YEAR)
        self.ask("DELETE", f"/reminders/{self.cancelled}")
        self.delivered = self.create("delivered", int(time.time()))
        self.dead = [self.create("refused", int(time.time()), description=f"{HOSTILE} {number}") for number in range(3)]
        self.held = [self.hold("teacher-held"), self.hold(HOSTILE[:200])]
        self.worker = self.wait("/workers", "workers", 1)[0]["instance"]
        self.wait("/dead-letters", "dead_letters", len(self.dead))
        self.wait("/held", "held", len(self.held))

    def behave(self):
        """What is titled `refused` is answered with 400, and a credential with a mark in it with 401, which repeats it."""
        answer = self.standin.ask("POST", "/control", {"status": 400, "title": "refused", "credentials": ["Bearer good", "Bearer new"]})
        assert answer.status == 200, answer.body

    def hold(self, person):
        return self.create("held", int(time.time()), rrule="FREQ=YEARLY", meta={"auth_header": "Bearer " + HOSTILE, "created_by": person})

    def create(self, title, start, meta=None, **fields):
        whole = {"auth_header": "Bearer good", "title": title, "body": "b", "item_id": "i", "created_at": 1_700_000_000,
            "created_by": "teacher-1", "classroom_id": "classroom-1", "kind": 1, **(meta or {})}
        return self.send("/remind_me", {"start_datetime": start, "description": title, "notification_metadata": whole, **fields})

    def send(self, path, body):
        return self.ask("POST", path, body)["id"]

    def ask(self, method, path, body=None):
        answer = self.api.ask(method, path, body)
        assert answer.status < 300, (method, path, answer.status, answer.body[:500])
        return answer.json()

    def reminder(self, id):
        return self.ask("GET", f"/reminders/{id}")

    def wait(self, path, name, count):
        """Until a list has at least so many."""
        deadline = time.monotonic() + WAIT_SECONDS
        while len(found := self.ask("GET", path)[name]) < count:
            assert time.monotonic() < deadline, f"{path} has {len(found)} of {count}"
            time.sleep(0.05)
        return found
