"""What ends a command early, with its exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from connector_sdk.errors import ImageUsageError

__all__ = ["FailedError", "ProblemError", "UsageProblemError", "image_usage"]


class ProblemError(Exception):
    """A sentence for the user and a hint what to do; ``code`` is the code of an SDK error, where there is one."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code

    def as_json(self) -> dict[str, Any]:
        """The problem as it stands under ``error`` in the output of ``--json``."""
        found = {"message": self.message, "hint": self.hint, "code": self.code}
        return {name: value for name, value in found.items() if value}


class FailedError(ProblemError):
    """The work failed."""


class UsageProblemError(ProblemError):
    """The command was used wrongly, or the config does not fit."""

    exit_code = 2


@contextmanager
def image_usage() -> Iterator[None]:
    """What makes no sense of an image ends with exit code 2."""
    try:
        yield
    except ImageUsageError as wrong:
        raise UsageProblemError(wrong.message, hint=wrong.hint, code=wrong.code) from None
