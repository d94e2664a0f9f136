"""The connector process: what ``python -m source_gong`` runs.

stdout is kept for the protocol before the author's module is even imported: whatever prints goes to the logs (R23).
"""

from __future__ import annotations

import importlib
import itertools
import logging
import os
import signal
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import FrameType, TracebackType

from connector_sdk.declare import Connector
from connector_sdk.errors import DefinitionError, SdkError
from connector_sdk.serving import Prints, install

__all__ = ["load", "main", "on_import_error"]

_log = logging.getLogger("connector_sdk")


def main(module: str, heard: Iterable[bytes] = ()) -> None:
    """Speak the protocol for the connector that ``module`` defines, and end the process: Airbyte's where the arguments
    hold a command, else Flow's. ``heard`` are lines that somebody has already taken from stdin, and that are still to
    be answered.
    """
    protocol = os.dup(1)
    os.dup2(2, 1)
    code = _airbyte(module, protocol) if _means_airbyte(sys.argv[1:]) else _flow(module, protocol, heard)
    os._exit(code)  # nothing may be said after the last line


def _means_airbyte(arguments: list[str]) -> bool:
    """Whether they begin with a command, or with a word that should be one. What begins with a flag is Flow's: its
    runtime may give some, and they are ignored."""
    rest = arguments[1:] if arguments[:1] == ["--debug"] else arguments
    return bool(rest) and not rest[0].startswith("-")


def _flow(module: str, protocol: int, heard: Iterable[bytes]) -> int:
    from connector_sdk.flow import FlowServer, JsonLogs

    logs = JsonLogs()
    install(logs, os.environ.get("LOG_LEVEL", ""))
    prints = _take_prints()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stopped)
    try:
        try:
            return FlowServer(load(module), protocol, logs).serve(itertools.chain(heard, sys.stdin.buffer))
        finally:
            for each in prints:
                each.end()
    except Exception as error:
        _tell(error)
        return 1


def _airbyte(module: str, protocol: int) -> int:
    from connector_sdk.airbyte import AirbyteCommand, AirbyteLogs, Stdout, die

    stdout = Stdout(protocol)
    logs = AirbyteLogs(stdout)
    install(logs, os.environ.get("LOG_LEVEL", ""))
    prints = _take_prints()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: die(number))
    try:
        code = AirbyteCommand(sys.argv[1:], stdout, logs).run(lambda: load(module))
        for each in prints:
            each.end()
    except SystemExit as usage:
        return int(usage.code or 0)
    return code


def _take_prints() -> tuple[Prints, Prints]:
    sys.stdout, sys.stderr = prints = Prints(logging.INFO), Prints(logging.WARNING)
    return prints


def on_import_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What ``sys.excepthook`` is while the definition is imported before ``main`` could begin."""
    if not isinstance(error, Exception):
        return
    if _means_airbyte(sys.argv[1:]):
        from connector_sdk.airbyte import AirbyteLogs, Stdout, told_of

        stdout = Stdout(1)
        stdout.say(told_of(error, AirbyteLogs(stdout)))
        return
    from connector_sdk.flow import JsonLogs

    install(JsonLogs(), os.environ.get("LOG_LEVEL", ""))
    _tell(error)


def _tell(error: Exception) -> None:
    """The reason why the process ends, as its last line."""
    if isinstance(error, SdkError):
        parts = {"reason": error.message, "hint": error.hint} if error.hint else {}
        _log.error("%s", error, extra={"fields": {"code": error.code, **parts}})
    else:
        _log.error("The connector failed: %s: %s%s", type(error).__name__, error, _place(error), exc_info=error)


def _place(error: Exception) -> str:
    """The author's own line that led to the error, where one did."""
    ours = str(Path(__file__).parent)
    theirs = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith((ours, "<")) and "site-packages" not in frame.filename
    ]
    if not theirs or Path(theirs[-1].filename).is_relative_to(sys.base_prefix):
        return ""
    path = Path(theirs[-1].filename)
    return f" ({path.parent.name}/{path.name}, line {theirs[-1].lineno})"


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
