"""Asana's sandbox and its connector, for the tests of whole captures."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from source_asana import asana

from connector_sdk.engine import SystemClock
from connector_sdk.engine.clock import parse_instant
from connector_sdk.flow.schemas import binding_of
from connector_sdk.testing.fake import load_sandbox
from connector_sdk.testing.flow import Capture, Collections, Player, Session

FOLDER = Path(__file__).parents[1]
HOUR = 3_600_000_000


class Captured:
    """A capture of some streams of a sandbox, session by session, on a clock that can be put forward."""

    def __init__(self, source: Any, clock: SystemClock, streams: list[str], config: dict[str, Any]) -> None:
        self.source = source
        self.world = source.world
        self.clock = clock
        self.rows = Collections(keep=lambda doc: doc)
        self.state: Any = None
        self.config = {**source.config(), **config}
        found = [binding_of(stream) for stream in asana.declared()]
        self.capture = Capture.discovered(found, self.config, streams=streams)

    def player(self) -> Player:
        """The connector's process, on the clock as it is now."""
        env = {"CONNECTOR_RUN": "once", "CONNECTOR_CLOCK": self.clock.spec()}
        return Player([sys.executable, "-m", "source_asana"], cwd=FOLDER, env=env)

    def run(self, *, hours: float = 0, fails: bool = False, **how: Any) -> Session:
        """One session, so many hours later; it ends well, unless it is killed or ``fails``."""
        self.clock._start += int(hours * HOUR)
        self.source.api.requests.clear()
        session = self.player().run(self.capture, self.state, into=self.rows, timeout=90, **how)
        assert session.killed or (session.exit_code == 0) is not fails, session.error
        self.state = session.state
        return session

    def found(self, stream: str) -> dict[Any, Any]:
        """What the collection holds, by key."""
        rows = self.rows[stream].committed
        return {key if len(key) > 1 else key[0]: _plain(doc) for key, doc in rows.items()}

    def compare(self, *streams: str) -> None:
        """Fail where a collection is empty or differs from the source."""
        for stream in streams:
            found, truth = self.found(stream), self.source.truth(stream)
            assert truth, stream
            assert found.keys() == truth.keys(), stream
            assert found == truth, stream

    def asked(self, path: str) -> list[dict[str, str]]:
        """The queries of the last session's requests for a path."""
        return [entry.query for entry in self.source.api.requests.of(f"GET /api/1.0{path}")]

    def count(self, route: str) -> int:
        """How many requests the last session made of a route, such as ``/tasks/{gid}``."""
        return sum(entry.route == f"/api/1.0{route}" for entry in self.source.api.requests)


def _plain(doc: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in doc.items() if name != "_meta"}


@pytest.fixture
def capturing(request: pytest.FixtureRequest) -> Callable[..., Captured]:
    """A function that begins a capture of some streams: ``capturing("tasks", paid=False)``; what the config has goes
    there, the rest to the sandbox."""

    def ended(source: Any) -> None:
        source.stop()
        assert not source.api.errors

    def begin(*streams: str, speed: float = 60, **options: Any) -> Captured:
        clock = SystemClock(parse_instant("2026-03-02T10:00:00Z"), speed)
        config = {name: options.pop(name) for name in ("workspaces", "projects_by_team") if name in options}
        made = {"tasks": 30, "users": 5, "projects": 3, "limits": False, **options}
        source = load_sandbox(FOLDER)(clock=clock, **made).start()
        request.addfinalizer(lambda: ended(source))
        return Captured(source, clock, list(streams), config)

    return begin
