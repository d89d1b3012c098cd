"""What became of everything that was accepted: what the backend saw, against what the gateway promised."""
import json
import time

from load import Connection

COLUMNS = ["accepted", "occurrences", "delivered", "dead", "pending", "lost", "early", "repeated", "after a 2xx", "refused"]
# Where nothing more has been answered for so long, what is missing is looked for.
SETTLE_SECONDS = 120
# What was answered may still be on its way back, and a duplicate on its way out.
LINGER_SECONDS = 2


class Record:
    """What the backend saw, as its record says it, read on as it grows."""

    def __init__(self, path):
        self.path, self.offset = path, 0
        self.received, self.answered, self.refused = {}, set(), {}
        self.first = {}             # when a key was received first, unix milliseconds
        self.early = []
        self.after_answer = []      # keys that were sent again after a 2xx had been answered

    def read(self):
        if not self.path.exists():
            return self
        with open(self.path, "rb") as record:
            record.seek(self.offset)
            data = record.read()
        data = data[:data.rfind(b"\n") + 1]
        self.offset += len(data)
        for line in data.decode().splitlines():
            letter, key, at = line.split(" ")
            if letter == "R":
                if key in self.answered:
                    self.after_answer.append(key)
                self.received[key] = self.received.get(key, 0) + 1
                self.first.setdefault(key, int(at))
                if int(at) < int(key.rsplit(":", 1)[1]) * 1000:
                    self.early.append((key, int(at)))
            elif letter == "A":
                self.answered.add(key)
            else:
                self.refused[key] = self.refused.get(key, 0) + 1
        return self

    @property
    def repeated(self):
        """Requests beyond the first with their key that the backend had not asked for by refusing."""
        return sum(count - 1 - min(count - 1, self.refused.get(key, 0)) for key, count in self.received.items())


def settle(record, expected, seconds=SETTLE_SECONDS):
    """Waits until all that is expected was answered, or nothing more has been for so long."""
    answered, deadline = 0, time.monotonic() + seconds
    while not expected <= record.read().answered and time.monotonic() < deadline:
        if len(record.answered) > answered:
            answered, deadline = len(record.answered), time.monotonic() + seconds
        time.sleep(0.5)
    time.sleep(LINGER_SECONDS)
    record.read()


def account(cluster, loads, may_repeat=False, judged=frozenset(), excuse=lambda key, at: False, settle_seconds=SETTLE_SECONDS, headers={}):
    """The row of a case: what was accepted of `loads`, and what became of it. `row["problems"]` lists what is not as promised.

    `may_repeat`: the case has a loss of a process or an answer, after which a request may be sent again although it was answered.
    `judged`: reminders that may have more occurrences than are expected, as the case itself judges.
    `excuse`: whether a request at unix milliseconds counts as early although the clock says so.
    `headers`: of whoever asks what became of it."""
    expected = set().union(*(load.expected for load in loads))
    record = Record(cluster.record)
    settle(record, expected, settle_seconds)
    missing = expected - record.answered
    connection = Connection(cluster.api, headers=headers)
    dead = missing & dead_letters(connection) if missing else set()
    pending = {key for key in missing - dead if is_pending(connection, key)}
    row = {
        "accepted": sum(load.accepted for load in loads), "occurrences": len(expected),
        "delivered": len(expected) - len(missing), "dead": len(dead), "pending": len(pending),
        "lost": len(missing - dead - pending),
        "early": sum(not excuse(key, at) for key, at in record.early), "repeated": record.repeated,
        "after a 2xx": len(record.after_answer), "refused": sum(load.refused for load in loads),
    }
    problems = list(cluster.unexpected)
    for name in "dead", "pending", "lost", "early":
        if row[name]:
            problems.append(f"{row[name]} {name}")
    unknown = {key for key in record.received.keys() - expected if key.rsplit(":", 1)[0] not in judged}
    if unknown:
        problems.append(f"{len(unknown)} keys that nobody was promised, such as {min(unknown)}")
    if not may_repeat and record.after_answer:
        problems.append(f"sent again after a 2xx: {', '.join(record.after_answer[:3])}")
    for load in loads:
        if load.unanswered or load.accepted != load.asked:
            problems.append(f"{load.asked - load.accepted} creates of {load.asked} were never accepted")
        problems += [f"{count} x answer {text}" for text, count in load.wrong.items()]
    row["problems"] = problems
    row["record"], row["missing"] = record, missing
    return row


def dead_letters(connection):
    found, cursor = set(), ""
    while cursor is not None:
        page = ask(connection, "/dead-letters?limit=500" + (f"&cursor={cursor}" if cursor else ""))
        found.update(letter["id"] for letter in page["dead_letters"])
        cursor = page["next_cursor"]
    return found


def is_pending(connection, key):
    """Whether the scheduler still has this occurrence before it: it is retried, or the series has not come to it."""
    identity, at = key.rsplit(":", 1)
    reminder = ask(connection, f"/reminders/{identity}")
    if reminder.get("occurrences", {}).get("retrying") or reminder.get("occurrences", {}).get("held"):
        return True
    following = reminder.get("next_fire_at")
    # What is overdue is shown as due now.
    return following is not None and following <= max(int(at), time.time() + 2)


def ask(connection, path):
    for _ in range(20):
        answer = connection.get(path)
        if answer is not None and answer.status in (200, 404):
            return json.loads(answer.text)
        time.sleep(0.5)
    raise RuntimeError(f"{path} is not answered: {answer}")
