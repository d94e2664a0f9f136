"""Which of the records that were read leave as documents, and what is remembered of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from operator import itemgetter

from connector_sdk.plan import Patch

from .documents import Document, Row, Shape, Upserts
from .hashing import digest_text
from .keys import Keys
from .overtaken import Overtaken
from .seen import Seen

__all__ = ["OVERTAKEN", "Emission"]

_document = tuple.__new__  # what NamedTuple does, without a call of Python's
_BODY, _KEY, _TICK, _DELETED, _META = map(itemgetter, range(5))
OVERTAKEN = "overtake"
"""Stands where a digest does, and equals none: of a record of which a later version was written already."""


class Emission:
    """A binding's way from records to documents.

    A record does not leave if a later version was written after it was asked for (R26), nor if this very version is
    what was sent last and that is still remembered: in ``keys`` (all of a listing, or a window whose deletes are
    found), or in the suppression memory ``seen`` of its partition. With ``deletions`` all that leaves is a deletion.
    Everything here happens at the instant at which the transaction is queued.
    """

    def __init__(
        self, shape: Shape, overtaken: Overtaken, *, keys: Keys | None = None,
        seen: Callable[[str], Seen | None] = lambda partition: None, ticked: bool = False, deletions: bool = False,
    ) -> None:  # fmt: skip
        self.shape = shape
        self.overtaken = overtaken
        self.keys = keys
        self.seen = seen
        self._ticked = ticked
        self._deletions = deletions
        self._passed_in: set[str] = set()

    def passed_in(self, partitions: Iterable[str]) -> bool:
        """Whether a record of one of these partitions was there and did not leave, since a later word of it had, such
        as a deletion that another partition's lack of it brought. It is told once."""
        found = self._passed_in.intersection(partitions)
        self._passed_in -= found
        return bool(found)

    def documents(self, rows: Sequence[Row], partition: str, stamp: int, *, keep: int = 0) -> Sequence[Document]:
        """What leaves of these records, which a request with this stamp showed. Records before the tick ``keep`` are
        not read again, so nothing is remembered of them."""
        seen = self.seen(partition)
        if self._plain(rows, seen, keep) and self._first_of_all(rows, stamp):
            if not any(map(_META, rows)):
                return Upserts(list(map(_BODY, rows)))
            return [_document(Document, ("u", row.body, None, row.meta)) for row in rows]
        documents: list[Document] = []
        for row in rows:
            tick = row.tick if self.shape.cursor is not None else None
            if self.overtaken.passed(row.key, tick, stamp):
                if self.keys is not None:  # it is there all the same; of what version, the next reading compares
                    self.keys.put(partition, row.key.decode(), OVERTAKEN, row.tick if self._ticked else None)
                    self._passed_in.add(partition)
                continue
            if self._sent_before(row, partition, seen, keep):
                continue
            self.overtaken.wrote(row.key, tick, stamp)
            documents.append(Document("d" if row.deleted or self._deletions else "u", row.body, None, row.meta))
        return documents

    def _plain(self, rows: Sequence[Row], seen: Seen | None, keep: int) -> bool:
        """Whether nothing is remembered of what was sent of these, and none is a deletion: most pages of a backfill."""
        if self.keys is not None or self._deletions or any(map(_DELETED, rows)):
            return False
        return seen is None or max(map(_TICK, rows), default=keep) < keep

    def _first_of_all(self, rows: Sequence[Row], stamp: int) -> bool:
        """Whether all of these are other records, and nothing was written of any that could be a later version: if so
        they count as written."""
        keys = list(map(_KEY, rows))
        if len(set(keys)) < len(keys):
            return False
        if self.overtaken.alone(stamp):
            return True
        ticks = map(_TICK, rows) if self.shape.cursor is not None else repeat(None)
        return self.overtaken.wrote_first(keys, ticks, stamp)

    def _sent_before(self, row: Row, partition: str, seen: Seen | None, keep: int) -> bool:
        """Whether this version was sent last; if not, it is remembered from now on."""
        if self.keys is not None:
            return self._compared(self.keys, row, partition, keep)
        if seen is not None and row.tick >= keep:
            digest = self.shape.digest(row.body)
            if seen.sent_before(row.key, digest):
                return True
            seen.remember(row.key, row.tick, digest)
        return False

    def _compared(self, keys: Keys, row: Row, partition: str, keep: int) -> bool:
        key = row.key.decode()
        if self._ticked and row.tick < keep:
            return False
        digest = digest_text([self.shape.comparable(row.body)])
        if keys.same(partition, key, digest):
            return True
        keys.put(partition, key, digest, row.tick if self._ticked else None)
        return False

    def tombstones(self, keys: Sequence[str], partition: str, stamp: int) -> list[Document]:
        """The deletions of these keys, which are forgotten with it. One that another partition holds is only forgotten
        here, and one that was written since it was missed is neither deleted nor forgotten."""
        gone = [key for key in keys if not self._written_since(key, stamp)]
        if self.keys is not None:
            held = {key for key in gone if self.keys.elsewhere(key, partition)}
            self.keys.drop(partition, gone)
            gone = [key for key in gone if key not in held]
        for key in gone:
            self.overtaken.wrote(key.encode(), None, stamp)
        return [self.shape.tombstone(key) for key in gone]

    def _written_since(self, key: str, stamp: int) -> bool:
        """Whether another lane has written the record after it was found to be missing."""
        return self.overtaken.passed(key.encode(), None, stamp)

    def take(self, partition: str) -> Patch:
        """The change of state for what was remembered since the last time."""
        patch: Patch = {}
        if self.keys is not None:
            patch |= self.keys.take()
        if (seen := self.seen(partition)) is not None:
            patch |= seen.take()
        return patch
