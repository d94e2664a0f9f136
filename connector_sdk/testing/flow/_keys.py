"""A document's key: found by pointers, scalar, and equal only to itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

__all__ = ["Key", "KeyProblemError", "key_reader"]

Key: TypeAlias = tuple[str | int | bool | tuple[str, bool], ...]


class KeyProblemError(ValueError):
    """A place of the key holds nothing, or nothing that can be a key."""


def key_reader(pointers: Sequence[str]) -> Callable[[dict[str, Any]], Key]:
    """A function from a document to its key; it raises KeyProblemError where a place is missing or not scalar.

    ``True`` and ``1`` are two keys, though they are equal in Python.
    """
    paths = [(pointer, [_unescaped(token) for token in pointer.split("/")[1:]]) for pointer in pointers]
    if len(paths) == 1 and len(paths[0][1]) == 1:
        return _flat_reader(*paths[0])

    def read(doc: dict[str, Any]) -> Key:
        return tuple(_scalar(_at(doc, path), pointer) for pointer, path in paths)

    return read


def _flat_reader(pointer: str, path: list[str]) -> Callable[[dict[str, Any]], Key]:
    name = path[0]

    def read(doc: dict[str, Any]) -> Key:
        value = doc.get(name, _MISSING)
        return (value,) if type(value) in (str, int) else (_scalar(value, pointer),)

    return read


def _unescaped(token: str) -> str:
    return token.replace("~1", "/").replace("~0", "~")


_MISSING = object()


def _at(value: Any, path: list[str]) -> Any:
    for name in path:
        if isinstance(value, dict):
            value = value.get(name, _MISSING)
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return _MISSING
    return value


def _scalar(value: Any, pointer: str) -> Any:
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, (str, int)):
        return value
    if value is _MISSING:
        raise KeyProblemError(f"has nothing at {pointer} of its key")
    raise KeyProblemError(f"has {_kind(value)} at {pointer} of its key, where only a string, integer or boolean can be")


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    return {dict: "an object", list: "an array", float: "a number with a fraction"}.get(
        type(value), type(value).__name__
    )
