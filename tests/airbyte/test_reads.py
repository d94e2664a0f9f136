"""Reads of the toy: what is sent, in which order, and what the next read goes on from."""

from __future__ import annotations

import json
import random
import signal
from typing import Any

import pytest

from connector_sdk.testing.airbyte import Collections, Failed, Kill, Log, Record, State, Status
from connector_sdk.testing.fake import Fault
from connector_sdk.testing.flow import Collections as FlowCollections


def truth(toy: Any, stream: str) -> dict[Any, Any]:
    return dict(getattr(toy, stream).truth())


def test_each_stream_starts_runs_and_completes_behind_its_last_state(toy: Any) -> None:
    toy.fill(tickets=0)
    events: list[Any] = []
    read = toy.read("items", "tickets", on_event=events.append)
    assert read.exit_code == 0
    assert read.status == {"items": "COMPLETE", "tickets": "COMPLETE"}
    told = [each for each in events if getattr(each, "stream", "") == "items" and not isinstance(each, Log)]
    assert [each.status for each in told if isinstance(each, Status)] == ["STARTED", "RUNNING", "COMPLETE"]
    assert [type(each) for each in told[-2:]] == [State, Status]
    none = [each for each in events if getattr(each, "stream", "") == "tickets" and not isinstance(each, Log)]
    assert [type(each) for each in none] == [Status, State, Status]  # without a record it never runs
    assert toy.found("items") == truth(toy, "items")


def test_at_most_one_state_a_minute_and_one_at_the_end(toy: Any) -> None:
    toy.fill(items=95)
    assert toy.read("items", states=[], every="3600").state_count == 1
    assert toy.read("items", states=[], every="0").state_count > 5


def test_a_second_read_sends_what_changed_and_marks_what_is_gone(toy: Any) -> None:
    toy.fill()
    toy.read("items", "tickets")
    toy.items.edit(3, name="new")
    toy.items.delete(7)
    toy.jump(1)
    toy.tickets.put({"id": 100, "updated": "2026-03-02T10:30:00Z"})
    events: list[Any] = []
    second = toy.read("items", "tickets", on_event=events.append)
    assert second.records == {"items": 2, "tickets": 1}
    (gone,) = [each.data for each in events if isinstance(each, Record) and "_ab_cdc_deleted_at" in each.data]
    assert set(gone) == {"id", "_ab_cdc_deleted_at", "_ab_cdc_cursor"}
    assert gone["id"] == 7
    assert gone["_ab_cdc_deleted_at"].startswith("2026-03-02T")
    assert toy.found("items") == truth(toy, "items")
    assert toy.found("tickets") == truth(toy, "tickets")
    assert toy.read("items", "tickets").records == {"items": 0, "tickets": 0}


def test_every_read_looks_at_a_listing_though_it_is_not_due(toy: Any) -> None:
    toy.fill()
    toy.read("items")
    toy.items.put({"id": 1000, "name": "just now"})
    assert toy.read("items").records == {"items": 1}


def test_the_number_beside_a_record_rises_with_every_record_that_is_sent(toy: Any) -> None:
    toy.fill()
    events: list[Any] = []
    toy.read("items", on_event=events.append)
    toy.items.edit(0, name="later")
    toy.jump(1)
    toy.read("items", on_event=events.append)
    numbers = [each.data["_ab_cdc_cursor"] for each in events if isinstance(each, Record)]
    assert len(numbers) == 26
    assert numbers == sorted(set(numbers))


def test_a_full_refresh_reads_all_of_it_and_marks_nothing(toy: Any) -> None:
    toy.fill()
    toy.read("items", "tickets")
    toy.items.delete(7)
    states = toy.states
    events: list[Any] = []
    again = toy.read("items", "tickets", mode="full_refresh", states=states, on_event=events.append)
    assert again.records == {"items": 24, "tickets": 25}
    assert not [each for each in events if isinstance(each, Record) and "_ab_cdc_deleted_at" in each.data]
    assert again.state_count == 2


def test_a_full_refresh_that_was_cut_off_is_gone_on_with_and_one_that_ended_is_not(toy: Any) -> None:
    toy.fill(items=95)
    cut = toy.read("items", mode="full_refresh", every="0", kill=Kill.checkpoint(4))
    assert cut.killed
    assert cut.state("items")["refreshing"] is True
    rest = toy.read("items", mode="full_refresh", every="0")
    assert 0 < rest.records["items"] < 95
    assert toy.found("items") == truth(toy, "items")
    assert toy.states == []  # whoever has all of it does not go on from there
    assert toy.read("items", mode="full_refresh").records == {"items": 95}


def test_rows_without_a_key_are_read_all_at_once(toy: Any) -> None:
    toy.rows.put_all({"name": f"row {n}"} for n in range(23))
    first = toy.read("rows", mode="full_refresh", states=[])
    assert first.records == {"rows": 23}
    sentinel = [{"type": "STREAM", "stream": {"stream_descriptor": {"name": "rows"},
                                              "stream_state": {"__ab_no_cursor_state_message": True}}}]  # fmt: skip
    assert toy.read("rows", mode="full_refresh", states=sentinel).records == {"rows": 23}
    assert toy.collections["rows"].docs() == list(truth(toy, "rows").values())


