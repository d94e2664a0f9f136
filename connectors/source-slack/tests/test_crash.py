"""A capture of Slack while it changes, killed at random moments, ends with each collection equal to the source."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from connector_sdk.testing.flow import Kill

Begin = Callable[..., Any]
STREAMS = ["channels", "channel_members", "messages", "threads", "users", "usergroups", "usergroup_members", "files",
           "remote_files", "pins", "bookmarks", "emoji", "team", "profile_fields"]  # fmt: skip
OPTIONAL = ["reactions", "user_profiles", "access_logs", "integration_logs", "audit_logs", "billable_info"]


def killed(it: Any, seed: int, kills: int) -> None:
    """Kill it at random bytes while the source changes, then let it catch up with the quiet source."""
    draw = random.Random(seed)
    done = 0
    while done < kills:
        it.source.tick(draw.randint(1, 6))
        kill = Kill.byte(draw.randint(1, draw.choice([2_000, 50_000, 200_000])), signal.SIGKILL)
        done += bool(it.run(hours=draw.choice([0.1, 0.5, 2, 3]), kill=kill).killed)
    for pause in (26, 26, 24 * 31):  # the last one for threads below old messages
        it.run(hours=pause)


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "kills"), [(0, 6), (1, 4)])
def test_killed_at_random_while_the_source_changes(capturing: Begin, seed: int, kills: int) -> None:
    it = capturing(*STREAMS, *OPTIONAL, seed=seed, messages=100, channels=5)
    killed(it, seed, kills)
    it.compare(*(name for name in (*STREAMS, *OPTIONAL) if name != "messages"))
    found, truth = (_plain(rows) for rows in (it.found("messages"), it.source.truth("messages")))
    assert found == truth


def _plain(messages: dict[Any, Any]) -> dict[Any, Any]:
    """Messages without what replies change of them: those that are older than the window keep the counts of their
    time, and their threads have the newer ones."""
    told = ("thread_ts", "reply_count", "reply_users", "reply_users_count", "latest_reply", "subscribed")
    return {
        key: {name: value for name, value in message.items() if name not in told or "parent_user_id" in message}
        for key, message in messages.items()
    }


def test_sigterm_ends_within_five_seconds_with_a_blocked_stdout(capturing: Begin) -> None:
    it = capturing(*STREAMS)
    with it.player().open(it.capture) as session:
        session.pause(1.0)
        begun = time.monotonic()
        session.stop(within=5, reading=False)
        assert time.monotonic() - begun < 5
