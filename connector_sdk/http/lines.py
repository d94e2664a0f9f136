"""Lines of bytes, none of them larger than a document may be, and JSON lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from connector_sdk.declare import Endpoint
from connector_sdk.errors import AnswerError, RecordTooLargeError

from .decode import resolve
from .envelope import mended

__all__ = ["LARGEST", "json_lines", "too_large"]

LARGEST = 32_000_000
"""The most bytes of a record as it comes: twice those of the largest document, for what is not part of its JSON."""

_whole = msgspec.json.Decoder(msgspec.Raw)
_BRACE = 0x7B


def too_large(endpoint: Endpoint, at: str, hint: str = "ask the source for fewer fields") -> RecordTooLargeError:
    """The error for a record that no document can hold."""
    return RecordTooLargeError(
        f"{endpoint}: the record at {at} is larger than {LARGEST // 1_000_000} MB, and Flow takes 16 MB.",
        hint=hint,
    )


def json_lines(endpoint: Endpoint, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The objects of a file of JSON lines. Raises ValueError for what is no JSON, and AnswerError for no object."""
    pointer = endpoint.records if isinstance(endpoint.records, str) else ""
    number = 0
    for line in _lines(endpoint, chunks):
        number += 1
        line = line.strip()
        if not line:
            continue
        if not line.isascii():
            line.decode()
        whole = _value(endpoint, line, number)
        record = resolve(whole, pointer) if pointer else whole
        if record is None or record[0] != _BRACE:
            raise AnswerError(f"{endpoint}: line {number:,} is no object: {line[:80].decode(errors='replace')}.")
        yield record


def _value(endpoint: Endpoint, line: bytes, number: int) -> bytes:
    """The text of the value in a line, as that of an answer in JSON would leave."""
    try:
        try:
            return bytes(_whole.decode(line))
        except msgspec.DecodeError:
            return bytes(_whole.decode(mended(line, endpoint)))
    except msgspec.DecodeError as wrong:
        raise ValueError(f"line {number:,} is no JSON: {wrong}") from wrong


def _lines(endpoint: Endpoint, chunks: Iterable[bytes]) -> Iterator[bytes]:
    parts: list[bytes] = []
    size = number = 0
    first = True
    for chunk in chunks:
        first_line, *lines = chunk.split(b"\n")
        parts.append(first_line)
        size += len(first_line)
        if size > LARGEST:
            raise too_large(endpoint, f"line {number + 1:,}")
        if not lines:
            continue
        line = b"".join(parts)
        yield line.removeprefix(b"\xef\xbb\xbf") if first else line
        first = False
        number += len(lines)
        *whole, last = lines
        yield from whole
        parts, size = [last], len(last)
    if parts:
        line = b"".join(parts)
        yield line.removeprefix(b"\xef\xbb\xbf") if first else line
