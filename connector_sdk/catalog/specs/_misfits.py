"""What does not fit a JSON Schema, as sentences with places: of alternatives the nearest is told, and never a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from connector_sdk.catalog.specs._plain import Where, at, parts
from connector_sdk.errors import did_you_mean

__all__ = ["Fitting", "Misfit"]

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


@dataclass(frozen=True)
class Misfit:
    """One thing that does not fit: ``keyword`` of the schema, ``where`` in the document, what ``is`` so, a ``hint``.

    ``name`` is the property that is missing or unknown, where it is about one.
    """

    keyword: str
    where: Where
    says: str
    hint: str = ""
    name: str = ""


class Fitting:
    """A JSON Schema, to hold documents against. Raises ValueError with one sentence where it is none."""

    def __init__(self, schema: Any) -> None:
        self.schema = schema
        try:
            self._validator = jsonschema_rs.validator_for(schema, mask="the value", offline=True)
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
            raise ValueError(str(error).splitlines()[0]) from None

    def misfits(self, data: Any, skip: Callable[[Any], bool] = lambda value: False) -> Iterator[Misfit]:
        """What does not fit. ``skip`` tells of a value of which nothing can be said, such as an encrypted one."""
        for error in self._validator.iter_errors(data):
            yield from self._told(error, data, skip)

    def _told(self, error: Any, data: Any, skip: Callable[[Any], bool]) -> Iterator[Misfit]:
        where: Where = tuple(error.instance_path)
        keyword = _keyword(error)
        value = at(data, where)
        if skip(value):
            return
        if keyword in ("oneOf", "anyOf") and (best := _nearest(error, where)):
            for each in best:
                yield from self._told(each, data, skip)
        elif keyword == "required":
            name = str(error.kind.property)
            yield Misfit(keyword, where, f"lacks {name}", name=name)
        elif keyword in ("additionalProperties", "unevaluatedProperties"):
            known = self._known(error)
            for name in error.kind.unexpected:
                hint = did_you_mean(name, known) if known else ""
                yield Misfit(keyword, (*where, name), f"has {name}, which is not known there", hint, str(name))
        else:
            yield Misfit(keyword, where, _sentence(error, keyword, value))

    def _known(self, error: Any) -> list[str]:
        """The names that are allowed where an unknown one stands."""
        schema = self.schema
        for step in list(getattr(error, "evaluation_path", ()) or error.schema_path)[:-1]:
            schema = _resolved(self.schema, schema) if step == "$ref" else at(schema, (step,))
        schema = _resolved(self.schema, schema)
        return sorted(schema.get("properties", ())) if isinstance(schema, dict) else []


def _resolved(root: Any, schema: Any) -> Any:
    reference = schema.get("$ref") if isinstance(schema, dict) else None
    return at(root, parts(reference[1:])) if isinstance(reference, str) and reference.startswith("#/") else schema


def _keyword(error: Any) -> str:
    if "FalseSchema" in type(error.kind).__name__:
        return "false"
    return str(next((each for each in reversed(error.schema_path) if isinstance(each, str)), ""))


def _nearest(error: Any, where: Where) -> list[Any] | None:
    """The alternative that was meant: one of the right type, with the right names and constants, and few faults."""

    def rank(errors: list[Any]) -> tuple[bool, int, int, int]:
        here = [_keyword(each) for each in errors if tuple(each.instance_path) == where]
        constants = sum(_keyword(each) in ("const", "enum") for each in errors)
        return "type" in here, constants, len(here), len(errors)

    fitting = sorted((list(each) for each in getattr(error.kind, "context", ()) if each), key=rank)
    return fitting[0] if fitting and not rank(fitting[0])[0] else None


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    for kind, name in ((bool, "boolean"), (dict, "object"), (list, "array"), (str, "string"), (int, "integer")):
        if isinstance(value, kind):
            return _TYPES[name]
    return _TYPES["number"]


def _sentence(error: Any, keyword: str, value: Any) -> str:
    kind = error.kind
    if keyword == "type":
        types = getattr(kind, "types", None) or [getattr(kind, "type", "")]
        wanted = " or ".join(_TYPES.get(str(each), str(each)) for each in types)
        return f"is {_kind(value)}; it has to be {wanted}"
    if keyword == "enum":
        return f"has to be one of {', '.join(map(str, kind.options))}"
    if keyword == "const":
        return f"has to be {getattr(kind, 'expected_value', getattr(kind, 'value', ''))}"
    if keyword == "pattern":
        return f"does not match {kind.pattern}"
    if keyword == "minItems":
        return "is empty"
    if keyword in ("oneOf", "anyOf"):
        return f"is {_kind(value)}, which is none of its forms"
    if keyword == "false":
        return "may not be there"
    return f"does not satisfy {keyword}"
