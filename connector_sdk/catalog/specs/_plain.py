"""YAML as JSON: what a file says, in plain dicts and lists; and places in it, as paths and JSON pointers."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from connector_sdk.errors import FlowSpecError

__all__ = ["MISSING", "Where", "at", "parts", "plain", "pointer", "walk"]

Where = tuple[str | int, ...]
"""A path of keys and indexes into a document."""

MISSING: Any = object()
"""What :func:`at` gives where nothing is."""

_MOST = 1_000_000  # a file whose aliases unfold to more than this is not a specification


def plain(data: Any, path: Path) -> Any:
    """The value of a YAML document as JSON has it: aliases are unfolded, dates are text, keys are text.

    Raises FlowSpecError for a document that contains itself, or unfolds beyond measure.
    """
    budget = _MOST

    def turned(value: Any, above: tuple[int, ...]) -> Any:
        nonlocal budget
        budget -= 1
        if budget < 0 or id(value) in above:
            raise FlowSpecError(f"{path} cannot be read: its aliases make it endless.", hint="write the values out")
        if isinstance(value, Mapping):
            return {_key(name): turned(each, (*above, id(value))) for name, each in value.items()}
        if isinstance(value, list | tuple | set):
            return [turned(each, (*above, id(value))) for each in value]
        return _scalar(value)

    return turned(data, ())


def _key(name: Any) -> str:
    found = _scalar(name)
    return found if isinstance(found, str) else str(found)


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, datetime.datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, datetime.date):
        return value.isoformat()
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind(value)  # the YAML library's own kinds know how they were written
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "replace")
    # a boolean with an anchor, or a tag of its own
    return bool(value) if type(value).__name__ == "ScalarBoolean" else str(value)


def parts(text: str) -> tuple[str, ...]:
    """The steps of a JSON pointer."""
    return tuple(each.replace("~1", "/").replace("~0", "~") for each in text.split("/")[1:])


def pointer(where: Where) -> str:
    """A path as a JSON pointer."""
    return "".join("/" + str(each).replace("~", "~0").replace("/", "~1") for each in where)


def at(data: Any, where: Where) -> Any:
    """The value at a path; ``MISSING`` where there is none."""
    for step in where:
        inside = step in data if isinstance(data, dict) else isinstance(data, list) and step in range(len(data))
        if not inside:
            return MISSING
        data = data[step]
    return data


def walk(data: Any, above: Where = ()) -> Iterator[tuple[Where, Any]]:
    """Every scalar in a value, with its path."""
    if isinstance(data, dict):
        for name, each in data.items():
            yield from walk(each, (*above, name))
    elif isinstance(data, list):
        for index, each in enumerate(data):
            yield from walk(each, (*above, index))
    else:
        yield above, data
