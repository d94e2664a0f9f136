"""The image that is built without an engine: what is in it, byte for byte, and that its own files run."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.images import Options, build, read_settings
from connector_sdk.testing.fake import load_sandbox
from connector_sdk.testing.flow import Collections, Player
from tests.images.conftest import GONG, ROOT, Built, Layout

pytestmark = pytest.mark.usefixtures("no_engine")
CPU = 0.12


def inside(gong: Built, **env: str) -> Player:
    """The image's entrypoint, started from its own files: what the container would run, without the container."""
    argv = [sys.executable, "-S", "-s", str(gong.root / "app" / "start.py"), "source_gong"]
    settings = {"PYTHONDONTWRITEBYTECODE": "1", "HOME": "/tmp", "PYDANTIC_DISABLE_PLUGINS": "__all__", **env}
    return Player(argv, env=settings, cwd=gong.root / "app", inherit=False)


def test_every_blob_is_what_its_name_says_and_the_manifest_names_all(gong: Built) -> None:
    blobs = {name.rpartition("/")[2]: data for name, data in gong.entries.items() if name.startswith("blobs/")}
    assert all(hashlib.sha256(data).hexdigest() == name for name, data in blobs.items())
    (found,) = gong.json("index.json")["manifests"]
    assert found["digest"] == gong.told.digest
    manifest = gong.blob(found["digest"])
    named = [found, manifest["config"], *manifest["layers"]]
    assert {each["digest"].removeprefix("sha256:") for each in named} == set(blobs)
    assert all(each["size"] == len(blobs[each["digest"].removeprefix("sha256:")]) for each in named)


def test_what_docker_load_reads_is_the_same_image(gong: Built) -> None:
    (docker,) = gong.json("manifest.json")
    manifest = gong.blob(gong.told.digest)
    assert docker["RepoTags"] == ["ghcr.io/acme/source-gong:v1"]
    assert docker["Config"] == f"blobs/{manifest['config']['digest'].replace(':', '/')}"
    assert docker["Layers"] == [f"blobs/{each['digest'].replace(':', '/')}" for each in manifest["layers"]]


def test_the_config_is_what_flow_reads(gong: Built) -> None:
    image = gong.blob(gong.blob(gong.told.digest)["config"]["digest"])
    config = image["config"]
    assert (image["os"], image["architecture"]) == ("linux", "amd64")
    assert config["Entrypoint"] == ["python3", "/app/start.py", "source_gong"]
    assert "Cmd" not in config  # the base had one; an entrypoint takes it away
    assert config["User"] == "65532:65532"
    assert config["Labels"]["FLOW_RUNTIME_PROTOCOL"] == "capture"
    assert config["Labels"]["FLOW_RUNTIME_CODEC"] == "json"
    assert "dev.estuary.usage-rate" not in config["Labels"]
    env = dict(each.split("=", 1) for each in config["Env"])
    assert env["PATH"] == "/usr/local/bin:/usr/bin:/bin"
    assert env["LANG"] == "C.UTF-8"  # over the base's
    assert len(image["rootfs"]["diff_ids"]) == 4


def test_files_belong_to_nobody_of_this_machine(gong: Built) -> None:
    own = [each for each in gong.members if each.name.startswith("app")]
    assert {(each.uid, each.gid, each.uname, each.gname, each.mtime) for each in own} == {(0, 0, "", "", 315532800)}
    assert {each.mode for each in own} <= {0o644, 0o755}
    here = [str(ROOT).encode(), str(Path.home()).encode(), sys.prefix.encode()]
    for path in (gong.root / "app").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(each in data for each in here if len(each) > 6), path


def test_nothing_is_in_it_that_only_development_needs(gong: Built) -> None:
    app = gong.root / "app"
    sdk = {each.name for each in (app / "connector_sdk").iterdir()}
    assert not sdk & {"cli", "testing", "images", "explanations"}
    names = {each.name for each in app.iterdir()}
    assert not names & {"pytest", "typer", "rich", "duckdb", "uv", "pip", "bin", "pycurl", "sandbox.py", "tests"}
    assert (app / "source_gong" / "__init__.py").is_file()


def test_every_module_has_byte_code_that_is_never_checked(gong: Built) -> None:
    app = gong.root / "app"
    tag = sys.implementation.cache_tag
    modules = [each for each in app.rglob("*.py") if "__pycache__" not in each.parts]
    missing = [each for each in modules if not (each.parent / "__pycache__" / f"{each.stem}.{tag}.pyc").is_file()]
    assert not missing
    code = (app / "connector_sdk" / "__pycache__" / f"process.{tag}.pyc").read_bytes()
    assert int.from_bytes(code[4:8], "little") == 1  # hash-based, unchecked
    assert b"/app/connector_sdk/process.py" in code


