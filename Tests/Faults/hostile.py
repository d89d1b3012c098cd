"""Callers who are let in and take what they can get, beside one who asks for forty reminders a second and must not notice: their past, their
volume, queues that nobody serves, dead letters without number, lists that find nothing. And what they leave behind goes.
"""
import hashlib
import json
import multiprocessing
import pathlib
import sqlite3
import tempfile
import threading
import time

from account import account
from batches import Batches
from cluster import Cluster, Layout
from load import Connection, Load, reminder
from measure import bound, lateness, percentile, resident_mebibytes
from shim import Shim

RATE, SECONDS = 40, 20
# From when on the other caller is at it.
LEAD_SECONDS = 6
# How late one in a hundred of the other's may be meanwhile: three times what two cores with five other programs at work showed. What delays
# it is what the worker and the notifier have of the others' before them. Who has to wait for the others' backlog waits for minutes.
LATE_MILLISECONDS = {"past": 500, "backdated": 1_050, "unserved": 250}
# 1970 to now is 1.8 billion occurrences, and another each second.
ENDLESS = 1_000
BACKDATED, UNSERVED, FOREIGN, STORED = 50_000, 100_000, 10_000, 100_000
DAY = 86_400


def key(name):
    """What a caller's requests carry."""
    return {"Authorization": f"Bearer key-of-{name}"}


def known(layout, *names):
    """Lets callers in, each by a key of its own."""
    path = pathlib.Path(layout.folder) / "callers"
    digests = {name: hashlib.sha256(f"key-of-{name}".encode()).hexdigest() for name in names}
    path.write_text("".join(f"{name} {digest}\n" for name, digest in digests.items()))
    path.chmod(0o600)
    layout.settings["gateway"] = {"GATEWAY_API_KEYS_FILE": str(path)}


def beside(programs, attack, late_milliseconds, fields={}):
    """A row in which `attack(cluster, hostile)` goes on beside an ordinary caller, and another load of the hostile one itself, with `fields`.

    It returns the reminders whose occurrences nobody counts, and what there is to say."""
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout(programs, folder)
        layout.answer_milliseconds = (0, 0)
        known(layout, "ordinary", "hostile")
        with Cluster(layout) as cluster:
            ordinary = Load(cluster.apis, RATE, SECONDS, headers=key("ordinary")).start()
            loads, urgent = [ordinary], None
            time.sleep(LEAD_SECONDS)
            began = time.time()
            if fields:
                urgent = Load(cluster.apis, RATE, SECONDS / 2, tag="urgent", headers=key("hostile"), fields=fields).start()
                loads.append(urgent)
            hostile = Batches(cluster.api, key("hostile"))
            judged, seen = attack(cluster, hostile)
            for load in loads:
                load.join()
            row = account(cluster, [*loads, hostile], judged=judged, headers=ordinary.headers)
            record = row["record"]
            before = lateness(record, ordinary.expected, until=began)
            most = bound(late_milliseconds, before)
            late = {"the other's": lateness(record, ordinary.expected, since=began)}
            if urgent is not None:
                late["its own urgent ones"] = lateness(record, urgent.expected, since=began)
            for whose, times in late.items():
                if percentile(times, 99) > most:
                    row["problems"].append(f"{whose} were {percentile(times, 99)} ms late, more than {most:.0f}")
            row["seen"] = seen + [f"the other's before it p99 {percentile(before, 99)} ms late"] + [
                f"{whose} p50 {percentile(times, 50)}, p99 {percentile(times, 99)}, max {times[-1]} ms" for whose, times in late.items()]
            row["seen"].append(f"scheduler {resident_mebibytes(cluster['scheduler']):.0f} MiB")
            return row


def past(programs):
    """A thousand series of seconds that began in 1970, all of whose past is to be caught up on."""
    def attack(cluster, hostile):
        body = {**reminder(0, "endless"), "rrule": "FREQ=SECONDLY", "misfire_policy": "fire_all"}
        identities = hostile.create([body] * ENDLESS)
        return set(identities), [f"{len(identities)} series since 1970"]

    return beside(programs, attack, LATE_MILLISECONDS["past"])


def backdated(programs):
    """Fifty thousand that were due in 1970, of the lowest priority; the same caller's that matter have the highest."""
    def attack(cluster, hostile):
        identities = hostile.create([{**reminder(0, "backdated"), "priority": 0}] * BACKDATED)
        hostile.expect(identities, [0])
        return set(), [f"{len(identities)} backdated"]

    return beside(programs, attack, LATE_MILLISECONDS["backdated"], fields={"priority": 9})


def unserved(programs):
    """A hundred thousand tasks that no worker has, in as many queues that none serves."""
    def attack(cluster, hostile):
        identities = hostile.create([{"task": "none", "queue": f"q{number}", "start_datetime": 0} for number in range(UNSERVED)])
        began = time.monotonic()
        answer = Connection(cluster.api, headers=key("hostile")).get("/queues")
        if answer is None or answer.status != 200:
            hostile.wrong[f"GET /queues is answered {answer}"] += 1
        return set(identities), [f"{len(identities)} queues, GET /queues after {(time.monotonic() - began) * 1_000:.0f} ms"]

    return beside(programs, attack, LATE_MILLISECONDS["unserved"])