# ---- failures


def test_a_stream_that_fails_is_told_and_the_others_go_on(toy: Any) -> None:
    toy.fill()
    events: list[Any] = []
    read = toy.read("lost", "items", on_event=events.append)
    assert read.exit_code == 1
    assert read.status == {"lost": "INCOMPLETE", "items": "COMPLETE"}
    assert toy.found("items") == truth(toy, "items")
    first, last = read.errors
    assert (first.stream, first.failure_type) == ("lost", "system_error")
    assert "records" in first.message
    assert "records-not-found" in first.internal
    assert last.stream == ""
    assert last.message.startswith("1 of 2 streams could not be read to the end.")
    at = events.index(first)
    assert events[at + 1] == Status("lost", "INCOMPLETE")
    assert not [each for each in events[at:] if isinstance(each, Record) and each.stream == "lost"]


def test_credentials_that_die_are_the_users_matter(toy: Any) -> None:
    toy.fill()
    toy.api.revoke("Token is not valid")
    read = toy.read("items", "tickets")
    assert read.exit_code == 1
    assert set(read.status.values()) == {"INCOMPLETE"}
    assert {each.failure_type for each in read.errors} == {"config_error"}
    assert "Token is not valid" in read.error


def test_a_source_that_is_down_is_a_passing_matter(toy: Any) -> None:
    config = toy.config(advanced={"base_url": "http://127.0.0.1:9"})
    read = toy.airbyte().run(config, toy.chosen("items"))
    assert read.exit_code == 1
    assert {each.failure_type for each in read.errors} == {"transient_error"}


def test_progress_before_a_failure_is_kept(toy: Any) -> None:
    toy.fill(items=95)
    toy.api.fault(Fault.status(403), "GET /items", nth=5, times=1)
    failed = toy.read("items", every="3600")
    assert failed.exit_code == 1
    assert len(toy.found("items")) == 40
    rest = toy.read("items")
    assert rest.exit_code == 0
    assert rest.records["items"] == 55
    assert toy.found("items") == truth(toy, "items")


# ---- what is handed in


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"stream": {"name": "itemz"}}, "did you mean 'items'"),
        ({"stream": {"name": "items", "namespace": "public"}}, "no namespace"),
        ({"stream": {}}, "no name"),
        ({"sync_mode": "INVALID"}, "full_refresh or incremental"),
        ({"stream": {"name": "rows"}}, "it takes full_refresh"),
    ],
)
def test_a_catalog_that_asks_for_what_there_is_not_is_refused_loudly(toy: Any, change: Any, said: str) -> None:
    stream = {"stream": {"name": "items"}, "sync_mode": "incremental", "destination_sync_mode": "append"}
    call = toy.airbyte().call("read", config=toy.config(), catalog={"streams": [{**stream, **change}]})
    assert call.exit_code == 1
    assert said in call.error
    assert [each["type"] for each in call.messages] == ["TRACE"]


def test_a_catalog_with_a_stream_twice_or_none_at_all(toy: Any) -> None:
    one = {"stream": {"name": "items"}, "sync_mode": "incremental"}
    assert "twice" in toy.airbyte().call("read", config=toy.config(), catalog={"streams": [one, one]}).error
    assert "no list of streams" in toy.airbyte().call("read", config=toy.config(), catalog=[]).error
    assert toy.airbyte().call("read", config=toy.config(), catalog={"streams": []}).exit_code == 0


def test_unknown_keys_ids_of_generations_and_nulls_are_borne(toy: Any) -> None:
    toy.fill()
    toy.read("items")
    catalog = toy.chosen("items").file(unheard_of={"a": [1]}, destination_object_name=None)
    state = [{**toy.states[0], "global_": None, "global": None, "data": None, "sourceStats": None, "more": 1}]
    call = toy.airbyte().call("read", config=toy.config(), catalog=catalog, state=state)
    assert call.exit_code == 0
    assert not [each for each in call.messages if each["type"] == "RECORD"]


@pytest.mark.parametrize("shape", ["list", "one", "messages", "object"])
def test_our_own_state_is_taken_in_every_form(toy: Any, shape: str) -> None:
    toy.fill()
    toy.read("items")
    (one,) = toy.states
    given: Any = {
        "list": [one],
        "one": one,
        "messages": [{"type": "STATE", "state": one}],
        "object": {"items": one["stream"]["stream_state"]},
    }[shape]
    call = toy.airbyte().call("read", config=toy.config(), catalog=toy.chosen("items").file(), state=given)
    assert call.exit_code == 0, call.error
    assert not [each for each in call.messages if each["type"] == "RECORD"]


