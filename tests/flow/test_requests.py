"""Requests as the runtime sends them, to our own server: several on one stdin, huge, extended, or none at all."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from connector_sdk.testing.flow import Answered, Exited, Opened

HUGE = "x" * 8_000_000


def test_several_requests_on_one_stdin_are_answered_in_order_and_then_a_session_opens(desk: Any) -> None:
    desk.fill()
    capture = desk.capture("tickets", "users")
    first = [
        {"spec": {}},
        {"discover": capture.discover_request()},
        {"validate": capture.validate_request()},
        {"apply": capture.apply_request()},
        {"spec": {"connectorType": "IMAGE", "config": {}}},
    ]
    seen: list[Any] = []
    session = desk.player().run(capture, first=first, on_event=seen.append)
    kinds = [event.kind for event in seen if isinstance(event, Answered)]
    assert kinds == ["spec", "discovered", "validated", "applied", "spec"]
    assert [type(event) for event in seen if isinstance(event, Answered | Opened | Exited)][-2:] == [Opened, Exited]
    assert session.exit_code == 0
    assert session.documents == {"tickets": 25, "users": 12}


def test_requests_one_after_the_other_without_a_session_end_with_stdin(desk: Any) -> None:
    capture = desk.capture("tickets")
    requests = [{"spec": {}}, {"validate": capture.validate_request()}, {"apply": capture.apply_request()}]
    call = desk.player().call(*requests)
    assert (call.exit_code, len(call.answers), call.violations) == (0, 3, [])


def test_a_validation_of_many_megabytes_on_one_line_is_read(desk: Any) -> None:
    capture = desk.capture("tickets", "users")
    call = desk.player().call({"validate": capture.validate_request() | {"unheardOf": HUGE}})
    assert call.answers == [{"validated": {"bindings": [{"resourcePath": ["tickets"]}, {"resourcePath": ["users"]}]}}]


def test_a_session_opens_from_a_line_of_many_megabytes(desk: Any) -> None:
    desk.fill()
    capture = desk.capture("tickets").in_form(extra={"unheardOf": HUGE[:3_000_000]})  # in four objects of the line
    assert desk.player().run(capture).documents == {"tickets": 25}


def test_keys_and_flags_that_nobody_knows_are_ignored(desk: Any) -> None:
    desk.fill()
    capture = desk.capture("tickets", "teams").in_form(extra={"unheardOf": {"a": [1, None]}, "spec2": None})
    player = desk.player("--log.level=debug", "--log.format", "json", "--read", "discover")
    requests = {
        "spec": {"unheardOf": 1},
        "discover": capture.discover_request(),
        "validate": capture.validate_request(),
        "apply": capture.apply_request(),
    }
    call = player.call(*({kind: body, "$internal": "AAAA"} for kind, body in requests.items()))
    assert (call.exit_code, call.violations, call.error) == (0, [], "")
    assert player.run(capture).documents == {"tickets": 25, "teams": 3}


@pytest.mark.parametrize("linked", [False, True])
def test_collections_may_come_linked(desk: Any, linked: bool) -> None:
    desk.fill()
    capture = desk.capture("users", "teams", "tickets").in_form(linked=linked)
    assert desk.player().validate(capture) == [["users"], ["teams"], ["tickets"]]
    assert desk.player().run(capture).documents == {"users": 12, "teams": 3, "tickets": 25}


def test_linked_collections_are_checked_too(desk: Any) -> None:
    request = desk.capture("users", "tickets").in_form(linked=True).validate_request()
    request["linkedCollections"][1]["key"] = ["/email"]
    call = desk.player().call({"validate": request})
    assert (call.exit_code, call.stdout) == (1, b"")
    assert "'tickets'" in call.error
    assert "/email" in call.error


@pytest.mark.parametrize("index", [7, -1, "1", [0]])
def test_a_binding_of_no_linked_collection_is_refused_in_one_sentence(desk: Any, index: object) -> None:
    request = desk.capture("users", "tickets").in_form(linked=True).validate_request()
    request["bindings"][1]["collectionIndex"] = index
    call = desk.player().call({"validate": request})
    assert (call.exit_code, call.stdout) == (1, b"")
    assert "collectionIndex" in call.error


@pytest.mark.parametrize("kind", ["validate", "open"])
@pytest.mark.parametrize(
    "broken",
    [
        {"bindings": "many"},
        {"bindings": [7]},
        {"bindings": [{"resourceConfig": "tickets"}]},
        {"bindings": [{"resourceConfig": {"name": "tickets"}, "collection": {"key": "/id"}}]},
        {"config": "secret"},
    ],
)
def test_a_request_of_the_wrong_shape_is_refused_in_one_sentence(desk: Any, kind: str, broken: Any) -> None:
    body = {"name": "a/desk", "config": desk.config()} | broken
    call = desk.player().call({kind: body if kind == "validate" else {"capture": body, "state": {}}})
    assert (call.exit_code, call.stdout) == (1, b"")
    assert "Error:" not in call.error, call.error  # no name of an exception
    assert "traceback" not in str(call.logs)


@pytest.mark.parametrize("state", ["text", 7, {"bindingStateV1": 7}, {"bindingStateV1": {"tickets.v0": []}}])
def test_a_state_that_is_no_object_is_refused_in_one_sentence(desk: Any, state: Any) -> None:
    request = desk.capture("tickets").open_request() | {"state": state}
    call = desk.player().call({"open": request})
    assert call.exit_code == 1
    assert "no JSON object" in call.error
    assert "traceback" not in str(call.logs)


def test_stdin_that_ends_before_anything_is_asked_ends_the_process_at_once(desk: Any) -> None:
    call = desk.player(once=False).call()
    assert (call.exit_code, call.stdout, call.logs) == (0, b"", [])


def test_stdin_that_ends_after_open_means_nothing(desk: Any) -> None:
    desk.fill()
    with desk.player(once=False).open(desk.capture("tickets", interval="PT30S"), close_stdin=True) as session:
        session.run(until=lambda it: it.documents == {"tickets": 25}, timeout=30)
        desk.ticket(99, desk.now())
        session.run(until=lambda it: it.documents == {"tickets": 26}, timeout=30)
        assert session.stop(within=5) < 5


def test_acknowledgements_are_not_asked_for_and_do_no_harm(desk: Any) -> None:
    desk.fill()
    with desk.player().open(desk.capture("tickets")) as session:
        for _ in range(10_000):  # more than a pipe holds: they are read
            session.acknowledge()
        session.run(timeout=30)
    assert not session.acknowledgements
    assert (session.exit_code, session.documents) == (0, {"tickets": 25})


@pytest.mark.parametrize("level", ["trace", "debug", "error", "nonsense", ""])
def test_every_log_level_is_taken(desk: Any, level: str) -> None:
    desk.fill()
    session = desk.player(log_level=level).run(desk.capture("tickets"))
    levels = {log.level for log in session.logs}
    assert session.exit_code == 0
    assert session.documents == {"tickets": 25}
    assert all(log.structured for log in session.logs)
    assert ("debug" in levels) == (level in ("trace", "debug"))
    assert ("info" in levels) == (level != "error")


def test_at_log_level_error_the_reason_of_a_failure_is_still_told(desk: Any) -> None:
    desk.api.revoke("Key was withdrawn")
    call = desk.player(log_level="error").call({"validate": {"name": "a/desk", "config": desk.config()}})
    assert call.exit_code == 1
    assert [log.level for log in call.logs] == ["error"]
    assert "Key was withdrawn" in call.error


def test_sigterm_ends_a_session_whose_stdout_nobody_reads(desk: Any) -> None:
    for number in range(1500):
        desk.ticket(number, text="x" * 20_000)
    with desk.player(once=False).open(desk.capture("tickets")) as session:
        session.run(until=lambda it: it.documents["tickets"] > 10, timeout=30)
        session.pause(0.5)  # the pipe and the outbox fill up
        assert session.stop(within=5, reading=False) < 5
    assert session.documents["tickets"] < 1500


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_before_open_ends_the_process_quietly(desk: Any, number: int) -> None:
    hold = desk.api.hold("GET /check")
    capture = desk.capture_of_nothing()
    with desk.player().open(capture, first=[{"validate": capture.validate_request()}]) as session:
        hold.wait()
        session.signal(number)
        session.run(timeout=10)
    assert (session.exit_code, session.error, session.lines) == (0, "", 0)
