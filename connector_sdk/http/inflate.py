"""Compressed bodies, and bodies in one piece: taken as they come, within a bound, and known when they are cut off."""

from __future__ import annotations

from typing import Any

from isal import isal_zlib as zlib  # a third of the time of zlib itself, and the same answers

from connector_sdk.errors import AnswerError

from .transport import Head

__all__ = ["Body", "Damaged", "encoding_of"]

_Error: Any = zlib.error  # its types take it for an instance


class Damaged(ValueError):  # noqa: N818 - says what happened
    """A compressed body that cannot be decompressed, or that was cut off."""


def encoding_of(head: Head, where: object) -> str:
    """The encoding that a body was sent in, empty for none. Raises AnswerError for one that was not asked for."""
    encoding = head.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise AnswerError(f"{where} answered in the encoding {encoding!r}, which was not asked for.")
    return "" if encoding == "identity" else encoding


class Body:
    """The body of one answer, decompressed. ``largest``: the most bytes that it may have then.

    Raises AnswerError for more, and for an encoding that was not asked for, and Damaged.
    """

    def __init__(self, head: Head, where: object, largest: int) -> None:
        self._where = where
        self._largest = largest
        encoding = encoding_of(head, where)
        length = head.headers.get("content-length", "")
        if not encoding and length.isdecimal() and int(length) > largest:
            raise self._too_large()
        self._inflate = Inflate(raw_too=encoding == "deflate") if encoding else None
        self._chunks: list[bytes] = []
        self._size = 0

    def add(self, chunk: bytes) -> None:
        """One more piece, as it came."""
        data = chunk if self._inflate is None else self._inflate.add(chunk, self._largest - self._size + 1)
        self._size += len(data)
        if self._size > self._largest:
            raise self._too_large()
        self._chunks.append(data)

    def whole(self) -> bytes:
        """All of it, once it has ended."""
        if self._inflate is not None:
            self._inflate.end()
        chunks, self._chunks = self._chunks, []
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def close(self) -> None:
        """It was in memory alone."""

    def _too_large(self) -> AnswerError:
        return AnswerError(
            f"{self._where} answered more than {self._largest >> 20} MiB in one page.",
            hint="ask the source for smaller pages",
        )


class Inflate:
    """Decompresses gzip with all of its members, and deflate with or without zlib's frame; knows a body cut off.

    Raises Damaged.
    """

    def __init__(self, *, raw_too: bool) -> None:
        self._raw_too = raw_too
        self._inner = zlib.decompressobj(wbits=47)
        self._first = b""
        self._began = False

    def add(self, chunk: bytes, most: int) -> bytes:
        """What this much of the body holds, at most ``most`` bytes of it."""
        if not self._began:
            chunk, self._first = self._first + chunk, b""
            if len(chunk) < 2:
                self._first = chunk
                return b""
            self._began = True
            if self._raw_too and (chunk[0] & 15 != 8 or (chunk[0] << 8 | chunk[1]) % 31):
                self._inner = zlib.decompressobj(wbits=-15)
        try:
            data = self._inner.decompress(chunk, most)
            while self._inner.eof and (rest := self._inner.unused_data.lstrip(b"\0")) and len(data) < most:
                self._inner = zlib.decompressobj(wbits=47)
                data += self._inner.decompress(rest, most - len(data))
        except _Error as wrong:
            raise Damaged("the compressed body is damaged") from wrong
        return data

    def end(self) -> None:
        """Raises Damaged where the body was cut off."""
        if self._first or (self._began and not self._inner.eof):
            raise Damaged("the compressed body was cut off")