def replay(programs):
    """One caller has a dead letter, another ten thousand newer ones: who asks for all its own again gets them, and nobody else's."""
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout(programs, folder)
        layout.answer_milliseconds, layout.refused_per_mille = (0, 0), 1_000
        known(layout, "ordinary", "hostile")
        with Cluster(layout) as cluster:
            ordinary, hostile = (Batches(cluster.api, key(name), tag=name) for name in ("ordinary", "hostile"))
            due, problems = int(time.time()), []
            mine = ordinary.create([{**reminder(due, "refused once"), "max_attempts": 1}])
            ordinary.expect(mine, [due])
            await_dead(cluster, "ordinary", 1)
            foreign = hostile.create(
                [{"task": "none", "queue": "none", "start_datetime": due, "expires_after_seconds": 1}] * FOREIGN)
            await_dead(cluster, "hostile", FOREIGN)
            began, replayed, requests, more = time.monotonic(), 0, 0, True
            connection, body = Connection(cluster.api, headers=key("ordinary")), {}
            while more and requests < 100:
                answer = connection.post("/dead-letters/replay", json.dumps(body), f"replay-{requests}")
                if answer is None or answer.status != 200:
                    problems.append(f"a replay was answered {answer}")
                    break
                found = json.loads(answer.text)
                replayed, requests, more = replayed + found["replayed"], requests + 1, found["more"]
                body = {"cursor": found.get("next_cursor")}
            took = time.monotonic() - began
            row = account(cluster, [ordinary, hostile], headers=key("ordinary"))
            if replayed != 1:
                problems.append(f"{replayed} were replayed instead of 1")
            if (left := letters(cluster, "hostile")) < FOREIGN:
                problems.append(f"{FOREIGN - left} of another's dead letters are gone")
            row["problems"] += problems
            row["seen"] = [f"{replayed} of {len(foreign) + 1} dead letters replayed with {requests} requests in {took * 1_000:.0f} ms"]
            return row


def letters(cluster, name):
    """How many dead letters a caller has."""
    connection, count, cursor = Connection(cluster.api, headers=key(name)), 0, ""
    while cursor is not None:
        page = json.loads(connection.get("/dead-letters?limit=500" + (f"&cursor={cursor}" if cursor else "")).text)
        count, cursor = count + len(page["dead_letters"]), page["next_cursor"]
    return count


def await_dead(cluster, name, count):
    deadline = time.monotonic() + 60
    while (found := letters(cluster, name)) < count:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{name} has {found} dead letters, not {count}")
        time.sleep(0.5)


def retention(programs):
    """Two thousand series of ten seconds each end, and two days pass: nothing is left of them, in no shard, nor of their idempotency keys."""
    series, occurrences = 2_000, 10
    with tempfile.TemporaryDirectory() as folder:
        shim, layout = Shim(folder), Layout(programs, folder)
        layout.answer_milliseconds = (0, 0)
        layout.settings = {"": shim.environment(), "scheduler": {"SCHEDULER_RETENTION": "60s"}}
        with Cluster(layout) as cluster:
            caller, begin = Batches(cluster.api), int(time.time()) - occurrences
            body = {**reminder(begin, "series"), "rrule": f"FREQ=SECONDLY;COUNT={occurrences}", "misfire_policy": "fire_all"}
            caller.expect(caller.create([body] * series), range(begin, begin + occurrences))
            row = account(cluster, [caller])
            before = rows(layout.store)
            shim.clock_offset += 2 * DAY
            # It looks once a minute, and when it begins.
            cluster["scheduler"].terminate()
            began = time.monotonic()
            cluster["scheduler"].start()
            while any(count for count, _ in rows(layout.store).values()) and time.monotonic() < began + 60:
                time.sleep(0.1)
            took, after = time.monotonic() - began, rows(layout.store)
            row["problems"] += list(cluster.unexpected)
            for table, (count, shards) in after.items():
                if count:
                    row["problems"].append(f"{count} rows of {table} are left, in {shards} shards")
            total = sum(count for count, _ in before.values())
            row["seen"] = [
                ", ".join(f"{count} rows of {table} in {shards} shards" for table, (count, shards) in before.items()) +
                f", all gone {took:.1f} s after the start of the scheduler ({total / took:.0f}/s)"]
            return row


