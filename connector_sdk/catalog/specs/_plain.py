"""Places in what a file says, as paths and as JSON pointers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["MISSING", "Where", "at", "parts", "pointer", "walk"]

Where = tuple[str | int, ...]
"""A path of keys and indexes into a document."""

MISSING: Any = object()
"""What :func:`at` gives where nothing is."""


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
