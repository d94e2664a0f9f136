"""What ends a command early, with its exit code."""

from __future__ import annotations

from typing import Any

__all__ = ["FailedError", "ProblemError", "UsageProblemError"]


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
