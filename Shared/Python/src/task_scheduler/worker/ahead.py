"""How much a worker asks for ahead of its free places, so that short runs do not wait for the scheduler one round trip after another."""

from __future__ import annotations

from typing import ClassVar


class Ahead:
    """So many occurrences as are sure to have a place soon. Of runs that take long it is none: another worker may have a place for them."""

    MOST: ClassVar[int] = 256
    """However short runs are."""
    AIMED_WAIT_SECONDS: ClassVar[float] = 0.02
    """What is asked for ahead begins within so long, if runs take as long as those before."""
    LONGEST_WAIT_SECONDS: ClassVar[float] = 0.25
    """If they do not, it is given back after so long."""
    LOOK_SECONDS: ClassVar[float] = 0.1
    """How often it is looked whether they do not."""
    CAUTIOUS_SECONDS: ClassVar[float] = 1.0
    """What a run is taken to last where nothing is known."""
    WEIGHT: ClassVar[float] = 1 / 8
    """Of the last run in the mean; some dozens make it known."""

    def __init__(self) -> None:
        self._seconds = self.CAUTIOUS_SECONDS

    def count(self, places: int) -> int:
        """How many, of a worker that runs so many at once."""
        return min(self.MOST, int(self.AIMED_WAIT_SECONDS * places / max(self._seconds, 1e-6)))

    def ran(self, seconds: float) -> None:
        """A run has taken so long."""
        self._seconds += (seconds - self._seconds) * self.WEIGHT

    def was_wrong(self) -> None:
        """Something waited too long: nothing is known any more."""
        self._seconds = max(self._seconds, self.CAUTIOUS_SECONDS)
