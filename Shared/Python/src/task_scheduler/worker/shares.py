"""How a worker shares its places among the schedulers that it is connected to."""

from __future__ import annotations

from typing import ClassVar


class Credit:
    """The worker's account of one stream: what came over it, and what may still come."""

    def __init__(self) -> None:
        self.received = 0
        """Occurrences that came over the stream."""
        self.limit = 0
        """How many may come in all, as the scheduler was told last."""
        self.bound = 0
        """How many may come in all, as long as the scheduler has not answered that it knows of a lower limit."""
        self.held = 0
        """Places that its occurrences take."""
        self.share = 0
        """Places that are meant for it."""
        self.since = 0.0
        """When its scheduler was last told that it may hand out more."""
        self.is_lowering = False
        """Whether the scheduler has not answered a lower limit. Until it has, no other is said that is lower still."""
        self.lowered_at = 0.0
        """When it was told of that."""
        self.is_overdue = False
        """Whether it has not answered for so long that others have the places that were kept for it: it may stand still, and another
        scheduler have taken over what it had."""
        self.must_fall = False
        """Whether there are fewer places than there were."""

    @property
    def open(self) -> int:
        """Places that are kept free for what may still come."""
        return 0 if self.is_overdue else max(0, self.bound - self.received)

    @property
    def is_used_up(self) -> bool:
        """Whether its scheduler could not hand out more: it may have more."""
        return self.limit <= self.received

    @property
    def wanted(self) -> int:
        """Places that it is to have besides those that it takes."""
        return max(0, self.share - self.held)

    def began_anew(self) -> None:
        """A stream was opened: it counts from nothing. What still runs of the one before keeps its places."""
        self.received = self.limit = self.bound = self.share = 0
        self.is_lowering = self.is_overdue = self.must_fall = False

    def confirmed(self) -> None:
        """The scheduler has answered the lower limit, behind all that it had handed out before."""
        self.bound, self.is_lowering, self.is_overdue = max(self.limit, self.received), False, False

    def say(self, limit: int, now: float) -> None:
        """The scheduler is told another limit."""
        if limit < self.limit and not self.is_lowering:
            self.is_lowering, self.lowered_at = True, now
        self.bound, self.limit = max(self.bound, limit), limit


class Shares:
    """Every place is meant for one stream. A stream that has used up what it had is given what others have and do not use: they keep
    `FLOOR` each, so that what falls due there begins without a round trip. What is meant for a stream is promised to it only when it is
    certain that nobody else can fill it."""

    FLOOR: ClassVar[int] = 4
    TURN_SECONDS: ClassVar[float] = 0.05
    """How long a stream keeps a place that it does not use, where there are fewer places than streams and they go round."""

    ANSWER_SECONDS: ClassVar[float] = 0.5
    """How long a scheduler may take to answer a lower limit before others have the places that are kept for it. What it hands out then waits
    for a place, and is given back where none becomes free."""

    def __init__(self) -> None:
        self.streams: list[Credit] = []
        """Those that are open."""
        self._spread: tuple[int, int] = (0, 0)
        self._now = 0.0

    def add(self, stream: Credit) -> None:
        """A stream has been opened."""
        self.streams.append(stream)

    def remove(self, stream: Credit) -> None:
        """A stream is over: nothing comes over it any more."""
        if stream in self.streams:
            self.streams.remove(stream)

    def goes_round(self, places: int) -> bool:
        """Whether there are too few places for each stream to have one."""
        return 0 < places < len(self.streams)

    def spread(self, places: int, ahead: int, now: float) -> None:
        """Finds how many places are meant for each stream, with so many more that are asked for ahead."""
        streams, count = self.streams, len(self.streams)
        if not streams:
            return
        is_new, self._spread, self._now = self._spread != (places, count), (places, count), now
        for each in streams:
            each.is_overdue = each.is_overdue or (each.is_lowering and now - each.lowered_at >= self.ANSWER_SECONDS)
        takers = [each for each in streams if is_new or (each.is_used_up and not each.wanted)]
        places += ahead
        if not takers:
            largest = max(streams, key=lambda each: each.share)
            largest.share = max(0, largest.share + places - sum(each.share for each in streams))
            return
        floor = min(self.FLOOR, places // count)
        keepers = [each for each in streams if each not in takers]
        for each in keepers:
            if floor or (not each.is_used_up and now - each.since >= self.TURN_SECONDS):
                each.share = min(each.share, each.held + floor)
        left = max(0, places - sum(each.share for each in keepers))
        # The odd ones stay where they are, or go round.
        takers.sort(key=lambda each: (-each.share if floor else 0, each.since))
        for index, each in enumerate(takers):
            each.share = left // len(takers) + (index < left % len(takers))

    def limit(self, stream: Credit, places: int, held: int, *, may_grow: bool) -> int | None:
        """What the scheduler of a stream is to be told; None: nothing new.

        places: with those that are asked for ahead. held: those that are taken, also by what came over streams that are over."""
        wanted = stream.received + stream.wanted
        if wanted >= stream.limit:
            stream.must_fall = False
            free = max(0, places - held - sum(each.open for each in self.streams))
            wanted = min(wanted, max(stream.bound, stream.received) + free)
            if not may_grow or wanted <= stream.limit:
                return None
            stream.since = self._now
            return wanted
        if stream.is_lowering:
            return None
        is_missed = any(each.is_used_up and each.wanted for each in self.streams if each is not stream)
        is_due, stream.must_fall = is_missed or stream.must_fall, False
        return wanted if is_due else None
