"""A connector's stderr, read as Flow's runtime reads it."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

__all__ = ["Log", "LogReader", "parse_log"]

_LEVELS = {"warning": "warn", "fatal": "error", "panic": "error"}
_KNOWN = frozenset({"trace", "debug", "info", "warn", "error"})
_LOOKS_BAD = re.compile(r"error|failed|panic|timeout|unable|unrecogni[sz]ed", re.IGNORECASE)
_JOINED = 200


class Log(NamedTuple):
    """One log: ``level`` (trace, debug, info, warn, error), ``message``, ``fields``, ``time`` as it was written.

    ``structured`` is false for plain text, whose lines are joined and whose level is guessed from the words.
    """

    level: str
    message: str
    fields: dict[str, Any]
    time: str = ""
    structured: bool = True

    @property
    def event(self) -> str:
        """The name of the event this log reports (``connectorStatus``, ``progress``), else nothing."""
        name = self.fields.get("eventType") or self.fields.get("event")
        return name if isinstance(name, str) else ""

    @property
    def stream(self) -> str:
        """The stream this log is about, else nothing."""
        name = self.fields.get("stream")
        return name if isinstance(name, str) else ""


def parse_log(line: bytes) -> Log:
    """The log that one line of stderr is; a line that is no JSON object is plain text."""
    text = line.decode("utf-8", "replace").rstrip("\r\n")
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    return _structured(value, text) if isinstance(value, dict) else _plain(text)


def _plain(text: str) -> Log:
    return Log("error" if _LOOKS_BAD.search(text) else "warn", text, {}, structured=False)


def _structured(value: dict[str, Any], text: str) -> Log:
    level = _taken(value, "level", "lvl").lower()
    message = _taken(value, "message", "msg")
    time = _taken(value, "ts", "timestamp", "time")
    fields = value.pop("fields", None)
    level = _LEVELS.get(level, level)
    if level not in _KNOWN:
        level = "error" if _LOOKS_BAD.search(text) else "warn"
    return Log(level, message, {**value, **(fields if isinstance(fields, dict) else {})}, time)


def _taken(value: dict[str, Any], *names: str) -> str:
    for name in names:
        if isinstance(value.get(name), str):
            return str(value.pop(name))
    return ""


class LogReader:
    """Logs from chunks of stderr, in order; lines of plain text that follow each other become one log."""

    def __init__(self) -> None:
        self._rest = b""
        self._plain: list[str] = []

    def feed(self, chunk: bytes) -> list[Log]:
        """The logs that are complete with this chunk."""
        lines = (self._rest + chunk).split(b"\n")
        self._rest = lines.pop()
        found: list[Log] = []
        for line in lines:
            self._line(line, found)
        return found

    def end(self) -> list[Log]:
        """What was left when stderr ended."""
        found: list[Log] = []
        if self._rest:
            self._line(self._rest, found)
            self._rest = b""
        self._flush(found)
        return found

    def _line(self, line: bytes, found: list[Log]) -> None:
        log = parse_log(line)
        if log.structured:
            self._flush(found)
            found.append(log)
        elif log.message.strip():
            self._plain.append(log.message)
            if len(self._plain) >= _JOINED:
                self._flush(found)

    def _flush(self, found: list[Log]) -> None:
        if self._plain:
            found.append(_plain("\n".join(self._plain)))
            self._plain = []
