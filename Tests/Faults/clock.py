"""The wall clock of all services is set an hour forwards, an hour back, and leaps by a day after a suspension, under a steady load and
with series of each misfire policy and single reminders on both sides of the leap."""
import json
import signal
import tempfile
import time

from account import account
from cluster import ORDER, Cluster, Layout
from load import Connection, Load, reminder
from shim import Shim

RATE, SECONDS, LANES = 60, 18, 16
LEAD_SECONDS, BETWEEN_SECONDS, SUSPENDED_SECONDS = 4, 8, 3
HOUR, DAY = 3_600, 86_400
SINGLES, SERIES_EACH = 50, 5
SERIES_INTERVAL = 20
# What is late by less is not missed, in a series of any policy.
MISFIRE_SECONDS = 60
# A request that had left when the clock was set back arrives at a time that is early by the new one.
IN_FLIGHT_SECONDS = 1
# Between the clock's leap and the dispatch of what is not late by too much: thousands that were due before come first.
SLACK_SECONDS = 20
POLICIES = ["fire_once", "fire_all", "skip"]


class Wait:
    """What waits while the clock leaps: single reminders over the next `spread` seconds, and series of each policy that go on for
    longer."""

    def __init__(self, address, now, spread):
        connection = Connection(address)
        self.expected, self.series = set(), {}
        self.accepted = self.asked = self.refused = self.unanswered = 0
        self.wrong = {}
        # Off the leap, so that no time of the series falls due in the very second of it.
        self.begun = int(now) + LEAD_SECONDS + SERIES_INTERVAL // 2
        for number in range(SINGLES):
            due = int(now) + LEAD_SECONDS + 2 + number * spread // SINGLES
            self.expected.add(f"{self._create(connection, reminder(due, 'single'), number)}:{due}")
        count = spread // SERIES_INTERVAL + 3
        for policy in POLICIES:
            for number in range(SERIES_EACH):
                body = reminder(self.begun, policy)
                body.update({"rrule": f"FREQ=SECONDLY;INTERVAL={SERIES_INTERVAL};COUNT={count}", "misfire_policy": policy})
                self.series[self._create(connection, body, f"{policy}-{number}")] = policy

    def _create(self, connection, body, number):
        self.asked += 1
        answer = connection.post("/remind_me", json.dumps(body), f"wait-{number}")
        if answer is None or answer.status != 201:
            raise RuntimeError(f"not accepted: {answer}")
        self.accepted += 1
        return json.loads(answer.text)["id"]

    def times(self, until):
        """When the series fall due, up to then."""
        return range(self.begun, int(until) + 1, SERIES_INTERVAL)

    def missed(self, arrived):
        """The times that the clock leapt over, and that were late by more than a misfire's threshold when it arrived."""
        return [at for at in self.times(arrived) if at <= arrived - MISFIRE_SECONDS]

    def owed(self, arrived):
        """Occurrences of the series that must have been delivered: with `fire_all` each, with `fire_once` the latest where any was
        missed, with `skip` those that were not late by so much."""
        times, missed = self.times(arrived), self.missed(arrived)
        on_time = [at for at in times if at not in self.missed(arrived + SLACK_SECONDS)]
        of_policy = {"fire_all": times, "fire_once": times[-1:] if missed else on_time, "skip": on_time}
        return {f"{identity}:{at}" for identity, policy in self.series.items() for at in of_policy[policy]}


class Clock:
    def __init__(self, programs, folder):
        self.shim = Shim(folder)
        layout = Layout(programs, folder)
        # A leap of a day makes thousands due at once.
        layout.answer_milliseconds = (0, 100)
        layout.settings[""] = self.shim.environment()
        self.cluster = Cluster(layout)

    def leap(self, seconds):
        self.shim.clock_offset += seconds

    def suspend(self, seconds, leap):
        """As a machine that sleeps: nothing runs, and when it does again the wall clock has gone on and the monotonic one has not."""
        for name in ORDER:
            self.cluster[name].send(signal.SIGSTOP)
        time.sleep(seconds)
        self.leap(leap)
        for name in reversed(ORDER):
            self.cluster[name].send(signal.SIGCONT)


def run(programs, spread, body):
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock(programs, folder)
        with clock.cluster as cluster:
            wait = Wait(cluster.api, clock.shim.now(), spread)
            load = Load(cluster.apis, RATE, SECONDS, LANES, clock=clock.shim.now).start()
            time.sleep(LEAD_SECONDS)
            arrived, excuse = body(clock)
            load.join()
            wait.expected |= wait.owed(arrived)
            row = account(cluster, [load, wait], judged=wait.series.keys(), excuse=excuse)
            judge(row, wait, arrived, clock.shim.now())
            return row


def judge(row, wait, arrived, now):
    """Whether the series fired as their policies say."""
    fired = {identity: set() for identity in wait.series}
    for key in row["record"].received:
        identity, at = key.rsplit(":", 1)
        if identity in fired:
            fired[identity].add(int(at))
    missed, times = set(wait.missed(arrived)), set(wait.times(arrived))
    seen = []
    for policy in POLICIES:
        of_policy = [identity for identity in wait.series if wait.series[identity] == policy]
        # The latest stands for all that was missed, also where it is not late itself.
        counted = times if policy == "fire_once" else missed
        counts = sorted({len(fired[identity] & counted) for identity in of_policy})
        right = {"fire_once": 1, "fire_all": len(missed), "skip": 0}[policy]
        seen.append(f"{policy} {'/'.join(map(str, counts))}")
        if missed and counts != [right]:
            row["problems"].append(f"{policy} fired {counts} of {len(missed)} missed times")
        for identity in of_policy:
            if off := fired[identity] - set(wait.times(now)):
                row["problems"].append(f"a series fired at {min(off)}, which is none of its times so far")
    if missed:
        row["seen"] = [f"of {len(missed)} missed times of a series fired: " + ", ".join(seen)]


def nothing_excused(key, at):
    return False


def forwards(clock):
    clock.leap(HOUR)
    return clock.shim.now(), nothing_excused


def back(clock):
    """An hour back, some seconds there, and forwards again: what was delivered is not delivered again, what was due waits."""
    left = clock.shim.now() - HOUR
    clock.leap(-HOUR)
    time.sleep(BETWEEN_SECONDS)
    clock.leap(HOUR)

    def in_flight(key, at):
        due = int(key.rsplit(":", 1)[1]) * 1000
        return left * 1000 <= at <= (left + IN_FLIGHT_SECONDS) * 1000 and due <= at + HOUR * 1000
    return clock.shim.now(), in_flight


def suspended(clock):
    clock.suspend(SUSPENDED_SECONDS, DAY)
    return clock.shim.now(), nothing_excused


CASES = {
    "clock/forwards": lambda programs: run(programs, HOUR, forwards),
    "clock/back": lambda programs: run(programs, BETWEEN_SECONDS, back),
    "clock/suspended": lambda programs: run(programs, DAY, suspended),
}
