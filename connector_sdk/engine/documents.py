"""Records on their way to being documents: their key, their cursor, their size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from connector_sdk.declare import Stream
from connector_sdk.errors import MissingCursorError, MissingKeyError, RecordTooLargeError
from connector_sdk.http import Places, as_text, without
from connector_sdk.plan import Cursor

from .hashing import short

__all__ = ["LARGEST", "TRANSACTION", "Document", "Shape", "pieces"]

LARGEST = 16_000_000
"""The most bytes a document may have (Estuary's published limit)."""
TRANSACTION = 4 << 20
"""The most bytes of a transaction, since stdout is shared (R5)."""
_MOST_ROWS = 4_000  # keeps the patch of a transaction well under 256 KiB


class Document(NamedTuple):
    """What leaves: an upsert (``u``) or a deletion (``d``); ``body`` is the text of a JSON object, as it came.

    ``row_id`` is the row's number for streams that know their records by it.
    """

    op: Literal["u", "d"]
    body: bytes | memoryview
    row_id: int | None = None


class Row(NamedTuple):
    """A record with what the engine reads of it: its key as JSON text, its cursor's tick, its size in bytes."""

    body: bytes | memoryview
    key: bytes
    tick: int


class Shape:
    """What is read of every record of a stream."""

    def __init__(self, stream: Stream, cursor_at: str | None = None, cursor: Cursor | None = None) -> None:
        self.stream = stream
        self._keys = () if stream.numbered else stream.keys
        self._cursor_at = cursor_at
        self._cursor = cursor
        self._places = Places([*self._keys, *([cursor_at] if cursor_at else [])])
        self._text = tuple(stream.text)
        self._volatile = tuple(stream.volatile)

    def row(self, body: bytes | memoryview) -> Row:
        """A record, checked (R18): its key is there and scalar, its cursor readable, its size within the limit."""
        if self._text:
            body = as_text(body, self._text)
        found = self._places.of(body)
        parts = found[: len(self._keys)]
        for at, part in zip(self._keys, parts, strict=True):
            if part is None or part[:1] in b"[{n":
                self._no_key(at, part, body)
        key = parts[0] if len(parts) == 1 else b"[" + b",".join(part for part in parts if part is not None) + b"]"
        if len(body) > LARGEST:
            self._too_large(key, len(body))
        tick = self._tick(found[-1], key) if self._cursor else 0
        return Row(body, bytes(key or b""), tick)

    def _tick(self, raw: bytes | None, key: bytes | None) -> int:
        assert self._cursor is not None
        try:
            if raw is None or raw == b"null":
                raise ValueError("there is nothing")
            return self._cursor.parse(raw)
        except (ValueError, TypeError, OverflowError) as wrong:
            raise MissingCursorError(
                f"stream {self.stream.name!r}: the record with key {_short(key)} has no cursor at "
                f"{self._cursor_at}: {wrong}.",
                hint="name the place and the format in Incremental(cursor, format=...)",
            ) from None

    def digest(self, body: bytes | memoryview) -> int:
        """40 bits over the record as it came, or over what is left of it without the volatile places."""
        return short(self.comparable(body))

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
    cut: list[Sequence[Row]] = []
    begin, size = 0, 0
    for at, row in enumerate(rows):
        if at > begin and (size + len(row.body) > TRANSACTION or at - begin >= _MOST_ROWS):
            cut.append(rows[begin:at])
            begin, size = at, 0
        size += len(row.body)
    if begin < len(rows):
        cut.append(rows[begin:])
    return cut
