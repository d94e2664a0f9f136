"""A source on 127.0.0.1, a clock that jumps over every wait, and a client of it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from connector_sdk.config import Config
from connector_sdk.declare import Http
from connector_sdk.http import Client, Fill, RawPage
from connector_sdk.testing.fake import FakeApi, HandClock, Refuse

NOTHING = Fill()


class JumpClock(HandClock):
    """A clock that stands still, and is moved by those who sleep on it: nobody waits in real time."""

    slept: float = 0.0

    async def sleep(self, seconds: float) -> None:
        until = self._at + math.ceil(seconds * 1_000_000)
        self.slept += seconds
        await asyncio.sleep(0)
        self._at = max(self._at, until)


class Told:
    """A trace that remembers what it was told."""

    def __init__(self) -> None:
        self.stamps = 0
        self.retries: list[str] = []
        self.waits: list[tuple[int | None, str]] = []

    def sent(self) -> int:
        self.stamps += 1
        return self.stamps

    def retried(self, why: str) -> None:
        self.retries.append(why)

    def waiting(self, until: int | None, why: str) -> None:
        self.waits.append((until, why))

    def answered(self, date: int | None) -> None: ...


class Source:
    """The source, and what a client of it reads."""

    def __init__(self) -> None:
        self.clock = JumpClock()
        self.api = FakeApi("source", clock=self.clock)
        self.told = Told()
        self.http: dict[str, Any] = {}
        self.options: dict[str, Any] = {}
        self.config = Config()

    def run(self, work: Callable[[Client], Awaitable[Any]]) -> Any:
        """What ``work`` gives with a client that is closed afterwards."""

        async def inner() -> Any:
            http = Http(**{"base_url": self.api.url, **self.http})
            client = Client(http, self.config, clock=self.clock, **self.options)
            try:
                return await work(client)
            finally:
                await client.aclose()

        return asyncio.run(inner())

    def refuse(self, status: int, message: str) -> Any:
        """What a handler answers with this status and the vendor's error body."""
        raise Refuse(status, message)

    def pages(self, reader: Any, fill: Fill = NOTHING, token: str | None = None) -> list[RawPage]:
        async def work(client: Client) -> list[RawPage]:
            found = []
            async for page in client.read(reader, fill, token=token, trace=self.told):
                page.release()
                found.append(page)
            return found

        return self.run(work)

    def records(self, reader: Any, fill: Fill = NOTHING, token: str | None = None) -> list[Any]:
        return [record for page in self.pages(reader, fill, token) for record in page.records()]

    def page(self, endpoint: Any, fill: Fill = NOTHING, token: str | None = None) -> RawPage:
        return self.run(lambda client: client.page(endpoint, fill, token, self.told))


@pytest.fixture
def source() -> Iterator[Source]:
    it = Source()
    with it.api:
        yield it
    assert not it.api.errors, it.api.errors
