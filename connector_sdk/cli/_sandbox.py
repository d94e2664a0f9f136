"""A connector's sandbox, in a process of its own."""

from __future__ import annotations

import contextlib
import json as jsonlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector_sdk.cli._connector import Target, find_connector, python_path, read_config
from connector_sdk.cli._output import print_json
from connector_sdk.cli._problems import FailedError, UsageProblemError

__all__ = ["Served", "config_for", "serve", "serve_until_interrupted"]


@dataclass(frozen=True)
class Served:
    """A sandbox that answers at ``url``, and a config that fits it. ``process`` serves it."""

    url: str
    config: dict[str, Any]
    process: subprocess.Popen[bytes]


@contextlib.contextmanager
def serve(target: Target, port: int = 0) -> Iterator[Served]:
    """The connector's sandbox, up for as long as the ``with`` lasts; port 0 takes a free one."""
    if not target.sandbox_file.is_file():
        raise UsageProblemError(
            f"{target.name} has no sandbox: there is no {target.sandbox_file}.",
            hint="run it with --config FILE, or write a sandbox.py with a function sandbox()",
        )
    argv = [sys.executable, "-m", "connector_sdk.cli._sandbox_server", str(target.sandbox_file), str(port)]
    env = {**os.environ, "PYTHONPATH": python_path(target.folder)}
    process = subprocess.Popen(
        argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        yield _announced(process, target.sandbox_file)
    finally:
        _end(process)


@contextlib.contextmanager
def config_for(target: Target, sandbox: bool, config: Path | None) -> Iterator[dict[str, Any]]:
    """The config that ``--sandbox`` or ``--config`` gives; with the sandbox up meanwhile."""
    if sandbox and config is not None:
        raise UsageProblemError("--sandbox and --config exclude each other.", hint="the sandbox brings its own config")
    if config is not None:
        yield read_config(config)
    elif sandbox:
        with serve(target) as served:
            yield served.config
    else:
        raise UsageProblemError(
            "There is nothing to connect to.",
            hint="--sandbox runs against the connector's own fake API, --config FILE against the real one",
        )


def _announced(process: subprocess.Popen[bytes], file: Path) -> Served:
    assert process.stdout and process.stderr
    line = process.stdout.readline()
    if not line:
        process.wait()
        said = process.stderr.read().decode("utf-8", "replace").strip().splitlines()
        raise FailedError(f"The sandbox {file} did not start: {said[-1] if said else 'it said nothing'}")
    told = jsonlib.loads(line)
    # what a sandbox prints later is of no interest, but must not block it
    _discard(process.stderr)
    return Served(told["url"], told["config"], process)


def _discard(pipe: Any) -> None:
    import threading

    def drain() -> None:
        with contextlib.suppress(OSError, ValueError):
            while pipe.read(1 << 16):
                pass

    threading.Thread(target=drain, daemon=True, name="sandbox-stderr").start()


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin and process.stdout and process.stderr
    with contextlib.suppress(OSError):
        process.stdin.close()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
    process.stderr.close()


def serve_until_interrupted(connector: str, port: int, json: bool) -> int:
    """Serve the sandbox, print where and with which config, and wait for Ctrl-C or SIGTERM."""
    import signal
    import threading

    target = find_connector(connector, sandbox_only=True)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with serve(target, port) as served:
        if json:
            print_json({"connector": target.name, "url": served.url, "config": served.config})
        else:
            text = jsonlib.dumps(served.config, indent=2, ensure_ascii=False)
            sys.stdout.write(f"{target.name}'s sandbox serves {served.url} until Ctrl-C; a config that fits:\n{text}\n")
            sys.stdout.flush()
        while not stopped.wait(0.2):
            if served.process.poll() is not None:
                raise FailedError(f"The sandbox of {target.name} ended by itself (exit {served.process.returncode}).")
    return 0
