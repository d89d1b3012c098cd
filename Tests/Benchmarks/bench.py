"""Measures the services and, in the same run, the limits of this machine; writes a table of ratios.

usage: bench.py PROGRAMS [--once] [--list] [--predecessor] [--postgres] [ROW…]      PROGRAMS: the folder of the release build

Each figure is the median of three runs, or of one with --once. A row gets services, a backend and a database of its own. The
predecessor's rows run where they are named or with --predecessor: they install RabbitMQ. Those of PostgreSQL run where they are named, or
all with --postgres.
Writes .build/bench/report.md and report.json.
"""

import hashlib
import json
import os
import platform
import statistics
import subprocess
import sys

import aging
import postgres

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
OUT = os.path.join(ROOT, ".build", "bench")
PEERS = os.path.join(OUT, "peers")
LIMITS = ["limit-backend", "limit-libcurl", "limit-hummingbird", "limit-fdatasync", "limit-grpc"]
ROWS = [
    "creates-1", "creates-16", "creates-64", "creates-256", "creates-64-key", "creates-64-pending", "burst-10k", "burst-100k", "rpc", "steady-1k", "steady-5k", "lone",
    "recurring", "memory-100k", "memory-1m", "tasks-swift", "tasks-python",
]
PREDECESSOR = ["predecessor-creates", "predecessor-burst", "predecessor-tasks"]
# Rows of the services on a PostgreSQL server of their own, the store alone on it, and what else executes jobs from it.
POSTGRES = [
    "creates-64-postgres", "lone-postgres", "burst-10k-postgres", "burst-100k-postgres", "memory-1m-postgres", "postgres-store",
    "postgres-store-by-shard", "limit-pgqueuer",
]
# What many minutes do to such a server: only where they are named.
AGING = ["held-postgres", "hour-postgres"]
# Rows that take minutes each run once.
LONG = {"steady-1k", "steady-5k", "lone", "lone-postgres", "recurring", "memory-100k", "memory-1m", "memory-1m-postgres", *AGING}
STORED = ["stored", "creates", "settlements", "pgbench-creates", "pgbench-settlements", "whole-creates", "whole-settlements"]
UNDER_WAY = ["1", "64", "1024"]
# Rows in which the caller has a key, and what its line in the file of keys says beside that.
KEYS = {"creates-64-key": "", "creates-64-pending": " pending=1000000"}
# What is aimed at: a row's figure as a multiple of another row's.
RATIOS = [
    ("creates-64 per_second", "limit-hummingbird per_second", 0.4),
    ("creates-64 per_second", "predecessor-creates per_second", 20),
    ("burst-100k per_second", "limit-libcurl per_second", 0.3),
    ("burst-100k per_second", "predecessor-burst per_second", 15),
    ("tasks-python per_second", "predecessor-tasks per_second", 3),
    ("tasks-swift per_second", "limit-pgqueuer per_second", 4),
    ("rpc 64", "limit-grpc 64", 3),
    ("memory-1m creates-64", "creates-64 per_second", 0.9),
    ("memory-1m burst-100k", "burst-100k per_second", 0.9),
    ("creates-64-pending per_second", "creates-64-key per_second", 0.95),
    ("postgres-store creates", "postgres-store pgbench-creates", 0.75),
    ("postgres-store settlements", "postgres-store pgbench-settlements", 0.6),
    ("postgres-store-by-shard creates", "postgres-store-by-shard whole-creates", 0.6),
    ("postgres-store-by-shard settlements", "postgres-store-by-shard whole-settlements", 0.6),
    ("creates-64-postgres per_second", "creates-64 per_second", 0.4),
    ("burst-100k-postgres per_second", "limit-pgqueuer per_second", 0.7),
]
# And what a figure may be at most.
BOUNDS = [
    ("burst-10k p99_ms", 1_200), ("lone p50_ms", 2), ("lone p99_ms", 5), ("memory-1m growth_mb scheduler", 32),
    ("memory-1m first_delivery_ms", 1_000), ("lone-postgres p50_ms", 2), ("burst-10k-postgres p99_ms", 1_500),
    ("memory-1m-postgres growth_mb scheduler", 32), ("memory-1m-postgres first_delivery_ms", 1_000),
    ("held-postgres held_to_free", 2), ("hour-postgres last_to_first", 1.3),
]


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


def grpc(message):
    """grpc-swift-2, in a package of its own, with messages of the same size."""
    package, scratch = os.path.join(HERE, "Peers", "grpc"), os.path.join(ROOT, ".build-grpc")
    build = ["swift", "build", "-c", "release", "--package-path", package, "--scratch-path", scratch]
    subprocess.run(build, check=True, stdout=sys.stderr)
    return output(f"{scratch}/release/grpc-peer", *message, "100000", *UNDER_WAY)


def limit(name, programs):
    if name == "limit-fdatasync":
        return output(f"{PEERS}/syncs", ROOT, "5000")
    if name == "limit-grpc":
        ours = output(f"{programs}/rpc-benchmark", "10")
        return grpc([str(ours["request_bytes"]), str(ours["reply_bytes"])])
    server = [f"{programs}/bare-hummingbird"] if name == "limit-hummingbird" else [f"{PEERS}/backend"]
    with Server(*server) as port:
        if name == "limit-libcurl":
            return output(f"{PEERS}/multi", port, "200000", "256")
        return output(f"{PEERS}/load", port, "200000", "64", "1900000000")


