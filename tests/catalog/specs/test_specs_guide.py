"""docs/flow-specs.md says what is so."""

import os
import re
import shlex
import shutil
from pathlib import Path

from typer.testing import CliRunner

from connector_sdk.catalog.specs import DESTINATIONS, RULES
from connector_sdk.cli._flow_app import flow_app
from tests.commands import command

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "flow-specs.md").read_text("utf-8")


def test_the_table_of_rules_is_whole():
    rows = dict(re.findall(r"^\| `(flow-[a-z]+)` \| (.*) \|$", GUIDE, re.MULTILINE))
    assert rows == dict(RULES)


def test_every_rule_in_the_code_is_listed_and_every_listed_one_is_in_the_code():
    code = "".join(each.read_text("utf-8") for each in (ROOT / "connector_sdk" / "catalog" / "specs").glob("_*.py"))
    told = set(re.findall(r'"(flow-[a-z]+)"', code)) | {"flow-target", "flow-source"}
    assert told == set(RULES)


def test_its_destinations_are_those_that_there_are():
    (listed,) = re.findall(r"\*\*`--to`\*\* takes (.*)\. Image", GUIDE)
    assert re.findall(r"`([^`]+)`", listed) == list(DESTINATIONS)


def test_its_commands_are_commands():
    (block,) = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
    for line in block.splitlines():
        words = shlex.split(line)
        assert words[:2] == ["connector-sdk", "flow"]
        shown = CliRunner().invoke(flow_app, [words[2], "--help"])
        assert shown.exit_code == 0
        for option in (each for each in words if each.startswith("--")):
            assert option in shown.output, line


def test_its_commands_end_as_it_says(files):
    shutil.copytree(ROOT / "connectors" / "source-gong", files.root / "connectors" / "source-gong")
    (block,) = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    for line in block.splitlines():
        told = re.search(r"# exit code (\d)$", line)
        done = command(*shlex.split(line, comments=True)[1:], cwd=files.root, env=env)
        assert done.returncode == (int(told[1]) if told else 0), (line, done.stdout, done.stderr)
