"""The places of a worker: what takes them, what waits for one, and how many each scheduler may fill."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from task_scheduler.wire.connection import Tenure
from task_scheduler.worker.ahead import Ahead
from task_scheduler.worker.capacity import Capacity
from task_scheduler.worker.ends import End, unsent
from task_scheduler.worker.runs import Run, Runner
from task_scheduler.worker.shares import Credit, Shares


class Sharer(Protocol):
    """A link to one of the schedulers."""

    credit: Credit
    tenure: Tenure | None

    @property
    def is_idle(self) -> bool: ...
    @property
    def is_connected(self) -> bool: ...
    def flush(self) -> None: ...
    def capacity_changed(self) -> None: ...
    def finished(self, run: Run, end: End) -> None: ...


class Places:
    """Of one event loop, which every call comes from."""

    def __init__(self, capacity: Capacity, runner: Runner, shut_down: Callable[[], None]) -> None:
        """shut_down: has the process end in order, as a scheduler told it to."""
        self.capacity = capacity
        self._shut_down = shut_down
        self._runner = runner
        self._loop = asyncio.get_running_loop()
        self._links: list[Sharer] = []
        self._shares = Shares()
        self._ahead = Ahead()
        self._occupied = 0
        """Places taken: by what runs, and by what goes on although its outcome was reported."""
        self._waiting: deque[tuple[Sharer, Run]] = deque()
        """What was asked for ahead of a free place, in the order in which it came."""
        self._is_begin_due = self._is_flush_due = False
        self._hand_back: asyncio.TimerHandle | None = None
        self._turn: asyncio.TimerHandle | None = None

    def add(self, link: Sharer) -> None:
        """One of those that share the places."""
        self._links.append(link)

    def of_store(self, store: str) -> list[Sharer]:
        """Those that were connected to a scheduler of that store last."""
        return [link for link in self._links if link.tenure is not None and link.tenure.store == store]

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs, and nothing waits that could be acknowledged now."""
        return all(link.is_idle for link in self._links)

    # What takes them

    def take(self, link: Sharer, run: Run) -> None:
        """Begins a run, or has it wait for a place."""
        link.credit.held += 1
        if link.credit.is_used_up:
            # Others may have places that they do not use.
            self.flush_soon()
        if self._occupied < self.capacity.concurrency and not self._waiting:
            return self._begin(run)
        self._waiting.append((link, run))
        if self._hand_back is None:
            self._hand_back = self._loop.call_later(self._ahead.LOOK_SECONDS, self._hand_back_late)

    def returned(self, link: Sharer, run: Run) -> None:
        """A run has left its place."""
        self._occupied -= 1
        link.credit.held -= 1
        self._ahead.ran(time.monotonic() - run.started)
        if self._waiting and not self._is_begin_due:
            # Not from here: what ends at once would begin the next one in its own end, and so on.
            self._is_begin_due = True
            self._loop.call_soon(self._begin_waiting)
        self.flush_soon()

    def give_up(self, link: Sharer, run: Run, end: End) -> bool:
        """Reports what waits for a place as not begun; false: it does not wait."""
        try:
            self._waiting.remove((link, run))
        except ValueError:
            return False
        self._leave(link, run, end)
        return True

    def give_back_waiting(self, reason: str, only: Sharer | None = None) -> None:
        """Reports everything that waits for a place, or what waits of one link, as not begun."""
        for link, run in [each for each in self._waiting if only in (None, each[0])]:
            self.give_up(link, run, unsent(reason))

    def _leave(self, link: Sharer, run: Run, end: End) -> None:
        link.credit.held -= 1
        link.finished(run, end)

    def _begin(self, run: Run) -> None:
        self._occupied += 1
        self._runner.start(run)

    def _begin_waiting(self) -> None:
        self._is_begin_due = False
        # As many as were free before, so that the loop comes round between those that end at once.
        for _ in range(min(len(self._waiting), self.capacity.concurrency - self._occupied)):
            self._begin(self._waiting.popleft()[1])

    def _hand_back_late(self) -> None:
        """Gives back what has waited too long behind runs that take longer than those before: others may have a place for it."""
        late = time.monotonic() - self._ahead.LONGEST_WAIT_SECONDS
        while self._waiting and self._waiting[0][1].received < late:
            self._ahead.was_wrong()
            self._leave(*self._waiting.popleft(), unsent("no place became free in time"))
        self._hand_back = self._loop.call_later(self._ahead.LOOK_SECONDS, self._hand_back_late) if self._waiting else None

    # Who may fill them

    def opened(self, link: Sharer) -> None:
        """A link's stream has been opened, and is about to be told its limit."""
        link.credit.began_anew()
        self._shares.add(link.credit)
        self._spread()
        self.flush_soon()

    def moved(self, former: Sharer, link: Sharer, count: int) -> None:
        """So many runs of a link are another's. What was reported and still has its place stays with it."""
        link.credit.held += count
        former.credit.held -= count
        self._waiting = deque((link if each is former else each, run) for each, run in self._waiting)
        self.closed(former)

    def closed(self, link: Sharer) -> None:
        """A link's stream is over."""
        self._shares.remove(link.credit)
        self.flush_soon()

    def capacity_changed(self) -> None:
        """The worker has become what it was told to be."""
        if self.capacity.is_drained:
            self.give_back_waiting("the worker takes nothing now")
        for link in self._links:
            link.credit.must_fall = True
            link.capacity_changed()
        self.flush_soon()

    def limit(self, link: Sharer, *, may_grow: bool) -> int | None:
        """What the scheduler of a link is to be told that it may hand out in all, counted as said; None: as much as before."""
        places = self.capacity.places
        limit = self._shares.limit(
            link.credit, places + self._ahead.count(places), self._occupied + len(self._waiting), may_grow=may_grow)
        if limit is not None:
            if limit < link.credit.limit:
                # By then it is seen whether the scheduler answers.
                self._loop.call_later(self._shares.ANSWER_SECONDS, self.flush_soon)
            link.credit.say(limit, time.monotonic())
        return limit

    def _spread(self) -> None:
        places = self.capacity.places
        self._shares.spread(places, self._ahead.count(places), time.monotonic())
        if self._turn is None and self._shares.goes_round(places):
            self._turn = self._loop.call_later(self._shares.TURN_SECONDS, self._go_round)

    def _go_round(self) -> None:
        self._turn = None
        self.flush_soon()

    def flush_soon(self) -> None:
        """Has every link say what this turn of the loop brought."""
        if not self._is_flush_due:
            self._is_flush_due = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._is_flush_due = False
        self._spread()
        for link in self._links:
            link.flush()
        # While no scheduler is there one is waited for: it may still acknowledge what was reported.
        if self.capacity.is_shutting_down and self.is_idle and any(link.is_connected for link in self._links):
            self._shut_down()