def run(name, programs):
    if name == "postgres-store":
        return postgres.store(programs)
    if name == "postgres-store-by-shard":
        return postgres.by_shard(programs)
    if name == "limit-pgqueuer":
        return postgres.pgqueuer(postgres.python(os.path.join(OUT, "pgqueuer")))
    if name.endswith("-postgres"):
        with postgres.Server() as server:
            keys = {"SEAL_KEY_FILE": f"{server.folder}/seal-keys", "SEAL_KEY_CREATE": "true"}
            kept = {"SCHEDULER_RETENTION": aging.RETENTION} if name in AGING else {}
            return services(name.removesuffix("-postgres"), programs, {"STACK_STORE": server.store, **keys, **kept})
    if name.startswith("limit-"):
        return limit(name, programs)
    if name == "rpc":
        return output(f"{programs}/rpc-benchmark", "200000", *UNDER_WAY)
    return services(name, programs, {})


def services(name, programs, settings):
    """A row of the whole stack."""
    environment = os.environ | {"STACK_BACKEND": f"{PEERS}/backend"} | settings
    if name in KEYS:
        environment |= key(KEYS[name])
    stack = [f"{HERE}/with-predecessor"] if name in PREDECESSOR else [f"{ROOT}/Tests/with-stack", programs]
    command = [*stack, sys.executable, f"{HERE}/rows.py", name, PEERS]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment)
    done.check_returncode()
    return json.loads(done.stdout.splitlines()[-1])


def key(bounds):
    """What lets the load in by a key, with bounds for it."""
    path, text = f"{OUT}/keys", "key-of-the-load"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(f"load {hashlib.sha256(text.encode()).hexdigest()}{bounds}\n")
    return {"GATEWAY_API_KEYS_FILE": path, "LOAD_KEY": text}


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
        kind = "latency" if "creates" in name else "lateness"
        words.append(f"{kind} p50 {result['p50_ms']:.2f} ms, p99 {result['p99_ms']:.2f} ms, max {result['max_ms']:.2f} ms")
    words += [f"{key.replace('-', ' ')} {result[key]:,.0f}/s" for key in STORED if key in result]
    words += [f"{result[key]:,.0f} calls/s with {key} under way" for key in UNDER_WAY if key in result]
    words += [f"then {key} {result[key]:,.0f} /s" for key in ("creates-64", "burst-100k") if key in result]
    if name in AGING:
        words += [f"{key.replace('_', ' ')} {value:g}" for key, value in result.items() if not isinstance(value, dict)]
    if "first_delivery_ms" in result:
        words.append(f"start to first delivery {result['first_delivery_ms']:.0f} ms")
    tables = [("cpu_us", "CPU in µs each"), ("tables_to_first", "the largest to their first size"), ("empty_mb", "MB when empty"), ("resident_mb", "MB"), ("growth_mb", "growth in MB")]
    for key, label in tables:
        if result.get(key):
            words.append(label + ": " + ", ".join(f"{service} {value:g}" for service, value in result[key].items()))
    return "; ".join(words)


def figure(results, path):
    """The number at a path of keys; None where its row did not run."""
    for key in path.split():
        if key not in (results or {}):
            return None
        results = results[key]
    return results


def aims(results):
    """What was aimed at and what it came to: text, figure, aim, whether it is met."""
    found = []
    for path, against, aim in RATIOS:
        value, peer = figure(results, path), figure(results, against)
        if value is not None and peer:
            found.append((f"{path} / {against}", round(value / peer, 3), f"at least {aim}", value / peer >= aim))
    for path, bound in BOUNDS:
        if (value := figure(results, path)) is not None:
            found.append((path, value, f"at most {bound:,}", value <= bound))
    return found


def report(results):
    lines = [f"Measured on {machine()}.", "", "| row | figure |", "|---|---|"]
    lines += [f"| {name} | {shown(name, result)} |" for name, result in results.items()]
    if found := aims(results):
        lines += ["", "| aim | reached | wanted | |", "|---|---|---|---|"]
        lines += [f"| {text} | {value:,} | {aim} | {'yes' if met else 'no'} |" for text, value, aim, met in found]
    with open(f"{OUT}/report.md", "w") as file:
        file.write("\n".join(lines) + "\n")
    with open(f"{OUT}/report.json", "w") as file:
        keys = ("what", "reached", "wanted", "met")
        json.dump(
            {"machine": machine(), "results": results, "aims": [dict(zip(keys, aim)) for aim in found]}, file, indent=2)
    return "\n".join(lines)


def main():
    programs, *arguments = sys.argv[1:]
    known = LIMITS + ROWS + PREDECESSOR + POSTGRES + AGING
    if unknown := {argument for argument in arguments if argument.startswith("--")} - {"--once", "--list", "--predecessor", "--postgres"}:
        raise SystemExit(f"no such option: {', '.join(unknown)}; there are --once, --list, --predecessor, --postgres, and deploy/bench's --no-build")
    if "--list" in arguments:
        return print("\n".join(known))
    names = [argument for argument in arguments if not argument.startswith("--")]
    if not names:
        names = LIMITS + ROWS + (PREDECESSOR if "--predecessor" in arguments else []) + (POSTGRES if "--postgres" in arguments else [])
    if unknown := [name for name in names if name not in known]:
        raise SystemExit(f"no such row: {', '.join(unknown)}; --list shows them")
    compile_peers()
    results, failed = {}, []
    for name in names:
        times = 1 if "--once" in arguments or name in LONG else 3
        try:
            results[name] = median([run(name, programs) for _ in range(times)])
            print(f"{name:20} {shown(name, results[name])}", flush=True)
        except subprocess.CalledProcessError as error:
            failed.append(name)
            print(f"{name:20} failed: {error}", flush=True)
    print("\n" + report(results))
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


main()
