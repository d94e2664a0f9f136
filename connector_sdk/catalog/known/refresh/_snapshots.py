"""What a connector's recorded answers say: fields of its config, secrets, logins, resources, streams."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["auth_kinds", "hosts", "spec_of", "streams_of"]

_SPECS = (
    ".snapshots/TestSpec",
    ".snapshots/TestSpecification",
    ".snapshots/TestGeneric-SpecResponse",
    "tests/**/*spec*stdout.json",
)
_DISCOVERS = ("tests/**/*discover*stdout.json",)
_DEEPEST = 24


def spec_of(folder: Path, root: Path) -> tuple[dict[str, Any], Mapping[str, Any]] | None:
    """The facts of the recorded spec, in the form of the catalog, and the schema of the config; None without one."""
    for path in _found(folder, _SPECS):
        told = _first(path)
        config = told.get("configSchema") or told.get("config_schema_json")
        if not isinstance(config, Mapping):
            continue
        resource = told.get("resourceConfigSchema") or told.get("resource_config_schema_json") or {}
        pointers = told.get("resourcePathPointers") or told.get("resource_path_pointers") or []
        facts = {
            "snapshot": path.relative_to(root).as_posix(),
            "required": _texts(config.get("required")),
            "properties": sorted(_map(config, "properties")),
            "secret_pointers": sorted(set(_secrets(config, config, "", 0))),
            "resource_properties": sorted(_map(resource, "properties")),
            "resource_required": _texts(resource.get("required")) if isinstance(resource, Mapping) else [],
            "resource_path_pointers": _texts(pointers),
            "oauth2": bool(told.get("oauth2")),
            "documentation_url": told.get("documentationUrl") or told.get("documentation_url"),
        }
        return facts, config
    return None


def streams_of(folder: Path, root: Path) -> tuple[list[dict[str, Any]], str] | None:
    """The streams of the recorded discovery, and where it is; None without one."""
    for path in _found(folder, _DISCOVERS):
        told = _read(path)
        bindings = told if isinstance(told, list) else told.get("bindings") if isinstance(told, dict) else None
        named = [each for each in bindings or [] if isinstance(each, dict) and _name(each)]
        if named:
            streams = [{"name": _name(each), "key": _texts(each.get("key")) or None} for each in named]
            return streams, path.relative_to(root).as_posix()
    return None


def _name(binding: Mapping[str, Any]) -> str | None:
    resource = _map(binding, "resourceConfig")
    named = binding.get("recommendedName") or resource.get("name") or resource.get("stream")
    return named if isinstance(named, str) else None


def auth_kinds(config: Mapping[str, Any]) -> list[str] | None:
    """The logins that a form offers, by what tells them apart; None where it has but one."""
    credentials = _resolved(_map(config, "properties").get("credentials"), config)
    choices = credentials.get("oneOf") or credentials.get("anyOf")
    if not isinstance(choices, list):
        return None
    by = _map(credentials, "discriminator").get("propertyName")
    found = set()
    for each in choices:
        choice = _resolved(each, config)
        properties = _map(choice, "properties")
        marks = (
            [properties[by]]
            if isinstance(by, str) and by in properties
            else [one for one in properties.values() if _const(one)]
        )
        named = next((word for word in map(_const, marks) if word), None) or choice.get("title")
        if isinstance(named, str):
            found.add(named)
    return sorted(found) or None


def _const(schema: Any) -> str | None:
    value = schema.get("const") if isinstance(schema, Mapping) else None
    return value if isinstance(value, str) else None


def _secrets(schema: Any, whole: Mapping[str, Any], place: str, depth: int) -> Iterator[str]:
    """The places of a form that hold secrets, whichever of its choices is taken."""
    here = _resolved(schema, whole)
    if depth > _DEEPEST:
        return
    if here.get("secret") is True or here.get("airbyte_secret") is True:
        yield place
    for name, each in _map(here, "properties").items():
        yield from _secrets(each, whole, f"{place}/{name.replace('~', '~0').replace('/', '~1')}", depth + 1)
    for word in ("oneOf", "anyOf", "allOf"):
        choices = here.get(word)
        for each in choices if isinstance(choices, list) else ():
            yield from _secrets(each, whole, place, depth + 1)


def _resolved(schema: Any, whole: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema, its reference followed where it has one."""
    for _ in range(_DEEPEST):
        if not isinstance(schema, Mapping):
            return {}
        reference = schema.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return schema
        schema = whole
        for step in reference[2:].split("/"):
            schema = schema.get(step) if isinstance(schema, Mapping) else None
    return {}


def hosts(folder: Path) -> list[str]:
    """The API hosts in a Python connector's code: those of addresses that begin with api, or hold it as a word."""
    found = set()
    for path in folder.glob("source_*/**/*.py"):
        text = path.read_text("utf-8", errors="replace")
        found |= {each.lower() for each in re.findall(r"https://([\w-]+(?:\.[\w-]+)+)", text)}
    return sorted(each for each in found if "api" in each.split(".")[:-1] or each.startswith("api"))


def _found(folder: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    for pattern in patterns:
        yield from sorted(each for each in folder.glob(pattern) if each.is_file())


def _first(path: Path) -> Mapping[str, Any]:
    told = _read(path)
    if isinstance(told, list):
        told = told[0] if told else {}
    return told if isinstance(told, Mapping) else {}


def _read(path: Path) -> Any:
    """What a snapshot holds; nothing where it is no JSON, as those of other tools are."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def _map(value: Any, key: str) -> Mapping[str, Any]:
    found = value.get(key) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
