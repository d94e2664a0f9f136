"""Each bad input: one sentence on stderr, the right exit code, no traceback, no secret."""

from __future__ import annotations

from typing import Any

import pytest


def validate(toy: Any, config: dict[str, Any], *bindings: dict[str, Any]) -> Any:
    return toy.player().call({"validate": {"name": "a/toy", "config": config, "bindings": list(bindings)}})


def binding(name: str, key: str = "/id", interval: str = "PT1H") -> dict[str, Any]:
    collection = {"name": f"a/{name}", "key": [key], "writeSchema": {"type": "object"}}
    return {"resourceConfig": {"name": name, "interval": interval}, "collection": collection}


def refused(call: Any, *words: str) -> None:
    assert call.exit_code == 1
    assert not call.stdout
    for word in words:
        assert word in (call.error or ""), call.error
    assert "Traceback" not in (call.error or "")
    assert "a-made-up-token" not in str(call.logs)


def test_a_missing_field(toy: Any) -> None:
    refused(validate(toy, {}), "credentials", "missing")


def test_a_misspelt_field_names_the_nearest(toy: Any) -> None:
    refused(validate(toy, toy.config(start_dat="2026-01-01")), "start_dat", '"start_date"')


def test_a_field_of_the_wrong_kind(toy: Any) -> None:
    refused(validate(toy, toy.config(start_date=7)), "start_date")


def test_credentials_that_are_refused(toy: Any) -> None:
    toy.api.revoke("Token is not valid")
    refused(validate(toy, toy.config()), "refused the credentials 'Token'", "Token is not valid")


@pytest.mark.parametrize("token", ["a-wrong-token\n", "a-wrong-tokén"])
def test_credentials_that_no_header_can_hold(toy: Any, token: str) -> None:
    call = validate(toy, toy.config(credentials={"credentials_title": "Token", "token": token}))
    refused(call, "holds characters that cannot be sent" if "é" in token else "refused the credentials 'Token'")
    assert "Error" not in call.error
    assert "cannot be reached" not in call.error
    assert "a-wrong-tok" not in str(call.logs)


def test_a_host_that_does_not_answer(toy: Any) -> None:
    refused(validate(toy, toy.config(advanced={"base_url": "http://127.0.0.1:9"})), "127.0.0.1:9", "base URL")


def test_an_unknown_stream_names_the_nearest(toy: Any) -> None:
    refused(validate(toy, toy.config(), binding("itemz")), "'itemz'", "'items'")


def test_one_stream_bound_twice(toy: Any) -> None:
    refused(validate(toy, toy.config(), binding("items"), binding("items")), "Two bindings", "'items'")


def test_a_collection_key_that_the_stream_cannot_fill(toy: Any) -> None:
    refused(validate(toy, toy.config(), binding("items", "/email")), "/email", "/id")


def test_an_interval_that_is_none(toy: Any) -> None:
    refused(validate(toy, toy.config(), binding("items", interval="5 minutes")), "interval")


def test_all_problems_of_a_validation_are_told_together(toy: Any) -> None:
    refused(validate(toy, toy.config(), binding("itemz"), binding("rows", "/x")), "itemz", "/x")


@pytest.mark.parametrize("line", [b"not json\n", b"[]\n", b'{"hello":{}}\n', b'{"spec":{},"open":{}}\n', b"\n"])
def test_a_malformed_line(toy: Any, line: bytes) -> None:
    call = toy.player().call(line)
    assert (call.exit_code, call.stdout) == (1, b"")
    assert "line on stdin" in call.error


def test_state_of_a_newer_version(toy: Any) -> None:
    capture = toy.capture("items")
    state = {"bindingStateV1": {capture.bindings[0].state_key: {"v": 99, "by": "?"}}}
    session = toy.player().run(capture, state)
    assert session.exit_code == 1
    assert "newer version" in session.error


def test_credentials_refused_in_mid_run_while_others_would_still_idle(toy: Any) -> None:
    toy.items.put_all({"id": number} for number in range(25))
    capture = toy.capture("items", "tickets")
    toy.api.after("GET /items", lambda request: toy.api.revoke("Token was withdrawn"), nth=2)
    session = toy.player(CONNECTOR_RUN="").run(capture, timeout=30)
    assert session.exit_code == 1
    assert "Token was withdrawn" in session.error
    assert "a-made-up-token" not in str(session.logs)


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        ("lost", ["/nothing", "/items (1)"]),
        ("keyless", ["'keyless'", "/number"]),
        ("huge", ["16.0 MB", "'huge'"]),
    ],
)
def test_a_stream_that_cannot_be_captured_fails_alone(toy: Any, stream: str, words: list[str]) -> None:
    toy.items.put({"id": 1})
    session = toy.player().run(toy.capture(stream, "items"))
    assert session.exit_code == 1
    for word in words:
        assert word in session.error, session.error
    assert sum(session.documents.values()) == 1  # the other binding's


def test_the_reason_that_ends_a_session_names_its_stream(toy: Any) -> None:
    toy.items.put({"id": 1})
    assert "lost" in toy.player().run(toy.capture("lost", "items")).error
