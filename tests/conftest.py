"""A small source served on 127.0.0.1, and the process that captures it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.engine import SystemClock
from connector_sdk.engine.clock import parse_instant
from connector_sdk.testing.fake import Answer, Bearer, FakeApi, between
from connector_sdk.testing.flow import Player

TOKEN = "a-made-up-token-for-the-toy"
HOUR = 3_600_000_000


class Toy:
    """The toy's API, its clock, and players for its connector."""

    def __init__(self) -> None:
        self.clock = SystemClock(parse_instant("2026-03-02T10:00:00Z"), 60)
        self.api = api = FakeApi("toy", clock=self.clock, auth=Bearer(TOKEN))
        api.error_body = lambda status, message, request: {"error": message}
        self.items = api.collection("items", key="/id")
        self.rows = api.collection("rows", key="/name")
        self.tickets = api.collection("tickets", key="/id", order="/updated")
        pages = api.pager("offset", size=10)

        def shown(request: Any, found: Any) -> dict[str, Any]:
            page = pages.page(request, found, at="cursor")
            return {"items": page.records, **({"next": page.next} if page.next else {})}

        api.get("/check")(lambda request: {"ok": True})
        api.get("/items")(lambda request: shown(request, self.items.select()))
        api.get("/rows")(lambda request: shown(request, self.rows.select()))
        self.raw = b"{}"
        self.raw_body = lambda: b'{"items":[' + self.raw + b"]}"
        api.get("/raw")(lambda request: Answer(self.raw_body()))
        api.get("/huge")(lambda request: {"items": [{"id": 1, "text": "x" * 16_000_001}]})

        @api.get("/tickets")
        def tickets(request: Any) -> dict[str, Any]:
            since, until = request.instant("since"), request.instant("until")
            return shown(request, self.tickets.select(between("/updated", since, until)))

    def jump(self, hours: float) -> None:
        self.clock._start += int(hours * HOUR)

    def config(self, **changes: Any) -> dict[str, Any]:
        credentials = {"credentials_title": "Token", "token": TOKEN}
        return {"credentials": credentials, "advanced": {"base_url": self.api.url}} | changes

    def player(self, **env: str) -> Player:
        settings = {"CONNECTOR_RUN": "once", "CONNECTOR_CLOCK": self.clock.spec(),
                    "PYTHONPATH": str(Path(__file__).parent / "sources")} | env  # fmt: skip
        return Player([sys.executable, "-m", "source_toy"], env=settings)

    def capture(self, *streams: str) -> Any:
        return self.player().prepare(self.config(), streams=list(streams))


@pytest.fixture
def toy() -> Iterator[Toy]:
    it = Toy()
    with it.api:
        yield it
