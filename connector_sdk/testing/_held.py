"""What a stream's records come to: the last version of each, as far as it is committed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

__all__ = ["Held", "HeldByName", "whole"]

_Key = tuple[Any, ...]


def whole(doc: dict[str, Any]) -> Any:
    """All of a document is kept."""
    return doc


class Held:
    """One stream's records: ``committed`` by key, ``pending`` until something commits them.

    The last write of a key wins. ``writes`` and ``deletes`` count what was committed, ``repeats`` those writes that
    changed nothing.
    """

    def __init__(self) -> None:
        self.committed: dict[_Key, Any] = {}
        self.pending: list[tuple[_Key, Any, bool]] = []
        self.writes = 0
        self.deletes = 0
        self.repeats = 0

    def commit(self) -> None:
        """What was pending counts now."""
        for key, value, deletes in self.pending:
            if deletes:
                self.deletes += 1
                self.committed.pop(key, None)
            else:
                self.writes += 1
                self.repeats += self.committed.get(key) == value
                self.committed[key] = value
        self.pending.clear()

    def rollback(self) -> None:
        """What was pending is lost."""
        self.pending.clear()

    def docs(self) -> list[Any]:
        """What is committed, in the order of the first write of each key."""
        return list(self.committed.values())

    def keys(self) -> list[Any]:
        """The committed keys; a key of one place is that value itself, not a tuple."""
        return [key[0] if len(key) == 1 else key for key in self.committed]

    def __len__(self) -> int:
        return len(self.committed)


H = TypeVar("H", bound=Held)


class HeldByName(Mapping[str, H]):
    """Records by the name of their stream. ``keep`` makes of a document what is kept of it."""

    def __init__(self, keep: Callable[[dict[str, Any]], Any] = whole) -> None:
        self._keep = keep
        self._by_name: dict[str, H] = {}

    def end(self) -> None:
        """A session or a read has ended: what is pending is lost."""
        for each in self._by_name.values():
            each.rollback()

    def __getitem__(self, name: str) -> H:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)
