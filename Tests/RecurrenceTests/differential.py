"""Expands rules with python-dateutil, for comparison.

Reads one JSON object a line: rule (text), start (unix seconds), tz, limit. Writes for each a line with the first `limit` instants, or
null where dateutil takes too long. Rules are expanded on the wall clock and mapped through zoneinfo: a skipped local time is read with
the offset before the gap, a repeated one is the first; instants come ascending, each once.
"""
import json
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


class TooLong(Exception):
    pass


def give_up(*_):
    raise TooLong


def expand(case):
    zone = ZoneInfo(case["tz"])
    start = datetime.fromtimestamp(case["start"], zone).replace(tzinfo=None)
    try:
        rule = rrulestr(case["rule"], dtstart=start)
    except ValueError as error:
        if "empty set" in str(error):
            return []
        raise
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


def main():
    signal.signal(signal.SIGALRM, give_up)
    deadline = time.monotonic() + SECONDS_IN_ALL
    for line in sys.stdin:
        answer = None; T0=time.monotonic()
        if time.monotonic() < deadline:
            try:
                # Again and again, for dateutil swallows what is raised in some places.
                signal.setitimer(signal.ITIMER_REAL, SECONDS_PER_RULE, SECONDS_PER_RULE)
                answer = expand(json.loads(line))
            except TooLong:
                answer = None
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        if time.monotonic()-T0>0.5: print(line, time.monotonic()-T0, file=open("/tmp/rec/slow","a"))
        print(json.dumps(answer))


main()
