"""What running tasks say of themselves: that they go on for longer than their leases, and how far they are."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import ClassVar

from task_scheduler._protos.scheduler_pb2 import Extended, Extension, Lease, Progress
from task_scheduler.errors import LeaseNotExtended
from task_scheduler.worker.ends import one_line
from task_scheduler.worker.runs import Run


def refuse(answer: Future[None], reason: str) -> None:
    """Has a task hear that it cannot go on, if it still waits."""
    if not answer.done():
        answer.set_exception(LeaseNotExtended(f"the lease was not extended: {reason}"))


@dataclass
class Ask:
    """One extension."""

    run: Run
    milliseconds: int
    answer: Future[None]
    sent_at: float | None = None
    """When it was said to the scheduler, which counts from a later moment; seconds of `time.monotonic`. None: not over this stream."""


class Asks:
    """What tasks have asked to go on for, until the scheduler has answered. A run asks for one at a time."""

    ANSWER_SECONDS: ClassVar[float] = 10.0
    """How long the scheduler may take. It answers at once; one of an older build never does."""

    MOST_AT_ONCE: ClassVar[int] = 10_000
    """That one message says."""

    def __init__(self) -> None:
        self._asks: dict[int, Ask] = {}
        self._fresh: list[int] = []
        self._last = 0

    @property
    def has_fresh(self) -> bool:
        """Whether something is to be said."""
        return bool(self._fresh)

    def add(self, run: Run, milliseconds: int, answer: Future[None]) -> None:
        """Takes one."""
        if run.ask is not None:
            return refuse(answer, "the run waits for the answer to another extension; ask for one at a time")
        self._last += 1
        run.ask = self._last
        self._asks[self._last] = Ask(run, milliseconds, answer)
        self._fresh.append(self._last)

    def take(self) -> list[Extension]:
        """What is to be said now."""
        if not self._fresh:
            return []
        now, said = time.monotonic(), []
        taken, self._fresh = self._fresh[: self.MOST_AT_ONCE], self._fresh[self.MOST_AT_ONCE :]
        for number in taken:
            ask = self._asks.get(number)
            if ask is not None:
                ask.sent_at = now
                lease = Lease(lease=ask.run.lease, id=ask.run.id, scheduled_at=ask.run.scheduled_at)
                said.append(Extension(id=number, lease=lease, for_ms=ask.milliseconds))
        return said

    def say_again(self) -> None:
        """What was said over a stream that is over may never have arrived: it is said again over the next."""
        for ask in self._asks.values():
            ask.sent_at = None
        self._fresh = sorted(self._asks)

    def answered(self, extended: Extended) -> None:
        """The scheduler has answered: only now the task may go on, for as long as the scheduler holds the lease."""
        ask = self._asks.get(extended.id)
        if ask is None or ask.sent_at is None:
            return
        if extended.refusal or not extended.for_ms:
            return self._refuse(extended.id, extended.refusal or "the scheduler gave no reason")
        del self._asks[extended.id]
        ask.run.ask = None
        ask.run.extended(ask.sent_at + extended.for_ms / 1000)
        if not ask.answer.done():
            ask.answer.set_result(None)

    def give_up(self, numbers: Iterable[int], said_by: float) -> None:
        """Refuses what was said by then and has not been answered."""
        for number in numbers:
            ask = self._asks.get(number)
            if ask is not None and ask.sent_at is not None and ask.sent_at - said_by < self.ANSWER_SECONDS / 2:
                self._refuse(
                    number, f"the scheduler has not answered within {self.ANSWER_SECONDS:g} s; it may be of an older build, which knows of no "
                    "extensions: update it")

    def drop(self, run: Run, reason: str) -> None:
        """The run cannot go on, or has ended."""
        if run.ask is not None:
            self._refuse(run.ask, reason)

    def _refuse(self, number: int, reason: str) -> None:
        ask = self._asks.pop(number)
        ask.run.ask = None
        refuse(ask.answer, reason)


class ProgressReports:
    """How far tasks say that they are, the latest of each, until it is said: once in a while for all of them."""

    REST_SECONDS: ClassVar[float] = 1.0
    MOST_CHARACTERS: ClassVar[int] = 200
    MOST_AT_ONCE: ClassVar[int] = 1_000
    """That one message says."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inbox: dict[int, tuple[Run, float | None, str]] = {}
        self._known: dict[int, Progress] = {}
        self._fresh: set[int] = set()
        self._taken_at = -math.inf

    def put(self, run: Run, fraction: float | None, text: str) -> bool:
        """Takes one, from any thread. Comes to whether it is the first since the last were taken."""
        report = (run, fraction, str(text)[: 2 * self.MOST_CHARACTERS])
        with self._lock:
            was_empty = not self._inbox
            self._inbox[run.lease] = report
        return was_empty

    @property
    def rest(self) -> float:
        """Seconds until something may be said again."""
        return max(0.0, self._taken_at + self.REST_SECONDS - time.monotonic())

    def take(self, running: Mapping[int, Run]) -> None:
        """Takes what has come of what still runs."""
        self._taken_at = time.monotonic()
        with self._lock:
            inbox, self._inbox = self._inbox, {}
        for lease, (run, fraction, text) in inbox.items():
            if running.get(lease) is not run:
                continue
            line = one_line(text, run.invocation.authorization if run.invocation is not None else None)[: self.MOST_CHARACTERS]
            known = fraction is not None and not math.isnan(fraction)
            self._known[lease] = Progress(
                lease=lease, text=line, thousandths=int(min(max(0.0, fraction), 1.0) * 1000) if known and fraction is not None else None)
            self._fresh.add(lease)

    @property
    def has_fresh(self) -> bool:
        """Whether something is to be said."""
        return bool(self._fresh)

    def fresh(self) -> list[Progress]:
        """What is to be said now."""
        if not self._fresh:
            return []
        taken = list(self._fresh)[: self.MOST_AT_ONCE]
        self._fresh.difference_update(taken)
        return [self._known[lease] for lease in taken if lease in self._known]

    def say_again(self) -> None:
        """Another stream knows nothing of it."""
        self._fresh = set(self._known)

    def forget(self, run: Run) -> None:
        """It has ended."""
        if self._known:
            self._known.pop(run.lease, None)
