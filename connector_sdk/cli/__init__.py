"""The ``connector-sdk`` command. ``main`` is its entry point; everything it needs is imported when a command runs."""

from __future__ import annotations

import signal
import sys
from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command line of this process and exit: 0 done, 1 failed, 2 wrong usage or config."""
    from connector_sdk.cli._run import run

    code = run(sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is said: a late Ctrl-C must not add a traceback
    sys.exit(code)
