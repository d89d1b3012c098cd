"""Runs: tasks that are run for occurrences, `async` ones on the event loop, the others in threads."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import traceback
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, Protocol

from task_scheduler._protos.scheduler_pb2 import Dispatch
from task_scheduler.context import Invocation, current
from task_scheduler.logs import say
from task_scheduler.outcomes import CancelSchedule, Reject, Retry
from task_scheduler.tasks import AnyTask
from task_scheduler.worker.ends import CALLED_OFF, CUT_OFF, DELIVERED, MAX_DETAIL_BYTES, End, end_of, end_with, redacted, rejected, retried
from task_scheduler.worker.threads import Threads

LEASE_SHARE = 0.9
"""How much of a lease a task may use; the rest is for the outcome's way back."""
LEASE_IS_OVER = "the task did not end within its lease"
LOOK_SECONDS = 0.1
"""How often it is looked whether a run's time is over."""
MAX_TRACEBACK_CHARACTERS = 8_000


class Holder(Protocol):
    """Whose lease a run is."""

    def finished(self, run: Run, end: End) -> None: ...
    def returned(self, run: Run) -> None: ...
    def extend(self, run: Run, milliseconds: int) -> Future[None]: ...
    def progressed(self, run: Run, fraction: float | None, text: str) -> None: ...


class Run:
    """One run of a task."""

    __slots__ = (
        "ask", "args", "chance", "dispatch", "handle", "holder", "id", "invocation", "is_extended", "kwargs", "lease", "lease_limit", "limit",
        "received", "reported", "scheduled_at", "started", "started_at_ms", "task", "why")

    def __init__(self, holder: Holder, dispatch: Dispatch) -> None:
        self.holder = holder
        self.lease = dispatch.lease
        self.id = dispatch.id
        self.scheduled_at = dispatch.scheduled_at
        self.dispatch = dispatch
        self.received = self.started = time.monotonic()
        """When it came, and when it began; seconds of `time.monotonic`."""
        self.started_at_ms = 0
        self.lease_limit = self.limit = self.received + dispatch.lease_ms * LEASE_SHARE / 1000
        """When its lease ends for the task, and when it is cancelled, which is no later; seconds of `time.monotonic`."""
        self.is_extended = False
        self.ask: int | None = None
        """The extension that it waits for."""
        self.why = LEASE_IS_OVER
        self.invocation: Invocation | None = None
        self.task: AnyTask | None = None
        self.args: list[Any] = []
        self.kwargs: dict[str, Any] = {}
        self.handle: asyncio.Task[None] | None = None
        self.reported = False
        """Whether its outcome has been reported. It may still be running."""
        self.chance = [True]
        """Taken by whoever is first: the run that begins, or who calls it off before. A list's `pop` is atomic between threads."""

    def extend(self, milliseconds: int) -> Future[None]:
        """Asks that it may go on for so long; from any thread."""
        return self.holder.extend(self, milliseconds)

    def progressed(self, fraction: float | None, text: str) -> None:
        """Takes how far it is; from any thread."""
        self.holder.progressed(self, fraction, text)

    def extended(self, until: float) -> None:
        """The scheduler holds the lease until then, seconds of `time.monotonic`. That may be less than was believed before, of a dispatch
        that waited while this process stood still."""
        self.is_extended = True
        self.lease_limit = until
        self.limit_time()

    def limit_time(self) -> None:
        """Finds when it is cancelled: when its lease ends, or its own time."""
        self.limit, self.why = self.lease_limit, LEASE_IS_OVER
        own = None if self.task is None else self.task.time_limit
        if own is not None and self.started + own < self.limit:
            self.limit, self.why = self.started + own, f"the task did not end within its time limit of {own:g} s"
        if self.invocation is not None:
            self.invocation.deadline = self.limit

    def take_chance(self) -> bool:
        """Takes the right to say whether it begins; false: another has it."""
        try:
            return self.chance.pop()
        except IndexError:
            return False


