"""What rows measure: how late things were, how much memory a service has."""
import pathlib
import re


def lateness(record, keys, since=0, until=float("inf")):
    """How late those of the keys that fell due from `since` until `until` (unix seconds) came to the backend: milliseconds, in order of size."""
    due = ((key, int(key.rsplit(":", 1)[1])) for key in keys)
    return sorted(record.first[key] - at * 1_000 for key, at in due if since <= at < until and key in record.first)


def percentile(ordered, percent):
    """The value below which so many of a hundred are; NaN where there are none, which is no bound's fault to exceed."""
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else float("nan")


def resident_mebibytes(service):
    """MiB that a service has in memory; 0 of a process that has ended and was not waited for yet."""
    status = pathlib.Path(f"/proc/{service.process.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found.group(1)) / 1024 if found else 0


# How late one in a hundred is on two cores with other work while nothing goes on that should delay it, milliseconds.
UNDISTURBED_MILLISECONDS = 40


def bound(milliseconds, undisturbed):
    """How late things may be where on such a machine they may be so late: more on one that is slower, by what is late there before anything goes on."""
    control = percentile(undisturbed, 99)
    return milliseconds * max(1, control / UNDISTURBED_MILLISECONDS) if undisturbed else milliseconds
