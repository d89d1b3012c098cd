"""What a worker says of itself to a scheduler that it comes to, and the messages that outcomes are said in."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from task_scheduler._protos.scheduler_pb2 import Attach, Lease, OutcomeReport
from task_scheduler.worker.capacity import Capacity

if TYPE_CHECKING:
    from task_scheduler.worker.runs import Run

TOKEN_BYTES = 32
MAX_OUTCOMES_PER_MESSAGE = 1_000
MAX_RESULT_BYTES_PER_MESSAGE = 256 << 10
"""A message ends with the result that goes beyond."""


@dataclass(frozen=True)
class Identity:
    """Who this process is to schedulers."""

    instance: str
    build: str
    token: bytes = field(default_factory=lambda: os.urandom(TOKEN_BYTES), repr=False)
    """With it a worker that comes back is known to be the same."""
    started_at_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000)


def announced(
    identity: Identity, capacity: Capacity, tasks: Sequence[str], running: Iterable[Run], outcomes: Sequence[OutcomeReport], *, finished: int, failed: int,
) -> Attach:
    """Who the worker is, with what it still has from before. The first part of the outcomes goes with it, the others are to follow."""
    later = outcomes[len(next(parts(outcomes))) :]
    return Attach(
        instance=identity.instance, queues=capacity.queues, tasks=tasks, token=identity.token, running=[_lease(run) for run in running],
        following=[Lease(lease=each.lease, id=each.id, scheduled_at=each.scheduled_at) for each in later],
        host=socket.gethostname(), version=identity.build, process=os.getpid(), started_at_ms=identity.started_at_ms,
        concurrency=capacity.concurrency, finished=finished, failed=failed, controllable=True, max_concurrency=capacity.most)


def _lease(run: Run) -> Lease:
    said = Lease(lease=run.lease, id=run.id, scheduled_at=run.scheduled_at)
    if run.is_extended:
        now = time.monotonic()
        said.left_ms, said.held_ms = max(0, int((run.lease_limit - now) * 1000)), int((now - run.received) * 1000)
    return said


def parts(outcomes: Sequence[OutcomeReport]) -> Iterator[Sequence[OutcomeReport]]:
    """Outcomes as messages take them; at least one part, which may be empty."""
    start = size = 0
    for place, outcome in enumerate(outcomes):
        if place - start == MAX_OUTCOMES_PER_MESSAGE or size > MAX_RESULT_BYTES_PER_MESSAGE:
            yield outcomes[start:place]
            start, size = place, 0
        size += len(outcome.result)
    yield outcomes[start:]
