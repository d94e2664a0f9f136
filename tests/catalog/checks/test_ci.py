"""The files for GitHub in ``docs/ci``: they name what there is, and their scripts run."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from connector_sdk.catalog.requests import LABELS, schema
from connector_sdk.cli._app import command
from tests.catalog.requests.desk import Desk

CI = Path(__file__).parents[3] / "docs" / "ci"
WORKFLOWS = ("check-all", "request-path", "request-from-issue")


def load(name: str) -> Any:
    return YAML(typ="safe").load((CI / f"{name}.yml").read_text("utf-8"))


def scripts(name: str) -> dict[str, str]:
    return {
        str(step["name"]): step["run"]
        for job in load(name)["jobs"].values()
        for step in job.get("steps", [])
        if "run" in step
    }


def test_every_file_here_is_known() -> None:
    assert {each.stem for each in CI.iterdir()} == {*WORKFLOWS, "request-a-connector"}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_no_script_takes_text_of_others_into_the_shell(name: str) -> None:
    for script in scripts(name).values():
        assert "${{" not in script
        subprocess.run(["bash", "-n"], input=script, text=True, check=True, timeout=30)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflows_have_the_rights_they_need_and_no_more(name: str) -> None:
    rights = load(name)["permissions"]
    assert rights["contents"] == ("write" if name == "request-from-issue" else "read")
    assert set(rights) <= {"contents", "pull-requests", "security-events"}
    for job in load(name)["jobs"].values():
        for step in job.get("steps", []):
            assert re.fullmatch(r"[\w./-]+@v\d+", step.get("uses", "actions/checkout@v4"))


def test_what_is_called_takes_what_it_is_given() -> None:
    called = load("check-all")["on"]["workflow_call"]["inputs"]
    job = load("request-path")["jobs"]["check-all"]
    assert job["uses"] == "./.github/workflows/check-all.yml"
    assert set(job["with"]) <= set(called)
    granted = load("request-path")["permissions"]
    for right, level in load("check-all")["jobs"]["check-all"]["permissions"].items():
        assert granted[right] == level


def _commands(text: str) -> list[list[str]]:
    found = re.findall(r"connector-sdk ((?:check-all|request|entry|flow|catalog|new)\b[^|;\n`)]*)", text)
    return [each.partition(" #")[0].split() for each in found]


@pytest.mark.parametrize("path", [*CI.iterdir(), CI.parent / "requests.md"], ids=lambda path: path.name)
def test_every_command_and_option_that_is_named_exists(path: Path) -> None:
    root = command()
    for words in _commands(path.read_text("utf-8")):
        here, rest = root, list(words)
        while rest and hasattr(here, "commands") and rest[0] in here.commands:
            here = here.commands[rest.pop(0)]
        known = {option for each in here.params for option in each.opts} if not hasattr(here, "commands") else set()
        for word in rest:
            if re.match("--[a-z]", word):
                assert word.partition("=")[0] in known, words


# ---- the form


def test_the_form_mirrors_a_request() -> None:
    fields = {each["id"]: each["attributes"] for each in load("request-a-connector")["body"]}
    assert {name: each["label"] for name, each in fields.items()} == LABELS
    properties = schema()["properties"]
    assert fields["kind"]["options"] == properties["connectorKind"]["enum"]
    assert fields["data"]["options"] == properties["dataClassification"]["enum"]


def test_ids_and_labels_are_what_github_takes() -> None:
    form = load("request-a-connector")
    assert set(form) == {"name", "description", "title", "labels", "body"}
    assert len(form["description"]) <= 200
    for each in form["body"]:
        assert each["type"] in ("input", "textarea", "dropdown")
        assert all(isinstance(option, str) for option in each["attributes"].get("options", []))


ISSUE = """\
### System

Zoom

### Your e-mail address

requester@example.test

### Direction

capture

### What is to be captured

- meetings
- recordings

### Deletions have to arrive

yes

### Freshness

PT15M

### Volume

_No response_

### Addresses

https://developers.zoom.us/docs/api/

### Login

_No response_

### Class of the data

confidential

### Scripts that it replaces

