"""A large body's records, cut into pieces that a page can hold, read beside the loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

from .spool import Spool
from .unpack import prove

__all__ = ["PIECE", "Pieces"]

PIECE = 1 << 19
"""About so many bytes of records are in one piece."""
_AT_ONCE = 1 << 17  # a body of so few bytes, as it came, is not worth a thread

T = TypeVar("T")


class Pieces:
    """The records of one body, piece by piece. ``ended``: the last one has been given. The body is closed then, or
    when ``close`` is called, or, where a thread is reading it, as soon as that has noticed."""

    def __init__(self, spool: Spool, records: Callable[[], Iterator[bytes]]) -> None:
        self.ended = False
        self._spool = spool
        self._make = records
        self._records: Iterator[bytes] | None = None
        self._ahead: bytes | None = None
        self._threaded = spool.size > _AT_ONCE
        self._reading = threading.Lock()
        self._closed = False

    async def prove(self, check: Callable[[], T]) -> T:
        """What ``check`` gives, once the body is known to be whole. Raises ValueError, and AnswerError."""

        def proven() -> T:
            prove(self._spool)
            return check()

        return await self._beside(proven)

    async def next(self) -> list[bytes]:
        """The next piece, empty where there are no records. Raises what reading the records raises."""
        slices = await self._beside(self._piece)
        if self._ahead is None:
            self.ended = True
            self.close()
        return slices

    def close(self) -> None:
        """Forget the body; again does nothing."""
        self._closed = self._spool.ended = True
        if self._reading.acquire(blocking=False):
            self._records = None
            self._spool.close()
            self._reading.release()

    async def _beside(self, work: Callable[[], T]) -> T:
        return await asyncio.to_thread(self._alone, work) if self._threaded else work()

    def _alone(self, work: Callable[[], T]) -> T:
        try:
            with self._reading:
                return work()
        finally:
            if self._closed:  # meanwhile
                self.close()

    def _piece(self) -> list[bytes]:
        """As many records as fit. One more is read, so that the last piece is known to be the last."""
        if self._records is None:
            self._records = self._make()
        slices = [] if self._ahead is None else [self._ahead]
        size = sum(map(len, slices))
        self._ahead = None
        for record in self._records:
            if slices and size + len(record) > PIECE:
                self._ahead = record
                break
            slices.append(record)
            size += len(record)
        return slices
