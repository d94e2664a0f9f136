"""Bodies of any size, kept as they come until they are whole: in memory while they are small, else in a file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

from connector_sdk.errors import AnswerError, SourceError

from .inflate import encoding_of
from .transport import Head

__all__ = ["CHUNK", "Spool"]

IN_MEMORY = 1 << 20
"""The most bytes of a body that are kept in memory, as they came."""
LARGEST = 64 << 30
"""The most bytes that a body may have, as it comes."""
CHUNK = 1 << 18
"""How many bytes are read at once."""


class Spool:
    """The body of one answer, as it came; ``encoding`` is the one it was sent in, empty for none.

    A body of more than ``IN_MEMORY`` is kept in a file without a name where temporary files are, which is gone when
    it is closed, or with the process. Raises AnswerError for more than ``LARGEST``, and SourceError where there is no
    room for it.
    """

    def __init__(self, head: Head, where: object) -> None:
        self.where = where
        self.encoding = encoding_of(head, where)
        self.size = 0
        self.ended = False
        length = head.headers.get("content-length", "")
        if length.isdecimal() and int(length) > LARGEST:
            raise self._too_large()
        self._file = _file()

    def add(self, chunk: bytes) -> None:
        """One more piece, as it came."""
        self.size += len(chunk)
        if self.size > LARGEST:
            raise self._too_large()
        with self.room():
            self._file.write(chunk)

    def whole(self) -> bytes:
        """Called once it has ended; nothing of it is in memory."""
        with self.room():
            self._file.flush()
        return b""

    @contextmanager
    def room(self) -> Iterator[None]:
        """Within, what cannot be written to the disk is told as a SourceError."""
        try:
            yield
        except OSError as wrong:
            raise SourceError(
                f"{self.where}: its answer of {self.size >> 20} MiB so far cannot be kept on the disk: "
                f"{wrong.strerror or type(wrong).__name__}.",
                hint="give the connector more room for temporary files (TMPDIR names the place), or ask for a smaller "
                "export",
            ) from wrong

    @property
    def file(self) -> IO[bytes]:
        """All of it, as a file that can be read at any place."""
        return self._file

    def chunks(self) -> Iterator[bytes]:
        """All of it from the start, piece by piece; it ends where ``stop`` is said."""
        at = 0
        while not self.ended:
            self._file.seek(at)
            chunk = self._file.read(CHUNK)
            if not chunk:
                return
            at += len(chunk)
            yield chunk

    def close(self) -> None:
        """Forget it; again does nothing."""
        self.ended = True
        with suppress(OSError):  # what could not be written is not wanted any more
            self._file.close()

    def _too_large(self) -> AnswerError:
        return AnswerError(
            f"{self.where} answered more than {LARGEST >> 30} GiB in one file.", hint="ask for a smaller export"
        )


def _file() -> IO[bytes]:
    made: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY, buffering=CHUNK)  # noqa: SIM115
    return made
