"""Each bad input, typed as a user types it: one screen, no traceback, no secret, the right exit code, a next step."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.commands import command

ROOT = Path(__file__).parents[2]
SECRET = "a-made-up-token-for-the-toy"
SCREEN = 40


class Shell:
    """The command, in a folder of its own, with the toy's config in ``config.json``."""

    def __init__(self, folder: Path, toy: Any) -> None:
        self.folder = folder
        self.toy = toy
        self.write(toy.config())

    def write(self, config: Any) -> None:
        (self.folder / "config.json").write_text(config if isinstance(config, str) else json.dumps(config))

    def run(self, *args: str, code: int) -> str:
        """All that was said; checked for what no answer to bad input may be."""
        env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "tests" / "sources"), str(ROOT)])}
        done = command(*args, cwd=self.folder, env=env)
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        assert "Traceback" not in said
        assert SECRET not in said
        assert done.stderr.startswith(("error: ", "warn: ", "warning: ")), said
        assert len(said.splitlines()) <= SCREEN, said
        return said

    def validate(self, *args: str, code: int = 2) -> str:
        return self.run("validate", "source_toy", "--config", "config.json", *args, code=code)

    def preview(self, *args: str, code: int = 1) -> str:
        return self.run("preview", "source_toy", "--config", "config.json", "--db", "a.duckdb", *args, code=code)


@pytest.fixture
def shell(toy: Any, tmp_path: Path) -> Shell:
    return Shell(tmp_path, toy)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"credentials": None}, "credentials is missing."),
        ({"start_dat": "2026-01-01"}, 'start_dat is no field of the config: did you mean "start_date"?'),
        ({"start_date": "yesterday"}, "start_date must be a date or an instant"),
        ({"start_date": 7}, "start_date must be"),
        ({"credentials": {"credentials_title": "Token", "token": 7}}, "credentials.token must be text, not a number."),
        ({"credentials": {"credentials_title": "Tokn", "token": SECRET}}, 'credentials_title must be "Token"'),
        ({"advanced": {"base_url": "no address"}}, "advanced.base_url must be an http or https address"),
    ],
)
def test_a_config_that_does_not_fit(shell: Shell, changes: dict[str, Any], said: str) -> None:
    config = {name: value for name, value in (shell.toy.config() | changes).items() if value is not None}
    shell.write(config)
    text = shell.validate()
    assert said in text
    assert "hint: connector-sdk spec CONNECTOR shows the fields" in text
    assert "more: connector-sdk explain config" in text
    assert said in shell.preview(code=2)


@pytest.mark.parametrize("config", ['{"token": "a-made-up-token-for-the-toy" oops}', '["a-made-up-token-for-the-toy"]'])
def test_a_config_file_that_is_no_json_object(shell: Shell, config: str) -> None:
    shell.write(config)
    assert "config.json" in shell.validate()


def test_wrong_credentials(shell: Shell) -> None:
    shell.toy.api.revoke("Token is not valid")
    text = shell.validate(code=1)
    assert text.startswith(
        "error: The source refused the credentials 'Token' (401 Unauthorized: Token is not valid).\n"
    )
    assert "hint: check that it is complete" in text
    assert "more: connector-sdk explain credentials-refused" in text


def test_credentials_that_are_withdrawn_in_mid_run(shell: Shell) -> None:
    shell.toy.items.put_all({"id": number} for number in range(25))
    shell.toy.api.after("GET /items", lambda request: shell.toy.api.revoke("Token was withdrawn"), nth=2)
    text = shell.preview("--streams", "items")
    assert "\npartial: The source refused the credentials 'Token'" in text
    assert "Token was withdrawn" in text
    assert "more: connector-sdk explain credentials-refused" in text


@pytest.mark.parametrize(
    ("url", "said"), [("http://127.0.0.1:9", "nothing answers there"), ("http://a.invalid", "its name is not known")]
)
def test_a_host_that_cannot_be_reached(shell: Shell, url: str, said: str) -> None:
    shell.write(shell.toy.config(advanced={"base_url": url}))
    text = shell.validate(code=1)
    assert said in text
    assert "hint: check the base URL" in text


