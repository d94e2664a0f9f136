"""What a destination holds that takes the last version of each record, and heeds deletions."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection as Names
from typing import Any

from connector_sdk.testing._held import Held, HeldByName, whole
from connector_sdk.testing.airbyte._catalog import Configured
from connector_sdk.testing.airbyte._events import Event, Record, State
from connector_sdk.testing.flow import Exited, Key, key_reader

__all__ = ["DELETED", "OURS", "Collection", "Collections"]

DELETED = "_ab_cdc_deleted_at"
OURS = "_ab_cdc_"
"""How the members that are not the source's begin."""


class Collection(Held):
    """One stream's records: ``committed`` by key (by their number where they have none), ``pending`` until a STATE
    covers them. ``writes`` and ``deletes`` count what was committed, ``repeats`` what changed nothing."""

    def __init__(self, key: tuple[str, ...], keep: Callable[[dict[str, Any]], Any] = whole) -> None:
        super().__init__()
        self._key = key_reader(key) if key else self._next
        self._keep = keep
        self._number = 0

    def _next(self, data: dict[str, Any]) -> Key:
        self._number += 1
        return (self._number,)

    def add(self, data: dict[str, Any]) -> None:
        """A record arrived; it counts when a STATE follows."""
        deleted = data.get(DELETED) is not None
        plain = {name: value for name, value in data.items() if not name.startswith(OURS)}
        self.pending.append((self._key(data), None if deleted else self._keep(plain), deleted))

    def clear(self) -> None:
        """A full refresh begins."""
        self.committed.clear()
        self.rollback()


class Collections(HeldByName[Collection]):
    """The collections of a connection by stream name. They outlive reads: give the same ones to each.

    What no STATE covers when a read ends is lost, as if it had never come: the next read sends it again.
    """

    def begin(self, configured: Configured, going_on: Names[str] = ()) -> None:
        """A read begins. A full refresh empties what it fills, unless it is among those that go on from a state."""
        for each in configured:
            found = self._by_name.setdefault(each.name, Collection(each.key, self._keep))
            found.rollback()
            if each.mode == "full_refresh" and each.name not in going_on:
                found.clear()

    def feed(self, event: Event) -> None:
        """One event of the read, in order."""
        if isinstance(event, Record):
            self._by_name[event.stream].add(event.data)
        elif isinstance(event, State):
            self._by_name[event.stream].commit()
        elif isinstance(event, Exited):
            self.end()
