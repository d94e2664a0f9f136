"""What a check of files finds: one shape for requests, entries, flow.yaml and ``check-all``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Finding", "Severity", "worst"]

Severity = Literal["error", "warning", "note"]
"""An error fails the command, a warning does not, a note is for information; SARIF has the same three levels."""
_ORDER: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong in a file, where, and what to do.

    ``rule`` is a stable name such as ``entry-drift``; ``path`` is relative to the repository, with forward slashes;
    ``line`` and ``column`` count from 1, and are 0 where the finding is about the whole file. ``message`` is one
    sentence that says what is wrong, ``hint`` one that says what to do.
    """

    rule: str
    severity: Severity
    message: str
    hint: str = ""
    path: str = ""
    line: int = 0
    column: int = 0

    @property
    def place(self) -> str:
        """``path:line:column``, without what is not known."""
        return ":".join([self.path, *(str(each) for each in (self.line, self.column) if each)])

    def as_json(self) -> dict[str, Any]:
        """The finding as it stands in the output of ``--json``."""
        told = {name: getattr(self, name) for name in ("rule", "severity", "message", "hint", "path", "line", "column")}
        return {name: value for name, value in told.items() if value}


def worst(findings: Iterable[Finding]) -> Severity | None:
    """The gravest severity among them; None where there are none."""
    found = {each.severity for each in findings}
    return next((each for each in _ORDER if each in found), None)
