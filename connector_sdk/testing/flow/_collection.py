"""What a capture's collections hold: committed documents, reduced by key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from connector_sdk.testing.flow._capture import Capture
from connector_sdk.testing.flow._events import Captured, Checkpoint, Event, Exited
from connector_sdk.testing.flow._keys import Key, key_reader

__all__ = ["Collection", "Collections"]


def _whole(doc: dict[str, Any]) -> Any:
    return doc


class Collection:
    """One collection: ``committed`` is what a reader of it has, by key; ``pending`` waits for a checkpoint.

    The last write of a key wins, and one with ``_meta.op`` ``d`` deletes it. ``keep`` makes of a document what is
    kept of it (all of it by default; a hash, where there are many). ``writes`` and ``deletes`` count committed
    documents, ``repeats`` those that changed nothing.
    """

    def __init__(self, key: tuple[str, ...] | list[str], keep: Callable[[dict[str, Any]], Any] = _whole) -> None:
        self._key = key_reader(key)
        self._keep = keep
        self.committed: dict[Key, Any] = {}
        self.pending: list[tuple[Key, Any, bool]] = []
        self.writes = 0
        self.deletes = 0
        self.repeats = 0

    def add(self, doc: dict[str, Any]) -> None:
        """A document arrived; it counts when a checkpoint follows."""
        meta = doc.get("_meta")
        deletes = isinstance(meta, dict) and meta.get("op") == "d"
        self.pending.append((self._key(doc), None if deletes else self._keep(doc), deletes))

    def commit(self) -> None:
        """A checkpoint arrived: what was pending is now in the collection."""
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
        """The session ended: what was pending is lost, as it is in Flow."""
        self.pending.clear()

    def docs(self) -> list[Any]:
        """What is committed, in the order of the first write of each key."""
        return list(self.committed.values())

    def keys(self) -> list[Any]:
        """The committed keys; a key of one place is that value itself, not a tuple."""
        return [key[0] if len(key) == 1 else key for key in self.committed]

    def __len__(self) -> int:
        return len(self.committed)


class Collections(Mapping[str, Collection]):
    """The collections of a capture by stream name. They outlive sessions: give the same ones to each.

    ``feed`` takes the events of a session; ``Player.open(..., into=collections)`` does it for you.
    """

    def __init__(self, keep: Callable[[dict[str, Any]], Any] = _whole) -> None:
        self._keep = keep
        self._by_name: dict[str, Collection] = {}
        self._session: list[Collection] = []

    def begin(self, capture: Capture) -> None:
        """A session of this capture begins; pending documents of the one before are lost."""
        self.end()
        self._session = [
            self._by_name.setdefault(each.name, Collection(each.key, self._keep)) for each in capture.bindings
        ]

    def feed(self, event: Event) -> None:
        """One event of the session, in order."""
        if type(event) is Captured:
            self._session[event.binding].add(event.doc)
        elif type(event) is Checkpoint:
            for each in event.documents:
                self._session[each].commit()
        elif type(event) is Exited:
            self.end()

    def end(self) -> None:
        """The session ended: pending documents are lost."""
        for each in self._by_name.values():
            each.rollback()

    def __getitem__(self, name: str) -> Collection:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)
