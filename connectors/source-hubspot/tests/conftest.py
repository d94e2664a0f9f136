"""HubSpot's sandbox and its connector, for the tests of whole captures."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.engine import SystemClock
from connector_sdk.engine.clock import parse_instant
from connector_sdk.testing.fake import load_sandbox
from connector_sdk.testing.flow import Capture, Collections, Player, Session

FOLDER = Path(__file__).parents[1]
HOUR = 3_600_000_000


@cache
def offered() -> list[dict[str, Any]]:
    """The bindings of an account that may read everything; asked for once, since it takes a request for each."""
    with load_sandbox(FOLDER)(contacts=32, limits=False) as source:
        return Player([sys.executable, "-m", "source_hubspot"], cwd=FOLDER).discover(source.config())


class Captured:
    """A capture of some streams of a sandbox, session by session, on a clock that can be put forward."""

    def __init__(self, source: Any, clock: SystemClock, streams: list[str]) -> None:
        self.source = source
        self.crm = source.crm
        self.hub = source.hub
        self.api = source.api
        self.clock = clock
        self.rows = Collections(keep=lambda doc: doc)
        self.state: Any = None
        self.capture = Capture.discovered(offered(), source.config(), streams=streams)
        self.api.requests.clear()
        self.later(0.02)  # what the account was last told is older than the lag

    def player(self) -> Player:
        """The connector's process, on the clock as it is now."""
        env = {"CONNECTOR_RUN": "once", "CONNECTOR_CLOCK": self.clock.spec()}
        return Player([sys.executable, "-m", "source_hubspot"], cwd=FOLDER, env=env)

    def later(self, hours: float) -> None:
        """Put the clock forward."""
        self.clock._start += int(hours * HOUR)

    def run(self, *, hours: float = 0, fails: bool = False, **how: Any) -> Session:
        """One session, so many hours later; it ends well, unless it is killed or has to fail."""
        self.later(hours)
        session = self.player().run(self.capture, self.state, into=self.rows, timeout=120, **how)
        assert session.killed or (session.exit_code != 0) == fails, session.error
        self.state = session.state
        return session

    def found(self, stream: str) -> dict[Any, dict[str, Any]]:
        """What the collection holds, by key."""
        rows = self.rows[stream].committed
        return {
            key[0] if len(key) == 1 else key: {name: value for name, value in doc.items() if name != "_meta"}
            for key, doc in rows.items()
        }

    def truth(self, stream: str) -> dict[Any, dict[str, Any]]:
        """What the sandbox says that it should hold."""
        truth: dict[Any, dict[str, Any]] = self.source.truth(stream)
        return truth

    def same(self, *streams: str) -> None:
        """Fail where a collection is empty or holds other keys than the source, or, for objects, other records."""
        for stream in streams:
            found, truth = self.found(stream), self.truth(stream)
            assert truth, stream
            assert found.keys() == truth.keys(), stream
            if stream in self.crm.objects or stream == "custom_car":
                assert found == truth, stream

    def refused(self) -> list[Any]:
        """The requests that were answered by an error."""
        return [each for each in self.api.requests if each.status >= 400]


@pytest.fixture
def capturing(request: pytest.FixtureRequest) -> Callable[..., Captured]:
    """A function that begins a capture of some streams: ``capturing("deals", association_page=2)``."""

    def ended(source: Any) -> None:
        source.stop()
        assert not source.api.errors

    def begin(*streams: str, at: str = "2026-03-02T10:00:00Z", faster: float = 60, **options: Any) -> Captured:
        clock = SystemClock(parse_instant(at), faster)
        made = {"contacts": 48, "limits": False, **options}
        source = load_sandbox(FOLDER)(clock=clock, **made).start()
        request.addfinalizer(lambda: ended(source))
        return Captured(source, clock, list(streams))

    return begin
