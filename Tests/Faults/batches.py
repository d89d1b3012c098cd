"""One caller that asks for thousands at once, and what was accepted of them."""
import collections
import json
import time

from load import PATIENCE_SECONDS, PAUSE_SECONDS, Connection

# Reminders that one request may create.
MOST = 1_000
# The longest batches take a gateway that has other work seconds.
ANSWER_SECONDS = 30


class Batches:
    """Asks one request after the other; counts as a load (`account.py`) whose occurrences are those that `expect` adds."""

    def __init__(self, address, headers={}, tag="batch"):
        self.connection = Connection(address, timeout=ANSWER_SECONDS, headers=headers)
        self.headers, self.tag, self.requests = headers, tag, 0
        self.expected = set()
        self.accepted = self.asked = self.refused = self.unanswered = 0
        self.wrong = collections.Counter()

    def create(self, bodies):
        """Creates reminders, each request until it is answered.
        Returns their ids, in order."""
        return [identity for begin in range(0, len(bodies), MOST) for identity in self._create(bodies[begin:begin + MOST])]

    def expect(self, identities, times):
        """What was created falls due at these times, unix seconds."""
        self.expected.update(f"{identity}:{at}" for identity in identities for at in times)

    def _create(self, bodies):
        payload = json.dumps({"create": bodies})
        self.asked += len(bodies)
        self.requests += 1
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            answer = self.connection.post("/reminders/batch", payload, f"{self.tag}-{self.requests}")
            if answer is not None and answer.status == 200:
                items = json.loads(answer.text)["created"]
                for item in items:
                    if item["status"] != 201:
                        self.wrong[json.dumps(item)[:200]] += 1
                identities = [item["id"] for item in items if item["status"] == 201]
                self.accepted += len(identities)
                return identities
            self.refused += 1
            if answer is not None and answer.status not in (429, 503):
                self.wrong[f"{answer.status} {answer.text[:200]}"] += 1
                break
            time.sleep(PAUSE_SECONDS)
        self.unanswered += len(bodies)
        return []