class Runner:
    """Runs tasks and says how they ended. Of one event loop, which every call comes from."""

    def __init__(self, tasks: Mapping[str, AnyTask], threads: int, logger: logging.Logger) -> None:
        self._loop = asyncio.get_running_loop()
        self._tasks = tasks
        self._logger = logger
        self._threads = Threads(self._loop, threads, self._call, self._thread_ended)
        self._running: set[Run] = set()
        """What has not been reported."""
        self._timer: asyncio.TimerHandle | None = None

    @property
    def names(self) -> list[str]:
        """The tasks that it has."""
        return sorted(self._tasks)

    def start(self, run: Run) -> None:
        """Begins a run. Its holder hears of its end, and then of its return, later or at once."""
        dispatch = run.dispatch
        run.started, run.started_at_ms = time.monotonic(), time.time_ns() // 1_000_000
        task = self._tasks.get(dispatch.task)
        if task is None:
            return self._refuse(run, retried(f"this worker has no task {dispatch.task}"))
        if dispatch.arguments != b'{"args":[],"kwargs":{}}':
            try:
                arguments = json.loads(dispatch.arguments.decode())
                run.args, run.kwargs = arguments["args"], arguments["kwargs"]
                if not isinstance(run.args, list) or not isinstance(run.kwargs, dict):
                    raise TypeError("not a list args and an object kwargs")
            except (ValueError, TypeError, KeyError, RecursionError) as error:
                return self._refuse(run, rejected(f"the arguments cannot be read: {error}"))
        run.task = task
        run.limit_time()
        run.invocation = Invocation(
            task.name, run.id, run.scheduled_at, dispatch.attempt, run.limit, dispatch.authorization or None, keeper=run)
        self._running.add(run)
        if self._timer is None:
            self._timer = self._loop.call_later(LOOK_SECONDS, self._look)
        if task.is_async:
            run.handle = self._loop.create_task(self._await(run))
        else:
            self._threads.submit(run)

    def call_off(self, run: Run, *, also_begun: bool) -> None:
        """Stops a run that has not begun, and with `also_begun` cancels one that has."""
        if run.take_chance():
            if run.handle is not None:
                run.handle.cancel()
            self._running.discard(run)
            run.reported = True
            run.holder.finished(run, CALLED_OFF)
            if run.handle is not None:
                run.holder.returned(run)
        elif also_begun:
            self._cancel(run)

    def cut_off(self, run: Run) -> None:
        """Gives a run up, as the process ends."""
        self.call_off(run, also_begun=True)
        self._report(run, CUT_OFF)

    # How it is run

    async def _await(self, run: Run) -> None:
        if not run.take_chance():
            return
        assert run.task is not None and run.invocation is not None
        current.set(run.invocation)
        try:
            value = await run.task.function(*run.args, **run.kwargs)
            end = DELIVERED if value is None else end_with(value, run.invocation.authorization)
        except BaseException as error:  # Of one task; nothing that it raises may end the worker.
            end = self._failed(run, error)
        self._report(run, end)
        run.holder.returned(run)

    def _call(self, run: Run) -> End | None:
        """In a thread. Comes to nothing where it was called off."""
        if not run.take_chance():
            return None
        assert run.task is not None and run.invocation is not None
        token = current.set(run.invocation)
        try:
            value = run.task.function(*run.args, **run.kwargs)
            return DELIVERED if value is None else end_with(value, run.invocation.authorization)
        except BaseException as error:  # As above.
            return self._failed(run, error)
        finally:
            current.reset(token)

    def _thread_ended(self, run: Run, end: End | None) -> None:
        if end is not None:
            self._report(run, end)
        run.holder.returned(run)

    def _failed(self, run: Run, error: BaseException) -> End:
        assert run.task is not None and run.invocation is not None
        if isinstance(error, TypeError):
            try:
                run.task.signature.bind(*run.args, **run.kwargs)
            except TypeError as mismatch:
                # The next try would be given the same ones.
                return rejected(f"{run.task.name}{run.task.signature} cannot be called with these arguments: {mismatch}")
        end = end_of(error)
        fields = {"task": run.task.name, "occurrence": run.invocation.idempotency_key, "attempt": run.invocation.attempt}
        reason = redacted(end.detail[:MAX_DETAIL_BYTES], run.invocation.authorization)
        if isinstance(error, (CancelSchedule, Reject, Retry, asyncio.CancelledError)):
            say(self._logger, logging.INFO, f"a task ended with {type(error).__name__}", reason=reason, **fields)
        else:
            trace = "".join(traceback.format_exception(error))[-MAX_TRACEBACK_CHARACTERS:]
            say(self._logger, logging.WARNING, "a task failed", reason=reason, traceback=redacted(trace, run.invocation.authorization), **fields)
        return end

    # How it ends

    def _refuse(self, run: Run, end: End) -> None:
        run.reported = True
        run.holder.finished(run, end)
        run.holder.returned(run)

    def _report(self, run: Run, end: End) -> None:
        if run.reported:
            return
        run.reported = True
        self._running.discard(run)
        run.holder.finished(run, end)

    def _cancel(self, run: Run) -> None:
        if run.invocation is not None:
            run.invocation.cancelled = True
        if run.handle is not None:
            run.handle.cancel()

    def _look(self) -> None:
        """Cancels what has run for too long. What it still comes to is not waited for."""
        now = time.monotonic()
        for run in [run for run in self._running if run.limit <= now]:
            if run.take_chance():
                # It waited for a thread all that time.
                self._report(run, CALLED_OFF)
                continue
            self._cancel(run)
            assert run.task is not None
            say(self._logger, logging.WARNING, "a task did not end in time", task=run.task.name, reason=run.why)
            self._report(run, retried(run.why))
        self._timer = self._loop.call_later(LOOK_SECONDS, self._look) if self._running else None
