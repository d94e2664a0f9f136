"""The JSON Schema of requests, and what does not fit it in sentences."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from connector_sdk.errors import did_you_mean

__all__ = ["Misfit", "is_address", "misfits", "schema"]

_EXPECTED = {
    "id": "a year and a number, such as 2026-001",
    "day": "a day, such as 2026-11-27",
    "person": "an e-mail address",
    "connector": "a connector's name, such as source-zoom",
    "freshness": "an ISO 8601 duration, such as PT15M",
    "urls": "an http or https address",
    "line": "text on one line, without control characters",
    "text": "text without control characters",
    "gaps": "a kind of gap and what it is, such as stream:transcripts; the kinds are "
    "stream, auth, deletes, freshness, volume, licence and hosting",
}
_NAME, _PART = 1_000, 255  # of a path and its parts, as systems have them
_NO_SECRETS = "write it without user name, password and token: requests are published"
_FIELDS = "docs/requests.md has all fields"
_TYPES = {
    "object": "fields",
    "array": "a list",
    "string": "text (in quotes, where YAML takes it for something else)",
    "boolean": "true or false",
}


@dataclass(frozen=True)
class Misfit:
    """What does not fit the schema at a place (keys and indexes from the root)."""

    where: tuple[str | int, ...]
    message: str
    hint: str = ""


def is_address(text: str) -> bool:
    """Whether a text is an e-mail address, as the schema has them."""
    return re.search(schema()["$defs"]["person"]["pattern"], text) is not None and "\n" not in text


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a request."""
    text = (resources.files("connector_sdk.catalog") / "data" / "request.schema.json").read_text("utf-8")
    read: dict[str, Any] = json.loads(text)
    return read


def misfits(data: Any) -> list[Misfit]:
    """All that does not fit; empty where the data are a request's."""
    import jsonschema_rs

    if not isinstance(data, dict):
        return [Misfit((), "It holds no fields.", "connector-sdk request new writes a request")]
    found = [_told(error) for error in jsonschema_rs.validator_for(schema(), offline=True).iter_errors(data)]
    return found or [*_impossible_days(data), *_impossible_names(data)]


def _told(error: Any) -> Misfit:
    where, kind = tuple(error.instance_path), error.kind
    name = _named(where)
    if kind.name == "required":
        return Misfit(where, f"{_named((*where, kind.property))} is missing.", _FIELDS)
    if kind.name == "additionalProperties":
        wrong = kind.unexpected[0]
        known = _at(error.schema_path).get("properties", {})
        return Misfit((*where, wrong), f"There is no field {_named((*where, wrong))}.", did_you_mean(wrong, known))
    if kind.name in ("enum", "constant"):
        allowed = _allowed(error.schema_path)
        return Misfit(where, f"{name} is {error.instance!r}, which it cannot be.", _nearest(error.instance, allowed))
    if kind.name == "type":
        expected = _TYPES.get(str(_at(error.schema_path, 0)), "something else")
        return Misfit(where, f"{name} must be {expected}.", _FIELDS)
    if kind.name == "pattern" and "urls" in error.schema_path and re.search("[@=]", str(error.instance)):
        return Misfit(where, f"{name} is no http or https address, or holds a password or token.", _NO_SECRETS)
    if kind.name == "pattern":
        expected = next(
            (_EXPECTED[each] for each in reversed(error.schema_path) if each in _EXPECTED), "something else"
        )
        return Misfit(where, f"{name} is {error.instance!r}, not {expected}.", _FIELDS)
    return Misfit(where, f"{name} does not fit: {error.message[:120]}.", _FIELDS)


def _named(where: tuple[str | int, ...]) -> str:
    """A place as people write it: ``history[2].by``."""
    text = "".join(f"[{each + 1}]" if isinstance(each, int) else f".{each}" for each in where)
    return text.lstrip(".") or "the request"


def _at(path: list[str | int], up: int = 1) -> Any:
    """The part of the schema that a path leads to, ``up`` steps above its end."""
    here: Any = schema()
    for step in path[: len(path) - up]:
        here = here[step]
    return here


def _allowed(path: list[str | int]) -> list[str]:
    found = _at(path, 0)
    return [str(each) for each in found] if isinstance(found, list) else [str(found)]


def _nearest(wrong: Any, allowed: list[str]) -> str:
    return did_you_mean(str(wrong), allowed)


def _impossible_days(data: dict[str, Any]) -> Iterator[Misfit]:
    """Days such as the 31st of February, which a pattern cannot tell."""
    decision = data.get("decision", {})
    days: list[tuple[tuple[str | int, ...], str]] = [(("date",), data["date"])]
    days += [(("decision", name), decision[name]) for name in ("date", "until") if name in decision]
    days += [(("history", at, "date"), step["date"]) for at, step in enumerate(data["history"])]
    for where, text in days:
        try:
            date.fromisoformat(text)
        except ValueError:
            yield Misfit(where, f"{_named(where)} is {text!r}, a day that no calendar has.", _FIELDS)


def _impossible_names(data: dict[str, Any]) -> Iterator[Misfit]:
    """Scripts whose names no file system takes."""
    for at, name in enumerate(data.get("replaces", ())):
        if len(name) > _NAME or "\0" in name or any(len(part.encode()) > _PART for part in name.split("/")):
            yield Misfit(("replaces", at), f"replaces[{at + 1}] is a name that no file can have.", _FIELDS)
