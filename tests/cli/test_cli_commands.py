"""The commands that ask and answer, run for real."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.commands import command

ROOT = Path(__file__).parents[2]
TOYS = ROOT / "tests" / "testing" / "toys"
ACME = TOYS / "source-acme"
GOOD = {"credentials": {"credentials_title": "API Key", "api_key": "made-up-key"}}
ENV = {**os.environ, "PYTHONPATH": str(ROOT), "CONNECTOR_WARM": "0"}


def sdk(*args, cwd=None, env=None):
    done = command(*args, cwd=cwd, env={**ENV, **(env or {})})
    assert "Warning" not in done.stderr
    return done


@pytest.fixture
def config(tmp_path):
    def write(**changes):
        path = tmp_path / "config.json"
        path.write_text(json.dumps({**GOOD, **changes}))
        return path

    return write


def test_help_is_quick_and_needs_nothing_heavy():
    code = "import sys, connector_sdk.cli._run as r; r.run(['--help']); print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENV, check=True)
    loaded = set(done.stdout.split())
    assert "preview" in done.stdout
    assert not loaded & {"duckdb", "jsonschema_rs", "rich", "connector_sdk.testing.flow"}


@pytest.mark.parametrize("command", ["spec", "discover", "validate", "preview", "sandbox", "explain"])
def test_every_command_helps(command):
    done = sdk(command, "--help")
    assert done.returncode == 0
    assert "--json" in done.stdout


def test_spec_shows_the_fields():
    done = sdk("spec", ACME)
    assert done.returncode == 0
    row = next(line.split() for line in done.stdout.splitlines() if "credentials.api_key" in line)
    assert row[1:4] == ["string", "yes", "yes"]
    assert "made-up" not in done.stdout


def test_spec_as_json_is_one_object():
    found = json.loads(sdk("spec", ACME, "--json").stdout)
    assert found["spec"]["protocol"] == 3032023
    assert found["connector"] == "source-acme"


def test_a_connector_can_be_named_as_a_module_or_by_its_package():
    for name, cwd in (
        ("source_acme", ACME),
        ("source_acme", ACME.parent / "source-acme"),
        (ACME / "source_acme", None),
    ):
        done = sdk("spec", name, "--json", cwd=cwd)
        assert json.loads(done.stdout)["connector"] == "source-acme"


def test_discover_shows_the_streams(config):
    done = sdk("discover", ACME, "--config", config())
    assert done.returncode == 0
    assert [line.split()[:4] for line in done.stdout.splitlines() if "PT5M" in line] == [
        ["tickets", "/id", "PT5M", "yes"],
        ["people", "/email", "PT5M", "yes"],
        ["rows", "/_meta/row_id", "PT5M", "no"],
    ]
    found = json.loads(sdk("discover", ACME, "--sandbox", "--json").stdout)
    assert [each["recommendedName"] for each in found["bindings"]] == ["tickets", "people", "rows"]


def test_validate_says_ok(config):
    assert sdk("validate", ACME, "--config", config()).stdout.startswith("ok: ")
    found = json.loads(sdk("validate", ACME, "--sandbox", "--streams", "rows", "--json").stdout)
    assert found == {"connector": "source-acme", "ok": True, "resourcePaths": [["rows"]]}


def test_a_refused_config_is_the_connectors_own_sentence(config):
    path = config(credentials={"credentials_title": "API Key", "api_key": "wrong-key"})
    done = sdk("validate", ACME, "--config", path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: Acme rejected the API key (401). Check that the key is active.\n")
    assert "Traceback" not in done.stderr
    assert "wrong-key" not in done.stderr
    found = json.loads(sdk("validate", ACME, "--config", path, "--json").stdout)
    assert found["error"]["message"].startswith("Acme rejected")


def test_a_config_of_the_wrong_shape_is_wrong_usage_and_never_shown(config):
    done = sdk("validate", ACME, "--config", config(count="seventy-seven"))
    assert done.returncode == 2
    assert "/count: " in done.stderr
    assert "seventy" not in done.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["spec", "nowhere"], "There is no connector 'nowhere'"),
        (["spec", str(ACME.parent / "source-acm")], "did you mean 'source-acme'?"),
        (["spec", "image:acme"], "is an image"),
        (["spec", str(TOYS)], "is not a connector's folder"),
        (["validate", str(ACME)], "--sandbox runs against the connector's own fake API, --config FILE against"),
        (["validate", str(ACME), "--sandbox", "--config", "x.json"], "exclude each other"),
        (["validate", str(ACME), "--config", "missing.json"], "cannot be read"),
        (["validate", str(ACME), "--sandbox", "--streams", "tickts"], "did you mean 'tickets'?"),
        (["validate", str(ACME), "--sandbox", "--streams", ","], "names no stream"),
        (["explain", "paging"], "did you mean 'paging-stuck'?"),
        (["prevew"], "preview"),
        (["spec", str(ACME), "--flag"], "--flag"),
        (["spec"], "CONNECTOR"),
    ],
)
def test_wrong_usage_says_what_is_right(args, said):
    done = sdk(*args)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_debug_shows_the_traceback():
    assert "Traceback" in sdk("spec", "nowhere", "--debug").stderr


def test_a_config_that_is_no_json_does_not_show_its_text(tmp_path):
    (tmp_path / "config.json").write_text('{"api_key": "s3cret" oops}')
    done = sdk("validate", ACME, "--config", tmp_path / "config.json")
    assert done.returncode == 2
    assert "not JSON (line 1, column 22)" in done.stderr
    assert "s3cret" not in done.stderr


def test_explain_shows_a_page_and_the_list():
    done = sdk("explain", "paging-stuck")
    assert done.returncode == 0
    assert "The pages do not lead to an end." in done.stdout
    found = json.loads(sdk("explain", "paging-stuck", "--json").stdout)
    assert found["title"] == "The pages do not lead to an end."
    assert "paging-stuck" in json.loads(sdk("explain", "--json").stdout)["codes"]
    assert "paging-stuck" in sdk("explain").stdout


def test_sandbox_serves_until_interrupted():
    argv = [sys.executable, "-W", "error", "-m", "connector_sdk.cli", "sandbox", str(ACME), "--json"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV) as process:
        told = json.loads(process.stdout.readline())
        with urllib.request.urlopen(told["url"]) as answer:
            assert answer.read() == b"{}"
        assert told["config"]["advanced"]["base_url"] == told["url"]
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == b""
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_sandbox_shows_a_config_to_people():
    argv = [sys.executable, "-m", "connector_sdk.cli", "sandbox", str(ACME)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV, text=True) as process:
        assert "serves http://127.0.0.1:" in process.stdout.readline()
        process.terminate()
        assert '"api_key": "made-up-key"' in process.stdout.read()
    assert process.returncode == 0


def test_a_connector_without_a_sandbox_says_so(tmp_path):
    package = tmp_path / "source-bare" / "source_bare"
    package.mkdir(parents=True)
    (package / "__main__.py").write_text("")
    done = sdk("sandbox", package.parent)
    assert done.returncode == 2
    assert "has no sandbox" in done.stderr
    (package.parent / "sandbox.py").write_text("raise OSError('no such moon')")
    done = sdk("sandbox", package.parent)
    assert done.returncode == 1
    assert "did not start: OSError: no such moon" in done.stderr
    (package.parent / "sandbox.py").unlink()
    done = sdk("spec", package.parent)
    assert done.returncode == 1
    assert "broke the protocol" in done.stderr
