"""Buckets that requests take from: exact, shared by identity, and never slower than declared (R2)."""

from __future__ import annotations

import asyncio
import itertools
import math
import re
from bisect import insort
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Protocol

from connector_sdk.declare import Limit, micros

__all__ = ["Budget", "Clock", "Limits", "Ticket", "Trace", "told_sleep"]

NOTICED = 2.0
"""Waits longer than so many seconds are told as status."""


_TRIED_AGAIN = 30  # windows after which a limit that was refused is tried again
_SHORTEST = 0.001  # a clock that counts microseconds may wake a little early: not again and again


class Clock(Protocol):
    """Time, as the engine gives it."""

    def now(self) -> int:
        """Microseconds since 1970."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that long on this clock."""
        ...


class Budget(Protocol):
    """Bytes for pages in flight."""

    async def reserve(self, size: int) -> None:
        """Wait until so many bytes are free, and take them."""
        ...

    def release(self, size: int) -> None:
        """Give bytes back; a negative size takes more without waiting."""
        ...


class Trace(Protocol):
    """Told of every request of a binding."""

    def sent(self) -> int:
        """A try of a request leaves now; its stamp."""
        ...

    def retried(self, why: str) -> None:
        """A request is going to be repeated."""
        ...

    def waiting(self, until: int | None, why: str) -> None:
        """A request waits until this instant (microseconds); None when that is over."""
        ...

    def answered(self, date: int | None) -> None:
        """An answer arrived, with the source's own time where it can be believed."""
        ...


async def told_sleep(clock: Clock, seconds: float, what: str, trace: Trace | None) -> None:
    """Wait on the clock; a wait that people would notice is told as status."""
    told = trace if seconds > NOTICED else None
    if told is not None:
        told.waiting(clock.now() + int(seconds * 1e6), what)
    try:
        await clock.sleep(seconds)
    finally:
        if told is not None:
            told.waiting(None, "")