@pytest.mark.parametrize("given", [{}, [], None])
def test_no_state_is_none_in_every_form(toy: Any, given: Any) -> None:
    toy.fill(items=3)
    call = toy.airbyte().call("read", config=toy.config(), catalog=toy.chosen("items").file(), state=given)
    assert (call.exit_code, sum(each["type"] == "RECORD" for each in call.messages)) == (0, 3)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([{"type": "LEGACY", "data": {"items": {"cursor": 5}}}], "LEGACY"),
        ([{"type": "GLOBAL", "global": {"shared_state": {"lsn": 5}, "stream_states": []}}], "GLOBAL"),
        ({"items": {"updated_at": "2026-01-01"}}, "did not write"),
        ([5], "no STATE message"),
        ([{"type": "STREAM", "stream": {"stream_descriptor": {}}}], "names no stream"),
        (b"{", "is not JSON"),
    ],
)
def test_anothers_state_is_refused_in_a_sentence(toy: Any, given: Any, said: str) -> None:
    call = toy.airbyte().call("read", config=toy.config(), catalog=toy.chosen("items").file(), state=given)
    assert call.exit_code == 1
    assert said in call.error
    assert "Traceback" not in call.error


def test_a_state_of_a_newer_version_is_refused_before_anything_is_read(toy: Any) -> None:
    toy.fill()
    toy.read("items")
    toy.states[0]["stream"]["stream_state"]["v"] = 99
    read = toy.read("items")
    assert (read.exit_code, read.records) == (1, {"items": 0})
    assert "newer version" in read.error


# ---- the same state in both protocols


def test_a_state_of_airbyte_goes_on_in_flow_and_back(toy: Any) -> None:
    toy.fill()
    toy.read("items", "tickets")
    toy.items.edit(3, name="new")
    toy.jump(2)
    capture, rows = toy.capture("items", "tickets"), FlowCollections()
    by_stream = {each["stream"]["stream_descriptor"]["name"]: each["stream"]["stream_state"] for each in toy.states}
    state = {"bindingStateV1": {each.state_key: by_stream[each.name] for each in capture.bindings}}
    flow = toy.player().run(capture, state, into=rows)
    assert flow.documents == {"items": 1, "tickets": 0}
    toy.items.delete(5)
    toy.states = [
        {"type": "STREAM", "stream": {"stream_descriptor": {"name": each.name},
                                      "stream_state": flow.state["bindingStateV1"][each.state_key]}}
        for each in capture.bindings
    ]  # fmt: skip
    assert toy.read("items", "tickets").records == {"items": 1, "tickets": 0}


# ---- ends


def test_killed_at_random_bytes_and_resumed_it_holds_what_the_source_does(toy: Any) -> None:
    toy.fill(items=95, tickets=60)
    draw = random.Random(5)
    killed = 0
    for _ in range(5):
        toy.items.edit(draw.randrange(95), name=f"edit {killed}")
        killed += toy.read("items", "tickets", every="0", kill=Kill.byte(draw.randint(1, 20_000))).killed
    toy.items.delete(11)
    assert killed
    toy.jump(26)
    assert toy.read("items", "tickets").exit_code == 0
    assert toy.found("items") == truth(toy, "items")
    assert toy.found("tickets") == truth(toy, "tickets")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_has_the_last_state_out_and_ends_the_process(toy: Any, number: int) -> None:
    toy.fill(items=95)
    with toy.api.hold("GET /items", nth=6):
        stopped = toy.read("items", kill=Kill.line(40, signal=number), every="3600")
    assert stopped.exit_code == -number
    assert stopped.status == {"items": "INCOMPLETE"}
    sent = len(toy.found("items"))
    assert sent == stopped.records["items"] >= 30
    rest = toy.read("items")
    assert rest.records["items"] == 95 - sent
    assert toy.found("items") == truth(toy, "items")


def test_a_signal_ends_the_process_though_nobody_reads(toy: Any) -> None:
    toy.items.put_all({"id": n, "text": "x" * 40_000} for n in range(200))
    player = toy.airbyte()
    with player.open(toy.config(), toy.chosen("items"), into=Collections()) as session:
        session.pause(1)
        session.signal(signal.SIGTERM)
        session.pause(8)
        assert session.exit_code in (-signal.SIGTERM, 128 + signal.SIGTERM)
        session.killed = True


def test_debug_logs_come_as_messages_and_the_status_once(toy: Any) -> None:
    toy.fill()
    logs: list[Any] = []
    toy.read("items", debug=True, on_event=lambda each: logs.append(each) if isinstance(each, Log) else None)
    assert "debug" in {each.level for each in logs}
    assert json.dumps([each.message for each in logs]).count("Backfilling 1 of 1") == 1


def test_an_error_shows_no_secret(toy: Any) -> None:
    toy.api.error_body = lambda status, message, request: {"error": f"bad {request.headers.get('authorization')}"}
    toy.api.fault(Fault.status(422), "GET /items", times=None)
    read = toy.read("items")
    assert read.exit_code == 1
    assert [type(each) for each in read.errors] == [Failed, Failed]
