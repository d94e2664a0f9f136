"""Logs as Flow reads them: one JSON object a line on stderr, without a secret in it (R23, R24)."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

__all__ = ["JsonLogs", "Prints", "install_logs"]

_log = logging.getLogger("connector_sdk")
_LEVELS = {"trace": logging.DEBUG, "debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING,
           "warning": logging.WARNING, "error": logging.ERROR}  # fmt: skip
_LONGEST = 100_000


class JsonLogs(logging.Handler):
    """Writes every record as one line; whatever has been called a secret leaves as ``***``."""

    def __init__(self) -> None:
        super().__init__()
        self._err = sys.stderr
        self._secrets: list[str] = []

    def hide(self, secrets: Iterable[str]) -> None:
        """Never let these texts out."""
        self._secrets = sorted({*self._secrets, *secrets}, key=len, reverse=True)

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, Any] = dict(getattr(record, "fields", {}))
        if record.exc_info and record.exc_info[1] is not None:
            fields["traceback"] = logging.Formatter().formatException(record.exc_info)[-20_000:]
        line: dict[str, Any] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": "warn" if record.levelname == "WARNING" else record.levelname.lower(),
            "msg": self._clean(_message(record))[:_LONGEST],
        }
        if fields:
            line["fields"] = self._cleaned(fields)
        self._err.write(orjson.dumps(line, default=str).decode() + "\n")
        self._err.flush()

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be written

    def _cleaned(self, value: Any) -> Any:
        """The value with every text in it cleaned; what JSON does not have becomes text."""
        if isinstance(value, Mapping):
            return {self._clean(str(name)): self._cleaned(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self._cleaned(each) for each in value]
        plain = value is None or isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < 1 << 53)
        text = self._clean(str(value))
        return value if plain and text == str(value) else text


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):  # an author's arguments do not fit the text
        return str(record.msg)


class Prints(io.TextIOBase):
    """A stand-in for ``sys.stdout`` and ``sys.stderr``: every line that is written becomes a log (R23, R24)."""

    def __init__(self, level: int) -> None:
        self._level = level
        self._rest = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._say(line)
        return len(text)

    def end(self) -> None:
        """Tell what was written without a newline."""
        rest, self._rest = self._rest, ""
        self._say(rest)

    def _say(self, line: str) -> None:
        if line.strip():
            _log.log(self._level, "%s", line.rstrip(), extra={"fields": {"event": "print"}})


def install_logs(level: str) -> JsonLogs:
    """Send all logs of the process to stderr; an unknown ``LOG_LEVEL`` is ``info``."""
    handler = JsonLogs()
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_LEVELS.get(level.lower(), logging.INFO))
    for noisy in ("httpx", "httpcore", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    return handler