etl/zoom.py
"""


def test_a_request_is_made_of_an_issue(desk: Desk) -> None:
    (desk.root / "issue.md").write_text(ISSUE.replace("\n", "\r\n"), "utf-8")
    desk.request("new", "--issue", "issue.md", "--today", "2026-11-02")
    made = YAML(typ="safe").load(desk.file("2026-001").read_text("utf-8"))
    assert made["system"] == "Zoom" and made["requester"] == "requester@example.test"
    assert made["need"] == {"streams": ["meetings", "recordings"], "deletes": True, "freshness": "PT15M"}
    assert made["urls"] == ["https://developers.zoom.us/docs/api/"]
    assert made["dataClassification"] == "confidential" and made["replaces"] == ["etl/zoom.py"]
    assert "auth" not in made


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("### System\n\nZoom\n", "", "nothing below 'System'"),
        ("requester@example.test", "_No response_", "nothing below 'Your e-mail address'"),
        ("requester@example.test", "me", "'me', not an e-mail address"),
        ("### Freshness", "### Freshnes", "did you mean 'Freshness'?"),
        ("### Freshness", "### System", "has the heading 'System' twice"),
        ("PT15M", "15 minutes", "an ISO 8601 duration"),
        ("capture\n", "both\n", "there is 'capture', 'materialization'"),
        ("Zoom\n", "$(touch evil)\n", ""),
    ],
)
def test_an_issue_that_was_edited(desk: Desk, old: str, new: str, said: str) -> None:
    (desk.root / "issue.md").write_text(ISSUE.replace(old, new, 1), "utf-8")
    assert said in desk.request("new", "--issue", "issue.md", code=2 if said else 0)
    assert not (desk.root / "evil").exists()


# ---- the scripts, run


class Runner:
    """A machine of GitHub's, as far as the scripts see it: its files, and stand-ins for what reaches GitHub."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk = desk
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.calls = folder / "calls"
        self.program("gh", 'printf "%s\\n" "$*" >> "$CALLS"; echo "${GH_SAYS:-}"')
        self.program("connector-sdk", f'exec {shlex.quote(sys.executable)} -m connector_sdk.cli "$@"')
        self.program("python", f'exec {shlex.quote(sys.executable)} "$@"')

    def program(self, name: str, script: str) -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)

    def run(self, script: str, code: int = 0, **env: str) -> str:
        files = {each: str(self.folder / each) for each in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        whole = {
            **os.environ, **files, "CALLS": str(self.calls), "RUNNER_TEMP": str(self.folder),
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}", **env,
        }  # fmt: skip
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script], cwd=self.desk.root, env=whole, capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def text(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8")


@pytest.fixture
def runner(shop: Desk, tmp_path_factory: pytest.TempPathFactory) -> Runner:
    return Runner(shop, tmp_path_factory.mktemp("runner"))


def test_the_workflow_checks_comments_and_fails(runner: Runner) -> None:
    steps = scripts("check-all")
    runner.desk.git("update-ref", "refs/remotes/origin/main", "HEAD")
    runner.run(steps["Check"], BASE="main", STRICT="false")
    assert runner.text("GITHUB_OUTPUT") == "code=0\n"
    (runner.desk.root / "etl" / "gong.py").write_text("")
    runner.run(steps["Check"], BASE="main", STRICT="true")
    assert runner.text("GITHUB_OUTPUT").endswith("code=1\n")
    assert "### Not yet: 1 error" in runner.text("GITHUB_STEP_SUMMARY")
    assert json.loads((runner.desk.root / "check-all.sarif").read_text("utf-8"))["version"] == "2.1.0"
    runner.run(steps["Comment"], REPOSITORY="acme/connectors", NUMBER="7")
    assert "--method POST repos/acme/connectors/issues/7/comments" in runner.text("calls")
    runner.run(steps["Comment"], REPOSITORY="acme/connectors", NUMBER="7", GH_SAYS="99")
    assert "--method PATCH repos/acme/connectors/issues/comments/99" in runner.text("calls")
    runner.run(steps["Verdict"], CODE="0")
    runner.run(steps["Verdict"], code=1, CODE="1")


def test_the_workflow_tells_a_wrong_question_too(runner: Runner) -> None:
    said = runner.run(scripts("check-all")["Check"], BASE="nowhere", STRICT="false")
    assert "git knows no merge base" in said
    assert runner.text("GITHUB_OUTPUT") == "code=2\n"


def test_the_workflow_makes_a_request_of_an_issue(runner: Runner) -> None:
    desk = runner.desk
    remote = runner.folder / "remote.git"
    desk.git("init", "--quiet", "--bare", str(remote))
    desk.git("remote", "add", "origin", str(remote))
    evil = ISSUE.replace("Zoom", "ClickUp $(touch evil) `touch evil`")
    runner.run(scripts("request-from-issue")["Request"], BODY=evil, NUMBER="12")
    assert not (desk.root / "evil").exists()
    assert "Request" in desk.git("log", "-1", "--format=%s")
    branches = desk.git("ls-remote", "--heads", "origin")
    assert re.search(r"refs/heads/request-20\d\d-00\d", branches)
    assert "pr create" in runner.text("calls")
    found = next((desk.root / "requests").glob("*clickup*"))
    assert "state: checked" in found.read_text("utf-8")


# ---- what is installed


@pytest.mark.parametrize("name", ["check-all", "request-from-issue"])
def test_the_sdk_is_installed_from_where_it_is(runner: Runner, name: str) -> None:
    install = scripts(name)["Install"]
    runner.program("python", 'printf "%s\\n" "$*" >> "$CALLS"')
    said = runner.run(install, code=1, SDK="", INSTALL="")
    assert "Set the variable CONNECTOR_SDK" in said
    assert not runner.calls.exists()
    runner.run(install, SDK="https://wheels.example.test/sdk.whl", INSTALL="")
    shutil.copy(CI.parents[1] / "pyproject.toml", runner.desk.root)
    runner.run(install, SDK="", INSTALL="")
    assert runner.text("calls").splitlines() == [
        "-m pip install --quiet https://wheels.example.test/sdk.whl",
        "-m pip install --quiet .[cli,images]",
    ]


def test_nothing_says_to_install_the_sdk_by_its_bare_name() -> None:
    root = CI.parents[1]
    told = [*root.glob("*.md"), *(root / "docs").rglob("*.md"), *CI.iterdir(), *(root / "connector_sdk").rglob("*.md")]
    told += (root / "connector_sdk").rglob("*.py")
    told.remove(root / "CHANGELOG.md")
    bare = re.compile(r"pip install[^\n]*\bestuary-connector-sdk(?!\[[\w,]+\] @)")
    assert [each.name for each in told if bare.search(each.read_text("utf-8"))] == []
