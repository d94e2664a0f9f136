"""The command as a user types it, in a process of its own: forked from one that has everything imported.

What a command imports takes ten times as long as what it does, and tests start it hundreds of times. How it starts from
nothing, ends by a signal, or talks to a terminal is tried with ``python -m connector_sdk.cli`` itself.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path

__all__ = ["command"]

_CATALOG = ("checks", "entries", "known", "requests", "scaffold", "site", "specs")
_PRELOADED = [
    "connector_sdk.cli._app", "connector_sdk.cli._output", "connector_sdk.testing.airbyte",
    "connector_sdk.testing.flow", *(f"connector_sdk.catalog.{each}" for each in _CATALOG),
    "jsonschema_rs", "rich.table", "ruamel.yaml", "tests.commands",
]  # fmt: skip
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(_PRELOADED)


def command(
    *args: object, cwd: Path | None = None, env: Mapping[str, str] | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """What came of ``connector-sdk ARGS`` in a folder, with exactly this environment; warnings are errors in it."""
    argv = [str(each) for each in args]
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        how = (argv, str(cwd or Path.cwd()), dict(os.environ if env is None else env), str(out), str(err))
        process = _context.Process(target=_run, args=how)
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(argv, timeout, out.read_bytes(), err.read_bytes())
        code = process.exitcode
        process.close()
        return subprocess.CompletedProcess(argv, code, out.read_text("utf-8"), err.read_text("utf-8"))


def _run(argv: list[str], cwd: str, env: dict[str, str], out: str, err: str) -> None:
    from connector_sdk.cli._run import run

    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    for number, path in ((0, os.devnull), (1, out), (2, err)):
        opened = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.path[:0] = ["", *filter(None, env.get("PYTHONPATH", "").split(os.pathsep))]
    warnings.resetwarnings()
    warnings.simplefilter("error")
    try:
        code = run(argv)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)
