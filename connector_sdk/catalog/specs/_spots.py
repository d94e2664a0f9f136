"""Where a JSON pointer leads in a JSON Schema: whether the place is known, must be there, and of which types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connector_sdk.catalog.specs._plain import MISSING, at, parts

__all__ = ["Resolve", "Spot", "spot"]

_ALL = frozenset({"object", "array", "string", "integer", "number", "boolean", "null"})
_DEEPEST = 40  # a schema may refer to itself

Resolve = Callable[[str], Any]
"""The schema behind a ``$ref`` that leads out of the document; ``MISSING`` where it cannot be looked into."""


@dataclass(frozen=True)
class Spot:
    """What a schema says of a place: that it knows of it, that it must be there, the types it may have.

    ``sure`` is False where the schema refers to something that could not be looked into.
    """

    known: bool = False
    must: bool = False
    types: frozenset[str] = _ALL
    sure: bool = True

    def with_all(self, other: Spot) -> Spot:
        """What both say, where both hold."""
        return Spot(
            self.known or other.known, self.must or other.must, self.types & other.types, self.sure and other.sure
        )

    def or_either(self, other: Spot) -> Spot:
        """What can be said where one of the two holds."""
        return Spot(
            self.known or other.known, self.must and other.must, self.types | other.types, self.sure and other.sure
        )


def spot(schema: Any, steps: tuple[str, ...], resolve: Resolve) -> Spot:
    """What the schema says of the place that these steps lead to."""
    return _look(schema, steps, schema, resolve, 0)


def _look(schema: Any, steps: tuple[str, ...], root: Any, resolve: Resolve, depth: int) -> Spot:
    if schema is False:
        return Spot(types=frozenset())
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return Spot()
    found = _own(schema, steps, root, resolve, depth)
    if isinstance(schema.get("$ref"), str):
        found = found.with_all(_referred(schema["$ref"], steps, root, resolve, depth))
    for each in schema.get("allOf") or ():
        found = found.with_all(_look(each, steps, root, resolve, depth + 1))
    for keyword in ("oneOf", "anyOf"):
        branches = [_look(each, steps, root, resolve, depth + 1) for each in schema.get(keyword) or ()]
        if branches:
            either = branches[0]
            for each in branches[1:]:
                either = either.or_either(each)
            found = found.with_all(either)
    return found


def _own(schema: dict[str, Any], steps: tuple[str, ...], root: Any, resolve: Resolve, depth: int) -> Spot:
    if not steps:
        return Spot(True, True, _types(schema))
    name, rest = steps[0], steps[1:]
    properties = schema.get("properties")
    if not isinstance(properties, dict) or name not in properties:
        return Spot(must=not rest and name in (schema.get("required") or ()))
    inner = _look(properties[name], rest, root, resolve, depth + 1)
    filled = isinstance(properties[name], dict) and "default" in properties[name]
    return Spot(inner.known, inner.must and (filled or name in (schema.get("required") or ())), inner.types, inner.sure)


def _types(schema: dict[str, Any]) -> frozenset[str]:
    if "const" in schema or "enum" in schema:
        return frozenset(_type(each) for each in schema.get("enum") or [schema.get("const")])
    named = schema.get("type", list(_ALL))
    found = frozenset(named if isinstance(named, list) else [named])
    return found | {"integer"} if "number" in found else found


def _type(value: Any) -> str:
    if value is None:
        return "null"
    for kind, name in ((bool, "boolean"), (str, "string"), (int, "integer"), (float, "number"), (dict, "object")):
        if isinstance(value, kind):
            return name
    return "array"


def _referred(reference: str, steps: tuple[str, ...], root: Any, resolve: Resolve, depth: int) -> Spot:
    place, _, inside = reference.partition("#")
    document = root if not place else resolve(place)
    found = at(document, parts(inside)) if document is not MISSING else MISSING
    if found is MISSING:
        return Spot(sure=False)
    return _look(found, steps, document, resolve, depth + 1)
