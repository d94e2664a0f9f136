"""Streams below others: transcripts of calls, the library's and the permission profiles' content."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from connector_sdk.engine import SystemClock
from connector_sdk.engine.clock import parse_instant
from connector_sdk.testing.fake import load_sandbox
from connector_sdk.testing.flow import Collections, Player

FOLDER = Path(__file__).parents[1]
CHILDREN = ["library_folders", "library_folder_content", "permission_profiles", "permission_profile_users"]


def captured(rows: Any, stream: str) -> dict[str, Any]:
    return {
        "|".join(map(str, key)): {name: value for name, value in doc.items() if name != "_meta"}
        for key, doc in rows[stream].committed.items()
    }


def test_transcripts_equal_the_source_also_those_that_come_late() -> None:
    start = parse_instant("2026-03-02T10:00:00Z")
    now = SystemClock(start, 60)
    with load_sandbox(FOLDER)(clock=now, calls=250, users=20, history_days=4, limits=False) as source:
        rows, early = Collections(keep=lambda doc: doc), len(source.truth("call_transcripts"))
        state: Any = None
        for hours in (0, 26, 52):
            now._start = start + hours * 3_600_000_000
            env = {"CONNECTOR_RUN": "once", "CONNECTOR_CLOCK": now.spec()}
            it = Player([sys.executable, "-m", "source_gong"], cwd=FOLDER, env=env)
            capture = it.prepare(source.config(), streams=["calls", "call_transcripts"])
            session = it.run(capture, state, into=rows, timeout=60)
            assert session.exit_code == 0, session.error
            state = session.state
            source.settle()
        assert len(source.truth("call_transcripts")) > early > 100
        assert captured(rows, "call_transcripts") == source.truth("call_transcripts")


def test_content_of_the_library_and_of_permission_profiles_equals_the_source() -> None:
    now = SystemClock(parse_instant("2026-03-02T10:00:00Z"), 60)
    with load_sandbox(FOLDER)(clock=now, calls=120, users=20, history_days=4, limits=False) as source:
        env = {"CONNECTOR_RUN": "once", "CONNECTOR_CLOCK": now.spec()}
        it = Player([sys.executable, "-m", "source_gong"], cwd=FOLDER, env=env)
        rows = Collections(keep=lambda doc: doc)
        session = it.run(it.prepare(source.config(), streams=CHILDREN), into=rows, timeout=60)
        assert session.exit_code == 0, session.error
        folders, profiles = source.world.folders.truth(), source.world.profiles.truth()
        assert captured(rows, "library_folders").keys() == folders.keys()
        assert captured(rows, "permission_profiles").keys() == profiles.keys()
        content = {f"{id}|{call['id']}" for id, each in folders.items() for call in each["calls"]}
        people = {f"{id}|{user['id']}" for id, each in profiles.items() for user in each["users"]}
        assert content
        assert captured(rows, "library_folder_content").keys() == content
        assert captured(rows, "permission_profile_users").keys() == people