def test_an_unknown_stream(shell: Shell) -> None:
    assert "did you mean 'items'?" in shell.preview("--streams", "tickets,itmes", code=2)
    assert not (shell.folder / "a.duckdb").exists()


def test_an_interval_that_is_none(shell: Shell) -> None:
    assert "write PT5M" in shell.preview("--streams", "items", "--interval", "5 minutes", code=2)


@pytest.mark.parametrize(
    ("state", "code", "said"),
    [
        ("{", 2, "is not JSON"),
        ("[]", 2, "holds a JSON list, not an object"),
        ('{"bindingStateV1": 7}', 1, "The state is no JSON object."),
        ('{"bindingStateV1": {"items.v0": []}}', 1, "The state of the binding 'items.v0' is no JSON object."),
        ('{"bindingStateV1": {"items.v0": {"v": 99, "by": "x"}}}', 1, "written by a newer version"),
    ],
)
def test_a_state_that_cannot_be_resumed_from(shell: Shell, state: str, code: int, said: str) -> None:
    path = shell.folder / "state.json"
    path.write_text(state)
    text = shell.preview("--streams", "items", "--state", "state.json", code=code)
    assert said in text
    assert json.loads(path.read_text()) == json.loads(state) if code == 1 else path.read_text() == state


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        ("lost", ["records='/nothing'", "/items (1)", "explain records-not-found"]),
        ("keyless", ["'keyless'", "/number", "explain record-without-key"]),
        ("huge", ["'huge'", "16.0 MB", "explain record-too-large"]),
    ],
)
def test_a_stream_that_cannot_be_captured(shell: Shell, stream: str, words: list[str]) -> None:
    shell.toy.items.put({"id": 1})
    text = shell.preview("--streams", stream)
    assert "\nfailed: " in text
    for word in words:
        assert word in text


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        ("x = (", "SyntaxError: '(' was never closed"),
        ("import nothing_there", "No module named 'nothing_there'"),
        (
            "from connector_sdk import GET\nx = GTE('/x')",
            "name 'GTE' is not defined (source_wrong/__init__.py, line 2)",
        ),
        (
            "from connector_sdk import GET, Snapshot, Stream\n"
            "items = Stream('items', key='id', read=GET('/x', records='/x'), sync=Snapshot())",
            "key='id' is no JSON pointer (source_wrong/__init__.py, line 2)\n  hint: did you mean '/id'?",
        ),
        ("import connector_sdk", "module 'source_wrong' defines 0 connectors"),
    ],
)
def test_a_definition_that_cannot_be_imported(shell: Shell, definition: str, said: str) -> None:
    package = shell.folder / "source-wrong" / "source_wrong"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(definition)
    (package / "__main__.py").write_text("from connector_sdk.process import main\n\nmain('source_wrong')\n")
    assert said in shell.run("spec", "source-wrong", code=1)


def test_the_same_with_json_is_one_object(shell: Shell) -> None:
    shell.write({})
    argv = [sys.executable, "-m", "connector_sdk.cli", "validate", "source_toy", "--config", "config.json", "--json"]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "tests" / "sources"), str(ROOT)])}
    done = subprocess.run(argv, capture_output=True, text=True, cwd=shell.folder, env=env, timeout=60)
    found = json.loads(done.stdout)["error"]
    assert done.returncode == 2
    assert found["code"] == "config"
    assert "credentials is missing" in found["message"]


@pytest.mark.parametrize("redirected", [">&-", ">/dev/full", "--json >&-", "--json >/dev/full"])
def test_output_that_cannot_be_written_is_one_line(tmp_path: Path, redirected: str) -> None:
    script = f'"{sys.executable}" -m connector_sdk.cli explain config {redirected}'
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: ") and "Traceback" not in done.stderr and "Exception" not in done.stderr
    assert len([line for line in done.stderr.splitlines() if not line.startswith("  ")]) == 1, done.stderr


def test_ctrl_c_while_the_command_is_imported_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise KeyboardInterrupt\n")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    argv = [sys.executable, "-m", "connector_sdk.cli", "explain"]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, env=env, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "error: Interrupted.\n")
