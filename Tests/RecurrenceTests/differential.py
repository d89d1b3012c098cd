"""Expands rules with python-dateutil, for comparison.

Reads one JSON object a line: rule (text), start (unix seconds), tz, limit. Writes for each a line with the first `limit` instants, or
null where dateutil takes too long. Rules are expanded on the wall clock and mapped through zoneinfo: a skipped local time is read with
the offset before the gap, a repeated one is the first; instants come ascending, each once.
"""
import json
import os
import signal
import sys
import time
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

try:
    from dateutil.rrule import rrulestr
except ImportError:
    sys.exit("python-dateutil is not installed: pip install python-dateutil")

SECONDS_PER_RULE = 0.02
SECONDS_IN_ALL = 40
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def expand(case):
    """The instants, or None where dateutil gives up by itself."""
    zone = ZoneInfo(case["tz"])
    start = datetime.fromtimestamp(case["start"], zone).replace(tzinfo=None)
    try:
        return first_instants(rrulestr(case["rule"], dtstart=start), zone, case)
    except ValueError as error:
        # It says so of some rules that INTERVAL keeps from ever matching, and of some whose match it does not find.
        if "empty" in str(error):
            return None
        raise


def first_instants(rule, zone, case):
    # A gap brings at most a day of local times out of order.
    margin = 2 * 86400 if case["tz"] != "UTC" else 0
    instants = set()
    for local in rule:
        # fold=0 reads a skipped time with the offset before the gap, and takes the first of a repeated one.
        instant = (local.replace(tzinfo=zone) - EPOCH) // timedelta(seconds=1)
        if instant >= case["start"]:
            instants.add(instant)
        if len(instants) >= case["limit"] and sorted(instants)[case["limit"] - 1] + margin <= instant:
            break
    return sorted(instants)[: case["limit"]]


def expand_in_time(line):
    """The answer as text, from a child process: dateutil cannot be interrupted, but a process can be ended by an alarm."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, SECONDS_PER_RULE)
        os.write(writing, json.dumps(expand(json.loads(line))).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        text = answer.read().decode()
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0:
        sys.exit(f"dateutil refused {line}")
    return text or "null"


def main():
    # Whoever started this may have blocked signals, and a child inherits that.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
    deadline = time.monotonic() + SECONDS_IN_ALL
    for line in sys.stdin:
        print(expand_in_time(line) if time.monotonic() < deadline else "null", flush=True)


main()
