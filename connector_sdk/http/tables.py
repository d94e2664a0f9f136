"""Tables of text: comma-separated values in any of their dialects."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections.abc import Iterable, Iterator

from connector_sdk.declare import Csv, Endpoint
from connector_sdk.errors import AnswerError

from .decode import encode
from .lines import LARGEST, too_large

__all__ = ["table"]

csv.field_size_limit(max(LARGEST // 2, csv.field_size_limit()))  # of all of Python; its default is 128 KiB

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip


def table(endpoint: Endpoint, kind: Csv, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The rows of one table, each as an object of texts, which may be none.

    Raises ValueError for what is no such table, in this encoding, and AnswerError for rows whose columns do not fit.
    """
    lines = _Lines(endpoint, kind, chunks)
    for _ in range(kind.skip):
        next(lines, None)
    rows = csv.reader(
        lines,
        delimiter=kind.delimiter,
        quotechar=kind.quote,
        quoting=csv.QUOTE_NONE if kind.quote is None else csv.QUOTE_MINIMAL,
        escapechar=kind.escape,
        strict=True,
    )
    names = None if kind.names is None else list(kind.names)
    try:
        for row in rows:
            lines.row = 0
            if not row:
                continue
            if names is None:
                names = row
                _check_names(endpoint, names)
                continue
            if len(row) != len(names):
                raise _unfitting(endpoint, names, row, lines.number)
            yield encode(dict(zip(names, row, strict=True)))
    except csv.Error as wrong:
        raise ValueError(f"line {lines.number:,} is no CSV: {wrong}") from wrong


class _Lines:
    """The lines of a table with their ends. ``row``: how long the row being read is; ``number``: of the last."""

    def __init__(self, endpoint: Endpoint, kind: Csv, chunks: Iterator[bytes]) -> None:
        self.row = self.number = 0
        self._endpoint = endpoint
        begin = next(chunks, b"")
        while len(begin) < 4 and (more := next(chunks, b"")):
            begin += more
        encoding = next((each for mark, each in _MARKS if begin.startswith(mark)), kind.encoding)
        source = _Source(self, itertools.chain((begin,), chunks))
        self._text = io.TextIOWrapper(io.BufferedReader(source, 1 << 16), encoding, newline="")

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._text)
        self.number += 1
        self.row += len(line)
        if self.row > LARGEST:
            raise self.too_large()
        return line

    def too_large(self) -> Exception:
        """The error for the record that is being read."""
        hint = "a quote that is not closed makes one record of all that follows; else ask the source for fewer fields"
        return too_large(self._endpoint, f"line {self.number + 1:,}", hint)


class _Source(io.RawIOBase):
    """The pieces as a file. A line that does not end is refused before it fills the memory."""

    def __init__(self, lines: _Lines, chunks: Iterable[bytes]) -> None:
        self._lines = lines
        self._chunks = iter(chunks)
        self._left = memoryview(b"")
        self._open = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
            self._open = self._open + len(chunk) if end < 0 else len(chunk) - end
            if self._open > LARGEST:
                raise self._lines.too_large()
            self._left = memoryview(chunk)
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count


def _unfitting(endpoint: Endpoint, names: list[str], row: list[str], number: int) -> AnswerError:
    return AnswerError(
        f"{endpoint}: line {number:,} has {len(row)} values, and there are {len(names)} names of columns: "
        f"{', '.join(row)[:80]!r}.",
        hint="a delimiter that is not the declared one, or quotes that are not closed, shift columns",
    )


def _check_names(endpoint: Endpoint, names: list[str]) -> None:
    twice = {name for name in names if names.count(name) > 1}
    if twice or any(not name.strip() for name in names):
        what = f"{sorted(twice)[0]!r} twice" if twice else "a column without a name"
        raise AnswerError(
            f"{endpoint}: the line of names has {what}.",
            hint="ask the source for names of its columns, or say Csv(names=[...], skip=1)",
        )
