"""What hours do to a session, lived through in seconds: outages, idle polls, and clocks that are wrong."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from connector_sdk.engine.clock import parse_instant
from connector_sdk.testing.fake import Fault
from connector_sdk.testing.flow import Checkpoint

MINUTE = 60_000_000


def caught_up(session: Any) -> bool:
    """Whether the tickets' history has been read."""
    state = session.state.get("bindingStateV1", {}).get("tickets.v0", {})
    return "tail" in state and not state.get("fill")


def frontier(session: Any) -> int:
    """Up to when tickets are known, in microseconds."""
    state = session.state["bindingStateV1"]["tickets.v0"]
    return int(state["tail"][""]) * 1_000  # the desk writes milliseconds


def test_a_stream_that_fails_for_an_hour_ends_the_process_while_the_others_worked_on(
    make_desk: Callable[..., Any],
) -> None:
    desk = make_desk(factor=600)
    desk.fill()
    capture = desk.capture("tickets", "teams", interval="PT1M")
    desk.api.fault(Fault.status(500, "Teams are broken"), "GET /teams", nth=2, times=None)
    told: list[int] = []  # how long after the failure began each new ticket arrived
    with desk.player(once=False).open(capture) as session:
        session.run(until=lambda it: it.documents == {"tickets": 25, "teams": 3}, timeout=30)
        began = desk.clock.now()
        for number in range(500):
            desk.ticket(1_000 + number, desk.now())
            count = session.documents["tickets"]
            session.run(until=lambda it, count=count: it.documents["tickets"] > count, timeout=30)
            if session.ended:
                break
            told.append(desk.clock.now() - began)
    assert session.exit_code == 1
    assert len(told) > 5
    assert 60 * MINUTE < desk.clock.now() - began < 200 * MINUTE
    assert max(told) > 45 * MINUTE
    last = session.logs[-1]
    assert (last.level, last.structured) == ("error", True)
    assert "/teams" in last.message
    assert "500" in last.message
    assert "\n" not in last.message


def test_a_stream_that_recovers_within_the_hour_goes_on(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(factor=1_500)
    desk.fill()
    rule = desk.api.fault(Fault.status(500), "GET /teams", times=None)
    with desk.player(once=False).open(desk.capture("tickets", "teams", interval="PT1M")) as session:
        session.run(until=lambda it: "failing: teams" in str(it.logs), timeout=30)
        rule.stop()
        session.run(until=lambda it: it.documents == {"tickets": 25, "teams": 3}, timeout=30)
        session.run(until=lambda it: "failing" not in it.error and "Streaming" in it.error, timeout=30)
        session.stop(within=5)


def test_idle_polls_cost_no_patch_and_progress_is_written_every_five_minutes(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(factor=300)
    desk.fill()
    with desk.player(once=False).open(desk.capture("tickets", interval="PT10S")) as session:
        session.run(until=caught_up, timeout=30)
        session.read(0.3)
        desk.api.requests.clear()
        began, before, reached = desk.clock.now(), session.checkpoints, frontier(session)
        patches: list[Checkpoint] = []
        while desk.clock.now() - began < 16 * MINUTE:
            patches += [event for event in session.read(0.1) if isinstance(event, Checkpoint)]
        polls = desk.api.requests.count("GET /tickets")
        session.stop(within=5)
    assert polls >= 30
    assert 2 <= session.checkpoints - before <= 4
    assert all(not event.documents for event in patches)
    assert frontier(session) - reached > 9 * MINUTE
    assert max(event.size for event in patches) < 400


def test_a_clock_of_ours_that_is_a_day_ahead_does_not_move_the_frontier_into_the_future(desk: Any) -> None:
    desk.fill()
    capture = desk.capture("tickets", interval="PT1S")
    with desk.player(once=False, CONNECTOR_CLOCK=desk.ahead(24)).open(capture) as session:
        session.run(until=caught_up, timeout=30)
        assert frontier(session) <= desk.clock.now()
        desk.ticket(500, desk.now())
        session.run(until=lambda it: it.documents == {"tickets": 26}, timeout=30)
        session.stop(within=5)
    assert parse_instant("2026-03-02T10:00:00Z") <= frontier(session) <= desk.clock.now()
    assert re.search(r"clock is 14[34]\d minutes ahead of the source's", str(session.logs))
    desk.ticket(501, desk.now())
    assert desk.player().run(capture, session.state).documents == {"tickets": 1}


def test_a_clock_of_ours_that_is_a_day_behind_loses_nothing(desk: Any) -> None:
    desk.fill()
    desk.ticket(500, "2026-03-02T09:00:00Z")
    capture = desk.capture("tickets")
    session = desk.player(CONNECTOR_CLOCK=desk.ahead(-24)).run(capture)
    assert frontier(session) <= desk.clock.now()
    second = desk.player().run(capture, session.state)
    assert session.documents["tickets"] + second.documents["tickets"] == 26


def test_a_frontier_that_lies_in_the_future_is_refused_by_name(desk: Any) -> None:
    desk.fill()
    capture = desk.capture("tickets")
    state = copy.deepcopy(desk.player().run(capture).state)
    state["bindingStateV1"]["tickets.v0"]["tail"][""] += 40 * 86_400_000
    session = desk.player().run(capture, state)
    assert session.exit_code == 1
    assert session.documents == {"tickets": 0}
    assert session.logs[-1].fields["code"] == "state"
    assert "in the future" in session.error
    assert "2026-04-1" in session.error
    assert "traceback" not in json.dumps([log.fields for log in session.logs])


@pytest.mark.parametrize("broken", [{"v": 99}, {"tail": {"": 1_900_000_000_000}}])
def test_an_error_about_a_state_names_its_stream(desk: Any, broken: dict[str, Any]) -> None:
    desk.fill()
    capture = desk.capture("tickets", "teams")
    state = copy.deepcopy(desk.player().run(capture).state)
    state["bindingStateV1"]["tickets.v0"] |= broken
    assert "tickets" in desk.player().run(capture, state).error


def test_the_first_status_of_a_first_session_is_that_it_backfills(desk: Any) -> None:
    desk.fill()
    session = desk.player().run(desk.capture("tickets"))
    told = [log.message for log in session.logs if log.event == "connectorStatus"]
    assert told[0].startswith("Backfilling 1 of 1")
    assert told[-1].startswith("Streaming")
