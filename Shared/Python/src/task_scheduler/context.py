"""The occurrence that a task is run for, as the task sees it."""

from __future__ import annotations

import asyncio
import time
import uuid
from concurrent.futures import Future
from contextvars import ContextVar
from typing import Protocol

from task_scheduler.errors import LeaseNotExtended, TaskSchedulerError

LONGEST_EXTENSION_SECONDS = 3_600.0
"""For how long a task may say at once that it goes on."""


class Keeper(Protocol):
    """Who holds the lease of a run; called from any thread."""

    def extend(self, milliseconds: int) -> Future[None]: ...
    def progressed(self, fraction: float | None, text: str) -> None: ...


class Invocation:
    """One run of a task. Printing it shows nothing of the credential."""

    __slots__ = ("_id", "_keeper", "attempt", "authorization", "cancelled", "deadline", "scheduled_at", "task")

    def __init__(
        self, task: str, id: bytes, scheduled_at: int, attempt: int, deadline: float, authorization: str | None,
        keeper: Keeper | None = None,
    ) -> None:
        self.task = task
        self._keeper = keeper
        self._id = id
        self.scheduled_at = scheduled_at
        """When it was to be run, unix seconds."""
        self.attempt = attempt
        """Which try it is, from 1."""
        self.deadline = deadline
        """When it is cancelled and tried again, seconds of `time.monotonic`. Later once `extend` has returned."""
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

    def extend(self, seconds: float) -> None:
        """Says that the task goes on for so long from now, a millisecond to an hour, and waits until the scheduler has agreed: until then the
        occurrence is given to nobody else. For a function that runs in a thread; a coroutine awaits `aextend`.

        To be called well before `deadline`, and again before that is over. Raises `LeaseNotExtended`; the task may then go on until the
        deadline that it had. All of a run takes a day at most, and no longer than the task's own time limit."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            pass
        else:
            raise LeaseNotExtended("extend() would block the event loop; await aextend() in a coroutine")
        if self._keeper is not None:
            self._keeper.extend(_milliseconds(seconds)).result()

    async def aextend(self, seconds: float) -> None:
        """The same for a coroutine."""
        if self._keeper is not None:
            await asyncio.wrap_future(self._keeper.extend(_milliseconds(seconds)))

    def progress(self, fraction: float | None = None, text: str = "") -> None:
        """Says how far the task is, for people: shown with the worker and in the list of what runs. From any thread, however often: the last
        one of each second is sent. fraction: of the whole that is done, 0 to 1. text: a line, of which 200 characters are kept."""
        if self._keeper is not None:
            self._keeper.progressed(fraction, text)

    def __repr__(self) -> str:
        return f"<{self.task} {self.idempotency_key}, attempt {self.attempt}>"


def _milliseconds(seconds: float) -> int:
    if not 0.001 <= seconds <= LONGEST_EXTENSION_SECONDS:
        raise LeaseNotExtended(
            f"a task may go on for 0.001 to {LONGEST_EXTENSION_SECONDS:g} s at once, and again before that is over; it was {seconds!r}")
    return int(seconds * 1000)


current: ContextVar[Invocation] = ContextVar("task_scheduler_invocation")


def invocation() -> Invocation:
    """The occurrence that the calling task is run for. Raises `TaskSchedulerError` outside of a worker's run."""
    try:
        return current.get()
    except LookupError:
        raise TaskSchedulerError("invocation() is for a task that a worker runs; this was called by something else") from None
