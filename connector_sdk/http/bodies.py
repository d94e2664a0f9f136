"""Bodies that are not JSON: comma-separated values and JSON lines, plain or in gzip or zip."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import cast

import msgspec

from connector_sdk.declare import Csv, Endpoint
from connector_sdk.errors import AnswerError

from .decode import decode, encode, resolve
from .envelope import made_records

__all__ = ["read_lines"]

_whole = msgspec.json.Decoder(msgspec.Raw)
_BRACE = 0x7B


def read_lines(endpoint: Endpoint, body: bytes, largest: int) -> Sequence[bytes | memoryview]:
    """The records of a body of lines, each a JSON object; those of Csv hold text only.

    ``largest``: the most bytes that a compressed body may hold. Raises ValueError for a body that is broken or cut
    off, and AnswerError for one that is whole and yet makes no sense.
    """
    text = b"".join(_unpacked(endpoint, body, largest))
    text = text.removeprefix(b"\xef\xbb\xbf")
    if not text.isascii():
        text.decode()
    slices = _csv(endpoint, endpoint.body, text) if isinstance(endpoint.body, Csv) else _json_lines(endpoint, text)
    if callable(endpoint.records):
        return made_records(endpoint, endpoint.records, [decode(each) for each in slices])
    return slices


def _unpacked(endpoint: Endpoint, body: bytes, largest: int) -> Iterator[bytes]:
    """The body out of gzip or zip; the files of a zip one after the other."""
    if body[:2] == b"\x1f\x8b":
        yield _gunzip(endpoint, body, largest)
    elif body[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        left = largest
        try:
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                for info in archive.infolist():
                    with archive.open(info) as file:
                        data = file.read(left + 1)
                    left -= len(data)
                    if left < 0:
                        raise _bomb(endpoint, largest)
                    yield data if data.endswith(b"\n") or not data else data + b"\n"
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as wrong:
            raise ValueError(f"a zip that cannot be opened: {wrong}") from wrong
    else:
        yield body


def _gunzip(endpoint: Endpoint, body: bytes, largest: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        while body:
            inner = zlib.decompressobj(wbits=31)
            parts.append(inner.decompress(body, largest - size + 1))
            size += len(parts[-1])
            if size > largest:
                raise _bomb(endpoint, largest)
            if not inner.eof:
                raise ValueError("a gzip that is cut off")
            body = inner.unused_data.lstrip(b"\0")
    except zlib.error as wrong:
        raise ValueError(f"a gzip that cannot be opened: {wrong}") from wrong
    return b"".join(parts)


def _bomb(endpoint: Endpoint, largest: int) -> AnswerError:
    return AnswerError(
        f"{endpoint} answered more than {largest >> 20} MiB in one file, unpacked.", hint="ask for a smaller export"
    )


def _json_lines(endpoint: Endpoint, text: bytes) -> list[bytes | memoryview]:
    slices: list[bytes | memoryview] = []
    for number, line in enumerate(text.split(b"\n"), 1):
        line = line.strip()
        if not line:
            continue
        try:
            record: bytes | memoryview | None = bytes(_whole.decode(line))
        except msgspec.DecodeError as wrong:
            raise ValueError(f"line {number} is no JSON: {wrong}") from wrong
        if isinstance(endpoint.records, str) and endpoint.records:
            record = resolve(line, endpoint.records)
        if record is None or record[0] != _BRACE:
            raise AnswerError(f"{endpoint}: line {number} is no object: {line[:80].decode(errors='replace')}.")
        slices.append(record)
    return slices


def _csv(endpoint: Endpoint, kind: Csv, text: bytes) -> list[bytes]:
    rows = csv.reader(io.StringIO(text.decode(), newline=""), delimiter=kind.delimiter, strict=True)
    try:
        names = next(rows, [])
        _check_names(endpoint, names)
        return [encode(dict(zip(names, row, strict=True))) for row in _fitting(endpoint, rows, names)]
    except csv.Error as wrong:
        raise ValueError(f"line {rows.line_num} is no CSV: {wrong}") from wrong


def _fitting(endpoint: Endpoint, rows: Iterator[list[str]], names: list[str]) -> Iterator[list[str]]:
    line = cast("Callable[[], int]", lambda: rows.line_num)  # type: ignore[attr-defined]
    for row in rows:
        if not row:
            continue
        if len(row) != len(names):
            raise AnswerError(
                f"{endpoint}: line {line()} has {len(row)} values, and the line of names has {len(names)}: "
                f"{', '.join(row)[:80]!r}.",
                hint="a delimiter that is not the declared one, or quotes that are not closed, shift columns",
            )
        yield row


def _check_names(endpoint: Endpoint, names: list[str]) -> None:
    twice = {name for name in names if names.count(name) > 1}
    if twice or any(not name.strip() for name in names):
        what = f"{sorted(twice)[0]!r} twice" if twice else "a column without a name"
        raise AnswerError(f"{endpoint}: the line of names has {what}.", hint="ask the source for names of its columns")
