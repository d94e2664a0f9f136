"""How many requests are under way at once: fewer while the source refuses them, slowly more again after that."""

from __future__ import annotations

import asyncio
from collections import deque

__all__ = ["Gate"]


class Gate:
    """At most ``most`` requests under way, oldest first; half as many after each round in which one was refused."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._now = float(most)
        self._round = 0
        self._under_way = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def width(self) -> int:
        """How many may be under way now."""
        return max(1, int(self._now))

    async def enter(self) -> int:
        """Wait for a place; the round it belongs to."""
        if self._under_way >= self.width or self._waiting:
            place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(place)
            try:
                await place
            except asyncio.CancelledError:
                if place.done() and not place.cancelled():
                    self.leave()
                else:
                    self._waiting.remove(place)
                raise
        else:
            self._under_way += 1
        return self._round

    def leave(self) -> None:
        """Give the place to the next who waits."""
        self._under_way -= 1
        while self._waiting and self._under_way < self.width:
            place = self._waiting.popleft()
            if not place.done():
                self._under_way += 1
                place.set_result(None)

    def refused(self, round: int) -> None:
        """A request of this round was too many. All of one round count once."""
        if round == self._round:
            self._round += 1
            self._now = max(1.0, self._now / 2)

    def passed(self) -> None:
        """A request was not too many."""
        self._now = min(float(self._most), self._now + 1 / self._now)
