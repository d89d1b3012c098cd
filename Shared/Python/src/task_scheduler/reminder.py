"""Answers of the API: what was scheduled, and where it stands. Times are unix seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from task_scheduler.errors import Unavailable


@dataclass(frozen=True)
class Scheduled:
    """A reminder that is on stable storage."""

    id: str
    next_fire_at: int | None
    """Unix seconds."""
    upcoming: tuple[int, ...]
    """The next times, five at most, unix seconds."""
    warnings: tuple[str, ...]
    """What the gateway finds unusual in it, a sentence each."""

    @staticmethod
    def read(answer: Mapping[str, Any]) -> Scheduled:
        return Scheduled(
            id=_text(answer, "id"), next_fire_at=answer.get("next_fire_at"), upcoming=tuple(answer.get("upcoming") or ()),
            warnings=tuple(answer.get("warnings") or ()))


@dataclass(frozen=True)
class Changed:
    """A reminder that was cancelled or run."""

    id: str
    state: str
    """`scheduled`, `paused`, `completed` or `cancelled`."""
    scheduled_at: int | None
    """Of `run`: the occurrence that is due now, unix seconds."""
    in_flight: tuple[int, ...]
    """Of `cancel`: occurrences that were on their way and may still be run, unix seconds."""

    @staticmethod
    def read(answer: Mapping[str, Any]) -> Changed:
        return Changed(
            id=_text(answer, "id"), state=_text(answer, "state"), scheduled_at=answer.get("scheduled_at"),
            in_flight=tuple(answer.get("in_flight") or ()))


@dataclass(frozen=True)
class Result:
    """What became of one occurrence."""

    state: str
    """`open` (to come, running, held, or to be tried again), `done`, `dead`, `missed` (by its misfire policy) or `cancelled`."""
    value: Any
    """What its task returned; `None`: nothing, or `detail` says why it was not kept."""
    scheduled_at: int
    """Unix seconds."""
    detail: str
    """Of the latest attempt: the reason of a failure, or why a result was not kept; empty: there is none."""
    attempt: Mapping[str, Any] | None = field(repr=False)
    """All that the API says of that attempt; `None`: there was none."""

    @staticmethod
    def read(answer: Mapping[str, Any]) -> Result:
        attempt = answer.get("attempt")
        return Result(
            state=_text(answer, "state"), value=answer.get("result"), scheduled_at=answer.get("scheduled_at", 0),
            detail=(attempt or {}).get("detail") or "", attempt=attempt)


@dataclass(frozen=True)
class Reminder:
    """A reminder as it is stored, without its credential."""

    id: str
    state: str
    """`scheduled`, `paused`, `completed` or `cancelled`."""
    task: str
    description: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    queue: str
    rrule: str | None
    next_fire_at: int | None
    """Unix seconds; `None` where nothing more is due."""
    delivered: int
    """Occurrences that are done."""
    retrying: int
    """Occurrences that failed and are tried again."""
    dead: int
    """Occurrences that were given up: `GET /dead-letters` has them."""
    served: bool
    """Whether a live worker of its queue has its task."""
    answer: Mapping[str, Any] = field(repr=False)
    """All that the API says of it."""

    @staticmethod
    def read(answer: Mapping[str, Any]) -> Reminder:
        occurrences = answer.get("occurrences") or {}
        return Reminder(
            id=_text(answer, "id"), state=_text(answer, "state"), task=_text(answer, "task"),
            description=answer.get("description") or "", args=tuple(answer.get("args") or ()), kwargs=answer.get("kwargs") or {},
            queue=answer.get("queue") or "", rrule=answer.get("rrule"), next_fire_at=answer.get("next_fire_at"),
            delivered=occurrences.get("delivered", 0), retrying=occurrences.get("retrying", 0), dead=occurrences.get("dead", 0),
            served=bool(answer.get("served", True)), answer=answer)


def _text(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str):
        raise Unavailable(f'the answer has no "{name}": is this address a gateway of task-scheduler?')
    return value