def histories(programs):
    """Series that go on, with more attempts than are always kept: once these are old the latest hundred stay, of each, and go on being shown."""
    series, occurrences, kept = 40, 150, 100
    with tempfile.TemporaryDirectory() as folder:
        shim, layout = Shim(folder), Layout(programs, folder)
        layout.answer_milliseconds = (0, 0)
        layout.settings = {"": shim.environment(), "scheduler": {"SCHEDULER_RETENTION": "60s"}}
        with Cluster(layout) as cluster:
            # Its next is due in half a day.
            caller, begin = Batches(cluster.api), int(time.time()) - occurrences * DAY + DAY // 2
            body = {**reminder(begin, "series"), "rrule": "FREQ=DAILY", "misfire_policy": "fire_all", "catch_up_limit": occurrences}
            identities = caller.create([body] * series)
            caller.expect(identities, range(begin, begin + occurrences * DAY, DAY))
            row = account(cluster, [caller])
            before = attempts(layout.store)
            shim.clock_offset += 3_600
            # It looks through histories every ten minutes, and when it begins.
            cluster["scheduler"].terminate()
            began = time.monotonic()
            cluster["scheduler"].start()
            wanted = {identity: history[-kept:] for identity, history in before.items()}
            while (after := attempts(layout.store)) != wanted and time.monotonic() < began + 60:
                time.sleep(0.1)
            took = time.monotonic() - began
            row["problems"] += list(cluster.unexpected)
            if len(wanted) != series or after != wanted:
                counts = sorted({len(history) for history in after.values()})
                row["problems"].append(f"of {len(after)} series {counts} attempts are left, not the latest {kept} of {series}")
            answer = Connection(cluster.api).get(f"/reminders/{identities[0]}")
            if answer is None or answer.status != 200 or json.loads(answer.text)["state"] != "scheduled":
                row["problems"].append(f"a series does not go on: {answer}")
            row["seen"] = [f"of {sum(map(len, before.values()))} attempts of {series} series {sum(map(len, after.values()))} are left "
                           f"{took:.1f} s after the start of the scheduler"]
            return row


def attempts(store):
    """By reminder, its attempts in their order."""
    found = {}
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as database:
        for identity, *attempt in database.execute(
                "SELECT reminder, started_ms, scheduled_at, number, outcome FROM attempts ORDER BY 1, 2, 3, 4, 5"):
            found.setdefault(identity, []).append(attempt)
    return found


def rows(store):
    """By table, its rows and the shards that they are in."""
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as database:
        return {
            table: database.execute(f"SELECT count(*), count(DISTINCT shard) FROM {table}").fetchone()
            for table in ("attempts", "reminders", "idempotency")}


def lists(programs):
    """Sixty-four callers list by a text that no reminder has, among a hundred thousand; another asks for one by its id."""
    lanes, seconds, most_milliseconds = 64, 15, 100
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout(programs, folder)
        with Cluster(layout) as cluster:
            caller, due = Batches(cluster.api), int(time.time()) + DAY
            identities = caller.create([reminder(due + number % DAY, f"item-{number}") for number in range(STORED)])
            identities = identities[::97]
            alone = questions(cluster.api, identities, seconds / 3)
            counted = multiprocessing.Value("i", 0)
            crowd = multiprocessing.Process(target=listing, args=(cluster.api, lanes, seconds, counted), daemon=True)
            crowd.start()
            time.sleep(1)
            meanwhile = questions(cluster.api, identities, seconds - 2)
            crowd.join()
            problems = [*cluster.unexpected, *(f"{count} x {text}" for text, count in caller.wrong.items())]
            if percentile(meanwhile, 99) >= most_milliseconds:
                problems.append(f"GET by id took {percentile(meanwhile, 99):.1f} ms")
            if counted.value == 0:
                problems.append("no list was answered")
            row = {"accepted": caller.accepted, "refused": caller.refused, "problems": problems}
            row["seen"] = [
                f"{counted.value / seconds:.0f} lists a second; GET by id p50 {percentile(meanwhile, 50):.1f}, "
                f"p99 {percentile(meanwhile, 99):.1f} ms, without them {percentile(alone, 50):.1f} and {percentile(alone, 99):.1f}: "
                f"{percentile(meanwhile, 99) / percentile(alone, 99):.1f} times"]
            return row


def questions(address, identities, seconds):
    """Asks for one reminder after the other; how long each took, milliseconds, in order of size."""
    connection, took, end = Connection(address), [], time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        answer = connection.get(f"/reminders/{identities[len(took) % len(identities)]}")
        if answer is None or answer.status != 200:
            raise RuntimeError(f"GET by id is answered {answer}")
        took.append((time.monotonic() - began) * 1_000)
    return sorted(took)


def listing(address, lanes, seconds, counted):
    """Asks for the same list again and again, in a process of its own; adds the answers to `counted`."""
    def lane():
        connection, end = Connection(address, timeout=30), time.monotonic() + seconds
        while time.monotonic() < end:
            answer = connection.get("/reminders?description=zz")
            if answer is not None and answer.status == 200:
                with counted.get_lock():
                    counted.value += 1

    threads = [threading.Thread(target=lane) for _ in range(lanes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


CASES = {
    "hostile/past": past, "hostile/backdated": backdated, "hostile/unserved": unserved, "hostile/replay": replay,
    "hostile/retention": retention, "hostile/histories": histories, "hostile/lists": lists,
}
