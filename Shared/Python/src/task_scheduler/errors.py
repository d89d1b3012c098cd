"""Errors of definitions and of requests. Each message says what was wrong, and what is wanted instead."""

from __future__ import annotations

from dataclasses import dataclass


class TaskSchedulerError(Exception):
    """Base of what this package raises, but for what a task itself raises to say how it ended."""


class InvalidTask(TaskSchedulerError):
    """A definition of a task that cannot be used, or something that is no task."""


class LeaseNotExtended(TaskSchedulerError):
    """A task that cannot go on for longer, with the reason. Its lease is as it was, and lost if the reason says so."""


class InvalidRequest(TaskSchedulerError):
    """A request that is wrong in itself. Nothing was sent."""


class Unavailable(TaskSchedulerError):
    """A request that no gateway carried out in time. Whether it was carried out may not be known: of `schedule` the same
    `idempotency_key` asks again without a second reminder."""


@dataclass(frozen=True)
class Fault:
    """One fault of a request that the gateway refused."""

    place: str
    """A JSON pointer into the body (`/rrule/freq`), or the name of a parameter or header."""
    detail: str


class Refused(TaskSchedulerError):
    """A request that the gateway does not carry out; the same request would be refused again."""

    def __init__(self, status: int, detail: str, faults: tuple[Fault, ...] = ()) -> None:
        listed = "; ".join(f"{fault.place} {fault.detail}" for fault in faults)
        super().__init__(f"{detail}: {listed}" if listed else detail)
        self.status = status
        """HTTP's status code, 400 to 499."""
        self.detail = detail
        self.faults = faults


class NotAllowed(Refused):
    """A key that is missing or unknown (401), or may not do this (403)."""


class NotFound(Refused):
    """No reminder of that id that this key may see (404)."""


class Conflict(Refused):
    """A reminder that is finished, or an idempotency key that came with another request before (409)."""


class TooMany(Refused):
    """More than this key may ask for, or have pending (429)."""

    def __init__(self, status: int, detail: str, faults: tuple[Fault, ...] = (), retry_after: float | None = None) -> None:
        super().__init__(status, detail, faults)
        self.retry_after = retry_after
        """Seconds after which it may be tried again; `None`: others have to be finished or cancelled first."""
