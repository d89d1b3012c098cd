"""Arguments of a task: checked against its signature, and written as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from task_scheduler.errors import InvalidRequest
from task_scheduler.tasks import AnyTask

MAX_COUNT = 1_000
"""Positional arguments at most, and named ones."""
MAX_BYTES = 64 << 10
"""Bytes of all of them as JSON."""
MAX_DEPTH = 30
"""How deep lists and objects may be nested in an argument."""
MAX_INTEGER = 2**63
"""Whole numbers beyond 64 bits would arrive rounded."""

Arguments = tuple[list[Any], dict[str, Any]]


def checked(task: AnyTask | None, args: Sequence[Any] | None, kwargs: Mapping[str, Any] | None) -> Arguments:
    """Arguments as they can be sent.

    task: whose signature they must fit; `None`: one that is known by its name only.

    Raises `InvalidRequest` for what the function could not be called with, or what JSON does not carry.
    """
    if isinstance(args, (str, bytes, Mapping)):
        raise InvalidRequest(f"args must be a list or tuple of positional arguments; it was a {type(args).__name__}")
    positional, named = list(args or ()), dict(kwargs or {})
    if task is not None:
        try:
            task.signature.bind(*positional, **named)
        except TypeError as error:
            raise InvalidRequest(f"{task.name}{task.signature} cannot be called like that: {error}") from None
    for name, count in (("args", len(positional)), ("kwargs", len(named))):
        if count > MAX_COUNT:
            raise InvalidRequest(f"{name} must have at most {MAX_COUNT} items; it had {count}")
    for index, value in enumerate(positional):
        _check(value, f"args[{index}]", MAX_DEPTH)
    for key, value in named.items():
        _check(value, f'kwargs["{key}"]', MAX_DEPTH)
    size = len(json.dumps({"args": positional, "kwargs": named}, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace"))
    if size > MAX_BYTES:
        raise InvalidRequest(f"the arguments have {size} bytes as JSON; {MAX_BYTES} are allowed")
    return positional, named


def _check(value: Any, place: str, depth: int) -> None:
    """What a worker reads must be what was given."""
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidRequest(f"{place} is text with half a surrogate pair, which no JSON carries") from None
    elif isinstance(value, int):
        if not -MAX_INTEGER <= value < MAX_INTEGER:
            raise InvalidRequest(f"{place} is beyond 64 bits: send it as text")
    elif isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise InvalidRequest(f"{place} is {value}, which JSON does not carry")
    elif depth == 0:
        raise InvalidRequest(f"{place} is nested more than {MAX_DEPTH} deep")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            _check(item, f"{place}[{index}]", depth - 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise InvalidRequest(f"{place} has the key {key!r}: JSON's keys are text")
            _check(item, f'{place}["{key}"]', depth - 1)
    else:
        raise InvalidRequest(
            f"{place} is a {type(value).__name__}; JSON carries None, bool, int, float, str, list and dict: send what it is made of")
