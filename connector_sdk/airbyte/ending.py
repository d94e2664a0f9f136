"""How a process ends: with what its users are told, and by which signal."""

from __future__ import annotations

import logging
import os
import signal

from connector_sdk.errors import SdkError

from . import messages
from .logs import AirbyteLogs

__all__ = ["die", "told_of"]


def told_of(error: BaseException, logs: AirbyteLogs, stream: str = "") -> bytes:
    """The error as users and engineers are told of it."""
    expected = isinstance(error, SdkError)
    text = str(error) if expected else f"The connector failed: {type(error).__name__}: {error}"
    record = logging.LogRecord("", logging.ERROR, "", 0, "", (), (type(error), error, error.__traceback__))
    internal = f"{type(error).__name__} [{error.code}]" if isinstance(error, SdkError) else type(error).__name__
    return messages.error(
        logs.clean(text), messages.failure_type(error), internal, "" if expected else logs.trace(record), stream
    )


def die(number: int) -> None:
    """End as the signal would have ended the process (code -15, which Airbyte knows), or with the code that stands for
    it, where the system ignores signals: for the first process of a container."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)
