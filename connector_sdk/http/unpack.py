"""The files in a body: out of the encoding it was sent in, and out of gzip and zip, piece by piece."""

from __future__ import annotations

import itertools
import tempfile
import zipfile
import zlib as standard
from collections.abc import Iterable, Iterator
from typing import IO, Any

from isal import isal_zlib as zlib

from connector_sdk.errors import AnswerError

from .inflate import Damaged
from .spool import CHUNK, Spool

__all__ = ["beginning", "files_of", "prove"]

_Error: Any = zlib.error  # its types take it for an instance
_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")

UNPACKED, RATIO = 1 << 30, 200
"""A compressed body may hold so many bytes, or so many times its own size, whichever is more."""


class _Bound:
    """Counts what comes out of one layer of a body. Raises AnswerError for what no honest file holds."""

    def __init__(self, spool: Spool) -> None:
        self._where = spool.where
        self._most = max(UNPACKED, RATIO * spool.size)
        self._size = 0

    def over(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The same pieces."""
        for chunk in chunks:
            self._size += len(chunk)
            if self._size > self._most:
                raise AnswerError(
                    f"{self._where} answered a compressed file that holds more than {self._most >> 20} MiB, which "
                    "is out of all proportion to its size.",
                    hint="ask for a smaller export, or for one that is not compressed",
                )
            yield chunk


def files_of(spool: Spool) -> Iterator[Iterator[bytes]]:
    """Each file that the body holds, as its bytes, piece by piece, to be read in this order.

    Raises Damaged for what is cut off or cannot be opened, and AnswerError for a bomb.
    """
    sent = _as_sent(spool)
    first = next(sent, b"")
    while len(first) < 4 and (more := next(sent, b"")):
        first += more
    rest = itertools.chain((first,), sent)
    if first.startswith(_GZIP):
        yield _Bound(spool).over(_inflated(rest))
    elif first.startswith(_ZIP):
        if not spool.encoding:
            yield from _unzipped(spool, spool.file)
            return
        with tempfile.SpooledTemporaryFile(CHUNK) as file:  # a zip is read from its end
            for chunk in rest:
                with spool.room():
                    file.write(chunk)
            yield from _unzipped(spool, file)
    else:
        yield rest


def prove(spool: Spool) -> None:
    """Raise what reading any of the files to its end would raise, before anything of them is used (R1)."""
    begin = next(spool.chunks(), b"")
    if spool.encoding or begin.startswith((_GZIP, *_ZIP)):
        for file in files_of(spool):
            for _ in file:
                pass


def beginning(spool: Spool) -> bytes:
    """How the first file begins, for those who read it; what came where it cannot be opened."""
    try:
        files = files_of(spool)  # which closes a zip when it is forgotten
        return next(next(files, iter(())), b"")
    except (Damaged, AnswerError):
        return next(spool.chunks(), b"")


def _as_sent(spool: Spool) -> Iterator[bytes]:
    if not spool.encoding:
        return spool.chunks()
    return _Bound(spool).over(_inflated(spool.chunks(), raw_too=spool.encoding == "deflate"))


def _inflated(chunks: Iterable[bytes], *, raw_too: bool = False) -> Iterator[bytes]:
    """What gzip, with all of its members, or deflate holds, in pieces of at most ``CHUNK``."""
    inner: Any = None
    members = 0
    for chunk in chunks:
        while chunk:
            if inner is None:
                chunk = chunk.lstrip(b"\0") if members else chunk
                if not chunk:
                    break
                bare = raw_too and not members and (chunk[0] & 15 != 8 or int.from_bytes(chunk[:2].ljust(2)) % 31)
                inner = zlib.decompressobj(wbits=-15 if bare else 47)
                members += 1
            yield from _stepwise(inner, chunk)
            chunk = b""
            if inner.eof:
                chunk, inner = inner.unused_data, None
    if inner is not None:
        raise Damaged("the compressed file was cut off")


def _stepwise(inner: Any, chunk: bytes) -> Iterator[bytes]:
    """All that comes of one more piece."""
    while True:
        try:
            data = inner.decompress(chunk, CHUNK)
        except _Error as wrong:
            raise Damaged(f"the compressed file is damaged ({wrong})") from wrong
        if data:
            yield data
        chunk = inner.unconsumed_tail
        if inner.eof or (not chunk and len(data) < CHUNK):
            return


def _unzipped(spool: Spool, file: IO[bytes]) -> Iterator[Iterator[bytes]]:
    bound = _Bound(spool)
    try:
        with zipfile.ZipFile(file) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    with archive.open(info) as member:
                        yield bound.over(_read(spool, member))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as wrong:
        raise Damaged(f"a zip that cannot be opened: {wrong}") from wrong


def _read(spool: Spool, member: IO[bytes]) -> Iterator[bytes]:
    """The bytes of one file of a zip; its checksum is known at its end."""
    try:
        while not spool.ended and (data := member.read(CHUNK)):
            yield data
    except (zipfile.BadZipFile, standard.error, EOFError) as wrong:
        raise Damaged(f"a zip that is damaged: {wrong}") from wrong