def test_the_same_inputs_give_the_same_bytes_without_a_cache(
    gong: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECTOR_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    before = os.umask(0o077)
    try:
        base = Layout(tmp_path / "base").archive(tmp_path / "base.tar")
        options = Options("ghcr.io/acme/source-gong:v1", "oci", str(base), output=tmp_path / "again.tar")
        again = build(read_settings("source-gong", "source_gong", GONG), options)
    finally:
        os.umask(before)
    assert again.digest == gong.told.digest
    assert (tmp_path / "again.tar").read_bytes() == gong.path.read_bytes()


def test_it_fits_its_budget_with_a_table_of_what_takes_the_space(gong: Built) -> None:
    size = gong.told.size
    assert size.total < 25_000_000
    assert sum(size.parts.values()) == size.total
    held = sum(each.stat().st_size for each in (gong.root / "app").rglob("*") if each.is_file())
    assert held == size.total
    assert "pydantic_core" in size.table()


def test_it_was_started_and_says_how(gong: Built) -> None:
    assert gong.told.started == "process"
    assert any("as a process, not as a container" in each for each in gong.told.notes)


def test_the_probe_is_answered_in_little_time_with_what_the_code_answers(gong: Built) -> None:
    calls = [inside(gong).call({"spec": {}}) for _ in range(3)]
    code = Player([sys.executable, "-S", "-s", "-m", "source_gong"], cwd=gong.root / "app", inherit=False)
    assert {call.stdout for call in calls} == {code.call({"spec": {}}).stdout}
    assert all(call.exit_code == 0 and not call.violations for call in calls)
    assert min(call.usage.cpu for call in calls if call.usage) < CPU


@pytest.mark.parametrize(
    ("sent", "code", "answers"),
    [
        (b'{"spec":{}}\n{"spec":{}}\n', 0, ["spec", "spec"]),
        (b'{"spec":{"connectorType":"IMAGE","config":{}}}\n', 0, ["spec"]),
        (b"", 0, []),
        (b'{"spec":{}}\n{"apply":{"capture":{}}}\n{"spec":{}}\n', 0, ["spec", "applied", "spec"]),
        (b'{"spec": 7}\n', 1, []),
        (b'{"spec":{}\n', 1, []),
        (b'{"spec":{},"apply":{}}\n', 1, []),
    ],
)
def test_the_frozen_answer_changes_nothing_else(gong: Built, sent: bytes, code: int, answers: list[str]) -> None:
    call = inside(gong).call(sent, close_stdin=True)
    frozen = [next(iter(each)) for each in map(json.loads, call.stdout.splitlines())]
    assert (call.exit_code, frozen) == (code, answers)
    plain = Player([sys.executable, "-S", "-s", "-m", "source_gong"], cwd=gong.root / "app", inherit=False).call(sent)
    assert (plain.exit_code, plain.stdout) == (call.exit_code, call.stdout)
    assert [each.message for each in plain.logs] == [each.message for each in call.logs]


def test_unknown_flags_are_no_command_of_airbyte(gong: Built) -> None:
    player = inside(gong)
    player.argv += ["--log.level", "debug"]
    assert player.spec()["protocol"] == 3032023


def test_its_own_files_capture_from_the_sandbox(gong: Built) -> None:
    with load_sandbox(GONG)() as vendor:
        player = inside(gong, CONNECTOR_RUN="once")
        capture = player.prepare(vendor.config(), streams=["workspaces", "users"])
        rows = Collections()
        assert player.run(capture, into=rows).exit_code == 0
        assert len(rows["users"].committed) == len(vendor.truth("users"))


def test_a_signal_ends_it_while_it_waits(gong: Built) -> None:
    argv = inside(gong).argv
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=gong.root / "app")
    assert process.stdin and process.stdout
    process.stdin.write(b'{"spec":{}}\n')
    process.stdin.flush()
    assert process.stdout.readline()
    process.terminate()
    assert process.wait(10) == 0
    process.stdin.close()
    process.stdout.close()


def test_the_bill_of_materials_is_cyclonedx_and_names_every_package(gong: Built) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = (gong.root / "app" / "sbom.cdx.json").read_text("utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill: dict[str, Any] = json.loads(text)
    packages = {each["name"].lower().replace("_", "-") for each in bill["components"]}
    locked = (GONG / "image.lock").read_text("utf-8")
    named = {line.partition("==")[0] for line in locked.splitlines() if "==" in line} - {"pycurl"}
    assert packages == named | {"estuary-connector-sdk"}
    assert bill["metadata"]["component"]["name"] == "source-gong"
    core = next(each for each in bill["components"] if each["name"] == "pydantic_core")
    assert len(core["components"]) > 20  # what its wheel says is compiled into it
