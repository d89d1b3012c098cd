"""Tasks: functions that workers run when they fall due."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import update_wrapper
from types import ModuleType
from typing import Any, Generic, ParamSpec, TypeVar, overload

from task_scheduler.errors import InvalidTask

P = ParamSpec("P")
R = TypeVar("R")

NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""The names that tasks and queues may have."""
NAME_RULE = "1 to 64 letters, digits, '.', '_' or '-'"
MAX_QUEUES = 256
"""Queues that one worker serves."""
NOTIFICATION = "edvora.notification"
"""The task of `POST /remind_me`, which is no function's."""


class Task(Generic[P, R]):
    """A function that can be scheduled. Called, it is the function itself.

    Made by the decorator `task`. The defaults that it carries are sent with each `TaskScheduler.schedule`, so that a worker need not
    know them; `time_limit` is the worker's alone.
    """

    def __init__(
        self, function: Callable[P, R], *, name: str | None = None, queue: str | None = None, priority: int | None = None,
        retry_for: float | timedelta | None = None, max_attempts: int | None = None,
        expires_after: float | timedelta | None = None, time_limit: float | timedelta | None = None,
    ) -> None:
        self.function = function
        self.name = name if name is not None else _own_name(function)
        if not NAME.fullmatch(self.name):
            raise InvalidTask(f'"{self.name}" is no name of a task: give name=, {NAME_RULE}')
        if self.name == NOTIFICATION:
            raise InvalidTask(f"{NOTIFICATION} is the task of POST /remind_me; give another name=")
        if queue is not None and not NAME.fullmatch(queue):
            raise InvalidTask(f'"{queue}" is no name of a queue: it must be {NAME_RULE}')
        self.queue = queue
        """The queue whose workers run it; `None`: `default`."""
        self.priority = priority
        self.retry_for = _seconds(retry_for, "retry_for", least=0)
        """Seconds that one occurrence is tried, from the end of its first try on; `None`: a day; 0: it is tried once."""
        self.max_attempts = max_attempts
        self.expires_after = _seconds(expires_after, "expires_after", least=1)
        """Seconds after its time at which an occurrence that is not done becomes a dead letter; `None`: never."""
        self.time_limit = _seconds(time_limit, "time_limit", least=0.001)
        """Seconds that one run may take; `None`: as long as its lease, nine tenths of it."""
        self.signature = inspect.signature(function)
        self.is_async = inspect.iscoroutinefunction(function)
        update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<task {self.name}>"


@overload
def task(function: Callable[P, R], /) -> Task[P, R]: ...
@overload
def task(
    *, name: str | None = None, queue: str | None = None, priority: int | None = None, retry_for: float | timedelta | None = None,
    max_attempts: int | None = None, expires_after: float | timedelta | None = None, time_limit: float | timedelta | None = None,
) -> Callable[[Callable[P, R]], Task[P, R]]: ...
def task(
    function: Callable[P, R] | None = None, /, *, name: str | None = None, queue: str | None = None, priority: int | None = None,
    retry_for: float | timedelta | None = None, max_attempts: int | None = None, expires_after: float | timedelta | None = None,
    time_limit: float | timedelta | None = None,
) -> Task[P, R] | Callable[[Callable[P, R]], Task[P, R]]:
    """Makes a function a task: `@task`, or `@task(queue="mail", time_limit=20)`.

    A plain function runs in a thread, an `async` one on the worker's event loop.

    name: what callers and workers know it by; without it the module's and the function's name, `app.greet`.
    queue: whose workers run it; `default` without it.
    priority: 0 to 9, higher first; 5 without it.
    retry_for: seconds or timedelta that one occurrence is tried, from the end of its first try on; a day without it, 0 is one try.
    max_attempts: attempts at one occurrence that end it earlier, 1 to 100.
    expires_after: seconds or timedelta after its time at which an occurrence that is not done becomes a dead letter.
    time_limit: seconds or timedelta that one run may take before it is cancelled and tried again.

    Raises `InvalidTask` for a name that workers could not find it by.
    """

    def decorate(function: Callable[P, R]) -> Task[P, R]:
        return Task(
            function, name=name, queue=queue, priority=priority, retry_for=retry_for, max_attempts=max_attempts,
            expires_after=expires_after, time_limit=time_limit)

    return decorate if function is None else decorate(function)


AnyTask = Task[..., Any]


def tasks_of(modules: Iterable[ModuleType]) -> dict[str, AnyTask]:
    """Finds the tasks in the namespaces of modules, by name.

    Raises `InvalidTask` where two are of one name, or none is found.
    """
    found: dict[str, AnyTask] = {}
    names = []
    for module in modules:
        names.append(module.__name__)
        for value in vars(module).values():
            if isinstance(value, Task):
                other = found.setdefault(value.name, value)
                if other is not value:
                    raise InvalidTask(f'two tasks have the name "{value.name}"; give one of them another name=')
    if not found:
        raise InvalidTask(f"no task in {', '.join(names)}: decorate functions there with @task, or name the module that has them")
    return found


def _own_name(function: Callable[..., Any]) -> str:
    module = getattr(function, "__module__", None)
    name = getattr(function, "__qualname__", None)
    if not module or not name:
        raise InvalidTask(f"{function!r} has no name of its own; give name=, {NAME_RULE}")
    if module == "__main__":
        raise InvalidTask(f"{name} is defined in the program that was started, whose module has another name in a worker; give name=, {NAME_RULE}")
    return f"{module}.{name}"


def _seconds(value: float | timedelta | None, name: str, least: float) -> float | None:
    if value is None:
        return None
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if not least <= seconds < float("inf"):
        raise InvalidTask(f"{name} must be at least {least:g} seconds; it was {seconds:g}")
    return seconds
