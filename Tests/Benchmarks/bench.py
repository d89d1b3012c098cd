"""Measures the services and, in the same run, the limits of this machine; writes a table of ratios.

usage: bench.py PROGRAMS [--once] [--list] [ROW…]      PROGRAMS: the folder of the release build

Each figure is the median of three runs, or of one with --once. A row gets services, a backend and a database of its own.
Writes .build/bench/report.md and report.json.
"""

import json
import os
import platform
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
OUT = os.path.join(ROOT, ".build", "bench")
PEERS = os.path.join(OUT, "peers")
LIMITS = ["limit-backend", "limit-libcurl", "limit-hummingbird", "limit-fdatasync"]
ROWS = [
    "creates-1", "creates-16", "creates-64", "creates-256", "burst-10k", "burst-100k", "steady-1k", "steady-5k", "lone",
    "recurring", "memory-100k", "memory-1m",
]
# Rows that take minutes each run once.
LONG = {"steady-1k", "steady-5k", "lone", "recurring", "memory-100k", "memory-1m"}
# What each row is held against: the row's figure, the limit, and the part of it that is aimed at.
TARGETS = [("creates-64", "limit-hummingbird", 0.4), ("burst-100k", "limit-libcurl", 0.3)]


def compile_peers():
    os.makedirs(PEERS, exist_ok=True)
    for name in ("backend", "load", "multi", "syncs"):
        libraries = ["-lcurl"] if name == "multi" else []
        source = os.path.join(HERE, "Peers", name + ".c")
        subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-o", f"{PEERS}/{name}", source, *libraries], check=True)


class Server:
    """A program that says where it listens, ended with the block."""

    def __init__(self, *command):
        self.command = command

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if "listening on" in line:
                return line.strip().rsplit(":", 1)[1]
        raise SystemExit(f"{self.command[0]} did not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def output(*command):
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def limit(name, programs):
    if name == "limit-fdatasync":
        return output(f"{PEERS}/syncs", ROOT, "5000")
    server = [f"{programs}/bare-hummingbird"] if name == "limit-hummingbird" else [f"{PEERS}/backend"]
    with Server(*server) as port:
        if name == "limit-libcurl":
            return output(f"{PEERS}/multi", port, "200000", "256")
        return output(f"{PEERS}/load", port, "200000", "64", "1900000000")


def run(name, programs):
    if name.startswith("limit-"):
        return limit(name, programs)
    environment = os.environ | {"STACK_BACKEND": f"{PEERS}/backend"}
    command = [f"{ROOT}/Tests/with-stack", programs, sys.executable, f"{HERE}/rows.py", name, PEERS]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        print(done.stderr, file=sys.stderr)
        raise SystemExit(f"{name} failed")
    return json.loads(done.stdout)


def median(runs):
    """Of every number, at whatever depth."""
    if isinstance(runs[0], dict):
        return {key: median([run[key] for run in runs]) for key in runs[0]}
    return round(statistics.median(runs), 4)


def machine():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), platform.machine())
    with open("/proc/meminfo") as file:
        memory = int(file.readline().split()[1]) >> 20
    return f"{os.cpu_count()} cores of {model}, {memory} GiB, Linux {platform.release()}; load and backend on the same cores"


def shown(name, result):
    words = []
    for key, unit in [("per_second", "/s"), ("creates_per_second", "creates/s")]:
        if key in result:
            words.append(f"{result[key]:,.0f} {unit}")
    if "p50_ms" in result and not name.startswith("limit-"):
        kind = "latency" if name.startswith("creates") else "lateness"
        words.append(f"{kind} p50 {result['p50_ms']:.2f} ms, p99 {result['p99_ms']:.2f} ms, max {result['max_ms']:.2f} ms")
    for key, label in [("cpu_us", "CPU in µs each"), ("resident_mb", "MB"), ("growth_mb", "growth in MB")]:
        if key in result:
            words.append(label + ": " + ", ".join(f"{service} {value:g}" for service, value in result[key].items()))
    return "; ".join(words)


def report(results):
    lines = [f"Measured on {machine()}.", "", "| row | figure |", "|---|---|"]
    lines += [f"| {name} | {shown(name, result)} |" for name, result in results.items()]
    ratios = {}
    for name, bound, aim in TARGETS:
        if name in results and bound in results:
            ratios[name] = results[name]["per_second"] / results[bound]["per_second"]
            lines += ["", f"{name}: {ratios[name]:.0%} of {bound} (aimed at {aim:.0%})"]
    with open(f"{OUT}/report.md", "w") as file:
        file.write("\n".join(lines) + "\n")
    with open(f"{OUT}/report.json", "w") as file:
        json.dump({"machine": machine(), "results": results, "ratios": ratios}, file, indent=2)
    return "\n".join(lines)


def main():
    programs, *arguments = sys.argv[1:]
    if "--list" in arguments:
        return print("\n".join(LIMITS + ROWS))
    names = [argument for argument in arguments if not argument.startswith("--")] or LIMITS + ROWS
    if unknown := [name for name in names if name not in LIMITS + ROWS]:
        raise SystemExit(f"no such row: {', '.join(unknown)}; --list shows them")
    compile_peers()
    results = {}
    for name in names:
        times = 1 if "--once" in arguments or name in LONG else 3
        results[name] = median([run(name, programs) for _ in range(times)])
        print(f"{name:20} {shown(name, results[name])}", flush=True)
    print("\n" + report(results))


main()
