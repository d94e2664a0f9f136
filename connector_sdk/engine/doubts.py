"""Records that are not where they were, while they may be elsewhere: deleted once that has been looked at too (R13).

It is in memory only. What a restart forgets is missed again by the next reading, since its key is still known.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

__all__ = ["Elsewhere"]


class Elsewhere:
    """Keys of a stream whose records may lie in several partitions, or move between them.

    One that a partition does not have any more is deleted when which partitions there are has been looked for since,
    every other partition has been read since, and does not have it either, and then its own once more: it may have
    moved back meanwhile. ``parts``: those that there are now; ``looked``: when they were asked for; ``now``: the time.
    """

    def __init__(
        self, parts: Callable[[], Collection[str]], looked: Callable[[], float], now: Callable[[], int]
    ) -> None:
        self._parts = parts
        self._looked = looked
        self._now = now
        self._missing: dict[str, dict[str, int]] = {}
        self._nowhere: dict[str, dict[str, int]] = {}  # since when a missing key is in no other partition either
        self._read: dict[str, int] = {}

    def missing(self, part: str, keys: Collection[str]) -> None:
        """A partition was read completely up to now, and does not have these of its keys any more."""
        before, now = self._missing.get(part, {}), self._now()
        self.found(part, before.keys() - set(keys))
        self._missing[part] = {key: before.get(key, now) for key in keys}

    def found(self, part: str, keys: Collection[str]) -> None:
        """A partition has these keys now."""
        for waiting in (self._missing.get(part), self._nowhere.get(part)):
            if waiting:
                for key in keys:
                    waiting.pop(key, None)

    def read(self, part: str, began: int) -> None:
        """A partition was read completely, by requests from the instant ``began`` on."""
        self._read[part] = began

    def waits_for(self, part: str) -> bool:
        """Whether a key is waited for until this partition has been read: one of another, or of its own once more."""
        read = self._read.get(part, 0)
        if any(at > read for at in self._nowhere.get(part, {}).values()):
            return True
        return any(at > read for other, missing in self._missing.items() if other != part for at in missing.values())

    @property
    def again(self) -> bool:
        """Whether a partition is to be read once more."""
        return any(at > self._read.get(part, 0) for part, keys in self._nowhere.items() for at in keys.values())

    def certain(self) -> Iterator[tuple[str, list[str]]]:
        """By partition, the keys that need not be waited for any more; they are given once."""
        parts = self._parts()
        for part, missing in list(self._missing.items()):
            since = min([self._looked(), *(self._read.get(other, 0) for other in parts if other != part)])
            nowhere = self._nowhere.setdefault(part, {})
            for key, at in missing.items():
                if at <= since:
                    nowhere.setdefault(key, self._now())
            last = self._read.get(part, 0)
            keys = [key for key, at in nowhere.items() if at <= last or part not in parts]
            self.found(part, keys)
            if keys:
                yield part, keys
