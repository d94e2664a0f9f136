"""The JSON Schema of records that were seen: what Airbyte makes columns of, where the author declared none.

It stays open and forgiving: every place may be null or absent but the key, and what was never seen is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["Seen"]

_MOST_NAMES = 300  # an object with more is a map, whose names are data
_DEEPEST = 6
_MOST_ITEMS = 20
_ORDER = ("null", "boolean", "integer", "number", "string", "object", "array")


class Seen:
    """What was seen at one place of the records."""

    def __init__(self, depth: int = 0) -> None:
        self._depth = depth
        self._kinds: set[str] = set()
        self._names: dict[str, Seen] | None = {}
        self._items: Seen | None = None

    def see(self, value: Any) -> None:
        """One more value."""
        kind = _kind(value)
        self._kinds.add(kind)
        if kind == "object" and self._names is not None:
            self._see_names(value)
        elif kind == "array" and self._depth < _DEEPEST:
            self._items = self._items or Seen(self._depth + 1)
            for item in value[:_MOST_ITEMS]:
                self._items.see(item)

    def _see_names(self, value: Mapping[str, Any]) -> None:
        assert self._names is not None
        if self._depth >= _DEEPEST or len(self._names.keys() | value.keys()) > _MOST_NAMES:
            self._names = None
            return
        for name, each in value.items():
            if name not in self._names:
                self._names[name] = Seen(self._depth + 1)
            self._names[name].see(each)

    def schema(self, *, required: bool = False) -> dict[str, Any]:
        """The schema; one that allows null unless the place is ``required``."""
        kinds = set(self._kinds)
        if "number" in kinds:
            kinds.discard("integer")
        if not kinds - {"null"}:
            kinds.add("string")  # what was only ever null is text to whoever must have a column for it
        kinds = kinds - {"null"} if required else kinds | {"null"}
        listed = [kind for kind in _ORDER if kind in kinds]
        made: dict[str, Any] = {"type": listed[0] if len(listed) == 1 else listed}
        if "object" in kinds:
            made["additionalProperties"] = True
            if self._names:
                made["properties"] = {name: each.schema() for name, each in self._names.items()}
        if "array" in kinds and self._items is not None:
            made["items"] = self._items.schema()
        return made

    def record(self, keys: Iterable[list[str]]) -> dict[str, Any]:
        """The schema of whole records, whose places ``keys`` always hold a value."""
        self._kinds = {"object"}
        made = self.schema(required=True)
        made.setdefault("properties", {})
        for path in keys:
            self._require(made, path)
        return made

    def _require(self, made: dict[str, Any], path: list[str]) -> None:
        inner, seen = made, self
        for name in path[:-1]:
            seen = (seen._names or {}).get(name) or Seen()
            inner = inner["properties"].setdefault(name, {"additionalProperties": True, "properties": {}})
            inner["type"] = "object"
            inner.setdefault("properties", {})
        leaf = (seen._names or {}).get(path[-1])
        inner["properties"][path[-1]] = leaf.schema(required=True) if leaf else {"type": "string"}


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    return "string" if isinstance(value, str) else "object" if isinstance(value, Mapping) else "array"
