"""Creates at three times the rate that can be sustained, for a minute: what is too much is refused at once, what is accepted is
answered soon and delivered, and no service takes more memory than it may.

The rate is measured first, by nearly as many callers as the gateway has places, who each wait for their answer. The services have
one processor to themselves, the callers and the backend the other, so that a caller's own slowness is not taken for the gateway's.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from account import Record, settle
from cluster import Cluster, Layout

HERE = pathlib.Path(__file__).parent
UNITS = HERE.parent.parent / "deploy" / "systemd"
PROBE_SECONDS, PROBE_CONNECTIONS = 6, 1_000
TIMES, SECONDS, CONNECTIONS = 3, 60, 5_500
# What is accepted falls due after the overload, over so many seconds.
DUE_SECONDS = 30
# What the callers, on the one processor they have, must at least bring to bear.
LEAST_TIMES = 2.5
P99_MILLISECONDS = 1_000
# Nobody's turn never comes, also of those whose connection was not accepted when it began.
MOST_MILLISECONDS = 5_000
# What is due may be delivered a little slower than it was created, on the same processor.
SETTLE_SECONDS = 150


class Pinned(Layout):
    """The services on the first processor, the backend on another, where it answers at once."""

    def __init__(self, programs, folder):
        super().__init__(programs, folder)
        self.answer_milliseconds = (0, 0)

    def command(self, name, command):
        processors = sorted(os.sched_getaffinity(0))
        return ["taskset", "--cpu-list", str(processors[-1 if name == "backend" else 0]), *command]


def memory_bounds():
    """MiB that each service may take: MemoryMax of its systemd unit."""
    found = {}
    for unit in UNITS.glob("task-scheduler-*.service"):
        if bound := re.search(r"^MemoryMax=(\d+)M$", unit.read_text(), re.MULTILINE):
            found[unit.stem.removeprefix("task-scheduler-")] = int(bound.group(1))
    return found


def peak_mebibytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) / 1024


def flood(folder, address, rate, seconds, connections, due, path):
    program = pathlib.Path(folder) / "flood"
    if not program.exists():
        compiler = shutil.which("cc") or shutil.which("clang") or "gcc"
        subprocess.run([compiler, "-O2", "-o", program, HERE / "flood.c"], check=True)
    command = [program, address.rsplit(":", 1)[1], rate, seconds, connections, due, due + DUE_SECONDS, path]
    processors = sorted(os.sched_getaffinity(0))
    pinned = ["taskset", "--cpu-list", str(processors[-1]), *map(str, command)]
    return json.loads(subprocess.run(pinned, check=True, stdout=subprocess.PIPE, text=True).stdout)


def expected(*paths):
    return {line for path in paths for line in path.read_text().splitlines()}


def run(programs):
    with tempfile.TemporaryDirectory() as folder, Cluster(Pinned(programs, folder)) as cluster:
        probe_file, flood_file = pathlib.Path(folder) / "accepted-of-probe", pathlib.Path(folder) / "accepted-of-flood"
        due = int(time.time()) + PROBE_SECONDS + SECONDS + 10
        probe = flood(folder, cluster.api, 0, PROBE_SECONDS, PROBE_CONNECTIONS, due, probe_file)
        sustained = probe["accepted_per_s"]
        result = flood(folder, cluster.api, TIMES * sustained, SECONDS, CONNECTIONS, due, flood_file)
        promised = expected(probe_file, flood_file)
        record = Record(cluster.record)
        settle(record, promised, SETTLE_SECONDS + max(0, due - time.time()))
        return row(cluster, promised, record, sustained, result)


def row(cluster, promised, record, sustained, result):
    problems = list(cluster.unexpected)
    refused = sum(count for status, count in result["statuses"].items() if status != "201")
    lost = len(promised - record.answered)
    offered = result["sent"] / SECONDS
    for what, is_so in {
        f"{lost} accepted and not delivered": lost == 0,
        f"{len(record.early)} early": not record.early,
        f"{len(record.after_answer)} sent again after a 2xx": not record.after_answer,
        f"{len(record.received.keys() - promised)} delivered that were not accepted": record.received.keys() <= promised,
        f"only {offered / max(1, sustained):.1f} x the sustained rate was asked for": offered >= LEAST_TIMES * sustained,
        "nothing was refused": refused > 0,
        f"p99 of accepted creates {result['p99_ms']} ms": result["p99_ms"] < P99_MILLISECONDS,
        f"an accepted create was answered after {result['max_ms']} ms": result["max_ms"] < MOST_MILLISECONDS,
        f"{result['unanswered']} creates never answered": result["unanswered"] == 0,
    }.items():
        if not is_so:
            problems.append(what)
    problems += [f"{count} x {text}" for text, count in result["wrong"].items()]
    memory = []
    for name, bound in memory_bounds().items():
        peak = peak_mebibytes(cluster[name].process.pid)
        memory.append(f"{name} {peak:.0f} of {bound}")
        if peak > bound:
            problems.append(f"{name} took {peak:.0f} MiB, more than {bound}")
    return {
        "accepted": len(promised), "occurrences": len(promised), "delivered": len(promised) - lost, "lost": lost,
        "early": len(record.early), "repeated": record.repeated, "after a 2xx": len(record.after_answer), "refused": refused,
        "problems": problems,
        "seen": [
            f"sustained {sustained}/s, asked {offered:.0f}/s over {result['connections']} connections",
            f"accepted {result['accepted_per_s']}/s with p50 {result['p50_ms']}, p99 {result['p99_ms']}, max {result['max_ms']} ms",
            "answers " + ", ".join(f"{status}: {count}" for status, count in sorted(result["statuses"].items())),
            "peak MiB: " + ", ".join(sorted(memory))]}


CASES = {"overload": run}
