"""Pages read for one binding, handed to others of the session that stand at the same place.

A following binding reads its parent's listing itself, with a frontier of its own, so that either can be selected,
reset or fail alone. Where both stand at the same place the second reading costs nothing: the step that the parent has
just finished is kept here for a while, and the follower takes it instead of asking again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from connector_sdk.plan import Step

__all__ = ["Exchange", "Feed", "Finished"]

_KEPT = 4 << 20  # bytes of pages kept of one stream


@dataclass(frozen=True)
class Finished:
    """A step that was read to its end: its records, page by page, and the instant (microseconds) of its first
    request. ``exact``: whether what is not among them was certainly not there."""

    step: Step
    pages: tuple[tuple[bytes, ...], ...]
    began: int
    size: int
    exact: bool = False


@dataclass
class Feed:
    """What one stream's own binding has read lately. ``bound``: whether it has one in this session; ``alive``: whether
    that works."""

    bound: bool = False
    alive: bool = False
    _at: dict[str, Mapping[str, int]] = field(default_factory=dict)
    _finished: dict[tuple[str, str, int], Finished] = field(default_factory=dict)
    _size: int = 0
    _followers: list[Callable[[], None]] = field(default_factory=list)

    def follow(self, wake: Callable[[], None]) -> None:
        """Be woken whenever a step has been finished."""
        self._followers.append(wake)

    @property
    def followed(self) -> bool:
        """Whether anybody wants the pages."""
        return bool(self._followers)

    def live(self, alive: bool) -> None:
        """The stream's own binding works, or does not any more."""
        if alive != self.alive:
            self.alive = alive
            self.tell()

    def tell(self) -> None:
        """Wake those who follow."""
        for wake in self._followers:
            wake()

    def stand(self, partition: str, places: Mapping[str, int]) -> None:
        """Where the lanes of this partition stand now. A lane that is not among them is done: nobody waits for it."""
        if self._at.get(partition) != places:
            self._at[partition] = places
            self.tell()

    def place(self, lane: str, partition: str) -> int | None:
        """Where this lane stands: the lower border of the step that is under way, or of the next; None if there is
        none."""
        return self._at.get(partition, {}).get(lane)

    @property
    def placed(self) -> bool:
        """Whether it is known where any lane stands."""
        return bool(self._at)

    def leave(self, partition: str) -> None:
        """The partition is read no more."""
        if self._at.pop(partition, None) is not None:
            self.tell()

    def give(self, finished: Finished) -> None:
        """A step was finished."""
        if finished.size <= _KEPT:
            step = finished.step
            self._drop((step.lane, step.partition, step.since))
            self._finished[step.lane, step.partition, step.since] = finished
            self._size += finished.size
            while self._size > _KEPT:
                self._drop(next(iter(self._finished)))
        self.tell()

    def take(self, lane: str, partition: str, since: int) -> Finished | None:
        """The finished step that begins here."""
        return self._finished.get((lane, partition, since))

    def _drop(self, key: tuple[str, str, int]) -> None:
        found = self._finished.pop(key, None)
        if found is not None:
            self._size -= found.size


class Exchange:
    """The feeds of a session, by stream."""

    def __init__(self) -> None:
        self._feeds: dict[str, Feed] = {}

    def feed(self, stream: str) -> Feed:
        """The feed of this stream."""
        return self._feeds.setdefault(stream, Feed())
