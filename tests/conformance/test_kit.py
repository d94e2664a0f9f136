"""The kit's own parts: comparing, reports, the command, and what is wrong with the way it is used."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.testing.conformance import Outcome, Report, as_html, as_junit, chosen
from connector_sdk.testing.conformance._compare import against_capture, against_truth

from .defects import FOLDER


def test_what_differs_is_told_in_a_sentence() -> None:
    found = {(1,): {"id": 1, "v": 2, "_meta": {"op": "u"}}, (2,): {"id": 2, "v": 1}, (4,): {"id": 4}}
    truth = {1: {"id": 1, "v": 2}, 2: {"id": 2, "v": 9}, 3: {"id": 3}}
    told = against_truth("s", found, truth, deletes=True)
    assert told == (
        "s: 1 of 3 are missing (3), 1 of 3 are there and should not be (4), 1 of 3 are out of date (2)"
    )  # fmt: skip
    assert "should not be" not in against_truth("s", found, truth, deletes=False)


def test_what_the_definition_adds_and_writes_as_text_is_no_difference() -> None:
    found = {("7",): {"id": "7", "from": "above", "nested": {"n": 1, "more": True}, "_meta": {"op": "u"}}}
    assert against_truth("s", found, {7: {"id": 7, "nested": {"n": 1}}}, deletes=True) == ""


def test_contents_are_compared_where_keys_have_nothing_in_common() -> None:
    found = {("digest-a",): {"text": "a", "hash": "digest-a"}, ("digest-b",): {"text": "b", "hash": "digest-b"}}
    assert against_truth("s", found, {1: {"text": "a"}, 2: {"text": "b"}}, deletes=True) == ""
    assert "are missing" in against_truth("s", found, {1: {"text": "a"}, 2: {"text": "c"}}, deletes=True)


def test_volatile_members_are_left_out() -> None:
    found, fresh = {(1,): {"id": 1, "asked": 1}}, {(1,): {"id": 1, "asked": 2}}
    assert against_capture("s", found, fresh, deletes=True, leave_out=["asked"]) == ""
    assert "out of date" in against_capture("s", found, fresh, deletes=True)


def outcome(status: Any, told: str, **more: Any) -> Outcome:
    return Outcome("a-check", "crash", "Because it matters.", ("R15",), status, told, 1.5, **more)


FAILED = outcome("failed", "it <lost> 3 & more", seen=[
    {"documents": 5, "checkpoints": 2, "requests": 9, "killed": True, "exit": -9, "seconds": 0.4, "memory": 50},
    {"conversation": ["log: <b>hm</b>"], "requests": ["GET /x -> 503"]},
])  # fmt: skip


def test_the_reports_say_the_same_and_escape_what_a_source_says() -> None:
    report = Report("source-x", [FAILED, outcome("not exercised", "no tick()"), outcome("passed", "all")], 3.0)
    page = as_html(report)
    assert "source-x does not conform" in page
    assert "it &lt;lost&gt; 3 &amp; more" in page and "<b>hm" not in page
    assert "http" not in page.replace("http-equiv", ""), "it needs nothing from elsewhere"
    (suite,) = ElementTree.fromstring(as_junit(report).partition("\n")[2])
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    assert suite[1][0].get("message") == "not exercised: no tick()"
    assert report.as_json()["counts"] == {"passed": 1, "failed": 1, "not exercised": 1}


def test_a_run_that_proved_nothing_has_not_passed() -> None:
    assert not Report("x", [outcome("not exercised", "no sandbox")]).passed
    assert Report("x", [outcome("not exercised", "why"), outcome("passed", "all")]).passed


def test_checks_are_chosen_by_name_and_misspelt_ones_are_named() -> None:
    assert [each.name for each in chosen(["probe-is-answered"])] == ["probe-is-answered"]
    assert 10 < len(chosen(quick=True)) < len(chosen())
    with pytest.raises(ValueError, match="probe-is-answered"):
        chosen(["probe-is-anserwed"])


def command(*words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "connector_sdk.cli", "test", *words]
    return subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)


def test_the_command_tells_a_table_and_writes_reports(tmp_path: Path) -> None:
    files = ["--html", str(tmp_path / "r.html"), "--junit", str(tmp_path / "r.xml")]
    done = command(str(FOLDER), "--only", "probe-is-answered,config-schema-makes-a-form", *files)
    assert done.returncode == 0, done.stderr
    assert "source-shop conforms: 2 passed, 0 failed, 0 not exercised" in done.stdout
    assert "conforms" in (tmp_path / "r.html").read_text("utf-8")
    ElementTree.fromstring((tmp_path / "r.xml").read_text("utf-8").partition("\n")[2])


def test_with_json_there_is_one_object(tmp_path: Path) -> None:
    done = command(str(FOLDER), "--only", "probe-is-answered", "--json")
    told = json.loads(done.stdout)
    assert told["passed"] and told["checks"][0]["check"] == "probe-is-answered"
    assert done.stderr == ""


@pytest.mark.parametrize("words, said", [
    (["nothing-there"], "There is no connector 'nothing-there'"),
    ([str(FOLDER), "--only", "no-such-check"], "There is no check 'no-such-check'"),
    ([str(FOLDER), "--html", "no/such/folder/r.html"], "There is no folder no/such/folder"),
    ([str(Path(__file__).parents[1] / "sources" / "source_toy")], "there is no"),
    ([], "names no connector"),
    (["image:acme/source-shop:v1"], "Of the image acme/source-shop:v1 nobody knows the sandbox"),
    (["image:acme/source-shop:v1", "--connector", str(FOLDER), "--memory", "much"], "'much' is no amount of memory"),
])  # fmt: skip
def test_wrong_usage_is_told_in_a_sentence(words: list[str], said: str) -> None:
    done = command(*words)
    assert done.returncode == 2
    assert said in done.stderr and "Traceback" not in done.stderr
    assert done.stdout == ""


def test_the_list_has_every_check_with_its_reason() -> None:
    done = command("--list", "--json")
    checks = json.loads(done.stdout)["checks"]
    assert {each["check"] for each in checks} == {each.name for each in chosen()}
    assert all(each["why"] for each in checks)
