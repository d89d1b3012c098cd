"""What a worker takes: which queues' occurrences, and how many at once."""

from __future__ import annotations

from task_scheduler._protos.scheduler_pb2 import WorkerControl, WorkerStanding
from task_scheduler.tasks import MAX_QUEUES, NAME, NAME_RULE


class Refusal(Exception):
    """Why a worker does not become what it is told to be."""


class Capacity:
    """Begins with the settings, and is what the scheduler tells it to be until the process ends."""

    def __init__(self, queues: tuple[str, ...], concurrency: int, most: int) -> None:
        """concurrency: what it begins with. most: what that may be raised to; never less."""
        self.queues = queues
        self.concurrency = self._own = concurrency
        self.most = max(concurrency, most)
        self.is_drained = False
        """It takes nothing new, and stays."""
        self.is_shutting_down = False
        """The process ends when what it runs is done and acknowledged."""

    @property
    def places(self) -> int:
        """Occurrences that it may have at once."""
        return 0 if self.is_drained else self.concurrency

    @property
    def standing(self) -> WorkerStanding:
        """The same for the scheduler."""
        return WorkerStanding(queues=self.queues, concurrency=self.concurrency, draining=self.is_drained)

    def apply(self, control: WorkerControl) -> None:
        """Becomes what it is told to be; all of it, or nothing and a `Refusal`."""
        if control.action == WorkerControl.ACTION_CHANGE:
            self._change(control)
        elif control.action == WorkerControl.ACTION_DRAIN:
            self.is_drained = True
        elif control.action == WorkerControl.ACTION_RESUME:
            if self.is_shutting_down:
                raise Refusal("it is shutting down")
            self.is_drained = False
        elif control.action == WorkerControl.ACTION_SHUT_DOWN:
            self.is_drained = self.is_shutting_down = True
        else:
            raise Refusal(f"it does not know action {control.action}; its build is older than that of whoever asks")

    def _change(self, control: WorkerControl) -> None:
        concurrency = self.concurrency
        if control.HasField("concurrency"):
            concurrency = control.concurrency or self._own
        if not 1 <= concurrency <= self.most:
            raise Refusal(f"concurrency must be 1 to {self.most}, by its WORKER_MAX_CONCURRENCY; it was {concurrency}")
        for name in control.take_queues:
            if not NAME.fullmatch(name):
                raise Refusal(f'the name of a queue must be {NAME_RULE}; it was "{name}"')
        queues = tuple(dict.fromkeys([*(each for each in self.queues if each not in set(control.drop_queues)), *control.take_queues]))
        if not queues:
            raise Refusal("it would serve no queue; drain it, if it is to take nothing")
        if len(queues) > MAX_QUEUES:
            raise Refusal(f"it would serve {len(queues)} queues; {MAX_QUEUES} is the most")
        self.concurrency, self.queues = concurrency, queues
