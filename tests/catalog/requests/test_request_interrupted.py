"""A step that a signal ends is taken whole or not at all, and can be taken again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.catalog.requests.desk import DECIDES, Desk

SIGNALS = [signal.SIGINT, signal.SIGTERM]
DECIDE = ("request", "decide", "zoom", "--approve", "--reason", "none there", "--by", DECIDES, "--today", "2026-11-04")
MADE = "after connector_sdk.catalog.scaffold:new_connector"
WRITTEN = "after connector_sdk.catalog.entries._sync:write"
BEGUN = "after connector_sdk.catalog.entries:begin"
HOLD = """\
import sys
if "connector_sdk.catalog.entries._probe" in sys.orig_argv:
    open({reached!r}, "w").close()
    open({never!r}).read()
"""
"""What holds the process in which the connector is asked: Python runs it before anything else."""


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("goal", ["candidate", "retired"])
def test_a_move_that_is_ended_while_the_entry_is_looked_at(begun: Desk, number: signal.Signals, goal: str) -> None:
    before = begun.files()
    verifying = "before connector_sdk.catalog.entries._checks:schema_findings"
    code, said = begun.ended(
        number, verifying, "request", "move", "linear", goal, "--note", "why", "--by", DECIDES, "--today", "2026-11-20"
    )
    assert (code, said) == (1, "error: Interrupted.\n")
    assert begun.files() == before


def test_a_move_that_is_killed_while_the_entry_is_looked_at(begun: Desk) -> None:
    before = begun.files()
    verifying = "before connector_sdk.catalog.entries._checks:schema_findings"
    begun.ended(signal.SIGKILL, verifying, "request", "move", "linear", "candidate")
    assert begun.files() == before


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("moment", [MADE, WRITTEN, BEGUN, "before connector_sdk.catalog.requests._deciding:written"])
def test_a_decision_that_is_ended_leaves_nothing_of_a_connector(
    waiting: Desk, number: signal.Signals, moment: str
) -> None:
    before = waiting.files()
    assert waiting.ended(number, moment, *DECIDE) == (1, "error: Interrupted.\n")
    assert waiting.files() == before


@pytest.mark.parametrize("number", SIGNALS)
def test_a_decision_that_is_ended_while_the_connector_is_asked(
    waiting: Desk, number: signal.Signals, tmp_path_factory: pytest.TempPathFactory
) -> None:
    hold = tmp_path_factory.mktemp("hold")
    pipes = {each: str(hold / each) for each in ("reached", "never")}
    for each in pipes.values():
        os.mkfifo(each)
    (hold / "sitecustomize.py").write_text(HOLD.format(**pipes))
    before = waiting.files()
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(hold), os.environ.get("PYTHONPATH", "")])}
    argv = [sys.executable, "-m", "connector_sdk.cli", *DECIDE]
    with subprocess.Popen(argv, cwd=waiting.root, env=env, stderr=subprocess.PIPE, text=True) as process:
        Path(pipes["reached"]).read_bytes()  # until the connector is asked
        process.send_signal(number)
        assert process.communicate(timeout=60)[1] == "error: Interrupted.\n"
    assert waiting.files() == before


def test_a_decision_that_is_ended_when_it_is_written_stands(waiting: Desk) -> None:
    after = "after connector_sdk.catalog.requests._deciding:written"
    code, _ = waiting.ended(signal.SIGTERM, after, *DECIDE)
    assert code == 1
    assert "state: building" in waiting.file("2026-002").read_text("utf-8")
    assert (waiting.root / "connectors" / "source-zoom" / "pyproject.toml").is_file()
    assert "generated:" in (waiting.root / "catalog-entries" / "source-zoom.yaml").read_text("utf-8")


def test_what_was_there_before_is_not_taken_back(waiting: Desk) -> None:
    (waiting.root / "connectors" / "source-zoom").mkdir(parents=True)
    (waiting.root / "connectors" / "source-zoom" / "theirs").write_text("x")
    before = waiting.files()
    waiting.ended(signal.SIGTERM, "before connector_sdk.catalog.scaffold:new_connector", *DECIDE)
    assert waiting.files() == before


def test_a_decision_that_was_killed_is_made_again(waiting: Desk) -> None:
    waiting.ended(signal.SIGKILL, WRITTEN, *DECIDE, "--owner", "data-team")
    entry = waiting.root / "catalog-entries" / "source-zoom.yaml"
    assert "generated:" not in entry.read_text("utf-8")
    assert "state: checked" in waiting.file("2026-002").read_text("utf-8")
    readme = waiting.root / "connectors" / "source-zoom" / "README.md"
    readme.write_text("written since")
    said = waiting.run(*DECIDE, "--owner", "other-team", code=1)
    assert "catalog-entries/source-zoom.yaml was begun for 2026-002" in said and "metadata.owner" in said
    waiting.run(*DECIDE, "--owner", "data-team")
    history = YAML(typ="safe").load(waiting.file("2026-002").read_text("utf-8"))["history"]
    assert [each["state"] for each in history] == ["draft", "checked", "approved", "building"]
    assert "generated:" in entry.read_text("utf-8")
    assert readme.read_text() == "written since"


def test_what_another_request_has_begun_is_not_taken_over(waiting: Desk) -> None:
    waiting.ended(signal.SIGKILL, WRITTEN, *DECIDE)
    entry = waiting.root / "catalog-entries" / "source-zoom.yaml"
    entry.write_text(entry.read_text("utf-8").replace("2026-002-zoom", "2026-009-zoom"))
    waiting.request("check", "zoom", "--today", "2026-11-03")
    before = waiting.files()
    assert "source-zoom" in waiting.run(*DECIDE, code=1)
    assert waiting.files() == before
