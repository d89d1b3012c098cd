"""Threads for functions that are not `async`. Their ends come to the event loop many at once, not each with a wake of its own."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from task_scheduler.worker.ends import End
    from task_scheduler.worker.runs import Run


class Threads:
    """At most so many threads, made when there is something for them. They do not keep the process from ending."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, most: int, call: Callable[[Run], End | None], ended: Callable[[Run, End | None], None],
    ) -> None:
        """Makes none yet.

        call: what a thread does with a run. ended: is told what that came to, on the loop.
        """
        self._loop, self._most, self._call, self._ended = loop, most, call, ended
        self._queue: queue.SimpleQueue[Run] = queue.SimpleQueue()
        self._done: deque[tuple[Run, End | None]] = deque()
        self._is_collection_due = False
        self._count = self._outstanding = 0

    def submit(self, run: Run) -> None:
        """Has a run called, as soon as a thread is free. On the loop."""
        self._outstanding += 1
        if self._count < min(self._outstanding, self._most):
            self._count += 1
            threading.Thread(target=self._work, name=f"task-{self._count}", daemon=True).start()
        self._queue.put(run)

    def _work(self) -> None:
        while True:
            run = self._queue.get()
            self._done.append((run, self._call(run)))
            # The other order, or the flag set after the call, could leave an end lying.
            if not self._is_collection_due:
                self._is_collection_due = True
                try:
                    self._loop.call_soon_threadsafe(self._collect)
                except RuntimeError:
                    # The loop is closed: the process is ending.
                    return

    def _collect(self) -> None:
        self._is_collection_due = False
        done = self._done
        while done:
            run, end = done.popleft()
            self._outstanding -= 1
            self._ended(run, end)
