"""The engine's HTTP client, as far as the engine can see one: requests go to the source, answers take their time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

from connector_sdk.declare import Endpoint
from connector_sdk.errors import UnreachableError
from connector_sdk.http import ExpiredToken, Fill, RawPage, Trace

from .source import Expired, Question, Source

__all__ = ["TooManyRequests", "WorldClient"]

LATENCY = 1.0
SLOWEST = 60.0
"""Seconds that a server itself may take: a longer hold happens on the way, and does not make the ``Date`` older."""


class TooManyRequests(AssertionError):
    """The engine asks and asks."""


class WorldClient:
    """``read``, ``page`` and ``check`` of connector_sdk.http.Client. ``holds``: how long the next answers are held;
    ``failing``: how many of the next requests fail. ``passes``: the keys that were there when first pages were asked
    for, and how many removals had been made."""

    def __init__(self, source: Source, tell: Callable[[str], None], most: int) -> None:
        self.world = source
        self.source = None
        self.lookups = None
        self.holds: deque[float] = deque()
        self.failing = 0
        self.requests = 0
        self.most = most
        self.passes: list[tuple[set[str], int]] = []
        self._tell = tell

    async def read(
        self, reader: Any, fill: Fill, *, token: str | None = None, trace: Trace | None = None
    ) -> AsyncIterator[RawPage]:
        while True:
            page = await self.page(reader, fill, token, trace)
            token = page.token
            yield page
            if token is None:
                return

    async def check(self, endpoint: Endpoint, fill: Fill | None = None) -> RawPage:
        return await self.page(endpoint, fill or Fill(), None, None)

    async def page(self, endpoint: Endpoint, fill: Fill, token: str | None, trace: Trace | None) -> RawPage:
        self.requests += 1
        if self.requests > self.most:
            raise TooManyRequests(f"{self.requests} requests")
        stamp = trace.sent() if trace is not None else 0
        if endpoint.path == "/check":
            await self._arrive(LATENCY, trace)
            return RawPage([], stamp=stamp)
        if token is None:
            self.passes.append((set(self.world.visible(self.world.now())), len(self.world.removed)))
        question = _question(endpoint, fill, token)
        if self.failing:
            self.failing -= 1
            await asyncio.sleep(LATENCY)
            raise UnreachableError("The world is out of order.", hint="wait")
        hold = self.holds.popleft() if self.holds else LATENCY
        try:
            given = self.world.answer(question)
        except Expired:
            self._tell(f"asked {question}: the token is dead")
            await asyncio.sleep(hold)
            raise ExpiredToken from None
        self._tell(f"asked {question}: {b' '.join(given.rows).decode()}{' and more' if given.next else ''}")
        await self._arrive(hold, trace)
        if hold > LATENCY:
            self._tell(f"only now arrives the answer to {question}")
        total = given.total if endpoint.total else None
        return RawPage(given.rows, token=given.next, total=total, stamp=stamp,
                       explicit_empty=not given.rows and self.world.declared.confirms_empty)  # fmt: skip

    async def _arrive(self, hold: float, trace: Trace | None) -> None:
        await asyncio.sleep(hold)
        if trace is not None:
            trace.answered(int(self.world.now() - min(hold, SLOWEST)) * 1_000_000)


def _question(endpoint: Endpoint, fill: Fill, token: str | None) -> Question:
    borders: dict[str, Any] = {}
    for name in ("since", "until"):
        if name in endpoint.params:
            assert fill.bound is not None
            borders[name] = fill.bound(endpoint.params[name])  # type: ignore[arg-type]
    return Question(borders.get("since"), borders.get("until"), token)
