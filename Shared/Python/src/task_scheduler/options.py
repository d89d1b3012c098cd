"""Options of a request: how its occurrences are dealt with."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Any

from task_scheduler.tasks import AnyTask


@dataclass(frozen=True, kw_only=True)
class Options:
    """How occurrences are dealt with. What is `None` is as the task says, or else as the gateway's documentation says."""

    queue: str | None = None
    """The queue whose workers run it."""
    priority: int | None = None
    """0 to 9, higher first."""
    timezone: str | None = None
    """An IANA name: the rule runs on that zone's wall clock."""
    misfire_policy: str | None = None
    """What becomes of occurrences that could not be fired in time: `fire_once`, `fire_all` or `skip`."""
    catch_up_limit: int | None = None
    """The most missed occurrences of one gap that `fire_all` fires, 1 to 10,000."""
    retry_for_seconds: int | None = None
    """How long one occurrence is tried, from the end of its first try on; 0: once."""
    max_attempts: int | None = None
    """Attempts that end an occurrence earlier, 1 to 100."""
    jitter_seconds: int | None = None
    """Each occurrence falls due up to so long after its time."""
    expires_after_seconds: int | None = None
    """So long after its time an occurrence that is not done becomes a dead letter."""
    auth_header: str | None = field(default=None, repr=False)
    """A credential that the task is given (`invocation().authorization`); kept sealed and never shown."""
    classroom_id: str | None = None
    """For lists: the classroom that it is about."""
    created_by: str | None = None
    """For lists: who made it."""

    @staticmethod
    def of(task: AnyTask | None, options: Options | None) -> dict[str, Any]:
        """The fields of a request's body: the task's defaults, and over them the options."""
        body: dict[str, Any] = {}
        if task is not None:
            body = {
                "queue": task.queue, "priority": task.priority, "max_attempts": task.max_attempts,
                "retry_for_seconds": None if task.retry_for is None else math.ceil(task.retry_for),
                "expires_after_seconds": None if task.expires_after is None else math.ceil(task.expires_after)}
        if options is not None:
            body |= {name: value for name, value in ((each.name, getattr(options, each.name)) for each in fields(options)) if value is not None}
        return {name: value for name, value in body.items() if value is not None}
