"""Buckets that requests take from: exact, shared by identity, and never slower than declared (R2)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from connector_sdk.declare import Limit, micros

__all__ = ["Budget", "Clock", "Limits", "Trace"]


class Clock(Protocol):
    """Time, as the engine gives it."""

    def now(self) -> int: ...
    def monotonic(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...


class Budget(Protocol):
    """Bytes for pages in flight."""

    async def reserve(self, size: int) -> None: ...
    def release(self, size: int) -> None: ...


class Trace(Protocol):
    """Told of every request of a binding."""

    def sent(self) -> int: ...
    def retried(self, why: str) -> None: ...
    def waiting(self, until: int | None, why: str) -> None: ...
    def answered(self, date: int | None) -> None: ...


class _Bucket:
    """At most ``count`` requests in any window of ``per`` seconds, by the times of the last ones."""

    def __init__(self, limit: Limit) -> None:
        self.per = micros(limit.per) / 1e6
        self.text = f"the limit of {limit.count:,} requests per {limit.per}"
        self.sent: deque[float] = deque(maxlen=limit.count)
        self.paused = 0.0

    def ready(self) -> float:
        """The moment from which on one more may leave."""
        full = self.sent[0] + self.per if len(self.sent) == self.sent.maxlen else 0.0
        return max(full, self.paused)


class Limits:
    """All the buckets of a client. Those who wait for the same buckets go in the order in which they came."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[Limit, _Bucket] = {}
        self._lines: dict[tuple[Limit, ...], asyncio.Lock] = {}
        self._any = _Bucket(Limit(1, per="0s"))

    async def take(self, limits: Sequence[Limit], budget: Budget | None, size: int, trace: Trace | None) -> None:
        """Wait until every bucket and the budget grant one request; nothing is held while waiting for a bucket."""
        buckets = self._of(limits)
        line = self._lines.setdefault(tuple(limits), asyncio.Lock())
        async with line:
            while True:
                slowest = max(buckets, key=_Bucket.ready)
                wait = slowest.ready() - self._clock.monotonic()
                if wait > 0:
                    await self.wait(wait, slowest.text, trace)
                    continue
                if budget is not None:
                    await budget.reserve(size)
                now = self._clock.monotonic()
                if all(bucket.ready() <= now for bucket in buckets):
                    for bucket in buckets:
                        bucket.sent.append(now)
                    return
                if budget is not None:
                    budget.release(size)

    async def wait(self, seconds: float, why: str, trace: Trace | None) -> None:
        """Sleep, told as status where it takes longer than people would not notice."""
        told = trace is not None and seconds > 2
        if told and trace is not None:
            trace.waiting(self._clock.now() + int(seconds * 1e6), why)
        try:
            await self._clock.sleep(seconds)
        finally:
            if told and trace is not None:
                trace.waiting(None, "")

    def pause(self, limits: Sequence[Limit], seconds: float) -> None:
        """The source asked to wait: everything that takes from these buckets does."""
        until = self._clock.monotonic() + seconds
        for bucket in self._of(limits):
            bucket.paused = max(bucket.paused, until)

    def _of(self, limits: Sequence[Limit]) -> list[_Bucket]:
        if not limits:
            return [self._any]
        return [self._buckets.setdefault(limit, _Bucket(limit)) for limit in limits]
