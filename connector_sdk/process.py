"""The connector process: what ``python -m source_gong`` runs.

stdout is kept for the protocol before the author's module is even imported: whatever prints goes to the logs (R23).
"""

from __future__ import annotations

import importlib
import logging
import os
import signal
import sys
from types import FrameType

from connector_sdk.declare import Connector
from connector_sdk.errors import DefinitionError, SdkError
from connector_sdk.flow import FlowServer, JsonLogs, Prints, install_logs

__all__ = ["load", "main"]

_log = logging.getLogger("connector_sdk")
_AIRBYTE = {"spec", "check", "discover", "read"}


def main(module: str) -> None:
    """Speak the protocol for the connector that ``module`` defines, and end the process."""
    protocol = os.dup(1)
    os.dup2(2, 1)
    logs = install_logs(os.environ.get("LOG_LEVEL", ""))
    sys.stdout, sys.stderr = prints = Prints(logging.INFO), Prints(logging.WARNING)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stopped)
    try:
        try:
            code = _serve(module, protocol, logs)
        finally:
            for each in prints:
                each.end()
    except SdkError as error:
        _log.error("%s", error, extra={"fields": {"code": error.code}})
        code = 1
    except Exception as error:
        _log.error("The connector failed: %s: %s", type(error).__name__, error, exc_info=error)
        code = 1
    os._exit(code)  # nothing may be said after the last line


def _serve(module: str, protocol: int, logs: JsonLogs) -> int:
    if set(sys.argv[1:2]) & _AIRBYTE:
        raise DefinitionError(f"{sys.argv[1]!r} is Airbyte's protocol, which this version does not speak yet.")
    return FlowServer(load(module), protocol, logs).serve(sys.stdin.buffer)


def _stopped(number: int, frame: FrameType | None) -> None:
    os._exit(0)


def load(module: str) -> Connector:  # type: ignore[type-arg]
    """The connector that a module defines. Raises DefinitionError where there is none, or more than one."""
    found = [each for each in vars(importlib.import_module(module)).values() if isinstance(each, Connector)]
    if len(found) != 1:
        raise DefinitionError(
            f"module {module!r} defines {len(found)} connectors; it takes exactly one Connector(...)."
        )
    return found[0]
