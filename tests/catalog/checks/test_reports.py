"""What ``check-all`` tells, and in which forms."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest

from connector_sdk.catalog._findings import Finding
from connector_sdk.catalog.checks import MARK, Report, markdown, sarif
from tests.catalog.requests.desk import Desk

LOOKED = {"requests": 2, "entries": 1, "flow files": 3, "flow files of tests": 1}


def report(*findings: Finding) -> Report:
    return Report(list(findings), LOOKED, "origin/main", date(2026, 11, 27))


# ---- SARIF

TEXT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["text"],
    "properties": {"text": {"type": "string", "minLength": 1}},
}
SARIF: dict[str, Any] = {
    # what of SARIF 2.1.0 is used here, from its specification: 3.13, 3.14, 3.19, 3.27, 3.49
    "type": "object",
    "additionalProperties": False,
    "required": ["version", "runs"],
    "properties": {
        "$schema": {"type": "string"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["tool", "results"],
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "automationDetails": {"type": "object", "required": ["id"]},
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "additionalProperties": False,
                                "required": ["name"],
                                "properties": {
                                    "name": {"type": "string", "minLength": 1},
                                    "semanticVersion": {"type": "string"},
                                    "rules": {"type": "array", "uniqueItems": True, "items": {"$ref": "#/$defs/rule"}},
                                },
                            }
                        },
                    },
                    "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
                },
            },
        },
    },
    "$defs": {
        "level": {"enum": ["none", "note", "warning", "error"]},
        "rule": {
            "type": "object",
            "additionalProperties": False,
            "required": ["id", "shortDescription", "help"],
            "properties": {
                "id": {"type": "string", "minLength": 1},
                "name": {"type": "string", "pattern": "^[A-Z][A-Za-z]+$"},
                "shortDescription": TEXT,
                "help": TEXT,
                "defaultConfiguration": {"type": "object", "properties": {"level": {"$ref": "#/$defs/level"}}},
                "properties": {"type": "object"},
            },
        },
        "result": {
            "type": "object",
            "additionalProperties": False,
            "required": ["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"],
            "properties": {
                "ruleId": {"type": "string"},
                "ruleIndex": {"type": "integer", "minimum": 0},
                "level": {"$ref": "#/$defs/level"},
                "message": TEXT,
                "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}},
                "locations": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["physicalLocation"],
                        "properties": {
                            "physicalLocation": {
                                "type": "object",
                                "additionalProperties": False,
                                "required": ["artifactLocation"],
                                "properties": {
                                    "artifactLocation": {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["uri"],
                                        "properties": {
                                            "uri": {"type": "string", "pattern": "^(?!/)[^ \\\\]+$"},
                                            "uriBaseId": {"type": "string"},
                                        },
                                    },
                                    "region": {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["startLine"],
                                        "properties": {
                                            "startLine": {"type": "integer", "minimum": 1},
                                            "startColumn": {"type": "integer", "minimum": 1},
                                        },
                                    },
                                },
                            }
                        },
                    },
                },
            },
        },
    },
}  # fmt: skip

FINDINGS = (
    Finding("request-state", "error", "It cannot be.", "take it back", "requests/2026-001-zoom.yaml", 3, 5),
    Finding("request-state", "error", "It cannot be.", "take it back", "requests/2026-001-zoom.yaml", 9, 5),
    Finding("flow-tag", "error", "There is no tag latest.", "", "a folder/flow.yaml", 7),
    Finding("until-overdue", "warning", "The day has come.", "look again", "requests/2026-002-gong.yaml"),
    Finding("flow-placeholder", "note", "host is to be filled in.", "", "config.yaml", 4, 1),
)


@pytest.mark.parametrize("findings", [(), FINDINGS], ids=["clean", "found"])
def test_sarif_has_the_form_that_readers_expect(findings: tuple[Finding, ...]) -> None:
    log = sarif(report(*findings), "1.2.3")
    jsonschema.Draft202012Validator(SARIF).validate(log)
    json.dumps(log)


def test_sarif_tells_each_finding_at_its_place_with_its_rule() -> None:
    run = sarif(report(*FINDINGS), "1.2.3")["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [each["id"] for each in rules] == ["flow-placeholder", "flow-tag", "request-state", "until-overdue"]
    for finding, result in zip(FINDINGS, run["results"], strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding.rule
        assert result["level"] == finding.severity
        assert result["message"]["text"].startswith(finding.message)
        physical = result["locations"][0]["physicalLocation"]
        assert unquote(physical["artifactLocation"]["uri"]) == finding.path
        assert physical.get("region", {}).get("startLine", 0) == finding.line


def test_a_hint_is_a_sentence_and_a_command_stays_as_it_is_typed() -> None:
    hints = ("take it back", "did you mean 'a'?", "connector-sdk request list", "")
    found = [Finding("request-state", "error", "No.", each, "a.yaml") for each in hints]
    told = [each["message"]["text"] for each in sarif(report(*found), "1.2.3")["runs"][0]["results"]]
    assert told == ["No. Take it back.", "No. Did you mean 'a'?", "No. connector-sdk request list.", "No."]


def test_fingerprints_outlive_lines_and_tell_equal_findings_apart() -> None:
    def marks(*findings: Finding) -> list[str]:
        results = sarif(report(*findings), "1.2.3")["runs"][0]["results"]
        return [each["partialFingerprints"]["connectorSdkFinding/v1"] for each in results]

    first = marks(*FINDINGS)
    assert len(set(first)) == len(FINDINGS)
    moved = [Finding(each.rule, each.severity, each.message, each.hint, each.path, each.line + 40) for each in FINDINGS]
    assert marks(*moved) == first


# ---- the comment


def test_a_comment_ticks_what_holds() -> None:
    text = markdown(report(FINDINGS[0], FINDINGS[3]))
    assert text.startswith(MARK + "\n### Not yet: 1 error, 1 warning\n")
    assert "- [x] Is data flowing through collections with keys and schemas, in sound specs?" in text
    assert "- [ ] Did every request go its way, decided by another person? (1 found)" in text
    assert "- [ ] Is nothing to be looked at again? (1 found)" in text
    assert "| error | request-state | requests/2026-001-zoom.yaml:3:5 | It cannot be.<br>take it back |" in text
    assert "compared with `origin/main`, on 2026-11-27." in text


def test_a_clean_comment_says_so() -> None:
    assert "### Clean: nothing found" in markdown(report())
    assert "### Clean: 1 warning" in markdown(report(FINDINGS[3]))
    assert "### Not yet: 1 warning" in markdown(report(FINDINGS[3]), strict=True)


def test_what_a_stranger_writes_is_no_markup_and_calls_nobody() -> None:
    evil = "x | <script>alert(1)</script> @octocat #12 ![a](https://evil.example/a.png) `code` *b*\n\n# Heading"
    text = markdown(report(Finding("request-schema", "error", evil, evil, f"requests/{evil}.yaml", 1)))
    rows = [line for line in text.splitlines() if line.startswith("| error")]
    assert len(rows) == 1
    shown = rows[0]
    assert len(re.findall(r"(?<!\\)\|", shown)) == 5
    for each in ("<script", "@octocat", " #12", "![", "`code`", "*b*"):
        assert each not in shown
    assert "&lt;script&gt;" in shown and "&#64;octocat" in shown


def test_a_comment_is_never_too_long_for_github() -> None:
    long = Finding("flow-config", "error", "m" * 5000, "h" * 5000, "p" * 300, 1)
    text = markdown(report(*([long] * 500)))
    assert len(text) < 65_536
    assert "and 450 more" in text


# ---- the command


def test_the_command_tells_it_in_every_form(shop: Desk, tmp_path_factory: pytest.TempPathFactory) -> None:
    out = tmp_path_factory.mktemp("out")
    (shop.root / "etl" / "gong.py").write_text("")
    files = ("--sarif", str(out / "a.sarif"), "--markdown", str(out / "a.md"))
    said = shop.process("check-all", "--base", "main", "--today", "2026-11-27", *files, code=1)
    assert "etl/gong.py: error: etl/gong.py is still there" in said
    assert re.search(r"NO +Are the scripts gone that requests replace\? \(1 found\)", said)
    assert said.rstrip().endswith("2 requests, 0 entries, 1 flow.yaml file; 1 error, 8 notes: not clean")
    log = json.loads((out / "a.sarif").read_text("utf-8"))
    jsonschema.Draft202012Validator(SARIF).validate(log)
    assert len(log["runs"][0]["results"]) == 9
    assert (out / "a.md").read_text("utf-8").startswith(MARK)
    told = shop.json("check-all", "--base", "main", "--today", "2026-11-27", code=1)
    assert told["clean"] is False and told["base"] == "main" and told["today"] == "2026-11-27"
    assert told["findings"][0]["rule"] == "script-not-removed"
    assert {"question": "Are the scripts gone that requests replace?", "holds": False, "findings": 1} in told[
        "checklist"
    ]


def test_a_warning_fails_only_where_it_is_asked_for(shop: Desk) -> None:
    shop.run("check-all", "--today", "2027-06-01")
    said = shop.run("check-all", "--today", "2027-06-01", "--strict", code=1)
    assert "The decision of 2026-002 held until 2027-05-06." in said


def test_it_says_the_same_each_time(shop: Desk) -> None:
    once, again = (shop.run("check-all", "--today", "2026-11-27", "--json") for _ in range(2))
    assert once == again


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--base", "mian"), "git knows no merge base of 'mian'"),
        (("--base", ""), "There is no base to compare with: its name is empty."),
        (("--base=--octopus",), "There is no base to compare with: '--octopus' cannot be the name of one."),
        (("--today", "27.11.2026"), "27.11.2026"),
        (("--root", "nowhere"), "There is no folder"),
        (("--sarif", "nowhere/a.sarif"), "nowhere/a.sarif cannot be written"),
    ],
)
def test_a_wrong_question_is_one_sentence(shop: Desk, args: tuple[str, ...], said: str) -> None:
    assert said in shop.run("check-all", *args, code=2)


def test_outside_of_a_repository_it_says_so(tmp_path: Path) -> None:
    desk = Desk.__new__(Desk)
    desk.root = tmp_path
    assert "is in no repository of connectors" in desk.run("check-all", code=2)


def test_an_empty_base_does_not_hide_a_request_that_is_gone(shop: Desk) -> None:
    shop.file("2026-002").unlink()
    assert "2026-002-zoom.yaml is gone" in shop.run("check-all", "--base", "main", "--today", "2026-11-27", code=1)
    shop.run("check-all", "--base", "", "--today", "2026-11-27", code=2)
    shop.run("entry", "validate", "--base", "", code=2)


def test_a_repository_without_commits_has_nothing_to_compare_with(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.git("update-ref", "-d", "HEAD")
    said = desk.run("check-all", "--base", "main", code=2)
    assert "the repository has no commit yet" in said and "unshallow" not in said


def test_another_users_folder_is_told_as_such(tmp_path: Path) -> None:
    said = Desk(tmp_path).process("check-all", "--base", "main", code=2, GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    assert "git config --global --add safe.directory" in said and "unshallow" not in said


def test_nothing_that_is_printed_begins_as_a_command_of_the_runner(shop: Desk) -> None:
    (shop.root / "::error title=x::pwned.flow.yaml").write_text("a: [\n")
    (shop.root / "a\n::error title=x::pwned\x1b[2J.flow.yaml").write_text("a: [\n")
    shop.edit("2026-002", "system: Zoom", 'system: "Evil\\n::error file=x::pwned"')
    said = shop.run("check-all", "--today", "2026-11-27", code=1)
    assert "text on one line" in said and "pwned.flow.yaml" in said
    assert "\x1b" not in said and not any(each.lstrip().startswith("::") for each in said.splitlines()), said
    said = shop.run("flow", "lint", ".", code=1)
    assert "\x1b" not in said.partition("next")[0]
    assert not any(each.lstrip().startswith("::error title=x::pwned.flow.yaml:") for each in said.splitlines()), said
