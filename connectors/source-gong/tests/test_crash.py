"""A capture of Gong while it changes, killed at random moments, ends with each collection equal to the source."""

from __future__ import annotations

import importlib.util
import os
import random
import signal
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from connector_sdk.engine import SystemClock
from connector_sdk.engine.clock import parse_instant
from connector_sdk.testing.flow import Collections, Kill, Player

FOLDER = Path(__file__).parent.parent
STREAMS = ["calls", "calls_extensive", "users", "answered_scorecards", "scorecard_definitions", "trackers",
           "workspaces", "call_outcomes", "crm_integrations"]  # fmt: skip
NOT_CAPTURED = {"call deleted"}  # calls that vanish are found by a later version
HOUR = 3_600_000_000


class JumpingClock(SystemClock):
    """A clock that runs sixty times faster, and can be put forward."""

    def __init__(self) -> None:
        super().__init__(parse_instant("2026-03-02T10:00:00Z"), 60)

    def jump(self, hours: float) -> None:
        self._start += int(hours * HOUR)


def gong(clock: SystemClock, seed: int) -> Any:
    return _module().sandbox(clock=clock, seed=seed, calls=150, users=60, history_days=4, limits=False)


def _module() -> ModuleType:
    if "gong_sandbox" not in sys.modules:
        sys.path.insert(0, str(FOLDER))
        spec = importlib.util.spec_from_file_location("gong_sandbox", FOLDER / "sandbox.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules["gong_sandbox"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["gong_sandbox"])
    return sys.modules["gong_sandbox"]


def plain(value: Any) -> Any:
    """A record without our mark, its whole numbers as text (some leave as text by declaration)."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items() if name != "_meta"}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def player(clock: SystemClock) -> Player:
    env = {"CONNECTOR_RUN": "once", "CONNECTOR_CLOCK": clock.spec()}
    return Player([sys.executable, "-m", "source_gong"], cwd=FOLDER, env=env)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_killed_25_times_while_the_source_changes(seed: int) -> None:
    draw = random.Random(seed)
    clock = JumpingClock()
    with gong(clock, seed) as source:
        capture = player(clock).prepare(source.config())
        rows = Collections(keep=lambda doc: doc)
        state: Any = None
        kills = 0
        life = [name for name in source.changes() if name not in NOT_CAPTURED]
        while kills < 25:
            source.tick(draw.randint(1, 6), only=life)
            kill = Kill.byte(draw.randint(1, draw.choice([2_000, 50_000, 400_000])), signal.SIGKILL)
            session = player(clock).run(capture, state, into=rows, kill=kill, timeout=60)
            assert session.killed or session.exit_code == 0, session.error
            state = session.state
            kills += bool(session.killed)
            clock.jump(draw.choice([0.1, 0.5, 2, 3]))
        source.settle()
        for hours in (26, 26):
            clock.jump(hours)
            session = player(clock).run(capture, state, into=rows, timeout=60)
            assert session.exit_code == 0, session.error
            state = session.state
        for stream in STREAMS:
            truth = {str(key): plain(record) for key, record in source.truth(stream).items()}
            found = {"|".join(map(str, key)): plain(doc) for key, doc in rows[stream].committed.items()}
            assert found.keys() == truth.keys(), stream
            assert found == truth, stream


def test_sigterm_ends_within_five_seconds_with_a_blocked_stdout() -> None:
    clock = SystemClock(parse_instant("2026-03-02T10:00:00Z"), 60)
    with gong(clock, 1) as source:
        it = player(clock)
        with it.open(it.prepare(source.config())) as session:
            session.pause(1.0)
            begun = time.monotonic()
            session.stop(within=5, reading=False)
            assert time.monotonic() - begun < 5


def test_the_second_run_of_a_quiet_source_writes_no_document() -> None:
    clock = JumpingClock()
    with gong(clock, 2) as source:
        capture = player(clock).prepare(source.config())
        source.settle()
        first = player(clock).run(capture)
        clock.jump(26)
        second = player(clock).run(capture, first.state)
        assert sum(first.documents.values()) > 300
        assert (second.exit_code, sum(second.documents.values())) == (0, 0)


def test_wrong_credentials_are_told_without_their_value() -> None:
    with gong(SystemClock(), 3) as source:
        config = source.config()
        config["credentials"]["access_key_secret"] = "an-unmistakable-wrong-secret"
        call = player(SystemClock()).call({"discover": {"config": config}})
        assert call.exit_code == 1
        assert "The source refused the" in (call.error or "")
        assert b"unmistakable" not in call.stdout + os.fsencode(str(call.logs))
