"""A capture of Asana while it changes, killed at random moments, ends with each collection equal to the source."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from connector_sdk.testing.flow import Kill

Begin = Callable[..., Any]
STREAMS = ["workspaces", "users", "projects", "sections", "tasks", "tasks_without_project", "stories", "attachments",
           "status_updates", "portfolio_items"]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_killed_at_random_while_the_source_changes(capturing: Begin, seed: int) -> None:
    it = capturing(*STREAMS, seed=seed, tasks=40, page_most=4, events_most=6, forgets_tokens=bool(seed))
    draw = random.Random(seed)
    unseen = ("comment edited", "comment deleted")  # until the task changes, or it is read again for another reason
    kinds = [kind for kind in it.source.changes() if kind not in unseen]
    done = 0
    while done < 5:
        it.source.tick(draw.randint(1, 8), only=kinds)
        kill = Kill.byte(draw.randint(1, draw.choice([2_000, 50_000, 200_000])), signal.SIGKILL)
        done += bool(it.run(hours=draw.choice([0.1, 0.5, 2, 25]), kill=kill).killed)
    for pause in (26, 26):
        it.run(hours=pause)
    it.compare(*STREAMS)


def test_sigterm_ends_within_five_seconds_with_a_blocked_stdout(capturing: Begin) -> None:
    it = capturing(*STREAMS)
    with it.player().open(it.capture) as session:
        session.pause(1.0)
        begun = time.monotonic()
        session.stop(within=5, reading=False)
        assert time.monotonic() - begun < 5
