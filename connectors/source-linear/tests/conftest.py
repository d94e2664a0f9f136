"""Linear's sandbox and its connector, for the tests of whole captures."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from source_linear import linear

from connector_sdk.engine import SystemClock
from connector_sdk.engine.clock import parse_instant
from connector_sdk.flow.schemas import binding_of
from connector_sdk.testing.fake import load_sandbox
from connector_sdk.testing.flow import Capture, Collections, Player, Session

FOLDER = Path(__file__).parents[1]
HOUR = 3_600_000_000


class Captured:
    """A capture of some streams of a sandbox, session by session, on a clock that can be put forward."""

    def __init__(self, source: Any, clock: SystemClock, streams: list[str]) -> None:
        self.source = source
        self.world = source.world
        self.clock = clock
        self.rows = Collections(keep=lambda doc: doc)
        self.state: Any = None
        found = [binding_of(stream) for stream in linear.declared()]
        self.capture = Capture.discovered(found, source.config(), streams=streams)

    def player(self) -> Player:
        """The connector's process, on the clock as it is now."""
        env = {"CONNECTOR_RUN": "once", "CONNECTOR_CLOCK": self.clock.spec()}
        return Player([sys.executable, "-m", "source_linear"], cwd=FOLDER, env=env)

    def run(self, *, hours: float = 0, fails: bool = False, **how: Any) -> Session:
        """One session, so many hours later; it ends well, unless it ``fails``. What it asked is in ``asked``."""
        self.clock._start += int(hours * HOUR)
        self.source.api.requests.clear()
        self.source.routes.asked.clear()
        session = self.player().run(self.capture, self.state, into=self.rows, timeout=90, **how)
        assert (session.exit_code == 0) is not fails, session.error
        self.state = session.state
        return session

    def asked(self, field: str) -> list[Any]:
        """The variables of the last session's queries of a root field."""
        bodies = [entry.json for entry in self.source.api.requests.of("/graphql")]
        return [body["variables"] for body in bodies if f" {field}(" in body["query"]]

    def found(self, stream: str) -> dict[Any, Any]:
        """What the collection holds, by key, without our mark."""
        rows = self.rows[stream].committed
        return {
            key if len(key) > 1 else key[0]: {name: value for name, value in doc.items() if name != "_meta"}
            for key, doc in rows.items()
        }

    def compare(self, *streams: str) -> None:
        """Fail where a collection is empty, or lacks a record or a value of what the source shows, or has one more."""
        for stream in streams:
            found, truth = self.found(stream), self.source.truth(stream)
            assert truth, stream
            assert found.keys() == truth.keys(), stream
            for key, wanted in truth.items():
                assert {name: found[key].get(name, "not there") for name in wanted} == wanted, stream


@pytest.fixture
def capturing(request: pytest.FixtureRequest) -> Callable[..., Captured]:
    """A function that begins a capture of some streams: ``capturing("issues", page_most=10)``."""

    def ended(source: Any) -> None:
        source.stop()
        assert not source.api.errors

    def begin(*streams: str, speed: float = 60, **options: Any) -> Captured:
        clock = SystemClock(parse_instant("2026-03-02T10:00:00Z"), speed)
        made = {"issues": 30, "history_days": 6, "limits": False, "late": 0.0, **options}
        source = load_sandbox(FOLDER)(clock=clock, **made).start()
        request.addfinalizer(lambda: ended(source))
        return Captured(source, clock, list(streams))

    return begin
