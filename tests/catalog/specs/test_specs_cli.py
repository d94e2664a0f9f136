"""The commands flow init and flow lint, run for real; and the local command, run as Flow would."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from connector_sdk.testing.fake import load_sandbox
from connector_sdk.testing.flow import Capture, Collections, Player
from tests.commands import command

ROOT = Path(__file__).parents[3]
ACME = ROOT / "tests" / "testing" / "toys" / "source-acme"
ENV = {**os.environ, "PYTHONPATH": str(ROOT), "CONNECTOR_WARM": "0"}


def sdk(*args, cwd):
    done = command(*args, cwd=cwd, env=ENV)
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def acme(files):
    folder = files.root / "connectors" / "source-acme"
    shutil.copytree(ACME, folder)
    package = folder / "source_acme" / "__init__.py"  # the toy's row numbers are not required; Flow would refuse that
    package.write_text(package.read_text().replace('"row_id": {"type": "integer"}}', ROWS))
    return files.root


ROWS = '"row_id": {"type": "integer", "default": -1}}, "default": {}'
INIT = ("flow", "init", "connectors/source-acme", "--sandbox", "--prefix", "acmeCo/acme/")


def flow(path):
    return YAML(typ="safe").load(path.read_text())


def test_init_then_lint(acme):
    done = sdk(*INIT, "--image", "ghcr.io/team/source-acme:v1", "--to", "snowflake,s3-csv", cwd=acme)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "acmeCo/acme/source-acme: Acme, by your connector source-acme",
        "  wrote materialize-snowflake/config.yaml",
        "  wrote materialize-s3-csv/config.yaml",
        "  wrote flow.yaml",
        "  wrote source-acme/config.yaml",
        "  wrote source-acme.local.flow.yaml",
        "  wrote source-acme/*.schema.yaml (3)",
        "  note: materialize-s3-csv: It appends every version of a document and removes nothing: queries choose the "
        "last of each key.",
        "next (flowctl is not part of this; nothing of it was run):",
        "  flowctl preview --source source-acme.local.flow.yaml",
        "  connector-sdk flow lint --publish flow.yaml",
        "  connector-sdk entry pack source-acme --output FOLDER  # for Estuary, to register the image",
        "  flowctl catalog test --source flow.yaml  # refused until Estuary has registered the image",
        "  flowctl catalog publish --source flow.yaml  # refused until Estuary has registered the image",
    ]
    again = sdk(*INIT, "--to", "snowflake", "--json", cwd=acme)
    assert json.loads(again.stdout)["written"] == []
    assert len(json.loads(again.stdout)["unchanged"]) == 6
    done = sdk("flow", "lint", cwd=acme)
    assert done.returncode == 0
    assert "flow.yaml:7:9: warning: The image of source-acme is not registered with Estuary" in done.stdout
    assert done.stdout.splitlines()[-4:] == [
        "next (flowctl is not part of this; nothing of it was run):",
        "  flowctl catalog test --source flow.yaml  # refused until Estuary has registered the image",
        "  flowctl catalog publish --source flow.yaml  # refused until Estuary has registered the image",
        "  flowctl preview --source source-acme.local.flow.yaml",
    ]
    done = sdk("flow", "lint", "--publish", "flow.yaml", "--json", cwd=acme)
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert {each["rule"] for each in told["findings"]} == {"flow-placeholder", "flow-unregistered"}
    assert told["error"] == len(told["findings"])
    assert told["next"] == []


def test_init_check(acme):
    done = sdk(*INIT, "--check", cwd=acme)
    assert done.returncode == 1
    assert "would write flow.yaml" in done.stdout
    assert not (acme / "flow.yaml").exists()
    sdk(*INIT, cwd=acme)
    assert sdk(*INIT, "--check", cwd=acme).returncode == 0


def started(file, cwd):
    """The capture of a local file, started as Flow starts it: its command, its environment, where flowctl is."""
    (capture,) = flow(file)["captures"].values()
    local = capture["endpoint"]["local"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {**local["env"], "PATH": path, "CONNECTOR_RUN": "once"}
    assert not any(str(value).startswith("/") for value in local["env"].values())
    return Player(local["command"], env=env, cwd=cwd), capture


def test_the_local_command_answers_as_flow_asks_it(acme):
    sdk(*INIT, "--output", "flows/acme", cwd=acme)
    player, capture = started(acme / "flows" / "acme" / "source-acme.local.flow.yaml", acme)
    call = player.call({"spec": {"connectorType": "LOCAL", "config": {}}})
    assert (call.exit_code, call.violations) == (0, [])
    assert call.answers[0]["spec"]["resourcePathPointers"] == ["/name"]
    spec = player.spec()
    assert {each["resource"]["name"] for each in capture["bindings"]} == {"tickets", "people", "rows"}
    assert capture["endpoint"]["local"]["env"] == {"PYTHONPATH": "connectors/source-acme"}
    assert spec["configSchema"]["title"] == "Acme"


def test_the_local_command_of_a_real_connector_captures(tmp_path):
    gong = ROOT / "connectors" / "source-gong"
    done = sdk("flow", "init", gong, "--sandbox", "--root", ROOT, "--output", tmp_path, "--prefix", "acmeCo/gong/",
               "--image", "ghcr.io/team/source-gong:v1", cwd=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    player, capture = started(tmp_path / "source-gong.local.flow.yaml", ROOT)
    with load_sandbox(gong)() as sandbox:
        bindings = [each for each in capture["bindings"] if each["resource"]["name"] in ("workspaces", "trackers")]
        found = {each["recommendedName"]: each for each in player.discover(sandbox.config())}
        offered = [{**found[each["resource"]["name"]], "resourceConfig": each["resource"]} for each in bindings]
        rows = Collections(keep=lambda doc: doc)
        session = player.run(Capture.discovered(offered, sandbox.config(), disabled=True), into=rows)
        assert session.exit_code == 0
        assert len(rows["workspaces"].committed) == len(sandbox.truth("workspaces"))
    collections = flow(tmp_path / "flow.yaml")["collections"]
    written = flow(tmp_path / collections["acmeCo/gong/workspaces"]["writeSchema"])
    assert written == found["workspaces"]["documentSchema"]


def test_a_connector_of_estuarys_by_name_and_by_image(tmp_path):
    done = sdk("flow", "init", "source-hubspot-native", "--prefix", "acmeCo/hubspot", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "by Estuary's connector source-hubspot-native" in done.stdout
    assert "flow.yaml" in done.stdout
    assert ".local.flow.yaml" not in done.stdout
    assert (tmp_path / "source-hubspot-native").is_dir()  # which is no connector's folder
    again = sdk("flow", "init", "source-hubspot-native", "--json", cwd=tmp_path)
    assert (again.returncode, json.loads(again.stdout)["written"]) == (0, [])
    done = sdk(
        "flow", "init", "ghcr.io/estuary/source-postgres:v3", "--prefix", "acmeCo/pg", "--output", "pg", cwd=tmp_path
    )
    assert "flowctl raw discover fills the bindings" in done.stdout
    assert "flowctl raw discover --source pg/flow.yaml" in done.stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["source-hubspot", "--prefix", "a/"], "use source-hubspot-native"),
        (["materialize-snowflake", "--prefix", "a/"], "--to snowflake"),
        (["source-gnog", "--prefix", "a/"], "did you mean 'source-gong'?"),
        (["ghcr.io/acme/source-x:v1", "--prefix", "a/"], "name its folder"),
        (["image:source-gong", "--sandbox"], "nothing to connect to"),
        (["source-gong"], "--prefix acmeCo/gong/"),
        (["source-gong", "--prefix", "a b"], "cannot begin a name"),
        (["source-gong", "--prefix", "a/", "--to", "s3"], "--to knows no 's3'"),
        (["source-gong", "--prefix", "a/", "--to", "snowflak"], "did you mean 'snowflake'?"),
        (["connectors/source-acme", "--prefix", "a/"], "--sandbox runs against"),
        (["nowhere", "--prefix", "a/"], "nowhere"),
        (["source-gong", "--prefix", "a/", "--root", "missing"], "There is no folder"),
    ],
)
def test_init_asked_wrongly(acme, args, said):
    done = sdk("flow", "init", *args, cwd=acme)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""
    assert not (acme / "flow.yaml").exists()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([], "There is no flow.yaml in"),
        (["missing.yaml"], "There is no file missing.yaml"),
        (["connectors"], "There is no flow.yaml in"),
        ([".", "--allow", "flow-remoal"], "did you mean 'flow-removal'?"),
        ([".", "--latency", "soon"], "no duration: write 30s, 5m or 1h"),
    ],
)
def test_lint_asked_wrongly(acme, args, said):
    done = sdk("flow", "lint", *args, cwd=acme)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_lint_of_a_folder_tells_each_thing_once(acme):
    collections = "collections:\n  acmeCo/x/a: {schema: {}, key: [/id]}\n"
    (acme / "collections.flow.yaml").write_text(collections)
    (acme / "flow.yaml").write_text("import: [collections.flow.yaml]\n")
    (acme / "sub").mkdir()
    (acme / "sub" / "flow.yml").write_text("import: [../collections.flow.yaml, ../collections.flow.yaml]\n")
    done = sdk("flow", "lint", cwd=acme)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "collections.flow.yaml:2:3: warning: No capture writes to collection acmeCo/x/a: it stays empty. "
        "[flow-unfilled]",
        "  bind it in a capture, or import the file that does",
        "collections.flow.yaml:2:34: error: The key /id of collection acmeCo/x/a is nowhere in its schema. [flow-key]",
        "  describe /id under properties, and require it; or correct the key",
        "3 files: 1 error, 1 warning",
    ]


def test_lint_with_what_is_allowed_and_promised(acme):
    endpoint = "endpoint: {local: {command: [x], config: {}}}"
    (acme / "flow.yaml").write_text(f"captures:\n  acmeCo/a:\n    delete: true\n    {endpoint}\n    bindings: []\n")
    assert sdk("flow", "lint", cwd=acme).returncode == 1
    assert sdk("flow", "lint", "--allow", "flow-removal", cwd=acme).returncode == 0


def test_a_file_that_cannot_be_merged_is_told_and_left(acme):
    (acme / "flow.yaml").write_text("captures: [\n")
    done = sdk(*INIT, "--json", cwd=acme)
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == "flow-spec"
    assert (acme / "flow.yaml").read_text() == "captures: [\n"


@pytest.mark.parametrize("command", [["flow"], ["flow", "init", "--help"], ["flow", "lint", "--help"]])
def test_help(acme, command):
    done = sdk(*command, cwd=acme)
    assert "flow" in done.stdout + done.stderr
