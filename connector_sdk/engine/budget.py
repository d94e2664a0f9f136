"""Bytes are reserved before a request and given back when they have been written: memory stays flat (R20)."""

from __future__ import annotations

import asyncio
from collections import deque

__all__ = ["ByteBudget"]


class ByteBudget:
    """So many bytes for pages in flight, granted to the oldest who asked first.

    One page larger than the whole budget is let in when it is alone, since nothing else could ever let it in.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.used = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def reserve(self, size: int) -> None:
        """Wait until so many bytes are free, and take them."""
        if not self._waiting and self._fits(size):
            self.used += size
            return
        place = (size, asyncio.get_running_loop().create_future())
        self._waiting.append(place)
        try:
            await place[1]
        except asyncio.CancelledError:
            if place[1].done() and not place[1].cancelled():
                self.release(size)
            elif place in self._waiting:
                self._waiting.remove(place)
                self._grant()
            raise

    def release(self, size: int) -> None:
        """Give bytes back; a negative size takes more without waiting, for an answer larger than had been thought."""
        self.used -= size
        self._grant()

    def _fits(self, size: int) -> bool:
        return self.used <= 0 or self.used + size <= self.total

    def _grant(self) -> None:
        while self._waiting and self._fits(self._waiting[0][0]):
            size, future = self._waiting.popleft()
            if not future.done():
                self.used += size
                future.set_result(None)
