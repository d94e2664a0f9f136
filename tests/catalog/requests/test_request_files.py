"""Requests as files that people edit: each mistake is found, at its line, and named by its rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import pytest

from connector_sdk.catalog._findings import Finding
from connector_sdk.catalog.known import load
from connector_sdk.catalog.requests import check_requests
from tests.catalog.requests.desk import DECIDES, Desk

TODAY = date(2026, 11, 27)
Edit = Callable[[Desk], object]


def found(desk: Desk, base: str | None = "main") -> list[Finding]:
    return check_requests(desk.repository, base, today=TODAY, catalog=load())


def rules(desk: Desk, base: str | None = "main") -> set[str]:
    return {each.rule for each in found(desk, base)}


def test_what_the_tool_wrote_is_clean(waiting: Desk) -> None:
    assert found(waiting) == []
    assert found(waiting, None) == []


def edited(number: str, old: str, new: str) -> Edit:
    return lambda desk: desk.edit(number, old, new)


def renamed(number: str, name: str) -> Edit:
    return lambda desk: desk.file(number).rename(desk.root / "requests" / name)


def added(name: str, text: str) -> Edit:
    return lambda desk: (desk.root / "requests" / name).write_text(text, "utf-8")


def decided_by_hand(desk: Desk) -> None:
    desk.request("decide", "zoom", "--reject", "--reason", "why", "--by", DECIDES, "--today", "2026-11-20")
    desk.edit("2026-002", "    by: decider@example.test", "    by: requester@example.test")
    desk.edit("2026-002", "  by: decider@example.test", "  by: requester@example.test")


def taken_twice(desk: Desk) -> None:
    text = desk.file("2026-001").read_text("utf-8").replace("Webex", "Teams")
    (desk.root / "requests" / "2026-001-teams.yaml").write_text(text, "utf-8")


def asked_twice(desk: Desk) -> None:
    text = desk.file("2026-002").read_text("utf-8").replace("2026-002", "2026-004")
    (desk.root / "requests" / "2026-004-zoom.yaml").write_text(text, "utf-8")


def gone(desk: Desk) -> None:
    desk.file("2026-002").unlink()


class Mistake(NamedTuple):
    """An edit; the rule that finds it, what is said of it, and the line that it is said of."""

    edit: Edit
    rule: str
    said: str
    line: str = ""


FIRST = "# A request for a connector."
MISTAKES = {
    "no YAML": Mistake(edited("2026-002", "need: {}", "need: {"), "request-unreadable", "line"),
    "a key twice": Mistake(edited("2026-002", "need: {}", "need: {}\nneed: {}"), "request-unreadable", "duplicate key"),
    "no fields": Mistake(added("2026-004-asana.yaml", "- a\n"), "request-schema", "holds no fields", "- a"),
    "a typo in a field": Mistake(
        edited("2026-002", "requester:", "requestor:"), "request-schema", "did you mean 'requester'?", "requestor:"
    ),
    "a field too few": Mistake(
        edited("2026-002", "connectorKind: capture\n", ""), "request-schema", "connectorKind is missing", FIRST
    ),
    "a state that is none": Mistake(
        edited("2026-002", "state: checked\nh", "state: chekced\nh"),
        "request-schema",
        "did you mean 'checked'?",
        "state: chekced",
    ),
    "text for a list": Mistake(
        edited("2026-002", "need: {}", "need: {streams: all}"), "request-schema", "must be a list", "need:"
    ),
    "a day that is none": Mistake(
        edited("2026-002", "date: 2026-11-02", "date: '2026-02-31'"),
        "request-schema",
        "no calendar has",
        "date: '2026-02-31'",
    ),
    "a gap written as a map": Mistake(
        edited("2026-003", "gap: []", "gap: [{stream: chats}]"), "request-schema", "must be text", "gap:"
    ),
    "a wrong name": Mistake(renamed("2026-002", "zoom.yaml"), "request-file-name", "YYYY-NNN-SYSTEM.yaml"),
    "a wrong ending": Mistake(renamed("2026-002", "2026-002-zoom.yml"), "request-file-name", "YYYY-NNN-SYSTEM.yaml"),
    "another system's name": Mistake(
        renamed("2026-002", "2026-002-webex.yaml"), "request-file-name", "2026-002-zoom.yaml"
    ),
    "a file that is gone": Mistake(gone, "request-removed", "is gone"),
    "an impossible state": Mistake(
        edited("2026-002", "state: checked\nh", "state: registered\nh"),
        "request-state",
        "ends with checked",
        "state: registered",
    ),
    "a step too far": Mistake(
        edited("2026-002", "  - state: checked", "  - state: building"),
        "request-state",
        "draft cannot become building",
        "- state: building",
    ),
    "a decision by the requester": Mistake(
        decided_by_hand, "request-decider", "asked for this", "by: requester@example.test"
    ),
    "a day to come": Mistake(
        edited("2026-003", "    date: 2026-11-04", "    date: 2026-12-24"),
        "request-date",
        "not come yet",
        "date: 2026-12-24",
    ),
    "a history rewritten": Mistake(
        edited("2026-003", "note: request-custom", "note: another"), "request-history", "only added", "history:"
    ),
    "a reason rewritten": Mistake(
        edited("2026-003", "reason: none there", "reason: because"), "request-changed", "edited after", "decision:"
    ),
    "until moved": Mistake(
        edited("2026-003", "until: 2027-05-06", "until: 2030-01-01"),
        "request-changed",
        "without a step",
        "until: 2030-01-01",
    ),
    "another system": Mistake(
        edited("2026-001", "system: Webex", "system: Webex Calling"), "request-changed", "system was Webex", "system:"
    ),
    "a need unasked": Mistake(
        edited("2026-002", "need: {}", "need: {streams: [chats]}"), "request-changed", "since it was checked", "need:"
    ),
    "an answer made up": Mistake(
        edited("2026-002", "  query: Zoom", "  query: Zoomy"),
        "request-check-stale",
        "has other details",
        "catalogCheck:",
    ),
    "a building without a folder": Mistake(
        edited("2026-003", "state: approved\nh", "state: building\nh"),
        "request-entry",
        "no folder",
        "state: building",
    ),
    "a number taken twice": Mistake(taken_twice, "request-number-twice", "id: 2026-004"),
    "a system asked for twice": Mistake(asked_twice, "request-twice", "2026-002 asks for Zoom", "system: Zoom"),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_is_found_at_its_line(waiting: Desk, what: str) -> None:
    mistake = MISTAKES[what]
    mistake.edit(waiting)
    matching = [each for each in found(waiting) if each.rule == mistake.rule]
    assert matching, found(waiting)
    assert all(each.path.startswith("requests/") and each.severity == "error" and each.hint for each in matching)
    assert any(mistake.said in f"{each.message} {each.hint}" for each in matching), matching
    lines = {_line(waiting, each) for each in matching}
    assert any(line.startswith(mistake.line) if mistake.line else not line for line in lines), (lines, matching)


def _line(desk: Desk, finding: Finding) -> str:
    if not finding.line:
        return ""
    return (desk.root / finding.path).read_text("utf-8").splitlines()[finding.line - 1].strip()


def test_a_number_that_the_other_branch_took_first(waiting: Desk) -> None:
    waiting.git("switch", "--quiet", "--create", "mine")
    waiting.request("new", "Teams", "--today", "2026-11-25")
    waiting.commit("mine")
    waiting.git("switch", "--quiet", "main")
    # another one, whose clone does not know of mine, takes the same number and is merged first
    other = waiting.file("2026-001").read_text("utf-8").replace("2026-001", "2026-004").replace("Webex", "ClickUp")
    (waiting.root / "requests" / "2026-004-clickup.yaml").write_text(other, "utf-8")
    waiting.commit("theirs")
    assert rules(waiting) == set()
    waiting.git("switch", "--quiet", "mine")
    twice = [each for each in found(waiting) if each.rule == "request-number-twice"]
    assert [each.path for each in twice] == ["requests/2026-004-teams.yaml"]
    assert "2026-004-clickup.yaml" in twice[0].message and "id: 2026-005" in twice[0].hint
    waiting.edit("2026-004", "id: 2026-004", "id: 2026-005")
    waiting.file("2026-004").rename(waiting.root / "requests" / "2026-005-teams.yaml")
    assert rules(waiting) == set()


def test_two_of_one_number_that_were_merged_both_are_told_apart_again(waiting: Desk) -> None:
    taken_twice(waiting)
    waiting.commit("both merged")
    waiting.git("switch", "--quiet", "--create", "mend")
    assert {each.path for each in found(waiting) if each.rule == "request-number-twice"} == {
        "requests/2026-001-teams.yaml",
        "requests/2026-001-webex.yaml",
    }
    text = (waiting.root / "requests" / "2026-001-teams.yaml").read_text("utf-8")
    (waiting.root / "requests" / "2026-001-teams.yaml").unlink()
    (waiting.root / "requests" / "2026-004-teams.yaml").write_text(text.replace("2026-001", "2026-004"), "utf-8")
    assert rules(waiting) == set()


def test_the_whole_way_on_a_branch_is_clean(waiting: Desk) -> None:
    waiting.git("switch", "--quiet", "--create", "mine")
    waiting.request("new", "Teams", "--today", "2026-11-20")
    waiting.request("check", "teams", "--today", "2026-11-20")
    waiting.request("decide", "teams", "--reject", "--reason", "no need", "--by", DECIDES, "--today", "2026-11-21")
    waiting.request("decide", "zoom", "--approve", "--reason", "needed", "--by", DECIDES, "--no-scaffold",
                    "--today", "2026-11-21")  # fmt: skip
    waiting.request("renew", "linear", "--until", "2028-01-01", "--by", DECIDES, "--today", "2026-11-22")
    assert found(waiting) == []


def test_an_answer_made_up_before_the_decision_is_found(desk: Desk) -> None:
    number = desk.checked("Gong")
    desk.edit(number, "answer: use-existing", "answer: request-custom")
    desk.edit(number, "  connector: source-gong\n", "")
    desk.edit(number, "state: checked\nhistory", "decision: {answer: approve, by: decider@example.test, "
              "date: 2026-11-04, reason: why, gap: [], until: 2027-01-01}\nconnector: source-ours\n"
              "state: approved\nhistory")  # fmt: skip
    path = desk.file(number)
    path.write_text(path.read_text("utf-8") + "  - {state: approved, date: 2026-11-04, by: decider@example.test}\n")
    stale = [each for each in found(desk) if each.rule == "request-check-stale"]
    assert [each.message for each in stale] == ["The answer of today's catalog is use-existing, not request-custom."]


def test_an_answer_of_an_older_catalog_is_only_told(waiting: Desk) -> None:
    text = waiting.file("2026-002").read_text("utf-8")
    version = next(line for line in text.splitlines() if "catalogVersion" in line)
    waiting.edit("2026-002", version, "  catalogVersion: 2026-01-01+sha256:00000000")
    told = [each for each in found(waiting, None) if each.rule == "request-check-stale"]
    assert [(each.severity, each.message) for each in told] == [
        ("warning", "The catalog has a newer version; its answer is the same.")
    ]


def test_other_files_are_left_alone(waiting: Desk) -> None:
    (waiting.root / "requests" / "README.md").write_text("What lies here.\n")
    (waiting.root / "requests" / ".gitkeep").write_text("")
    assert found(waiting) == []


def test_without_requests_nothing_is_found(desk: Desk) -> None:
    assert found(desk) == []


def test_systems_that_signs_tell_apart_are_clean_also_under_the_names_that_files_had_before(desk: Desk) -> None:
    desk.request("new", "C", "--today", "2026-11-02")
    desk.request("new", "C++", "--today", "2026-11-02")
    assert found(desk, None) == []
    desk.file("2026-002").rename(desk.root / "requests" / "2026-002-c.yaml")
    assert found(desk, None) == []
