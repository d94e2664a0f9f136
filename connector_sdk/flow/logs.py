"""Logs as Flow reads them: one JSON object a line on stderr, without a secret in it (R23, R24)."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import orjson

from connector_sdk.serving import Logs

__all__ = ["JsonLogs"]


class JsonLogs(Logs):
    """Writes every record as one line on stderr."""

    def __init__(self) -> None:
        super().__init__()
        self._err = sys.stderr

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, Any] = dict(getattr(record, "fields", {}))
        if trace := self.trace(record):
            fields["traceback"] = trace
        line: dict[str, Any] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": "warn" if record.levelname == "WARNING" else record.levelname.lower(),
            "msg": self.message(record),
        }
        if fields:
            line["fields"] = self.cleaned(fields)
        self._err.write(orjson.dumps(line, default=str).decode() + "\n")
        self._err.flush()
