"""A client: asks a gateway for tasks, over HTTP."""

from __future__ import annotations

import math
import os
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from task_scheduler.arguments import checked
from task_scheduler.errors import InvalidRequest, InvalidTask
from task_scheduler.http import Gateway
from task_scheduler.options import Options
from task_scheduler.reminder import Changed, Reminder, Result, Scheduled
from task_scheduler.tasks import NAME, NAME_RULE, AnyTask, Task

DEFAULT_URL = "http://127.0.0.1:5000"
PAGE = 100
"""Reminders that one request of `list` asks for."""
WAIT_SHARE = 0.5
"""How much of `timeout` one request waits for a result, so that its answer comes in time."""
MAX_WAIT = 60
"""Seconds that one request may wait."""

When = datetime | int | float
"""An instant: a datetime with a time zone, or unix seconds."""


class TaskScheduler:
    """Asks for tasks: now, at a time, or repeating by a rule.

    What `schedule` has returned is on stable storage. One object serves all threads of a process, and processes forked from it.

    ```python
    scheduler = TaskScheduler("http://127.0.0.1:5000", key="…")
    scheduler.schedule(greet, "a greeting", kwargs={"name": "Ada"}, rrule_string="FREQ=WEEKLY;BYDAY=MO", trigger_at=1893456000)
    ```

    From a coroutine: `await asyncio.to_thread(scheduler.schedule, greet, "a greeting")`.
    """

    def __init__(
        self, url: str | None = None, key: str | None = None, *, timeout: float = 10.0, ca_file: str | None = None,
        allow_plain: bool = False,
    ) -> None:
        """Says where the gateway is; nothing is asked yet.

        url: the gateway's address; without it `TASK_SCHEDULER_URL` of the environment, or http://127.0.0.1:5000.
        key: the caller's API key, where the gateway wants one; without it `TASK_SCHEDULER_KEY` of the environment.
        timeout: seconds that one call may take, all its tries together.
        ca_file: a PEM file of the authorities to trust for https://; without it the system's.
        allow_plain: allows http:// to another machine, which encrypts nothing.

        Raises `InvalidRequest` for an address or a key that cannot be used.
        """
        self._gateway = Gateway(
            url or os.environ.get("TASK_SCHEDULER_URL") or DEFAULT_URL, key or os.environ.get("TASK_SCHEDULER_KEY") or None,
            timeout, ca_file, allow_plain)

    def schedule(
        self, func: Task[..., Any] | str, description: str, args: Sequence[Any] | None = None, kwargs: Mapping[str, Any] | None = None,
        rrule_string: str | None = None, trigger_at: When | None = None, until: When | None = None,
        *, options: Options | None = None, idempotency_key: str | None = None,
    ) -> Scheduled:
        """Asks for a task at a time, or repeating.

        func: a function decorated with `task`, or a task's name. One that no worker has yet waits for one.
        description: for people; lists can be searched for it.
        args, kwargs: what the function is called with, as JSON carries it; checked against its signature before anything is sent.
        rrule_string: an RFC 5545 rule (`FREQ=DAILY;COUNT=3`), or a whole recurrence set as calendars export it; `None`: one time.
        trigger_at: the first occurrence, a datetime with a time zone or unix seconds, rounded up to a whole second; `None`: now.
        until: no occurrence after this instant, inclusive, rounded down to a whole second.
        options: how occurrences are dealt with, beyond the task's own defaults.
        idempotency_key: 1 to 255 visible ASCII characters; the same key and request within 24 hours are one reminder.

        Raises `InvalidRequest` and `InvalidTask` before anything is sent, `Refused` for what the gateway does not take, and
        `Unavailable` where it could not be stored in time.
        """
        task, name = _named(func)
        positional, named = checked(task, args, kwargs)
        body: dict[str, Any] = {"task": name, "description": description, "args": positional, "kwargs": named}
        if rrule_string is not None:
            body["rrule"] = rrule_string
        if trigger_at is not None:
            body["trigger_at"] = _unix("trigger_at", trigger_at, math.ceil)
        if until is not None:
            body["until"] = _unix("until", until, math.floor)
        body.update(Options.of(task, options))
        # Without a key of the caller's, one of this call's: so it can be sent again when its answer is lost.
        key = idempotency_key if idempotency_key is not None else str(uuid.uuid4())
        if not (1 <= len(key) <= 255 and key.isascii() and key.isprintable() and " " not in key):
            raise InvalidRequest("idempotency_key must have 1 to 255 visible ASCII characters")
        return Scheduled.read(self._gateway.ask("POST", "/tasks", body, {"Idempotency-Key": key}, repeatable=True))

    def cancel(self, reminder: str | Scheduled | Reminder) -> Changed:
        """Cancels: nothing of it is run after this but what `in_flight` names. Said twice, it is the same.

        Raises `NotFound`, `Conflict` where it is completed, and what every request may raise.
        """
        return Changed.read(self._gateway.ask("DELETE", _path(reminder), repeatable=True))

    def run(self, reminder: str | Scheduled | Reminder) -> Changed:
        """Runs it once now, beside its schedule. Twice within one second is once.

        Raises `NotFound`, `Conflict` where it is cancelled or long completed, and what every request may raise.
        """
        return Changed.read(self._gateway.ask("POST", _path(reminder) + "/run", repeatable=False))

    def get(self, reminder: str | Scheduled | Reminder) -> Reminder:
        """Reads where it stands. Raises `NotFound`, and what every request may raise."""
        return Reminder.read(self._gateway.ask("GET", _path(reminder), repeatable=True))

    def result(
        self, reminder: str | Scheduled | Changed | Reminder, *, scheduled_at: When | None = None, wait: float = 0,
    ) -> Result:
        """Reads what became of one occurrence and what its task returned, and waits for it.

        reminder: what `schedule` or `run` returned, or an id.
        scheduled_at: the occurrence, a time of its rule; without it the one that `run` made, or the reminder's first.
        wait: seconds to wait until it has ended. It is then known within about a second; where it is not over in time, `state` is `open`.

        Raises `NotFound`, also where its attempts are not kept any more, and what every request may raise.
        """
        if scheduled_at is None and isinstance(reminder, Changed):
            scheduled_at = reminder.scheduled_at
        place = "first" if scheduled_at is None else _unix("scheduled_at", scheduled_at, math.floor)
        path, end = f"{_path(reminder)}/occurrences/{place}/result", time.monotonic() + wait
        while True:
            left = end - time.monotonic()
            seconds = max(0, min(math.ceil(left), MAX_WAIT, int(self._gateway.timeout * WAIT_SHARE)))
            result = Result.read(self._gateway.ask("GET", f"{path}?wait_seconds={seconds}", repeatable=True))
            if result.state != "open" or time.monotonic() >= end:
                return result
            if seconds == 0:
                time.sleep(min(1.0, max(0.0, end - time.monotonic())))

    def list(
        self, *, state: str | None = None, queue: str | None = None, task: Task[..., Any] | str | None = None,
        description: str | None = None, due_after: When | None = None, due_before: When | None = None,
    ) -> Iterator[Reminder]:
        """Lists what this key may see, the newest first; with `due_after` or `due_before` in the order in which it falls due.

        Pages are asked for while it is iterated over. state: `scheduled`, `paused`, `completed` or `cancelled`. description: a part of it.
        due_after, due_before: a datetime with a time zone, or unix seconds.
        """
        query = {"state": state, "queue": queue, "description": description, "limit": PAGE}
        query["task"] = None if task is None else _named(task)[1]
        query["due_after"] = None if due_after is None else _unix("due_after", due_after, math.ceil)
        query["due_before"] = None if due_before is None else _unix("due_before", due_before, math.ceil)
        while True:
            given = {name: value for name, value in query.items() if value is not None}
            page = self._gateway.ask("GET", "/reminders?" + urlencode(given), repeatable=True)
            yield from map(Reminder.read, page.get("reminders") or ())
            query["cursor"] = page.get("next_cursor")
            if query["cursor"] is None:
                return

    def close(self) -> None:
        """Closes the connections that are kept; the next call makes others."""
        self._gateway.close()

    def __enter__(self) -> TaskScheduler:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _named(func: Task[..., Any] | str) -> tuple[AnyTask | None, str]:
    if isinstance(func, Task):
        return func, func.name
    if isinstance(func, str):
        if not NAME.fullmatch(func):
            raise InvalidTask(f'"{func}" is no name of a task: it must be {NAME_RULE}')
        return None, func
    name = getattr(func, "__qualname__", repr(func))
    raise InvalidTask(f"{name} is no task: decorate it with @task, or give the name of one as text")


def _path(reminder: str | Scheduled | Changed | Reminder) -> str:
    id = reminder if isinstance(reminder, str) else reminder.id
    if not id:
        raise InvalidRequest("a reminder's id is no empty text")
    return f"/reminders/{quote(id, safe='')}"


def _unix(name: str, when: When, whole: Any) -> int:
    """Whole unix seconds. Of one past the second `whole` says which."""
    if isinstance(when, datetime):
        if when.tzinfo is None:
            raise InvalidRequest(f"{name} has no time zone, so it is no instant: give it one, as datetime.now(timezone.utc) has, or unix seconds")
        when = when.timestamp()
    elif isinstance(when, bool) or not isinstance(when, (int, float)):
        raise InvalidRequest(f"{name} must be a datetime with a time zone, or unix seconds; it was a {type(when).__name__}")
    if not math.isfinite(when):
        raise InvalidRequest(f"{name} must be unix seconds; it was {when}")
    return int(whole(when))
