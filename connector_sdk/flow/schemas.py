"""The schemas and keys that Flow is told: of resources, and of documents."""

from __future__ import annotations

import re
from typing import Any

import orjson

from connector_sdk.declare import Stream, interval, micros, verdict
from connector_sdk.errors import ConfigError

__all__ = ["RESOURCE_SCHEMA", "binding_of", "duration_text", "interval_of", "sourced_schema"]

RESOURCE_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Resource",
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"title": "Name", "description": "The stream to capture.", "type": "string", "order": 0},
        "interval": {
            "title": "Interval",
            "description": "How often the source is asked, as an ISO 8601 duration such as PT5M.",
            "type": "string",
            "format": "duration",
            "order": 1,
        },
    },
}

_DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


def duration_text(length: int) -> str:
    """Microseconds as an ISO 8601 duration."""
    seconds = length // 1_000_000
    for unit, name in ((3600, "H"), (60, "M")):
        if seconds and seconds % unit == 0:
            return f"PT{seconds // unit}{name}"
    return f"PT{seconds}S"


def interval_of(resource: dict[str, Any]) -> int | None:
    """A binding's interval in microseconds; None where the stream's own holds. Raises ConfigError."""
    text = resource.get("interval")
    if text is None or text == "":
        return None
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None or text in ("P", "PT"):
        raise ConfigError(f"binding {resource.get('name')!r}: interval is no duration:", hint="write PT5M, PT1H or P1D")
    weeks, days, hours, minutes, seconds = (float(each or 0) for each in match.groups())
    return int((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60e6 + seconds * 1e6)


def binding_of(stream: Stream, *, enabled: bool = True) -> dict[str, Any]:
    """The stream as discovery offers it. ``enabled``: whether the credentials have what it needs."""
    found: dict[str, Any] = {
        "recommendedName": stream.name,
        "resourceConfig": {"name": stream.name, "interval": duration_text(micros(interval(stream)))},
        "documentSchema": _document_schema(stream),
        "key": list(stream.keys),
    }
    if stream.optional or not enabled:
        found["disable"] = True
    return found


def _document_schema(stream: Stream) -> dict[str, Any]:
    meta: dict[str, Any] = {
        "type": "object",
        "properties": {"op": {"type": "string", "enum": ["c", "u", "d"], "default": "u"}},
    }
    schema: dict[str, Any] = {"type": "object", "x-infer-schema": True, "properties": {"_meta": meta}}
    schema["description"] = f"{stream.about} [{verdict(stream)}]" if stream.about else f"[{verdict(stream)}]"
    for at in stream.keys:
        numbered = at.startswith("/_meta")
        kind = ["string"] if at in stream.text else ["integer"] if numbered else ["string", "integer", "boolean"]
        _put(schema, at.split("/")[1:], {"type": kind if len(kind) > 1 else kind[0]})
    deleted = {
        "required": ["_meta"],
        "properties": {"_meta": {"required": ["op"], "properties": {"op": {"const": "d"}}}},
    }
    schema["if"] = deleted
    schema["then"] = {"reduce": {"strategy": "merge", "delete": True}}
    return schema


def _put(schema: dict[str, Any], path: list[str], leaf: dict[str, Any]) -> None:
    name = path[0].replace("~1", "/").replace("~0", "~")
    required = schema.setdefault("required", [])
    if name not in required:
        required.append(name)
    inner = schema.setdefault("properties", {})
    if len(path) == 1:
        inner[name] = leaf
    else:
        _put(inner.setdefault(name, {"type": "object"}), path[1:], leaf)


def sourced_schema(stream: Stream, document: bytes | memoryview) -> dict[str, Any]:
    """What is certain of the documents, closed and tight: ``_meta`` and the key, with the types of this first one.

    Flow keeps ten times as many inferred places of a binding that has ever told one (protocol, section 5.5).
    """
    text = {"type": "string", "minLength": 1, "maxLength": 1}
    schema: dict[str, Any] = {"type": "object", "additionalProperties": False}
    _put_closed(schema, ["_meta", "op"], text)
    record = orjson.loads(document)
    for at in stream.keys:
        value: Any = record
        path = at.split("/")[1:]
        for name in path:
            value = value.get(name.replace("~1", "/").replace("~0", "~"), 0) if isinstance(value, dict) else 0
        number = {"type": "integer", "minimum": 1, "maximum": 1}
        leaf = text if isinstance(value, str) else {"type": "boolean"} if isinstance(value, bool) else number
        _put_closed(schema, path, leaf)
    return schema


def _put_closed(schema: dict[str, Any], path: list[str], leaf: dict[str, Any]) -> None:
    _put(schema, path, leaf)
    inner = schema
    for name in path[:-1]:
        inner = inner["properties"][name.replace("~1", "/").replace("~0", "~")]
        inner["additionalProperties"] = False
