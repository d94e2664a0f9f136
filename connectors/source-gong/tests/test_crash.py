"""A capture of Gong while it changes, killed at random moments, ends with each collection equal to the source."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable
from typing import Any

import pytest

from connector_sdk.testing.flow import Kill

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
@pytest.mark.parametrize("seed", range(2))
def test_killed_25_times_while_the_source_changes(capturing: Begin, seed: int) -> None:
    it = capturing(*RECORDS, seed=seed, calls=150, users=60)
    killed(it, seed, 25, list(it.source.changes()), [0.1, 0.5, 2, 3])
    it.compare(*RECORDS)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0])
def test_statistics_flows_and_tasks_are_whole_after_ten_kills(capturing: Begin, seed: int) -> None:
    it = capturing(*COUNTED, seed=seed, calls=150, users=25)
    killed(it, seed, 10, QUIET, [0.1, 1, 3])
    it.compare(*COUNTED)
