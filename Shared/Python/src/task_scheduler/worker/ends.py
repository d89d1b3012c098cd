"""Ends of runs: what a task's return or exception means on the wire."""

from __future__ import annotations

import asyncio
import json
import math
from typing import Any, NamedTuple

from task_scheduler._protos.outcome_pb2 import (
    OUTCOME_CANCEL_SCHEDULE, OUTCOME_DELIVERED, OUTCOME_LOST, OUTCOME_REJECTED, OUTCOME_RETRY, OUTCOME_UNSENT, Outcome)
from task_scheduler.outcomes import CancelSchedule, Reject, Retry

LONGEST_ASKED_SECONDS = 86_400.0
MAX_DETAIL_BYTES = 1_024
"""What the history of an attempt keeps of its detail."""
MIN_SECRET_CHARACTERS, RUN_CHARACTERS = 4, 8
"""A shorter credential is none; so many characters of a longer one give something away."""
MARK = "[redacted]"
MAX_RESULT_BYTES = 64 << 10
"""What is kept of a task's result, as JSON."""
MAX_RESULT_DEPTH = 32
"""How deep its lists and objects may be nested."""


class End(NamedTuple):
    """How a run ended."""

    outcome: Outcome
    detail: str = ""
    retry_after_ms: int = 0
    """0: the scheduler decides."""
    result: bytes = b""
    """The JSON text of what the task returned; empty: nothing."""


DELIVERED = End(OUTCOME_DELIVERED)
CALLED_OFF = End(OUTCOME_UNSENT, "called off before it began")
"""Of what has not begun: no attempt, and tried again when it can be."""
CUT_OFF = End(OUTCOME_LOST, "the worker was stopped before the task's end")


def end_with(value: Any, authorization: str | None) -> End:
    """The end of a task that returned: done, whether its result can be kept or not."""
    if value is None:
        return DELIVERED
    try:
        if not _is_shallow(value, MAX_RESULT_DEPTH):
            return End(OUTCOME_DELIVERED, f"the result was not kept: it is nested more than {MAX_RESULT_DEPTH} deep")
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        shown = redacted(text, authorization)
        if shown != text:
            json.loads(shown)
        result = shown.encode()
    except (TypeError, ValueError, RecursionError) as error:
        return End(OUTCOME_DELIVERED, f"the result, of type {type(value).__name__}, was not kept: it cannot be written as JSON: {error}")
    if len(result) > MAX_RESULT_BYTES:
        return End(OUTCOME_DELIVERED, f"the result, {len(result)} bytes of JSON, was not kept: {MAX_RESULT_BYTES} are allowed")
    return End(OUTCOME_DELIVERED, result=result)


def _is_shallow(value: Any, levels: int) -> bool:
    if not isinstance(value, (list, tuple, dict)):
        return True
    return levels > 0 and all(_is_shallow(each, levels - 1) for each in (value.values() if isinstance(value, dict) else value))


def end_of(error: BaseException) -> End:
    """The end that an exception means."""
    if isinstance(error, CancelSchedule):
        return End(OUTCOME_CANCEL_SCHEDULE)
    if isinstance(error, Reject):
        return rejected(str(error))
    if isinstance(error, Retry):
        seconds = min(error.seconds, LONGEST_ASKED_SECONDS) if error.seconds > 0 else 0.0
        # 0 would mean that the scheduler decides.
        return End(OUTCOME_RETRY, str(error), max(1, math.ceil(seconds * 1000)))
    if isinstance(error, asyncio.CancelledError):
        return End(OUTCOME_RETRY, "the task was cancelled before its end")
    return End(OUTCOME_RETRY, f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)


def rejected(reason: str) -> End:
    """The end of what can never be done."""
    return End(OUTCOME_REJECTED, reason)


def unsent(reason: str) -> End:
    """The end of what was not begun: no attempt, and another worker may have it at once."""
    return End(OUTCOME_UNSENT, reason)


def retried(reason: str) -> End:
    """The end of what is tried again when the scheduler decides."""
    return End(OUTCOME_RETRY, reason)


def one_line(text: str, authorization: str | None) -> str:
    """Text for an operator: one line, not too long, and without what it quotes of the credential."""
    text = redacted(text[: 4 * MAX_DETAIL_BYTES], authorization)
    line = "".join(each if each.isprintable() else " " for each in text)
    return line.encode("utf-8", "replace")[:MAX_DETAIL_BYTES].decode("utf-8", "ignore")


def redacted(text: str, authorization: str | None) -> str:
    """Text in which every run of characters that the credential has, too, is blotted out."""
    secret = (authorization or "").partition(" ")[2].strip() or (authorization or "")
    if len(secret) < MIN_SECRET_CHARACTERS:
        return text
    length = min(RUN_CHARACTERS, len(secret))
    runs = {secret[at : at + length] for at in range(len(secret) - length + 1)}
    shown, at, hidden_to = [], 0, 0
    while at < len(text):
        if text[at : at + length] in runs:
            if at >= hidden_to:
                shown.append(MARK)
            hidden_to = at + length
        elif at >= hidden_to:
            shown.append(text[at])
        at += 1
    return "".join(shown)
