"""Gong's sandbox and its connector, for the tests of whole captures."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.engine import SystemClock
from connector_sdk.engine.clock import parse_instant
from connector_sdk.testing.fake import load_sandbox
from connector_sdk.testing.flow import Capture, Collections, Player, Session

FOLDER = Path(__file__).parents[1]
HOUR = 3_600_000_000
_WINDOW = ["date", "fromDateTime", "toDateTime", "timeZone"]
_ADDED = {
    "call_transcripts": ["started"],
    "activity_day_by_day": ["userId", "userEmailAddress"],
    "activity_aggregate": _WINDOW,
    "interaction_stats": _WINDOW,
    "coaching": ["workspaceId", "manager", "date"],
    "library_folders": ["workspaceId"],
    "library_folder_content": ["folderId"],
    "permission_profiles": ["workspaceId"],
    "permission_profile_users": ["profileId"],
    "audit_logs": ["id", "logType"],
    "crm_entity_schema": ["integrationId", "objectType"],
}  # what stands beside a record, above it or in the request, and is written into it by the definition


def plain(value: Any) -> Any:
    """A record without our mark, its whole numbers as text (some leave as text by declaration)."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items() if name != "_meta"}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Captured:
    """A capture of some streams of a sandbox, session by session, on a clock that can be put forward."""

    def __init__(self, source: Any, clock: SystemClock, streams: list[str]) -> None:
        self.source = source
        self.clock = clock
        self.rows = Collections(keep=lambda doc: doc)
        self.state: Any = None
        self.capture: Capture = self.player().prepare(source.config(), streams=streams)

    def player(self) -> Player:
        """The connector's process, on the clock as it is now."""
        env = {"CONNECTOR_RUN": "once", "CONNECTOR_CLOCK": self.clock.spec()}
        return Player([sys.executable, "-m", "source_gong"], cwd=FOLDER, env=env)

    def run(self, *, hours: float = 0, **how: Any) -> Session:
        """One session, so many hours later; it ends well, unless it is killed."""
        self.clock._start += int(hours * HOUR)
        session = self.player().run(self.capture, self.state, into=self.rows, timeout=60, **how)
        assert session.killed or session.exit_code == 0, session.error
        self.state = session.state
        return session

    def found(self, stream: str) -> dict[str, Any]:
        """What the collection holds, by key, the parts of a key joined by ``|``; compare with ``truth``."""
        return {"|".join(map(str, key)): plain(doc) for key, doc in self.rows[stream].committed.items()}

    def as_shown(self, stream: str) -> dict[str, Any]:
        """What the collection holds, as the source shows it: without what the definition adds."""
        added = _ADDED.get(stream, ())
        return {
            key: {name: value for name, value in row.items() if name not in added}
            for key, row in self.found(stream).items()
        }

    def compare(self, *streams: str) -> None:
        """Fail where a collection is empty or differs from the source."""
        for stream in streams:
            found, truth = self.as_shown(stream), self.truth(stream)
            assert truth, stream
            if stream == "audit_logs":  # the source gives its entries no key
                found, truth = _by_text(found), _by_text(truth)
            assert found.keys() == truth.keys(), stream
            assert found == truth, stream

    def truth(self, stream: str) -> dict[str, Any]:
        """What the sandbox says that it should hold."""
        truth = self.source.truth(stream)
        return {"|".join(map(str, key if isinstance(key, tuple) else (key,))): plain(doc) for key, doc in truth.items()}


def _by_text(rows: dict[str, Any]) -> dict[str, Any]:
    found = {json.dumps(row, sort_keys=True): row for row in rows.values()}
    assert len(found) == len(rows)
    return found


@pytest.fixture
def capturing(request: pytest.FixtureRequest) -> Callable[..., Captured]:
    """A function that begins a capture of some streams: ``capturing("flows", users=20)``."""

    def ended(source: Any) -> None:
        source.stop()
        assert not source.api.errors

    def begin(*streams: str, at: str = "2026-03-02T10:00:00Z", **options: Any) -> Captured:
        clock = SystemClock(parse_instant(at), 60)
        made = {"calls": 120, "users": 20, "history_days": 4, "limits": False, **options}
        source = load_sandbox(FOLDER)(clock=clock, **made).start()
        request.addfinalizer(lambda: ended(source))
        return Captured(source, clock, list(streams))

    return begin
