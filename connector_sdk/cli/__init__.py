"""The ``connector-sdk`` command. ``main`` is its entry point; everything it needs is imported when a command runs."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command line of this process and exit: 0 done, 1 failed, 2 wrong usage or config."""
    if sys.stderr is None:  # it was closed: without it Python has none, and what is to be told fails
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  (for as long as the process lives)
    if sys.stdout is None:
        sys.exit(_end("stdout is closed, so that nothing can be told."))
    try:
        from connector_sdk.cli._run import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # while it was imported
        code = _end("Interrupted.")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is said: a late Ctrl-C must not add a traceback
    try:
        sys.stdout.flush()
    except OSError:  # a full disk, of which run has told: what is left must not fail again at the exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _end(told: str) -> int:
    sys.stderr.write(f"error: {told}\n")
    return 1
