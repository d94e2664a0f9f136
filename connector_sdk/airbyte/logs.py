"""Logs as Airbyte reads them: LOG messages on stdout, without a secret in them (R23, R24)."""

from __future__ import annotations

import logging
import re

from connector_sdk.serving import Logs

from . import messages
from .stdout import Stdout

__all__ = ["AirbyteLogs"]

_LEVELS = ((logging.CRITICAL, "FATAL"), (logging.ERROR, "ERROR"), (logging.WARNING, "WARN"), (logging.INFO, "INFO"))

_UNTIL = re.compile(r"\d\d:\d\d:\d\d")


class AirbyteLogs(Logs):
    """Says every record as a LOG message."""

    def __init__(self, stdout: Stdout) -> None:
        super().__init__()
        self._stdout = stdout
        self._status = ""

    def emit(self, record: logging.LogRecord) -> None:
        if getattr(record, "fields", {}).get("eventType") == "connectorStatus":
            # its place in Flow is one line that changes; here every change of a second would be a line of its own
            text = _UNTIL.sub("", record.getMessage())
            if text == self._status:
                return
            self._status = text
        level = next((name for number, name in _LEVELS if record.levelno >= number), "DEBUG")
        self._stdout.say(messages.log(level, self.message(record), self.trace(record)))
