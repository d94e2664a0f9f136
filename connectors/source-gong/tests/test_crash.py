"""A capture of Gong while it changes, killed at random moments, ends with each collection equal to the source."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.engine import SystemClock
from connector_sdk.testing.flow import Kill, Player

FOLDER = Path(__file__).parent.parent
Begin = Callable[..., Any]
RECORDS = ["calls", "calls_extensive", "call_transcripts", "users", "answered_scorecards", "scorecard_definitions",
           "trackers", "workspaces", "call_outcomes", "crm_integrations", "library_folders", "library_folder_content",
           "permission_profiles", "permission_profile_users", "audit_logs", "crm_entity_schema"]  # fmt: skip
COUNTED = ["activity_day_by_day", "activity_aggregate", "interaction_stats", "coaching", "flows", "tasks",
           "user_settings_history", "audit_logs"]  # fmt: skip
QUIET = ["call added", "call deleted", "something logged", "flow renamed", "task closed"]


def killed(it: Any, seed: int, kills: int, life: list[str], hours: list[float]) -> None:
    """Kill it at random bytes while the source changes, then let it catch up with the quiet source."""
    draw = random.Random(seed)
    done = 0
    while done < kills:
        it.source.tick(draw.randint(1, 6), only=life)
        kill = Kill.byte(draw.randint(1, draw.choice([2_000, 50_000, 400_000])), signal.SIGKILL)
        done += bool(it.run(hours=draw.choice(hours), kill=kill).killed)
    it.source.settle()
    for pause in (26, 26):
        it.run(hours=pause)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_killed_25_times_while_the_source_changes(capturing: Begin, seed: int) -> None:
    it = capturing(*RECORDS, seed=seed, calls=150, users=60)
    killed(it, seed, 25, list(it.source.changes()), [0.1, 0.5, 2, 3])
    it.compare(*RECORDS)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_statistics_flows_and_tasks_are_whole_after_ten_kills(capturing: Begin, seed: int) -> None:
    it = capturing(*COUNTED, seed=seed, calls=150, users=25)
    killed(it, seed, 10, QUIET, [0.1, 1, 3])
    it.compare(*COUNTED)


def test_sigterm_ends_within_five_seconds_with_a_blocked_stdout(capturing: Begin) -> None:
    it = capturing(*RECORDS, seed=1, calls=150, users=60)
    with it.player().open(it.capture) as session:
        session.pause(1.0)
        begun = time.monotonic()
        session.stop(within=5, reading=False)
        assert time.monotonic() - begun < 5


def test_the_second_run_of_a_quiet_source_writes_no_document(capturing: Begin) -> None:
    it = capturing(*RECORDS, *COUNTED[:-1], seed=2, calls=150, users=60, late=0)
    first = it.run()
    second = it.run(hours=7)
    assert sum(first.documents.values()) > 1000
    assert {name: count for name, count in second.documents.items() if count} == {}


def test_wrong_credentials_are_told_without_their_value(capturing: Begin) -> None:
    config = capturing("workspaces").source.config()
    config["credentials"]["access_key_secret"] = "an-unmistakable-wrong-secret"
    player = Player([sys.executable, "-m", "source_gong"], cwd=FOLDER, env={"CONNECTOR_CLOCK": SystemClock().spec()})
    call = player.call({"discover": {"config": config}})
    assert call.exit_code == 1
    assert "The source refused the" in (call.error or "")
    assert b"unmistakable" not in call.stdout + os.fsencode(str(call.logs))
