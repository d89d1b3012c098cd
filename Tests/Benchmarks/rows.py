"""One row of the benchmark, within Tests/with-stack or with-predecessor: prints what it measured as JSON.

usage: rows.py ROW PEERS      PEERS: the folder with the compiled programs of Tests/Benchmarks/Peers
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request

import aging
import tasks

ROW, PEERS = sys.argv[1:3]
GATEWAY, BACKEND = os.environ["GATEWAY_URL"], os.environ["STANDIN_URL"]
PORT = GATEWAY.rsplit(":", 1)[1]
FAR = int(time.time()) + 30 * 86_400
TICKS = os.sysconf("SC_CLK_TCK")
# A row that takes longer than this has something wrong with it.
DEADLINE_SECONDS = 300


def load(count, connections, due, rate=0, period=0):
    done = subprocess.run(
        [f"{PEERS}/load", PORT, str(count), str(connections), str(due), str(rate), str(period)],
        capture_output=True, text=True, check=True, timeout=DEADLINE_SECONDS)
    result = json.loads(done.stdout)
    assert result["refused"] == 0, f"{result['refused']} creates were refused"
    return result


def ask(path, method="GET"):
    with urllib.request.urlopen(urllib.request.Request(BACKEND + path, method=method), timeout=60) as answer:
        return json.load(answer)


def delivered(count):
    """Waits until so many have come, and a moment more for what must not come."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (come := ask("/count")["count"]) < count:
        assert time.monotonic() < deadline, f"{come} of {count} were delivered"
        time.sleep(0.1)
    time.sleep(0.5)
    return checked(ask("/stats"), count)


def checked(result, count):
    assert result["count"] == result["distinct"] == count, f"{result['count']} deliveries of {count}"
    assert result["early"] == 0, f"{result['early']} came early"
    return result


def services():
    """CPU seconds and resident MB by service."""
    found = {}
    for pid in os.environ.get("STACK_PIDS", "").split():
        with open(f"/proc/{pid}/stat") as file:
            name, fields = file.read().split(") ")
        with open(f"/proc/{pid}/status") as file:
            resident = next(line for line in file if line.startswith("VmRSS")).split()[1]
        found[name.split("(")[1]] = (sum(map(int, fields.split()[11:13])) / TICKS, int(resident) / 1024)
    return found


def microseconds(before, after, count):
    return {name: round((after[name][0] - before[name][0]) * 1e6 / count, 1) for name in after}


def creates(connections, seconds=6):
    warm = load(2_000, connections, FAR)
    count = max(1_000, int(warm["per_second"] * seconds))
    before = services()
    result = load(count, connections, FAR)
    return result | {"cpu_us": microseconds(before, services(), count)}


def burst(count, creates_per_second=5_000):
    """All due in the same second, which begins when all have been created."""
    ask("/reset", "POST")
    due = int(time.time()) + 5 + count // creates_per_second
    made = load(count, 64, due)
    assert time.time() < due, "creating took longer than foreseen"
    before = services()
    result = delivered(count)
    result["per_second"] = round(count / max(result["seconds"], 1e-9))
    return result | {"creates_per_second": made["per_second"], "cpu_us": microseconds(before, services(), count)}


def steady(rate, seconds=30):
    """Created at that rate, each due two seconds later, at a whole second: so each second brings as many at once."""
    before = services()
    made = load(rate * seconds, 64, "+3", rate)
    result = delivered(rate * seconds)
    result["create_p50_ms"], result["create_p99_ms"] = made["p50_ms"], made["p99_ms"]
    return result | {"cpu_us": microseconds(before, services(), rate * seconds)}


def lone(count=200):
    """One reminder a second, and nothing else. Over one connection: another would be idle until the API closes it."""
    load(count, 1, "+3", rate=1)
    return delivered(count)


def recurring(series=20_000, period=10, rounds=3):
    due = int(time.time()) + 12
    load(series, 64, due, 0, period)
    before = services()
    time.sleep(max(0, due + rounds * period - 1 - time.time()))
    result = checked(ask("/stats"), series * rounds)
    return result | {"cpu_us": microseconds(before, services(), series * rounds)}


def memory(pending):
    """Resident MB of each service with so many pending, and what it grew by."""
    load(1_000, 64, FAR)
    before = services()
    made = load(pending, 256, FAR)
    after = services()
    return {
        "empty_mb": {name: round(before[name][1], 1) for name in before},
        "resident_mb": {name: round(after[name][1], 1) for name in after},
        "growth_mb": {name: round(after[name][1] - before[name][1], 1) for name in after},
        "creates_per_second": made["per_second"],
    }


def million():
    """Beside memory: what creates, a burst and a start are with a million pending."""
    result = memory(1_000_000)
    result["creates-64"] = creates(64)["per_second"]
    result["burst-100k"] = burst(100_000)["per_second"]
    return result | {"first_delivery_ms": start_to_first_delivery()}


def scheduler_pid():
    for pid in os.environ["STACK_PIDS"].split():
        with open(f"/proc/{pid}/comm") as file:
            if file.read().strip() == "scheduler":
                return int(pid)
    raise SystemExit("there is no scheduler")


def wait_for_end(pid):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with open(f"/proc/{pid}/stat") as file:
                # A zombie, until the script that started it waits for it.
                if file.read().split(") ")[1].startswith("Z"):
                    return
        except FileNotFoundError:
            return
        time.sleep(0.01)
    raise SystemExit("the scheduler did not end")


def start_to_first_delivery():
    """Milliseconds from the start of the scheduler's process to the delivery of a reminder that fell due while there was none."""
    ask("/reset", "POST")
    due = int(time.time()) + 3
    load(1, 1, due)
    pid = scheduler_pid()
    os.kill(pid, signal.SIGTERM)
    wait_for_end(pid)
    time.sleep(max(0, due + 1 - time.time()))
    begin = time.time()
    environment = os.environ | {"SCHEDULER_LISTEN": os.environ["SCHEDULER_ENDPOINTS"]}
    with open(os.path.join(os.environ["STACK_LOGS"], "scheduler-again.log"), "w") as log:
        process = subprocess.Popen([os.path.join(os.environ["STACK_PROGRAMS"], "scheduler")], env=environment, stdout=log, stderr=log)
    try:
        return round(due * 1000 + delivered(1)["max_ms"] - begin * 1000, 1)
    finally:
        process.terminate()
        process.wait()


ROWS = {
    **{f"creates-{connections}": lambda connections=connections: creates(connections) for connections in (1, 16, 64, 256)},
    # With what bench.py gives the load and the gateway.
    "creates-64-key": lambda: creates(64),
    "creates-64-pending": lambda: creates(64),
    "burst-10k": lambda: burst(10_000),
    "burst-100k": lambda: burst(100_000),
    "steady-1k": lambda: steady(1_000),
    "steady-5k": lambda: steady(5_000),
    "lone": lone,
    "recurring": recurring,
    "memory-100k": lambda: memory(100_000),
    "memory-1m": million,
    # The predecessor creates 600 a second at least, and is given few enough that it ends.
    "predecessor-creates": lambda: creates(64),
    "predecessor-burst": lambda: burst(6_000, 500),
    "held": lambda: aging.held(load, ask),
    "hour": lambda: aging.hour(load, ask),
    "tasks-swift": tasks.swift,
    "tasks-python": tasks.here,
    "predecessor-tasks": tasks.predecessor,
}

if __name__ == "__main__":
    print(json.dumps(ROWS[ROW]()))
