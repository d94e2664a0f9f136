"""What a capture's collections hold: committed documents, reduced by key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connector_sdk.testing._held import Held, HeldByName, whole
from connector_sdk.testing.flow._capture import Capture
from connector_sdk.testing.flow._events import Captured, Checkpoint, Event, Exited
from connector_sdk.testing.flow._keys import key_reader

__all__ = ["Collection", "Collections"]


class Collection(Held):
    """One collection: ``committed`` is what a reader of it has, by key; ``pending`` waits for a checkpoint.

    The last write of a key wins, and one with ``_meta.op`` ``d`` deletes it. ``keep`` makes of a document what is
    kept of it (all of it by default; a hash, where there are many). ``writes`` and ``deletes`` count committed
    documents, ``repeats`` those that changed nothing.
    """

    def __init__(self, key: tuple[str, ...] | list[str], keep: Callable[[dict[str, Any]], Any] = whole) -> None:
        super().__init__()
        self._key = key_reader(key)
        self._keep = keep

    def add(self, doc: dict[str, Any]) -> None:
        """A document arrived; it counts when a checkpoint follows."""
        meta = doc.get("_meta")
        deletes = isinstance(meta, dict) and meta.get("op") == "d"
        self.pending.append((self._key(doc), None if deletes else self._keep(doc), deletes))


class Collections(HeldByName[Collection]):
    """The collections of a capture by stream name. They outlive sessions: give the same ones to each.

    ``feed`` takes the events of a session; ``Player.open(..., into=collections)`` does it for you. Documents that no
    checkpoint covered when a session ended are lost, as they are in Flow.
    """

    def __init__(self, keep: Callable[[dict[str, Any]], Any] = whole) -> None:
        super().__init__(keep)
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
