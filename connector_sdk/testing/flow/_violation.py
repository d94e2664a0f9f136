"""What a connector did against the protocol."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Violation", "ViolationError", "shortened"]

_SHOWN = 400


class Violation(NamedTuple):
    """One rule of the protocol that a connector broke: which, in a sentence, and the line that broke it.

    ``rule`` is a short stable word (``checkpoint-foreign``), ``number`` the line's number on stdout, from 1 (0 where
    no line is to blame), ``line`` the line, shortened.
    """

    rule: str
    sentence: str
    number: int = 0
    line: str = ""

    def __str__(self) -> str:
        place = f" (stdout line {self.number})" if self.number else ""
        return f"{self.sentence}{place} [{self.rule}]" + (f"\n  {self.line}" if self.line else "")


class ViolationError(AssertionError):
    """Raised when a strict player meets a violation; ``violation`` holds it, ``log`` the connector's last log line."""

    def __init__(self, violation: Violation, log: str = "") -> None:
        super().__init__(str(violation) + (f"\n  last log: {log}" if log else ""))
        self.violation = violation
        self.log = log


def shortened(line: bytes | str, at_most: int = _SHOWN) -> str:
    """A line as text that fits on a screen: its beginning, its end, and how much was left out."""
    text = line.decode("utf-8", "backslashreplace") if isinstance(line, bytes) else line
    if len(text) <= at_most:
        return text
    half = at_most // 2
    return f"{text[:half]} … {len(text) - 2 * half} more … {text[-half:]}"
