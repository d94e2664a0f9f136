"""Images on a real engine and a real registry: built both ways, pushed, pulled, started as Flow and Airbyte start them.

Run by ``make images``: it takes the engine of the environment, the base image ``CONNECTOR_BASE_IMAGE`` and the registry
``CONNECTOR_TEST_REGISTRY``. Nothing here is skipped; what is missing fails.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.images import Built, Limits, Options, attached, build, read_settings
from connector_sdk.images._engine import Engine
from connector_sdk.images._frozen import speaks_airbyte
from connector_sdk.testing.conformance import chosen
from connector_sdk.testing.fake import load_sandbox
from connector_sdk.testing.flow import Collections, Kill, Player
from tests.images.conftest import GONG, Shell

pytestmark = pytest.mark.engine
CONNECTORS = sorted(each.parent for each in GONG.parent.glob("*/image.lock"))
STREAMS = ["workspaces", "users"]
CLI = os.environ.get("DOCKER_CLI", "docker")
IN_CONTAINERS = (
    "probe-is-answered", "every-request-is-answered", "sigterm-ends-it", "memory-stays-within-its-limit",
    "secrets-are-nowhere", "everything-is-captured", "changes-are-captured", "killed-at-any-byte",
    "the-same-in-airbyte",
)  # fmt: skip
"""What a container may change about a connector; of source-gong the smoke too. ``IMAGE_CHECKS=whole`` tries all of it,
which takes four minutes a connector."""


def needed(name: str) -> str:
    value = os.environ.get(name, "")
    assert value, f"{name} is not set: docs/images.md says how these tests are run"
    return value


def docker(*args: str, **how: Any) -> str:
    done = subprocess.run([CLI, *args], capture_output=True, text=True, timeout=300, **how)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def containers() -> list[str]:
    return docker("ps", "--all", "--filter", "label=dev.connector-sdk.container", "--format", "{{.Names}}").splitlines()


def unnamed() -> list[str]:
    """Images without a name, and those whose name is a build's own."""
    every = docker("image", "ls", "--all", "--format", "{{.Repository}}:{{.Tag}}").splitlines()
    return [each for each in every if each.startswith(("connector-sdk-build:", "<none>"))]


class Images:
    """Gong, built by each builder and pushed; the second twice. ``before`` is what the engine had."""

    def __init__(self, folder: Path) -> None:
        self.base = needed("CONNECTOR_BASE_IMAGE")
        self.registry = needed("CONNECTOR_TEST_REGISTRY")
        self.folder = folder
        self.docker = self.build(Options(self.name("docker"), "docker", self.base, push=True))
        archive = folder / "base.tar"
        docker("save", "--output", str(archive), self.base)
        docker("tag", self.base, f"{self.registry}/acme/python:base")
        docker("push", f"{self.registry}/acme/python:base")
        docker("image", "rm", f"{self.registry}/acme/python:base")
        served = f"{self.registry}/acme/python:base"
        self.oci = self.build(Options(self.name("oci"), "oci", served, output=folder / "one.tar", push=True))
        self.again = self.build(Options(self.name("oci"), "oci", served, output=folder / "two.tar", push=True))
        self.archived = self.build(Options(self.name("archive"), "oci", str(archive), output=folder / "three.tar"))

    def name(self, tag: str) -> str:
        return f"{self.registry}/acme/source-gong:{tag}"

    def build(self, options: Options) -> Built:
        limited = Options(
            options.tag, options.builder, options.base, options.output, options.push, limits=Limits("512m")
        )
        return build(read_settings("source-gong", "source_gong", GONG), limited)


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Images]:
    made = Images(tmp_path_factory.mktemp("images"))
    yield made
    told = ("image", "ls", "--filter", f"reference={made.registry}/acme/*", "--format", "{{.Repository}}:{{.Tag}}")
    for name in docker(*told).splitlines():
        docker("image", "rm", name)


@pytest.fixture(scope="session")
def left_before() -> set[str]:
    """What runs that were killed have left on this engine: those that ended are removed, others are not ours."""
    docker("container", "prune", "--force", "--filter", "label=dev.connector-sdk.container")
    return {*containers(), *unnamed()}


