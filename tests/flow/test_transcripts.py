"""The transcripts of the protocol, replayed against our server, whose answers have the transcript's shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from connector_sdk.testing.flow import Call, problems, request_validator, response_validator

FOLDER = Path(__file__).parent / "transcripts"
NAMES = sorted(each.stem for each in FOLDER.glob("*.jsonl"))


def read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines()]


def lines_of(name: str, stream: str) -> list[dict[str, Any]]:
    return [each["line"] for each in read(name) if each["stream"] == stream]


def replay(desk: Any, name: str) -> tuple[Call, list[dict[str, Any]]]:
    """What came of the transcript's stdin: the call, and the lines on stdout, each valid."""
    desk.tickets.put_all({"id": number, "updated": f"2026-01-0{number - 99}T12:00:00Z"} for number in (101, 102, 103))
    desk.users.put_all([{"email": "ann@example.test"}, {"email": "bob@example.test"}])
    call = desk.player().call(*(orjson.dumps(line) + b"\n" for line in lines_of(name, "stdin")))
    assert call.stdout.endswith(b"\n") or not call.stdout
    answers = [json.loads(line) for line in call.stdout.splitlines()]
    for each in answers:
        assert problems(response_validator(), each) == ""
    return call, answers


def kind_of(line: dict[str, Any]) -> str:
    return next(iter(line))


def documents(lines: list[dict[str, Any]], binding: int) -> list[dict[str, Any]]:
    bodies = [line["captured"] for line in lines if kind_of(line) == "captured"]
    return [body["doc"] for body in bodies if body["binding"] == binding]


@pytest.mark.parametrize("name", NAMES)
def test_every_line_of_the_transcript_is_valid(name: str) -> None:
    for line in lines_of(name, "stdin"):
        assert problems(request_validator(), line) == ""
    for line in lines_of(name, "stdout"):
        assert problems(response_validator(), line) == ""


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith(("open", "validate-bad"))])
def test_each_request_is_answered_in_kind(desk: Any, name: str) -> None:
    call, answers = replay(desk, name)
    assert call.exit_code == 0
    assert [kind_of(each) for each in answers] == [kind_of(each) for each in lines_of(name, "stdout")]


def test_the_spec_offers_the_same_fields(desk: Any) -> None:
    ours, theirs = (each["spec"] for each in (replay(desk, "spec")[1][0], lines_of("spec", "stdout")[0]))
    assert ours["protocol"] == theirs["protocol"]
    assert ours["resourcePathPointers"] == theirs["resourcePathPointers"]
    assert ours["configSchema"]["title"] == theirs["configSchema"]["title"]
    assert ours["configSchema"]["required"] == theirs["configSchema"]["required"]
    assert theirs["configSchema"]["properties"].keys() == ours["configSchema"]["properties"].keys()
    mine, other = (each["configSchema"]["properties"]["credentials"] for each in (ours, theirs))
    assert mine["discriminator"] == other["discriminator"]
    assert mine["oneOf"][0]["required"] == other["oneOf"][0]["required"]
    assert mine["oneOf"][0]["properties"]["api_key"]["secret"] is True


def test_discovery_finds_the_same_streams(desk: Any) -> None:
    ours = {each["recommendedName"]: each for each in replay(desk, "discover")[1][0]["discovered"]["bindings"]}
    for theirs in lines_of("discover", "stdout")[0]["discovered"]["bindings"]:
        mine = ours[theirs["recommendedName"]]
        assert mine["resourceConfig"] == theirs["resourceConfig"]
        assert mine["key"] == theirs["key"]
        assert mine.get("disable") == theirs.get("disable")
        schema = mine["documentSchema"]
        assert schema["x-infer-schema"] is True
        assert schema["if"] == theirs["documentSchema"]["if"]
        assert schema["then"] == theirs["documentSchema"]["then"]
        assert schema["required"] == theirs["documentSchema"]["required"]


@pytest.mark.parametrize("name", ["validate", "apply"])
def test_the_answer_is_the_very_same(desk: Any, name: str) -> None:
    assert replay(desk, name)[1] == lines_of(name, "stdout")


def test_bad_credentials_end_with_one_error_that_a_user_can_act_on(desk: Any) -> None:
    desk.api.revoke("The API key is not active")
    call, answers = replay(desk, "validate-bad-credentials")
    assert (call.exit_code, answers) == (1, [])
    assert [log.level for log in call.logs] == ["error"]
    assert "The API key is not active" in call.error


def test_a_first_run_opens_captures_both_bindings_and_covers_all_with_checkpoints(desk: Any) -> None:
    call, answers = replay(desk, "open-first-run")
    theirs = lines_of("open-first-run", "stdout")
    kinds = [kind_of(each) for each in answers]
    assert call.exit_code == 0
    assert answers[0] == theirs[0]
    assert {"opened", "sourcedSchema", "captured", "checkpoint"} == set(kinds)
    assert kinds[-1] == "checkpoint"
    for binding in (0, 1):
        assert len(documents(answers, binding)) == len(documents(theirs, binding))
    assert [doc["id"] for doc in documents(answers, 0)] == [101, 102, 103]
    assert [doc["_meta"]["row_id"] for doc in documents(answers, 1)] == [0, 1]
    assert all(each["checkpoint"]["state"]["mergePatch"] for each in answers if kind_of(each) == "checkpoint")
    assert any(log.event == "connectorStatus" for log in call.logs)


def test_a_session_behind_a_spec_on_one_stdin_goes_on_with_acknowledgements_coming(desk: Any) -> None:
    call, answers = replay(desk, "open-resume-with-acks")
    assert call.exit_code == 0
    assert [kind_of(each) for each in answers[:2]] == ["spec", "opened"]
    assert kind_of(answers[-1]) == "checkpoint"
    assert len(documents(answers, 0)) == 3


def test_a_state_that_another_kit_wrote_is_replaced_with_a_word(desk: Any) -> None:
    call, answers = replay(desk, "open-resume-with-acks")
    warned = {log.stream for log in call.logs if log.level == "warn" and "starts over" in log.message}
    assert warned == {"tickets", "users"}
    patches = [each["checkpoint"]["state"]["updated"] for each in answers if kind_of(each) == "checkpoint"]
    first = {key: body for patch in reversed(patches) for key, body in patch["bindingStateV1"].items()}
    assert first["tickets.v0"]["inc"] is None  # what is not ours is taken out of the state
    assert first["users.v1"]["snapshot"] is None
