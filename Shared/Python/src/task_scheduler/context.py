"""The occurrence that a task is run for, as the task sees it."""

from __future__ import annotations

import time
import uuid
from contextvars import ContextVar

from task_scheduler.errors import TaskSchedulerError


class Invocation:
    """One run of a task. Printing it shows nothing of the credential."""

    __slots__ = ("_id", "attempt", "authorization", "cancelled", "deadline", "scheduled_at", "task")

    def __init__(self, task: str, id: bytes, scheduled_at: int, attempt: int, deadline: float, authorization: str | None) -> None:
        self.task = task
        self._id = id
        self.scheduled_at = scheduled_at
        """When it was to be run, unix seconds."""
        self.attempt = attempt
        """Which try it is, from 1."""
        self.deadline = deadline
        """When it is cancelled and tried again, seconds of `time.monotonic`."""
        self.authorization = authorization
        """The credential that was given with `Options.auth_header`; `None`: there is none."""
        self.cancelled = False
        """Whether it is to end: its time is over, or its reminder was cancelled. A coroutine is cancelled besides; a function that runs
        long looks here now and then."""

    @property
    def reminder(self) -> str:
        """The reminder's id."""
        return str(uuid.UUID(bytes=self._id))

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt at this occurrence, and for no other: `<reminder id>:<unix seconds>`."""
        return f"{self.reminder}:{self.scheduled_at}"

    @property
    def seconds_left(self) -> float:
        """Seconds until `deadline`, not below 0."""
        return max(0.0, self.deadline - time.monotonic())

    def __repr__(self) -> str:
        return f"<{self.task} {self.idempotency_key}, attempt {self.attempt}>"


current: ContextVar[Invocation] = ContextVar("task_scheduler_invocation")


def invocation() -> Invocation:
    """The occurrence that the calling task is run for. Raises `TaskSchedulerError` outside of a worker's run."""
    try:
        return current.get()
    except LookupError:
        raise TaskSchedulerError("invocation() is for a task that a worker runs; this was called by something else") from None
