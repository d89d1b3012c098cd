"""Exceptions that a task raises to say how its occurrence ended. Any other exception is a failure, and tried again."""

from __future__ import annotations

from datetime import timedelta


class Retry(Exception):
    """An occurrence that is to be tried again after a time of the task's choice."""

    def __init__(self, after: float | timedelta, reason: str = "asked to be tried again later") -> None:
        """Says when and why.

        after: seconds, or a timedelta. The scheduler waits a day at most.
        reason: for the history of attempts; one line is kept.
        """
        super().__init__(reason)
        self.seconds = after.total_seconds() if isinstance(after, timedelta) else float(after)
        """The wait, seconds."""


class Reject(Exception):
    """An occurrence that can never be done: it becomes a dead letter at once, with the reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)


class CancelSchedule(Exception):
    """The end of a series. The occurrence that raises it counts as done, and none follows."""
