"""How many requests are under way at once: fewer while the source is not glad of them, more again while it is."""

from __future__ import annotations

import asyncio
from collections import deque

__all__ = ["Gate"]

_SLOW = 1.0  # seconds; faster answers are never held to be slow
_SLOWER = 4.0  # times the usual fast answer of an endpoint
_KEPT = 4  # of slowness alone so many requests stay: one slow resource must not hold up a whole source
_ENDPOINTS = 1024


class Gate:
    """At most ``most`` requests under way, oldest first.

    After each round (all that were under way together) in which one was refused, there are half as many; in which one
    failed or took much longer than its endpoint has been seen to take, a quarter fewer. Every other answer makes room
    again, little by little.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._now = float(most)
        self._round = 0
        self._under_way = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._usual: dict[object, float] = {}

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

    def failed(self, round: int) -> None:
        """A request of this round got no whole answer, or one that tells of the source's own trouble."""
        if round == self._round and self._now > _KEPT:
            self._round += 1
            self._now = max(float(_KEPT), self._now * 0.75)

    def passed(self, round: int, what: object, seconds: float) -> None:
        """A request for ``what`` was answered well after so many seconds."""
        usual = self._usual.get(what)
        if usual is not None and seconds > max(_SLOW, _SLOWER * usual):
            # what stays slow becomes the usual, so that a source that has grown slow for good is not held narrow
            self._usual[what] = usual * 1.05
            self.failed(round)
            return
        if usual is None and len(self._usual) >= _ENDPOINTS:
            self._usual.clear()
        self._usual[what] = seconds if usual is None else min(seconds, usual * 1.01)
        self._now = min(float(self._most), self._now + 1 / self._now)