@pytest.fixture(autouse=True)
def nothing_is_left(left_before: set[str]) -> Iterator[None]:
    yield
    deadline = time.monotonic() + 60  # what was killed in its last moment is removed by its guard
    while set(containers()) - left_before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not {*containers(), *unnamed()} - left_before


@pytest.fixture
def engine_shell(shell: Shell) -> Shell:
    shell.env["DOCKER_CLI"] = CLI
    return shell


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "source-gong"
    shutil.copytree(GONG, folder, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    return folder


def files(image: str) -> dict[str, tuple[int, str]]:
    """Every file under /app of an image: its mode and its hash."""
    made = docker("create", image)
    try:
        data = subprocess.run([CLI, "export", made], capture_output=True, check=True).stdout
    finally:
        docker("rm", made)
    found = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for each in tar:
            if each.isfile() and each.name.startswith("app/"):
                content = tar.extractfile(each).read()  # type: ignore[union-attr]
                found[each.name] = (each.mode, hashlib.sha256(content).hexdigest())
    return found


def test_both_builders_make_one_image(images: Images) -> None:
    docker("pull", images.name("oci"))
    configs = [json.loads(docker("image", "inspect", images.name(each)))[0]["Config"] for each in ("docker", "oci")]
    for key in ("Labels", "User", "WorkingDir", "Entrypoint", "Cmd"):
        one, other = (dict(each[key]) if isinstance(each[key], dict) else each[key] for each in configs)
        if key == "Labels":  # the base was named in two ways
            assert one.pop("org.opencontainers.image.base.name") == images.base
            other.pop("org.opencontainers.image.base.name")
        assert one == other
    assert sorted(configs[0]["Env"]) == sorted(configs[1]["Env"])
    one, other = (files(images.name(each)) for each in ("docker", "oci"))
    assert one == other
    assert len(one) > 500


def test_two_builds_without_an_engine_have_the_same_digest_and_bytes(images: Images) -> None:
    assert images.oci.digest == images.again.digest
    assert (images.folder / "one.tar").read_bytes() == (images.folder / "two.tar").read_bytes()


def test_a_pushed_image_is_pulled_under_the_digest_that_was_told(images: Images) -> None:
    for tag, built in (("docker", images.docker), ("oci", images.oci)):
        assert built.pushed
        name = f"{images.registry}/acme/source-gong@{built.digest}"
        docker("pull", name)
        assert name in json.loads(docker("image", "inspect", name))[0]["RepoDigests"]
        docker("image", "rm", name)
        assert built.notes == [] or not any("everyone" in each for each in built.notes), tag


def test_an_archive_is_loaded_and_runs(images: Images) -> None:
    docker("load", "--input", str(images.folder / "three.tar"))
    assert Player(attached(images.name("archive"), network="none")).spec()["protocol"] == 3032023
    docker("image", "rm", images.name("archive"))


def test_each_was_started_in_a_container_before_it_got_its_name(images: Images) -> None:
    for each in (images.docker, images.oci, images.again, images.archived):
        assert each.started == "container"
        assert [one.name for one in each.checks][:3] == ["labels", "inside", "flow"]


@pytest.mark.parametrize("tag", ["docker", "oci"])
def test_it_captures_within_512_megabytes_is_killed_and_goes_on(images: Images, tag: str) -> None:
    docker("pull", images.name(tag))
    with load_sandbox(GONG)() as vendor:
        player = Player(attached(images.name(tag), memory="512m"), env={"CONNECTOR_RUN": "once"})
        capture = player.prepare(vendor.config(), streams=STREAMS)
        rows = Collections()
        crashed = player.run(capture, into=rows, kill=Kill.byte(900))
        assert crashed.killed
        resumed = player.run(capture, crashed.state, into=rows)
        assert resumed.exit_code == 0
        for name in STREAMS:
            assert len(rows[name].committed) == len(vendor.truth(name))


@pytest.mark.parametrize("folder", CONNECTORS, ids=lambda each: each.name)
def test_the_conformance_kit_judges_the_image(engine_shell: Shell, images: Images, folder: Path) -> None:
    name = f"connector-sdk-test:{folder.name}"
    engine_shell.run("build", str(folder), "--base", images.base, "--tag", name, "--memory", "512m")
    try:
        args = ["test", f"image:{name}", "--connector", str(folder), "--memory", "512m", "--json"]
        if os.environ.get("IMAGE_CHECKS") != "whole":
            smoke = [each.name for each in chosen(quick=True)] if folder == GONG else []
            args += ["--only", ",".join({*IN_CONTAINERS, *smoke})]
        told = json.loads(engine_shell.run(*args, timeout=900))
    finally:
        docker("image", "rm", name)
    untried = {each["check"]: each["told"] for each in told["checks"] if each["status"] == "not exercised"}
    print(f"{told['connector']}: {told['counts']} in {told['seconds']} s; {untried}")
    assert told["counts"]["failed"] == 0
    passed = [each["check"] for each in told["checks"] if each["status"] == "passed"]
    assert {"memory-stays-within-its-limit", "killed-at-any-byte", "the-same-in-airbyte"} <= set(passed)


def test_the_kit_says_what_image_is_not_there(engine_shell: Shell) -> None:
    said = engine_shell.run("test", "image:acme/nothing:v1", "--connector", str(GONG), code=2)
    assert "There is no image acme/nothing:v1 here." in said


def test_a_container_dies_with_the_command_that_started_it(images: Images) -> None:
    with load_sandbox(GONG)() as vendor:
        player = Player(attached(images.name("docker")))
        capture = player.prepare(vendor.config(), streams=STREAMS)
        killed = player.run(capture, kill=Kill.checkpoint(1))
        assert killed.exit_code == -signal.SIGKILL
        asked = player.run(capture, kill=Kill.checkpoint(1, signal.SIGTERM))
        assert asked.exit_code == 0
        early = player.run(capture, kill=Kill.after(0.0))
        assert early.killed  # and nothing is left, as after every test


def test_airbyte_is_answered_where_the_connector_speaks_it(images: Images) -> None:
    call = Player(attached(images.name("docker"), network="none", arguments=["spec"])).call()
    config = json.loads(docker("image", "inspect", images.name("docker")))[0]["Config"]
    entrypoint = [each for each in config["Env"] if each.startswith("AIRBYTE_ENTRYPOINT=")]
    if speaks_airbyte():
        assert json.loads(call.stdout)["type"] == "SPEC"
        assert entrypoint == [f"AIRBYTE_ENTRYPOINT={' '.join(config['Entrypoint'])}"]
        assert config["Labels"]["io.airbyte.name"] == "airbyte/source-gong"
        assert "airbyte" in [each.name for each in images.docker.checks]
    else:
        assert (call.exit_code, call.stdout, entrypoint) == (1, b"", [])


def test_a_connector_that_takes_too_much_memory_is_told_as_such(engine_shell: Shell, images: Images) -> None:
    said = engine_shell.run("build", str(GONG), "--base", images.base, "--memory", "16m", code=1)
    assert "was killed for want of memory: it needs more than 16m to" in said
    assert "more: connector-sdk explain image-check" in said


def test_a_rebuilt_image_leaves_no_nameless_one(engine_shell: Shell, images: Images, copy: Path) -> None:
    args = ["build", str(copy), "--base", images.base, "--tag", "connector-sdk-test:again", "--json"]
    first = json.loads(engine_shell.run(*args).splitlines()[0])
    (copy / "source_gong" / "more.py").write_text("")
    second = json.loads(engine_shell.run(*args).splitlines()[0])
    assert first["id"] != second["id"]
    assert Engine().image(first["id"]) is None
    docker("image", "rm", "connector-sdk-test:again")


def test_it_is_built_by_hand_from_its_context(engine_shell: Shell, images: Images) -> None:
    engine_shell.run("build", str(GONG), "--base", images.base, "--context", "context")
    docker("build", "--tag", "connector-sdk-test:by-hand", str(engine_shell.folder / "context"))
    assert files("connector-sdk-test:by-hand") == files(images.name("docker"))
    assert Player(attached("connector-sdk-test:by-hand", network="none")).spec()["protocol"] == 3032023
    docker("image", "rm", "connector-sdk-test:by-hand")


def test_the_archive_of_the_engine_is_written(engine_shell: Shell, images: Images) -> None:
    args = ["--base", images.base, "--tag", "connector-sdk-test:saved", "--output", "saved.tar", "--sbom", "sbom.json"]
    engine_shell.run("build", str(GONG), *args)
    docker("image", "rm", "connector-sdk-test:saved")
    docker("load", "--input", str(engine_shell.folder / "saved.tar"))
    docker("image", "rm", "connector-sdk-test:saved")
    assert json.loads((engine_shell.folder / "sbom.json").read_text())["bomFormat"] == "CycloneDX"


def test_a_base_that_is_not_known_or_holds_no_python(engine_shell: Shell, images: Images, tmp_path: Path) -> None:
    said = engine_shell.run("build", str(GONG), "--base", f"{images.registry}/nothing:1", code=1)
    assert f"The base image {images.registry}/nothing:1 cannot be had" in said
    with tarfile.open(tmp_path / "empty.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo("empty"))
    docker("import", str(tmp_path / "empty.tar"), "connector-sdk-test:empty")
    try:
        said = engine_shell.run("build", str(GONG), "--base", "connector-sdk-test:empty", code=1)
        assert "The base image cannot start python3" in said
    finally:
        docker("image", "rm", "connector-sdk-test:empty")


def test_a_registry_that_does_not_answer_a_push(engine_shell: Shell, images: Images) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        name = f"127.0.0.1:{free.getsockname()[1]}/acme/source-gong:v1"
        said = engine_shell.run("build", str(GONG), "--base", images.base, "--tag", name, "--push", code=1)
    assert f"The registry {name.partition('/')[0]} refuses {name}" in said
    docker("image", "rm", name)


def test_an_engine_that_may_not_be_used(engine_shell: Shell, tmp_path: Path) -> None:
    if os.geteuid() == 0:  # the real client, as somebody who may not use the socket
        cli = tmp_path / "docker-as-nobody"
        cli.write_text(f'#!/bin/sh\nexec setpriv --reuid=65534 --regid=65534 --clear-groups {CLI} "$@"\n')
        cli.chmod(0o755)
        engine_shell.env["DOCKER_CLI"] = str(cli)
    else:
        closed = tmp_path / "closed.sock"
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(closed))
        closed.chmod(0)
        engine_shell.env["DOCKER_HOST"] = f"unix://{closed}"
    said = engine_shell.run("build", str(GONG), code=1)
    assert "may not be used: permission denied on its socket" in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_build_that_is_interrupted_leaves_nothing(
    engine_shell: Shell, images: Images, copy: Path, left_before: set[str], number: signal.Signals
) -> None:
    definition = copy / "source_gong" / "__init__.py"
    stuck = "import os, time\nif os.getcwd() == '/app':\n    time.sleep(600)\n"
    definition.write_text(definition.read_text("utf-8").replace("import re\n", f"import re\n{stuck}", 1))
    process = engine_shell.start("build", str(copy), "--base", images.base, "--tag", "connector-sdk-test:never")
    deadline = time.monotonic() + 120
    while not set(containers()) - left_before and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, out + err
    assert "error: Interrupted." in err
    assert Engine().image("connector-sdk-test:never") is None


@pytest.mark.skopeo
def test_skopeo_takes_the_archive_as_it_is(images: Images) -> None:
    archive = f"oci-archive:{images.folder / 'one.tar'}"
    told = json.loads(subprocess.run(["skopeo", "inspect", archive], capture_output=True, check=True).stdout)
    assert told["Digest"] == images.oci.digest
    assert told["Labels"]["FLOW_RUNTIME_PROTOCOL"] == "capture"
    name = f"{images.registry}/acme/by-skopeo:v1"
    subprocess.run(["skopeo", "copy", "--dest-tls-verify=false", archive, f"docker://{name}"], check=True)
    docker("pull", name)
    digests = json.loads(docker("image", "inspect", name))[0]["RepoDigests"]
    assert f"{images.registry}/acme/by-skopeo@{images.oci.digest}" in digests
