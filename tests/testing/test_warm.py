"""A forked connector is a process like any other: its own environment, folder, pipes, signals and death."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.testing.flow import _warm as warm
from connector_sdk.testing.flow._process import Process

TELLS = """
import json, os, sys
print(json.dumps({"argv": sys.argv[1:], "cwd": os.getcwd(), "mine": os.environ.get("MINE"), "sid": os.getsid(0),
                  "pid": os.getpid(), "said": sys.stdin.read(), "name": __name__, "imported": sorted(sys.modules)}))
sys.stderr.write("told")
sys.exit(7)
"""
WAITS = "import sys, time\nsys.stdout.write('here\\n')\nsys.stdout.flush()\ntime.sleep(60)\n"
SOURCE = "print('at import')\nimport connector_sdk\nprint('after it')\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(warm, "_starts", 10)
    for name, text in {"tells": TELLS, "waits": WAITS}.items():
        (tmp_path / f"{name}.py").write_text(text)
    (tmp_path / "source_prints").mkdir()
    (tmp_path / "source_prints" / "__init__.py").write_text(SOURCE)
    (tmp_path / "source_prints" / "__main__.py").write_text("")
    return tmp_path


def started(folder: Path, module: str, *arguments: str, **env: str) -> Process:
    env = {**os.environ, "CONNECTOR_WARM": "1", "PYTHONPATH": str(folder), "MINE": "yes", **env}
    process = Process([sys.executable, "-m", module, *arguments], env, folder)
    assert (process._forked is not None) == (env["CONNECTOR_WARM"] == "1")
    return process


def whole(process: Process) -> tuple[bytes, bytes]:
    out = err = b""
    deadline = time.monotonic() + 20
    while not (process.stdout_ended and process.stderr_ended and process.poll() is not None):
        assert time.monotonic() < deadline
        one, other = process.pump(0.1)
        out, err = out + one, err + other
    process.close()
    return out, err


@pytest.mark.parametrize("forked", ["1", "0"])
def test_it_has_what_it_was_given_and_nothing_of_ours(folder: Path, forked: str) -> None:
    process = started(folder, "tells", "a", "b c", CONNECTOR_WARM=forked)
    process.send(b"hello")
    process.close_stdin()
    out, err = whole(process)
    told: dict[str, Any] = json.loads(out)
    assert err == b"told"
    assert process.exit_code == 7
    assert (told["argv"], told["mine"], told["said"], told["name"]) == (["a", "b c"], "yes", "hello", "__main__")
    assert Path(told["cwd"]) == folder
    assert told["pid"] == told["sid"] == process.pid
    assert ("connector_sdk.engine" in told["imported"]) == (forked == "1")
    assert process.usage is not None
    assert process.usage.memory > 1 << 20


def test_it_dies_by_itself_alone(folder: Path) -> None:
    first, second = started(folder, "waits"), started(folder, "waits")
    try:
        for each in (first, second):
            while not each.pump(0.1)[0]:
                pass
        assert first.resident() > 1 << 20
        first.signal(signal.SIGKILL)
        assert whole(first) == (b"", b"")
        assert first.exit_code == -signal.SIGKILL
        assert second.poll() is None
    finally:
        second.close()
    assert second.exit_code == -signal.SIGKILL


def test_one_that_was_closed_at_once_is_gone(folder: Path) -> None:
    for _ in range(5):
        process = started(folder, "waits")
        process.close()
        assert process.exit_code == -signal.SIGKILL


@pytest.mark.parametrize("forked", ["1", "0"])
def test_what_a_definition_prints_does_not_reach_stdout(folder: Path, forked: str) -> None:
    out, err = whole(started(folder, "source_prints", CONNECTOR_WARM=forked))
    assert out == b"at import\n"  # before the SDK is there
    assert err == b"after it\n"


def test_without_the_process_that_is_forked_one_is_started_from_nothing(folder: Path) -> None:
    whole(started(folder, "source_prints"))
    assert warm._server is not None
    warm._server._process.kill()
    warm._server._process.wait()
    process = Process([sys.executable, "-m", "waits"], {**os.environ, "CONNECTOR_WARM": "1"}, folder)
    assert process._forked is None
    process.close()
    started(folder, "waits").close()  # of another one


def test_what_is_no_module_of_this_python_is_started_from_nothing(folder: Path) -> None:
    process = Process([sys.executable, "-c", "print(1)"], {**os.environ, "CONNECTOR_WARM": "1"}, folder)
    assert process._forked is None
    assert whole(process)[0] == b"1\n"
