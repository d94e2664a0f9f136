"""What a destination holds that takes the last version of each record, and heeds deletions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Collection as Names
from typing import Any

from connector_sdk.testing.airbyte._catalog import Configured
from connector_sdk.testing.airbyte._events import Event, Record, State
from connector_sdk.testing.flow import Exited, Key, key_reader

__all__ = ["DELETED", "OURS", "Collection", "Collections"]

DELETED = "_ab_cdc_deleted_at"
OURS = "_ab_cdc_"
"""How the members that are not the source's begin."""


def _whole(data: dict[str, Any]) -> Any:
    return data


class Collection:
    """One stream's records: ``committed`` by key (by their number where they have none), ``pending`` until a STATE
    covers them. ``writes`` and ``deletes`` count what was committed, ``repeats`` what changed nothing."""

    def __init__(self, key: tuple[str, ...], keep: Callable[[dict[str, Any]], Any] = _whole) -> None:
        self._key = key_reader(key) if key else self._next
        self._keep = keep
        self._number = 0
        self.committed: dict[Key, Any] = {}
        self.pending: list[tuple[Key, Any, bool]] = []
        self.writes = 0
        self.deletes = 0
        self.repeats = 0

    def _next(self, data: dict[str, Any]) -> Key:
        self._number += 1
        return (self._number,)

    def add(self, data: dict[str, Any]) -> None:
        """A record arrived; it counts when a STATE follows."""
        deleted = data.get(DELETED) is not None
        plain = {name: value for name, value in data.items() if not name.startswith(OURS)}
        self.pending.append((self._key(data), None if deleted else self._keep(plain), deleted))

    def commit(self) -> None:
        """A STATE arrived."""
        for key, value, deleted in self.pending:
            if deleted:
                self.deletes += 1
                self.committed.pop(key, None)
            else:
                self.writes += 1
                self.repeats += self.committed.get(key) == value
                self.committed[key] = value
        self.pending.clear()

    def clear(self) -> None:
        """A full refresh begins."""
        self.committed.clear()
        self.pending.clear()

    def docs(self) -> list[Any]:
        """What is committed, in the order of the first write of each key."""
        return list(self.committed.values())

    def __len__(self) -> int:
        return len(self.committed)


class Collections(Mapping[str, Collection]):
    """The collections of a connection by stream name. They outlive reads: give the same ones to each.

    What no STATE covers when a read ends is lost, as if it had never come: the next read sends it again.
    """

    def __init__(self, keep: Callable[[dict[str, Any]], Any] = _whole) -> None:
        self._keep = keep
        self._by_name: dict[str, Collection] = {}

    def begin(self, configured: Configured, going_on: Names[str] = ()) -> None:
        """A read begins. A full refresh empties what it fills, unless it is among those that go on from a state."""
        for each in configured:
            found = self._by_name.setdefault(each.name, Collection(each.key, self._keep))
            found.pending.clear()
            if each.mode == "full_refresh" and each.name not in going_on:
                found.clear()

    def feed(self, event: Event) -> None:
        """One event of the read, in order."""
        if isinstance(event, Record):
            self._by_name[event.stream].add(event.data)
        elif isinstance(event, State):
            self._by_name[event.stream].commit()
        elif isinstance(event, Exited):
            for each in self._by_name.values():
                each.pending.clear()

    def __getitem__(self, name: str) -> Collection:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)
