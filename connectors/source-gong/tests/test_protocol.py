"""Gong's connector as Flow's runtime meets it: the probe, requests on one stdin, credentials, shards."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.testing.fake import load_sandbox
from connector_sdk.testing.flow import Answered, Capture, KeyRange, Player

FOLDER = Path(__file__).parents[1]
SETTINGS = ["workspaces", "trackers", "call_outcomes", "crm_integrations", "scorecard_definitions"]


@pytest.fixture(scope="module")
def gong() -> Iterator[Any]:
    with load_sandbox(FOLDER)(calls=20, users=10, limits=False) as source:
        yield source


def player(**env: str) -> Player:
    return Player([sys.executable, "-m", "source_gong"], cwd=FOLDER, env={"CONNECTOR_RUN": "once"} | env)


def captured(gong: Any, *streams: str) -> Capture:
    return Capture.discovered(player().discover(gong.config()), gong.config(), streams=streams)


def test_the_probe_is_answered_at_once_without_a_config() -> None:
    call = player().call({"spec": {}})
    assert (call.exit_code, len(call.answers), call.logs, call.violations) == (0, 1, [], [])
    assert call.usage is not None
    assert call.usage.cpu < 1.0  # 0.35 s on a machine that has nothing else to do


def test_all_requests_on_one_stdin(gong: Any) -> None:
    capture = captured(gong, *SETTINGS)
    first = [
        {"spec": {}},
        {"discover": capture.discover_request()},
        {"validate": capture.validate_request()},
        {"apply": capture.apply_request()},
    ]
    seen: list[Any] = []
    session = player().run(capture, first=first, on_event=seen.append)
    assert [each.kind for each in seen if isinstance(each, Answered)] == ["spec", "discovered", "validated", "applied"]
    assert session.exit_code == 0
    assert session.documents == {name: len(gong.truth(name)) for name in SETTINGS}


def test_a_wrong_secret_is_refused_in_one_sentence_and_never_shown(gong: Any) -> None:
    config = gong.config()
    config["credentials"]["access_key_secret"] = "a-wrong-secret-made-up"
    call = player().call({"validate": {"name": "a/gong", "config": config}})
    assert call.exit_code == 1
    assert "Failed to verify authentication" in call.error
    assert b"a-wrong-secret-made-up" not in call.stderr


def test_two_shards_capture_each_stream_once(gong: Any) -> None:
    capture = captured(gong, *SETTINGS)
    halves = [player().run(capture, range=half).documents for half in KeyRange.split(2)]
    for name in SETTINGS:
        assert sorted(half[name] for half in halves) == [0, len(gong.truth(name))]
