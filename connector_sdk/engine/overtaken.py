"""For one key, documents leave in the order of their versions (R26)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import NamedTuple

__all__ = ["Overtaken"]

_CROWDED = 100_000


class _Written(NamedTuple):
    tick: int | None
    stamp: int  # the counter when it was written
    asked: int  # the stamp of the request that showed it


_written = tuple.__new__  # what NamedTuple does, without a call of Python's


class Overtaken:
    """What was written while requests were under way, so that what they bring can be recognised as overtaken.

    Two lanes may hold two versions of a record: a page that was read before an edit must not be written after the page
    that showed the edit. Each request has a stamp from a counter that rises; each written record is remembered, while
    another lane's request is under way, with its cursor and the counter at that moment.
    """

    def __init__(self) -> None:
        self.stamp = 0
        self._open: dict[str, int] = {}
        self._written: dict[bytes, _Written] = {}
        self._prune_at = 1024

    def sent(self, lane: str) -> int:
        """The stamp of a request of this lane that leaves now."""
        self.stamp += 1
        self._open.setdefault(lane, self.stamp)
        return self.stamp

    def first(self, lane: str) -> int:
        """The stamp of the oldest request of this lane that is under way."""
        return self._open.get(lane, self.stamp)

    def leave(self, lane: str) -> None:
        """Nothing of this lane is under way any more."""
        self._open.pop(lane, None)
        if not self._open:
            self._written.clear()

    def alone(self, stamp: int) -> bool:
        """Whether nobody but the lane of this request has one under way, and nothing is remembered: what it brings is
        overtaken by nothing, and has not to be remembered for anybody."""
        return not self._written and len(self._open) == 1 and stamp in self._open.values()

    @property
    def open(self) -> list[str]:
        """The lanes of which a request is under way."""
        return list(self._open)

    @property
    def crowded(self) -> bool:
        """Whether so much is remembered that only lanes that bring what is new should go on."""
        return len(self._written) >= _CROWDED

    def passed(self, key: bytes, tick: int | None, asked: int) -> bool:
        """Whether a later version of this record was written after the request with stamp ``asked`` left. Records
        without a cursor (no ``tick``) are as new as the request that showed them."""
        found = self._written.get(key)
        if found is None or found.stamp < asked:
            return False
        if tick is None or found.tick is None:
            return found.asked > asked
        return found.tick > tick

    def wrote(self, key: bytes, tick: int | None, asked: int) -> None:
        """A record is written now."""
        if not self._open:
            return
        self._written[key] = _Written(tick, self.stamp, asked)
        self._prune()

    def wrote_first(self, keys: Sequence[bytes], ticks: Iterable[int | None], asked: int) -> bool:
        """Records are written now, unless something is remembered of one of them. Whether they are."""
        if not self._written.keys().isdisjoint(keys):
            return False
        if self._open:
            values = zip(ticks, repeat(self.stamp), repeat(asked))
            self._written.update(zip(keys, map(_written, repeat(_Written), values), strict=False))
            self._prune()
        return True

    def _prune(self) -> None:
        if len(self._written) > self._prune_at:
            oldest = min(self._open.values())
            self._written = {key: found for key, found in self._written.items() if found.stamp >= oldest}
            self._prune_at = max(1024, 2 * len(self._written))
