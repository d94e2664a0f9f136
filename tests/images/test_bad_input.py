"""Each bad input to ``build``: one screen, a next step, the right exit code, and nothing left behind."""

from __future__ import annotations

import json
import resource
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.images.conftest import GONG, Layout, Shell, own_cache
from tests.images.registry import FakeRegistry


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "source-gong"
    shutil.copytree(GONG, folder, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    return folder


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    it = Shell(tmp_path)
    it.env["CONNECTOR_CACHE"] = str(own_cache(tmp_path / "cache"))
    return it


def engine_that_says(folder: Path, words: str) -> str:
    """A command line that answers everything with the words that docker has for it."""
    path = folder / "docker-cli"
    path.write_text(f"#!/bin/sh\necho {words!r} >&2\nexit 1\n")
    path.chmod(0o755)
    return str(path)


def test_no_engine(shell: Shell) -> None:
    said = shell.run("build", str(GONG), code=1)
    assert "There is no container engine: no-such-engine was not found." in said
    assert "hint: start one, name its command line in DOCKER_CLI, or take --builder oci" in said
    assert not shell.work_left()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "Got permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
            "may not be used: permission denied on its socket",
        ),
        (
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
            "does not answer at",
        ),
    ],
)
def test_an_engine_that_may_not_be_used_or_does_not_run(shell: Shell, words: str, said: str) -> None:
    shell.env["DOCKER_CLI"] = engine_that_says(shell.folder, words)
    assert said in shell.run("build", str(GONG), code=1)
    assert not shell.work_left()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--push"], "--push needs a tag that begins with a registry; source-gong:local names none."),
        (["--push", "--tag", "acme/x:v1"], "acme/x:v1 names none"),
        (["--tag", "Acme/X"], "a repository's name is in lower case"),
        (["--tag", "x@sha256:" + "0" * 64], "an image is built under a tag"),
        (["--builder", "kaniko"], "There is no builder 'kaniko'"),
        (["--memory", "lots"], "'lots' is no amount of memory"),
        (["--output", "."], "--output . is a folder"),
    ],
)
def test_options_that_make_no_sense(shell: Shell, args: list[str], said: str) -> None:
    assert said in shell.run("build", str(GONG), *args, code=2)
    assert not shell.work_left()


