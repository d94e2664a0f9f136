"""One line of a connector's stdout, decoded strictly."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

__all__ = ["LineError", "decode"]

# orjson reads integers beyond 64 bits as floats, which would make two keys one
_LONG_NUMBER = re.compile(rb"[0-9]{19}")


class LineError(ValueError):
    """The line is not one JSON object. ``rule`` and the text go into a violation."""

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(sentence)
        self.rule = rule


def decode(line: bytes) -> dict[str, Any]:
    """The JSON object that the line is, integers of any size included. Raises LineError."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise _why(line, error) from None
    if type(value) is not dict:
        raise LineError(
            "line-not-object", f"A line on stdout is JSON, but {type(value).__name__} instead of an object."
        )
    if _LONG_NUMBER.search(line):
        value = json.loads(line)
    found: dict[str, Any] = value
    return found


def _why(line: bytes, error: orjson.JSONDecodeError) -> LineError:
    if not line.strip():
        return LineError("line-blank", "A line on stdout is blank; only protocol lines may be there.")
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as fault:
        return LineError("line-not-utf8", f"A line on stdout is not UTF-8: {fault.reason} at byte {fault.start}.")
    return LineError("line-not-json", f"A line on stdout is not JSON ({error}); something printed there?")
