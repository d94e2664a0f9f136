"""A config to be filled in: what must be given, with placeholders; what may be, as comments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connector_sdk.catalog.specs._known import SpecFacts
from connector_sdk.catalog.specs._plain import Where, parts
from connector_sdk.catalog.specs._render import inline
from connector_sdk.catalog.specs._secrets import SUFFIX, missing_text

__all__ = ["Skeleton", "of_facts", "of_schema"]


@dataclass
class Skeleton:
    """The config, the comments behind its values, lines about all of it, and about what else may be given."""

    data: dict[str, Any] = field(default_factory=dict)
    comments: dict[Where, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    more: list[str] = field(default_factory=list)


def of_schema(schema: Mapping[str, Any]) -> Skeleton:
    """The config that a connector's schema asks for; of several ways to log in, the first."""
    found = Skeleton()
    _object(schema, schema, (), found)
    return found


def _object(schema: Mapping[str, Any], root: Mapping[str, Any], at: Where, found: Skeleton) -> dict[str, Any]:
    made: dict[str, Any] = found.data if not at else {}
    required = schema.get("required", ())
    properties = {name: _resolved(each, root) for name, each in (schema.get("properties") or {}).items()}
    for name, each in sorted(properties.items(), key=lambda item: item[1].get("order", 1_000)):
        if name in required:
            key = f"{name}{SUFFIX}" if each.get("secret") or each.get("airbyte_secret") else name
            made[key] = _value(name, each, root, (*at, key), found)
        elif not at and not each.get("x-hidden-field") and not each.get("properties"):
            found.more.append(_optional(name, each))
    return made


def _value(name: str, schema: Mapping[str, Any], root: Mapping[str, Any], at: Where, found: Skeleton) -> Any:
    if "const" in schema:
        return schema["const"]
    branches = [_resolved(each, root) for each in schema.get("oneOf") or schema.get("anyOf") or ()]
    if branches and any(each.get("properties") for each in branches):
        others = [str(each.get("title", "")) for each in branches[1:] if each.get("title")]
        made = _object(branches[0], root, at, found)
        if others and made:
            found.comments[(*at, next(iter(made)))] = f"or {', '.join(others)}, with other fields"
        return made
    if schema.get("properties"):
        return _object(schema, root, at, found)
    if "default" in schema:
        return schema["default"]
    if schema.get("enum"):
        return missing_text(f"one of {', '.join(map(str, schema['enum']))}")
    return missing_text(str(schema.get("title") or name))


def _optional(name: str, schema: Mapping[str, Any]) -> str:
    value = inline(schema["default"]) if "default" in schema else missing_text(str(schema.get("title") or name))
    about = str(schema.get("description") or "").strip().splitlines()
    return f"{name}: {value}{f'  # {about[0]}' if about else ''}"


def _resolved(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(schema, Mapping):
        return {}
    reference = str(schema.get("$ref", ""))
    if reference.startswith("#/$defs/"):
        return {**root.get("$defs", {}).get(reference.removeprefix("#/$defs/"), {}), **schema}
    return schema


def of_facts(spec: SpecFacts) -> Skeleton:
    """The config that a connector of the catalog needs, as far as the catalog tells: names, and which are secret."""
    found = Skeleton()
    secrets = [parts(each) for each in spec.secret_pointers]
    for name in spec.required:
        inside = [each for each in secrets if each[0] == name and len(each) > 1]
        if (name,) in secrets:
            found.data[f"{name}{SUFFIX}"] = missing_text(name)
        elif inside:
            found.data[name] = _nested([each[1:] for each in inside])
        else:
            found.data[name] = missing_text(name)
    return found


def _nested(places: list[tuple[str, ...]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for place in places:
        if len(place) == 1:
            made[f"{place[0]}{SUFFIX}"] = missing_text(place[0])
        else:
            made[place[0]] = _nested([each[1:] for each in places if each[0] == place[0] and len(each) > 1])
    return made
