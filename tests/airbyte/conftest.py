"""The toy as Airbyte meets it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.testing.airbyte import Catalog, Collections, Configured, Player, Session
from tests.conftest import TOKEN, Toy

SOURCES = Path(__file__).parents[1] / "sources"


class AirbyteToy(Toy):
    """The toy's API, and players of Airbyte for its connector. ``rows`` outlive reads, as a destination does."""

    catalog: Catalog

    def __init__(self) -> None:
        super().__init__()
        self.collections = Collections()
        self.states: list[dict[str, Any]] = []

    def airbyte(self, **env: str) -> Player:
        settings = {"CONNECTOR_CLOCK": self.clock.spec(), "PYTHONPATH": str(SOURCES), **env}
        return Player([sys.executable, "-m", "source_toy"], env=settings)

    def chosen(self, *streams: str, mode: Any = "incremental") -> Configured:
        return self.catalog.configured(streams, mode)

    def read(self, *streams: str, mode: Any = "incremental", every: str = "", **how: Any) -> Session:
        """One read of these streams; it goes on from the last one."""
        env = {"CONNECTOR_STATE_EVERY": every} if every else {}
        how.setdefault("states", self.states)
        how = {"into": self.collections, "secrets": [TOKEN], **how}
        session = self.airbyte(**env).run(self.config(), self.chosen(*streams, mode=mode), **how)
        self.states = session.states
        return session

    def fill(self, items: int = 25, tickets: int = 25) -> None:
        self.items.put_all({"id": n, "name": f"item {n}"} for n in range(items))
        self.tickets.put_all({"id": n, "updated": f"2026-02-{n % 28 + 1:02d}T08:00:00Z"} for n in range(tickets))

    def found(self, stream: str) -> dict[Any, Any]:
        return {key[0]: row for key, row in self.collections[stream].committed.items()}


@pytest.fixture(scope="session")
def discovered() -> Catalog:
    """What the toy offers, with a few records in it."""
    toy = AirbyteToy()
    with toy.api:
        toy.fill()
        toy.rows.put_all({"name": f"row {n}", "size": n / 2, "tags": ["a"]} for n in range(3))
        return toy.airbyte().discover(toy.config())


@pytest.fixture
def toy(discovered: Catalog) -> Iterator[AirbyteToy]:
    it = AirbyteToy()
    it.catalog = discovered
    with it.api:
        yield it
