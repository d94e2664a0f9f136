"""Records on their way to being documents: their key, their cursor, their size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from operator import itemgetter
from typing import Literal, NamedTuple, overload

import msgspec

from connector_sdk.declare import Marked, Stream
from connector_sdk.errors import MissingCursorError, MissingKeyError, RecordTooLargeError
from connector_sdk.http import Places, RawPage, as_text, without
from connector_sdk.plan import Cursor

from .hashing import short

__all__ = ["LARGEST", "TRANSACTION", "Document", "Row", "Shape", "Upserts", "pieces", "size_of"]

LARGEST = 16_000_000
"""The most bytes a document may have (Estuary's published limit)."""
TRANSACTION = 4 << 20
"""The most bytes of a transaction, since stdout is shared (R5)."""
_MOST_ROWS = 4_000
_MOST_KEYS = 160 << 10  # bytes of keys and digests: keeps the patch of a transaction under 256 KiB (R27)
_META = "/_meta"
_NO_SCALAR = b"[{n"
_SCALAR = {bytes([first]) for first in b'"-0123456789tf'}
_NO = (None, b"null", b"false", b'""', b"0")


class Document(NamedTuple):
    """What leaves: an upsert (``u``) or a deletion (``d``); ``body`` is the text of a JSON object, as it came.

    ``row_id`` is the row's number for streams that know their records by it. ``meta``: whether the record may have a
    member ``_meta`` of its own.
    """

    op: Literal["u", "d"]
    body: bytes | memoryview
    row_id: int | None = None
    meta: bool = True


class Upserts(Sequence[Document]):
    """The documents of a page of which all are upserts without a row number or a ``_meta``: most pages of most sources.
    They are kept as their ``bodies``, which a back end frames without looking at each."""

    __slots__ = ("bodies",)

    def __init__(self, bodies: list[bytes | memoryview]) -> None:
        self.bodies = bodies

    def __len__(self) -> int:
        return len(self.bodies)

    @overload
    def __getitem__(self, at: int) -> Document: ...
    @overload
    def __getitem__(self, at: slice) -> Upserts: ...
    def __getitem__(self, at: int | slice) -> Document | Upserts:
        if isinstance(at, slice):
            return Upserts(self.bodies[at])
        return Document("u", self.bodies[at], None, False)


class Row(NamedTuple):
    """A record with what the engine reads of it: its key as JSON text, its cursor's tick (0 where there is none),
    whether it says that it is deleted, and whether it may have a member ``_meta``."""

    body: bytes | memoryview
    key: bytes
    tick: int
    deleted: bool = False
    meta: bool = True


_BODY, _KEY = itemgetter(0), itemgetter(1)
_row = tuple.__new__  # what NamedTuple does, without a call of Python's


class Shape:
    """What is read of every record of a stream."""

    def __init__(self, stream: Stream, cursor_at: str | None = None, cursor: Cursor | None = None) -> None:
        self.stream = stream
        self._keys = () if stream.numbered else stream.keys
        self._cursor_at = cursor_at
        self.cursor = cursor
        self._mark = mark.at if (mark := stream.learns(Marked)) else None
        self._places = Places([*self._keys, *([cursor_at] if cursor_at else []), *([self._mark] if self._mark else [])])
        self._bulk = (*self._places.pointers, _META)
        self._text = tuple(stream.text)
        self._volatile = tuple(stream.volatile)

    def rows(self, page: RawPage) -> list[Row]:
        """The records of a page, checked as ``row`` does."""
        columns = None if self._text else page.columns(self._bulk)
        count = len(self._keys)
        if columns is None or any(not _SCALAR.issuperset([key[:1] for key in column]) for column in columns[:count]):
            return [self.row(body) for body in page.slices]
        if count == 1:
            keys: Iterable[bytes] = columns[0]
        else:
            keys = map(self._joined, zip(*columns[:count], strict=True)) if count else repeat(self._joined(()))
        slices = page.slices
        if self.cursor is not None:
            keys = list(keys) if count > 1 else keys
            ticks: Iterable[int] = self._ticks(columns[count], keys)
        else:
            ticks = repeat(0)
        deleted: Iterable[bool] = [(raw or None) not in _NO for raw in columns[-2]] if self._mark else repeat(False)
        metas = [bool(raw) for raw in columns[-1]]
        rows = [_row(Row, each) for each in zip(slices, keys, ticks, deleted, metas, strict=False)]
        if max(map(len, slices), default=0) > LARGEST:
            for row in rows:
                if len(row.body) > LARGEST:
                    self._too_large(row.key, len(row.body))
        return rows

    def _ticks(self, column: Sequence[bytes], keys: Iterable[bytes]) -> list[int]:
        assert self.cursor is not None
        try:
            return self.cursor.parse_all(column)
        except (ValueError, TypeError, OverflowError):  # told with the key of the record
            return [self._tick(raw or None, key) for raw, key in zip(column, keys, strict=True)]

    def row(self, body: bytes | memoryview) -> Row:
        """A record, checked (R18): its key is there and scalar, its cursor readable, its size within the limit."""
        if self._text:
            body = as_text(body, self._text)
        found = self._places.of(body)
        parts = found[: len(self._keys)]
        for at, part in zip(self._keys, parts, strict=True):
            if part is None or part[:1] in _NO_SCALAR:
                self._no_key(at, part, body)
        key = self._joined(parts)
        if len(body) > LARGEST:
            self._too_large(key, len(body))
        tick = self._tick(found[len(self._keys)], key) if self.cursor else 0
        return Row(body, key, tick, self._mark is not None and found[-1] not in _NO)

    def _tick(self, raw: bytes | None, key: bytes | None) -> int:
        assert self.cursor is not None
        try:
            if raw is None or raw == b"null":
                raise ValueError("there is nothing")
            return self.cursor.parse(raw)
        except (ValueError, TypeError, OverflowError) as wrong:
            raise MissingCursorError(
                f"stream {self.stream.name!r}: the record with key {_short(key)} has no cursor at "
                f"{self._cursor_at}: {wrong}.",
                hint="name the place and the format in Incremental(cursor, format=...)",
            ) from None

    def digest(self, body: bytes | memoryview) -> int:
        """40 bits over the record as it came, or over what is left of it without the volatile places."""
        return short(self.comparable(body))

    def key_of(self, body: bytes | memoryview) -> bytes:
        """The key of a record as JSON text, without a check."""
        if self._text:
            body = as_text(body, self._text)
        return self._joined(self._places.of(body)[: len(self._keys)])

    @staticmethod
    def _joined(parts: Sequence[bytes | None]) -> bytes:
        return parts[0] or b"" if len(parts) == 1 else b"[" + b",".join(part or b"null" for part in parts) + b"]"

    def comparable(self, body: bytes | memoryview) -> bytes:
        """What two versions of a record are compared by."""
        return without(body, self._volatile) if self._volatile else bytes(body)

    def tombstone(self, key: str) -> Document:
        """The deletion of the record with this key: a document of its key's places alone."""
        raw = [key.encode()] if len(self._keys) == 1 else _items(key, len(self._keys))
        return Document("d", _nested(list(zip(self._keys, raw, strict=True))))

    def _no_key(self, at: str, part: bytes | None, body: bytes | memoryview) -> None:
        what = "nothing" if part is None else f"no scalar ({_short(part)})"
        raise MissingKeyError(
            f"stream {self.stream.name!r}: a record has {what} at {at}, which is part of its key; "
            f"it begins {_short(body)}.",
            hint="correct key= in the stream's definition",
        )

    def _too_large(self, key: bytes | None, size: int) -> None:
        raise RecordTooLargeError(
            f"stream {self.stream.name!r}: the record with key {_short(key)} is {size / 1e6:.1f} MB; Flow takes 16 MB.",
            hint="ask the source for fewer fields of it",
        )


def _short(raw: bytes | memoryview | None) -> str:
    text = bytes(raw or b"").decode(errors="replace")
    return text if len(text) <= 80 else text[:80] + "..."


def size_of(rows: Iterable[Row]) -> int:
    """The bytes of these records."""
    return sum(map(len, map(_BODY, rows)))


def _items(key: str, count: int) -> list[bytes]:
    items = msgspec.json.decode(key, type=list[msgspec.Raw])
    assert len(items) == count
    return [bytes(item) for item in items]


def _nested(places: Sequence[tuple[str, bytes]]) -> bytes:
    """A JSON object that holds these raw values at these pointers."""
    tree: dict[str, object] = {}
    for at, raw in places:
        *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in at.split("/")[1:]]
        inner = tree
        for name in parents:
            inner = inner.setdefault(name, {})  # type: ignore[assignment]
        inner[last] = msgspec.Raw(raw)
    return msgspec.json.encode(tree)


def pieces(rows: Sequence[Row]) -> list[Sequence[Row]]:
    """A page cut so that each piece fits into one transaction; one row that is larger goes alone."""
    count = len(rows)
    if (
        count < _MOST_ROWS
        and sum(map(len, map(_KEY, rows))) + 32 * count <= _MOST_KEYS
        and size_of(rows) <= TRANSACTION
    ):
        return [rows] if count else []
    cut: list[Sequence[Row]] = []
    begin, size, keys = 0, 0, 0
    for at, row in enumerate(rows):
        keys += len(row.key) + 32
        if at > begin and (size + len(row.body) > TRANSACTION or at - begin >= _MOST_ROWS or keys > _MOST_KEYS):
            cut.append(rows[begin:at])
            begin, size, keys = at, 0, len(row.key) + 32
        size += len(row.body)
    if begin < len(rows):
        cut.append(rows[begin:])
    return cut
