"""What time does to a database that is written all day: rows that take long, and so are run by name alone.

Within Tests/with-stack on PostgreSQL; a population of series whose attempts are removed as fast as new ones come.
"""

import contextlib
import os
import subprocess
import time

SERIES, PERIOD_SECONDS = 200, 2
# Until each has as many attempts as are kept of a series.
SETTLING_SECONDS = 240
WINDOW_SECONDS = 120
HELD_SECONDS, FIRST_SECONDS, HOUR_SECONDS = 600, 600, 3600
# The least that is kept of what has ended, so that most of the time is spent with as much as at its end.
RETENTION = "1m"
SIZES = "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"


def psql(*arguments):
    done = subprocess.run(["psql", os.environ["STACK_STORE"], "-At", *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def sizes():
    """Bytes of each table with its indexes."""
    return {name: int(size) for name, size in (line.split("|") for line in psql("-c", SIZES).splitlines())}


@contextlib.contextmanager
def open_transaction():
    """What it sees at its begin must be kept for it, so nothing that is changed meanwhile can be cleared away."""
    sees = "SELECT count(*) FROM attempts"
    with subprocess.Popen(
        ["psql", os.environ["STACK_STORE"], "-qAt"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as session:
        session.stdin.write(f"BEGIN ISOLATION LEVEL REPEATABLE READ; {sees};\n")
        session.stdin.flush()
        seen = session.stdout.readline()
        yield
        after, _ = session.communicate(f"{sees};\n")
        assert after == seen, f"the transaction saw {seen!r}, and later {after!r}"


def lateness(ask):
    ask("/reset", "POST")
    time.sleep(WINDOW_SECONDS)
    result = ask("/stats")
    assert result["count"] > 0.9 * SERIES / PERIOD_SECONDS * WINDOW_SECONDS, f"{result['count']} deliveries in {WINDOW_SECONDS} s"
    return result["p99_ms"]


def held(load, ask):
    """Lateness with and without a transaction that stays open for ten minutes."""
    load(SERIES, 16, int(time.time()) + 3, 0, PERIOD_SECONDS)
    time.sleep(SETTLING_SECONDS)
    free = lateness(ask)
    with open_transaction():
        time.sleep(HELD_SECONDS - WINDOW_SECONDS)
        beside = lateness(ask)
    return {"free_p99_ms": free, "held_p99_ms": beside, "held_to_free": round(beside / free, 2)}


def hour(load, _):
    """Sizes of tables and indexes after ten minutes, and after an hour."""
    load(SERIES, 16, int(time.time()) + 3, 0, PERIOD_SECONDS)
    time.sleep(FIRST_SECONDS)
    first = sizes()
    time.sleep(HOUR_SECONDS - FIRST_SECONDS)
    last = sizes()
    return {
        "first_mb": round(sum(first.values()) / 2**20, 1), "last_mb": round(sum(last.values()) / 2**20, 1),
        "last_to_first": round(sum(last.values()) / sum(first.values()), 3),
        "tables_to_first": {name: round(last[name] / first[name], 2) for name in sorted(last, key=last.get, reverse=True)[:4]},
    }
