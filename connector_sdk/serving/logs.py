"""Logs without a secret in them, whatever carries them (R23, R24)."""

from __future__ import annotations

import io
import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["Logs", "Prints", "install"]

_log = logging.getLogger("connector_sdk")
_LEVELS = {"trace": logging.DEBUG, "debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING,
           "warning": logging.WARNING, "error": logging.ERROR, "fatal": logging.ERROR}  # fmt: skip
_LONGEST = 100_000
_LONGEST_TRACE = 20_000


class Logs(logging.Handler, ABC):
    """Hands every record to ``write`` as one line; whatever has been called a secret leaves as ``***``."""

    def __init__(self) -> None:
        super().__init__()
        self._secrets: list[str] = []

    def hide(self, secrets: Iterable[str]) -> None:
        """Never let these texts out."""
        self._secrets = sorted({*self._secrets, *secrets}, key=len, reverse=True)

    @abstractmethod
    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""

    def message(self, record: logging.LogRecord) -> str:
        """What the record says."""
        try:
            text = record.getMessage()
        except (TypeError, ValueError, KeyError):  # an author's arguments do not fit the text
            text = str(record.msg)
        return self.clean(text)[:_LONGEST]

    def trace(self, record: logging.LogRecord) -> str:
        """The traceback that came with the record; empty where there is none."""
        if not record.exc_info or record.exc_info[1] is None:
            return ""
        return self.clean(logging.Formatter().formatException(record.exc_info)[-_LONGEST_TRACE:])

    def clean(self, text: str) -> str:
        """The text without a secret, and as it can be written."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be written

    def cleaned(self, value: Any) -> Any:
        """The value with every text in it cleaned; what JSON does not have becomes text."""
        if isinstance(value, Mapping):
            return {self.clean(str(name)): self.cleaned(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.cleaned(each) for each in value]
        plain = value is None or isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < 1 << 53)
        text = self.clean(str(value))
        return value if plain and text == str(value) else text


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


def install(handler: Logs, level: str) -> None:
    """Send all logs of the process to the handler; an unknown level is ``info``."""
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_LEVELS.get(level.lower(), logging.INFO))
    for noisy in ("httpx", "httpcore", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.captureWarnings(True)
