"""A capture of HubSpot while it changes, killed at random moments, ends with each collection equal to the source."""

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

FOLDER = Path(__file__).parents[1]
Begin = Callable[..., Any]
STREAMS = ["contacts", "companies", "deals", "tickets", "custom_car", "deals_contacts_associations",
           "contacts_companies_associations", "owners", "list_memberships", "email_events", "conversation_messages",
           "audit_logs", "webhooks_journal"]  # fmt: skip
QUIET_WEEK = 24 * 8


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_killed_ten_times_while_the_account_changes(capturing: Begin, seed: int) -> None:
    it = capturing(*STREAMS, seed=seed, contacts=80, search_lag="20s", association_page=2, loose_search=True)
    draw, kills = random.Random(seed), 0
    while kills < 10:
        it.source.tick(draw.randint(1, 8))
        kill = Kill.byte(draw.randint(1, draw.choice([2_000, 40_000, 300_000])), signal.SIGKILL)
        kills += bool(it.run(hours=draw.choice([0.02, 0.1, 1, 3]), kill=kill).killed)
    it.source.settle()
    it.run(hours=2)
    log = set(it.found("webhooks_journal"))
    for _ in range(2):
        it.run(hours=QUIET_WEEK)
    it.same(*(each for each in STREAMS if each != "webhooks_journal"))
    assert log == it.truth("webhooks_journal").keys()


def test_sigterm_ends_within_five_seconds_with_a_blocked_stdout(capturing: Begin) -> None:
    it = capturing(*STREAMS)
    with it.player().open(it.capture) as session:
        session.pause(1.0)
        begun = time.monotonic()
        session.stop(within=5, reading=False)
        assert time.monotonic() - begun < 5


def test_wrong_credentials_are_told_without_their_value(capturing: Begin) -> None:
    config = capturing("owners").source.config()
    config["credentials"]["token"] = "pat-an-unmistakable-wrong-token"
    player = Player([sys.executable, "-m", "source_hubspot"], cwd=FOLDER, env={"CONNECTOR_CLOCK": SystemClock().spec()})
    call = player.call({"discover": {"config": config}})
    assert call.exit_code == 1
    assert "The source refused the credentials" in (call.error or "")
    assert b"unmistakable" not in call.stdout + os.fsencode(str(call.logs))
