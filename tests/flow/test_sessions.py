"""What survives from one session to the next, when the capture, the definition or the config changed between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connector_sdk.testing.flow import Checkpoint, Collections, KeyRange


def keep(doc: dict[str, Any]) -> dict[str, Any]:
    return doc


def state_of(session: Any, name: str, backfill: int = 0) -> Any:
    return session.state["bindingStateV1"].get(f"{name}.v{backfill}")


def nulls(value: Any, place: str = "") -> Iterator[str]:
    if value is None:
        yield place
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from nulls(each, f"{place}/{name}")
    elif isinstance(value, list):
        yield f"{place} is a list"


def warnings(session: Any) -> dict[str, str]:
    return {log.stream: log.message for log in session.logs if log.level == "warn"}


def asked(desk: Any, on: str = "GET /tickets") -> list[tuple[str, str]]:
    return [(each.query["since"], each.query["until"]) for each in desk.api.requests.of(on)]


def test_an_unchanged_source_gives_nothing_more(desk: Any) -> None:
    desk.fill()
    capture = desk.capture("tickets", "users", "teams")
    first = desk.player().run(capture)
    desk.jump(8)  # re-reads and sweeps are due
    second = desk.player().run(capture, first.state)
    assert sum(first.documents.values()) == 40
    assert sum(second.documents.values()) == 0
    assert second.exit_code == 0


def test_bindings_may_be_reordered_removed_and_added(desk: Any) -> None:
    desk.fill()
    capture, rows = desk.capture("tickets", "users", "teams"), Collections(keep=keep)
    first = desk.player().run(capture.only("tickets", "teams"), into=rows)
    desk.jump(1.1)
    desk.teams.put({"id": 77})
    other = capture.only("users", "tickets")  # teams removed, users added, tickets now second
    second = desk.player().run(other, first.state, into=rows)
    assert second.documents == {"users": 12, "tickets": 0}
    assert state_of(second, "teams") == state_of(first, "teams")
    desk.jump(1.1)
    third = desk.player().run(capture.only("teams", "users", "tickets"), second.state, into=rows)
    assert third.documents == {"teams": 1, "users": 0, "tickets": 0}
    assert rows["teams"].committed.keys() == {(0,), (1,), (2,), (77,)}


def test_a_backfill_restarts_just_its_binding(desk: Any) -> None:
    desk.fill()
    capture = desk.capture("tickets", "users", "teams")
    first = desk.player().run(capture)
    second = desk.player().run(capture.backfilled("tickets"), first.state)
    assert second.documents == {"tickets": 25, "users": 0, "teams": 0}
    assert state_of(second, "tickets", 0) == state_of(first, "tickets", 0)
    assert state_of(second, "tickets", 1)["v"] == 1
    assert not warnings(second)


@pytest.mark.parametrize(
    "change", [{"DESK_CURSOR": "/created"}, {"DESK_KEY": "/number"}, {"DESK_CURSOR": "/created", "DESK_KEY": "/number"}]
)
def test_a_changed_definition_restarts_its_binding_with_a_warning(desk: Any, change: dict[str, str]) -> None:
    desk.fill()
    first = desk.player().run(desk.capture("tickets", "users", "teams"))
    changed = desk.capture("tickets", "users", "teams", **change)
    second = desk.player(**change).run(changed, first.state)
    assert second.documents == {"tickets": 25, "users": 0, "teams": 0}
    assert warnings(second).keys() == {"tickets"}
    assert "starts over" in warnings(second)["tickets"]
    assert not list(nulls(second.state))
    third = desk.player(**change).run(changed, second.state)
    assert sum(third.documents.values()) == 0
    assert not warnings(third)


def test_an_earlier_start_reads_the_additional_history_only(desk: Any) -> None:
    desk.fill()
    desk.ticket(900, "2025-06-01T00:00:00Z")
    first = desk.player().run(desk.capture("tickets"))
    assert first.documents == {"tickets": 25}
    desk.api.requests.clear()
    capture = desk.capture("tickets")
    capture.config["start_date"] = "2025-01-01T00:00:00Z"
    second = desk.player().run(capture, first.state)
    assert second.documents == {"tickets": 1}
    history = [span for span in asked(desk) if span[0] < "2026"]
    assert history[0][0] == "2025-01-01T00:00:00.000Z"
    assert history[-1][1] == "2026-01-01T00:00:00.000Z"
    assert not [span for span in asked(desk) if "2026-01-01" < span[0] < "2026-03"]
    again = desk.player().run(capture, second.state)
    assert again.documents == {"tickets": 0}
    assert not [span for span in asked(desk)[len(history) + 1 :] if span[0] < "2026"]


def test_a_later_start_takes_nothing_back_and_reads_nothing_again(desk: Any) -> None:
    desk.fill()
    rows = Collections(keep=keep)
    first = desk.player().run(desk.capture("tickets"), into=rows)
    desk.api.requests.clear()
    capture = desk.capture("tickets")
    capture.config["start_date"] = "2026-02-20T00:00:00Z"
    second = desk.player().run(capture, first.state, into=rows)
    assert second.documents == {"tickets": 0}
    assert len(rows["tickets"].committed) == 25
    assert not [span for span in asked(desk) if span[0] < "2026-03"]


def test_a_record_that_goes_back_to_what_it_was_is_sent_again(desk: Any) -> None:
    desk.ticket(1, "2026-03-02T09:00:00Z", text="A")
    capture, rows = desk.capture("tickets"), Collections(keep=keep)
    state = None
    for text in ("A", "B", "A", "A"):
        desk.tickets.edit(1, text=text)
        session = desk.player().run(capture, state, into=rows)
        state = session.state
        assert rows["tickets"].committed[1,]["text"] == text
        desk.jump(4)  # a re-read is due
    assert session.documents == {"tickets": 0}


def test_patches_touch_their_own_keys_and_leave_neither_nulls_nor_lists(desk: Any) -> None:
    desk.fill()
    capture = desk.capture("tickets", "users", "teams")
    keys = [each.state_key for each in capture.bindings]
    state: Any = None
    for round in range(4):
        owners: list[tuple[int, str]] = []

        def note(event: Any, owners: list[tuple[int, str]] = owners) -> None:
            if isinstance(event, Checkpoint):
                (touched,) = event.patch["bindingStateV1"]
                owners.extend((binding, touched) for binding in event.documents)

        session = desk.player().run(capture, state, on_event=note)
        state = session.state
        assert all(keys[binding] == touched for binding, touched in owners)
        assert list(nulls(state)) == []
        assert state.keys() == {"bindingStateV1"}
        desk.jump(8)
        desk.users.delete(f"u{round}@example.test")
        desk.teams.delete(round) if round < 3 else None
        desk.ticket(100 + round, desk.now())


def test_the_state_of_a_capture_that_runs_on_does_not_grow(desk: Any) -> None:
    capture = desk.capture("tickets", "users", "teams")
    desk.fill()
    sizes, state = [], None
    for round in range(20):
        desk.ticket(round, desk.now(), text=str(round))
        session = desk.player().run(capture, state)
        state = session.state
        sizes.append(len(str(state)))
        desk.jump(30)
    # ten rounds of 30 hours fill every window, whichever re-read is due in which of them
    assert max(sizes[10:]) <= max(sizes[:10])


def test_a_stream_runs_in_the_shard_that_owns_it_and_the_other_stays_quiet(desk: Any) -> None:
    desk.fill()
    capture = desk.capture("tickets")
    found = []
    for half in KeyRange.split(2):
        desk.api.requests.clear()
        with desk.player(once=False).open(capture, range=half) as session:
            session.run(until=lambda it: it.lines == 1, timeout=30)
            while session.documents != {"tickets": 25} and session.read(1.5):
                pass
            assert session.exit_code is None
            session.stop(within=5)
        found.append((session.documents["tickets"], session.lines > 1, desk.api.requests.count() > 0))
    assert sorted(found) == [(0, False, False), (25, True, True)]
