"""A help desk served on 127.0.0.1, and the process that captures it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.engine import SystemClock
from connector_sdk.engine.clock import instant_text, parse_instant
from connector_sdk.testing.fake import ApiKey, FakeApi, between
from connector_sdk.testing.flow import Capture, Player

KEY = "made-up-key"
HOUR = 3_600_000_000


class Desk:
    """The desk's API with its three collections, its clock, and players for its connector."""

    def __init__(self, factor: float = 60) -> None:
        self.clock = SystemClock(parse_instant("2026-03-02T10:00:00Z"), factor)
        self.api = api = FakeApi("desk", clock=self.clock, auth=ApiKey("X-Key", KEY))
        api.error_body = lambda status, message, request: {"error": message}
        self.tickets = api.collection("tickets", key="/id", order="/updated")
        self.users = api.collection("users", key="/email")
        self.teams = api.collection("teams", key="/id")
        pages = api.pager("offset", size=10)

        def shown(name: str, request: Any, found: Any) -> dict[str, Any]:
            page = pages.page(request, found, at="cursor")
            return {name: page.records, **({"next": page.next} if page.next else {})}

        @api.get("/tickets")
        def tickets(request: Any) -> dict[str, Any]:
            since, until = request.instant("since"), request.instant("until")
            return shown("tickets", request, self.tickets.select(between("/updated", since, until)))

        api.get("/check")(lambda request: {"ok": True})
        api.get("/users")(lambda request: shown("users", request, self.users.select()))
        api.get("/teams")(lambda request: shown("teams", request, self.teams.select()))

    def ticket(self, number: int, updated: str = "2026-02-01T00:00:00Z", **more: Any) -> None:
        self.tickets.put({"id": number, "updated": updated, "created": updated, "number": number, **more})

    def fill(self) -> None:
        """25 tickets, 12 users and 3 teams."""
        for number in range(25):
            self.ticket(number, f"2026-02-{number + 1:02}T00:00:00Z")
        self.users.put_all({"email": f"u{number}@example.test"} for number in range(12))
        self.teams.put_all({"id": number} for number in range(3))

    def jump(self, hours: float) -> None:
        self.clock._start += int(hours * HOUR)

    def now(self) -> str:
        return instant_text(self.clock.now())

    def ahead(self, hours: float) -> str:
        """``CONNECTOR_CLOCK`` for a process whose clock is that far ahead of the source's."""
        return f"{instant_text(self.clock.now() + int(hours * HOUR))}*{self.clock.factor:g}"

    def config(self, **changes: Any) -> dict[str, Any]:
        return {"credentials": {"credentials_title": "API Key", "api_key": KEY}} | changes

    def player(self, *flags: str, once: bool = True, log_level: str = "info", **env: str) -> Player:
        settings = {
            "CONNECTOR_RUN": "once" if once else "",
            "CONNECTOR_CLOCK": self.clock.spec(),
            "DESK_URL": self.api.url,
            "PYTHONPATH": str(Path(__file__).parents[1] / "sources"),
        }
        return Player([sys.executable, "-m", "source_desk", *flags], env=settings | env, log_level=log_level)

    def capture_of_nothing(self) -> Capture:
        return Capture(self.config(), ())

    def capture(self, *streams: str, interval: str | None = None, **env: str) -> Capture:
        config = self.config()
        player = self.player(**env)
        return Capture.discovered(player.discover(config), config, streams=streams or None, interval=interval)


@pytest.fixture
def make_desk() -> Iterator[Callable[..., Desk]]:
    with ExitStack() as stack:

        def make(factor: float = 60) -> Desk:
            desk = Desk(factor)
            stack.enter_context(desk.api)
            return desk

        yield make


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    return make_desk()