def test_a_base_that_is_not_there(shell: Shell, registry: FakeRegistry) -> None:
    oci = ["build", str(GONG), "--builder", "oci", "--output", "x.tar", "--base"]
    assert "There is no base image ./nothing.tar" in shell.run(*oci, "./nothing.tar", code=1)
    assert "is not known at" in shell.run(*oci, f"{registry.host}/python:3", code=1)
    (shell.folder / "text.tar").write_text("no archive")
    assert "cannot be read" in shell.run(*oci, "./text.tar", code=1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"127.0.0.1:{free.getsockname()[1]}"
    assert f"The registry {nowhere} cannot be reached" in shell.run(*oci, f"{nowhere}/python:3", code=1)
    assert not (shell.folder / "x.tar").exists()
    assert not shell.work_left()


def test_a_connector_that_fails_its_probe(shell: Shell, copy: Path, layout: Layout) -> None:
    oci = ["build", str(copy), "--builder", "oci", "--base", str(layout.write()), "--output", "x.tar"]
    definition = copy / "source_gong" / "__init__.py"
    text = definition.read_text("utf-8")
    definition.write_text(text + "\nraise RuntimeError('out of order')\n")
    said = shell.run(*oci, code=1)
    assert "The connector ended with exit code 1: The connector failed: RuntimeError: out of order" in said
    definition.write_text(text + "\nimport os\nos.write(1, b'hello\\n')\n")
    assert "The connector broke the protocol" in shell.run(*oci, code=1)
    assert not (shell.folder / "x.tar").exists()
    assert not shell.work_left()


def test_a_spec_that_is_computed(shell: Shell, copy: Path, layout: Layout) -> None:
    definition = copy / "source_gong" / "__init__.py"
    text = definition.read_text("utf-8")
    computed = 'title="Gong", docs=f"https://docs.example/{__import__(\'os\').getpid()}",'
    definition.write_text(text.replace('title="Gong",', computed))
    args = ["build", str(copy), "--builder", "oci", "--base", str(layout.write()), "--output", "x.tar"]
    said = shell.run(*args, code=1)
    assert "The frozen spec (flow) is not what the code answers: ..." in said
    assert "https://docs.example/" in said
    assert "hint: a default or a description is computed; write it down instead" in said
    assert not (shell.folder / "x.tar").exists()


def test_an_image_larger_than_its_budget(shell: Shell, copy: Path, layout: Layout) -> None:
    told = (copy / "pyproject.toml").read_text("utf-8")
    (copy / "pyproject.toml").write_text(f"{told}\n[tool.connector-sdk.image]\nbudget = 3\n", "utf-8")
    said = shell.run("build", str(copy), "--builder", "oci", "--base", str(layout.write()), "--output", "x.tar", code=1)
    assert "MB; the budget is 3 MB." in said
    assert "MB  pydantic_core" in said
    assert not (shell.folder / "x.tar").exists()


def test_a_registry_that_refuses(shell: Shell, registry: FakeRegistry, layout: Layout) -> None:
    registry.refuse = (403, "denied: permission_denied: write_package")
    said = shell.run(
        "build", str(GONG), "--builder", "oci", "--base", str(layout.write()), "--push",
        "--tag", f"{registry.host}/acme/source-gong:v1", code=1,
    )  # fmt: skip
    assert "refuses acme/source-gong (403): denied: permission_denied: write_package." in said
    assert f"hint: log in with docker login {registry.host}" in said
    assert not shell.work_left()


def test_a_disk_that_is_full(shell: Shell, layout: Layout) -> None:
    """The largest file that may be written is smaller than the archive: the system says so as a full disk does."""
    layout.config["Env"].append("FILL=" + "x" * 3_000_000)
    base = str(layout.write())
    args = ["build", str(GONG), "--builder", "oci", "--base", base, "--output", "x.tar"]
    shell.run(*args)
    (shell.folder / "x.tar").unlink()

    def small() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (8_000_000, 8_000_000))

    said = shell.run(*args, code=1, preexec_fn=small)
    assert "The disk is full: x.tar could not be written." in said
    assert not list(shell.folder.glob("*.tar"))
    assert not shell.work_left()


COMPILE_ON_A_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from connector_sdk.images._cache import full_disk
from connector_sdk.images._compile import compile_folder

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))
with full_disk(Path(sys.argv[1])):
    compile_folder(Path(sys.argv[1]), "/app")
"""


def test_a_disk_that_is_full_while_byte_code_is_compiled(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "big.py").write_text("\n".join(f"x{n} = 'a text of some length: {n}'" for n in range(500)))
    # in a process of its own: the limit would hold for every thread of this one
    argv = [sys.executable, "-B", "-c", COMPILE_ON_A_FULL_DISK, str(tmp_path / "app")]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "ImageError: The disk is full" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_build_that_is_interrupted(
    shell: Shell, registry: FakeRegistry, layout: Layout, number: signal.Signals
) -> None:
    base = layout.serve(registry, "acme/python", "3")
    registry.stall.set()
    process = shell.start("build", str(GONG), "--builder", "oci", "--base", base, "--output", "x.tar")
    assert registry.asked.wait(60)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert "error: Interrupted." in err
    assert "Traceback" not in err
    assert not (shell.folder / "x.tar").exists()
    assert not shell.work_left()


def test_a_folder_that_is_not_empty(shell: Shell) -> None:
    (shell.folder / "full").mkdir()
    (shell.folder / "full" / "file").touch()
    assert "full is not empty" in shell.run("build", str(GONG), "--context", "full", code=2)


def test_the_same_with_json_is_one_object(shell: Shell) -> None:
    process = shell.start("build", str(GONG), "--json")
    out, _ = process.communicate(timeout=60)
    found = json.loads(out)["error"]
    assert process.returncode == 1
    assert found["code"] == "engine"
