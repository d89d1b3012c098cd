"""Nanoseconds per occurrence of python-dateutil: reads lines "occurrences start rule", writes a number for each."""
import sys
import time
from datetime import datetime, timezone
from itertools import islice

from dateutil.rrule import rrulestr

for line in sys.stdin:
    count, start, text = line.split()
    dtstart = datetime.fromtimestamp(int(start), timezone.utc).replace(tzinfo=None)
    best = None
    for _ in range(3):
        rule = rrulestr(text, dtstart=dtstart)
        before = time.perf_counter()
        found = sum(1 for _ in islice(rule, int(count)))
        took = (time.perf_counter() - before) * 1e9 / found
        best = took if best is None else min(best, took)
    print(f"{best:.1f}")