class _Bucket:
    """At most ``count`` requests in any window of ``per`` seconds, by the times of the last ones.

    ``held``: granted to requests that have not left yet; they count as if they left now. ``least``: what the count may
    fall to when the source refuses; it rises by as much with every ``per`` without a refusal, and up to where it was
    refused last only after thirty of them. While it is lower than it was declared, the source is at its limit, and may
    have counted a request as late as it answered. A window begins then: begun when the request left, the next one would
    be refused whenever it is faster on its way.
    """

    def __init__(self, count: float, per: float, what: str, least: float | None = None) -> None:
        self.count, self.per, self.what = count, per, what
        self._most, self._least = count, least
        self._rises = math.inf  # when it does so next
        self._refused_at = math.inf
        self.sent: deque[float] = deque()
        self.held = 0
        self.paused = -math.inf
        self.paused_for = ""

    def open(self, now: float) -> bool:
        """Whether one more may leave now."""
        while self._least is not None and self._rises <= now:
            self.count = min(self._most, self.count + self._least)
            if self.count >= self._refused_at:
                self._refused_at = math.inf
            self._rise(self._rises)
        while self.sent and self.sent[0] + self.per <= now:
            self.sent.popleft()
        return self.paused <= now and len(self.sent) + self.held < self.count

    def refused(self, now: float, until: float) -> None:
        """The source refused a request, and asks to wait until then: it allows fewer than the count says. All that were
        refused while it already waits are one refusal."""
        if self._least is None:
            return
        if self.paused <= now:
            self._refused_at = self.count
            self.count = max(self._least, self.count // 2)
        self._rise(until)

    def answered(self, left: float, now: float) -> None:
        """A request that left then was answered."""
        if self._least is not None and self.count < self._most and left in self.sent:
            self.sent.remove(left)
            self.sent.append(now)

    def told(self, count: int) -> None:
        """The source says how many it allows; what refusals have taught holds below that."""
        whole = self._least is None or self.count == self._most
        self._most, self.count = count, count if whole else min(count, self.count)

    def _rise(self, now: float) -> None:
        """Find when it rises next."""
        again = self._least is not None and self.count + self._least >= self._refused_at
        self._rises = now + self.per * (_TRIED_AGAIN if again else 1) if self.count < self._most else math.inf

    def next(self, now: float) -> float:
        """When it may open by the passing of time alone; infinity where one that is held must leave first."""
        over = len(self.sent) + self.held - self.count
        if over < 0:
            return max(now, self.paused)
        opens = self.sent[int(over)] + self.per if over < len(self.sent) else math.inf
        return max(self.paused, min(opens, self._rises))

    def estimate(self, place: int, now: float) -> float:
        """About when the request at this place of the line (1 is the first) may leave."""
        over = place - (self.count - len(self.sent) - self.held)
        if over <= 0:
            return max(now, self.paused)
        if over <= len(self.sent):
            return max(self.paused, self.sent[int(over) - 1] + self.per)
        return max(self.paused, now + self.per * math.ceil(over / self.count))


class Ticket:
    """A request's place in the line. It keeps its place when the request is repeated."""

    def __init__(self, order: int, buckets: tuple[_Bucket, ...], trace: Trace | None) -> None:
        self.order, self.buckets, self.trace = order, buckets, trace
        self.granted = False
        self.left = -math.inf
        self.told = False
        self.future: asyncio.Future[None] | None = None


class Limits:
    """All the buckets of a client. Who came first goes first, unless it waits for a bucket that others do not need.

    ``share``: the part of each limit that this process may use, where several share a capture. Counts are rounded
    down; less than one request becomes one in a window that is as much longer.
    """

    def __init__(self, clock: Clock, share: float = 1.0) -> None:
        self._clock = clock
        self._share = share
        self._buckets: dict[Limit, _Bucket] = {}
        self._free = _Bucket(math.inf, 0.0, "")  # of requests that nothing limits: the source may still pause them
        self._orders = itertools.count()
        self._waiting: list[Ticket] = []
        self._timer: asyncio.Task[None] | None = None
        self._timer_at = math.inf

    def ticket(self, limits: Sequence[Limit], trace: Trace | None) -> Ticket:
        """A place at the end of the line for these limits."""
        return Ticket(next(self._orders), self._of(limits), trace)

    async def enter(self, ticket: Ticket) -> None:
        """Wait until every bucket has a place for this request, and hold those places."""
        insort(self._waiting, ticket, key=lambda each: each.order)
        self._serve()
        if ticket.granted:
            return
        ticket.future = asyncio.get_running_loop().create_future()
        self._tell(ticket)
        try:
            await ticket.future
        except BaseException:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
            self.leave(ticket)
            raise
        finally:
            ticket.future = None
            self._tell_over(ticket)

    def commit(self, ticket: Ticket) -> bool:
        """The request leaves now. False where the source asked for a pause meanwhile: the places are given back."""
        now = self._clock.monotonic()
        if any(bucket.paused > now for bucket in ticket.buckets):
            self.leave(ticket)
            return False
        ticket.granted, ticket.left = False, now
        for bucket in ticket.buckets:
            bucket.held -= 1
            if bucket.count != math.inf:
                bucket.sent.append(now)
        self._serve()
        return True

    def answered(self, ticket: Ticket) -> None:
        """The source has answered the request, whatever it said."""
        now = self._clock.monotonic()
        for bucket in ticket.buckets:
            bucket.answered(ticket.left, now)

    def leave(self, ticket: Ticket) -> None:
        """Give held places back."""
        if ticket.granted:
            ticket.granted = False
            for bucket in ticket.buckets:
                bucket.held -= 1
        self._serve()

    def pause(self, limits: Sequence[Limit], seconds: float, why: str, *, refused: bool = False) -> None:
        """The source asked to wait: everything that takes from these buckets does. ``refused``: it refused a request,
        from which a bucket that learns takes that it allows fewer."""
        now = self._clock.monotonic()
        until = now + seconds
        for bucket in self._of(limits):
            if refused:
                bucket.refused(now, until)
            if until > bucket.paused:
                bucket.paused, bucket.paused_for = until, why
        for ticket in self._waiting:
            self._tell(ticket)

    def told(self, limits: Sequence[Limit], headers: Mapping[str, str]) -> None:
        """Take the counts that an answer tells."""
        for limit in limits:
            text = headers.get(limit.told.lower(), "") if limit.told else ""
            if re.fullmatch(r"[1-9]\d{0,8}", text.strip()):
                (bucket,) = self._of([limit])
                bucket.told(max(1, int(int(text) * self._share)))

    def close(self) -> None:
        """End the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _of(self, limits: Sequence[Limit]) -> tuple[_Bucket, ...]:
        for limit in limits:
            if limit not in self._buckets:
                what = f"the limit of {limit.count:,} requests per {limit.per}"
                part = limit.count * self._share
                longer = 1.0 if part >= 1 else 1 / part
                least = None if limit.least is None else max(1, int(limit.least * self._share))
                self._buckets[limit] = _Bucket(max(1, int(part)), micros(limit.per) / 1e6 * longer, what, least)
        return tuple(self._buckets[limit] for limit in dict.fromkeys(limits)) or (self._free,)

    def _serve(self) -> None:
        """Grant what can be granted, oldest first; wake up when time alone opens the next."""
        now, soonest = self._clock.monotonic(), math.inf
        for ticket in list(self._waiting):
            if all(bucket.open(now) for bucket in ticket.buckets):
                self._waiting.remove(ticket)
                ticket.granted = True
                for bucket in ticket.buckets:
                    bucket.held += 1
                if ticket.future is not None and not ticket.future.done():
                    ticket.future.set_result(None)
            else:
                soonest = min(soonest, max(bucket.next(now) for bucket in ticket.buckets))
        if soonest < self._timer_at:
            self.close()
            self._timer_at = soonest
            self._timer = asyncio.get_running_loop().create_task(self._wake(max(_SHORTEST, soonest - now)))

    async def _wake(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._timer, self._timer_at = None, math.inf
        self._serve()

    def _tell(self, ticket: Ticket) -> None:
        if ticket.trace is None:
            return
        now = self._clock.monotonic()
        ahead = [each for each in self._waiting if each.order < ticket.order]
        moments = [(bucket.estimate(1 + sum(bucket in each.buckets for each in ahead), now), bucket)
                   for bucket in ticket.buckets]  # fmt: skip
        until, bucket = max(moments, key=lambda each: each[0])
        if until - now > NOTICED:
            ticket.told = True
            why = bucket.paused_for if bucket.paused >= until else bucket.what
            ticket.trace.waiting(self._clock.now() + int((until - now) * 1e6), why)

    def _tell_over(self, ticket: Ticket) -> None:
        if ticket.told and ticket.trace is not None:
            ticket.told = False
            ticket.trace.waiting(None, "")
