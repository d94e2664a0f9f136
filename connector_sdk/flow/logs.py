"""Logs as Flow reads them: one JSON object a line on stderr, without a secret in it (R23, R24)."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import orjson

__all__ = ["JsonLogs", "install_logs"]

_LEVELS = {"trace": logging.DEBUG, "debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING,
           "warning": logging.WARNING, "error": logging.ERROR}  # fmt: skip
_LONGEST = 100_000


class JsonLogs(logging.Handler):
    """Writes every record as one line; whatever has been called a secret leaves as ``***``."""

    def __init__(self) -> None:
        super().__init__()
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
            "msg": self._clean(record.getMessage())[:_LONGEST],
        }
        if fields:
            line["fields"] = orjson.loads(self._clean(orjson.dumps(fields, default=str).decode()))
        sys.stderr.write(orjson.dumps(line).decode() + "\n")
        sys.stderr.flush()

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


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
