"""Records that are not where they were, while they may be elsewhere: deleted once that has been looked at too (R13).

It is in memory only. What a restart forgets is missed again by the next reading, since its key is still known.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

__all__ = ["Elsewhere"]


class Elsewhere:
    """Keys of a stream whose records may lie in several partitions, or move between them.

    One that a partition does not have any more is deleted when every other partition has been read since, and does not
    have it either; for which partitions there are has been looked since, too. ``parts``: those that there are now;
    ``looked``: when they were asked for.
    """

    def __init__(self, parts: Callable[[], Collection[str]], looked: Callable[[], float]) -> None:
        self._parts = parts
        self._looked = looked
        self._missing: dict[str, dict[str, int]] = {}
        self._read: dict[str, int] = {}

    def missing(self, part: str, keys: Collection[str], now: int) -> None:
        """A partition was read completely up to the instant ``now``, and does not have these of its keys any more."""
        before = self._missing.get(part, {})
        self._missing[part] = {key: before.get(key, now) for key in keys}

    def read(self, part: str, began: int) -> None:
        """A partition was read completely, by requests from the instant ``began`` on."""
        self._read[part] = began

    def waits_for(self, part: str) -> bool:
        """Whether a key of another partition is waited for until this one has been read."""
        read = self._read.get(part, 0)
        return any(at > read for other, missing in self._missing.items() if other != part for at in missing.values())

    def certain(self) -> Iterator[tuple[str, list[str]]]:
        """By partition, the keys that need not be waited for any more; they are given once."""
        for part, missing in self._missing.items():
            others = [self._read.get(other, 0) for other in self._parts() if other != part]
            since = min([self._looked(), *others])
            keys = [key for key, at in missing.items() if at <= since]
            for key in keys:
                del missing[key]
            if keys:
                yield part, keys
