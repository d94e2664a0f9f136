"""Configs and streams in Airbyte's words: JSON Schema draft-07, keys and cursors as paths, modes of sync."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from connector_sdk.config import config_schema
from connector_sdk.declare import Connector, Endpoint, Incremental, Listed, Missing, Stream, verdict

__all__ = [
    "CURSOR",
    "DELETED",
    "always",
    "cursor_of",
    "path_of",
    "spec_schema",
    "stream_of",
    "sync_modes",
    "tells_deletions",
]

DELETED = "_ab_cdc_deleted_at"
"""The member that marks a record as deleted, with the instant at which that was learned (ISO 8601, UTC)."""
CURSOR = "_ab_cdc_cursor"
"""The member that rises with every record that is sent, where the source itself has no cursor that does."""

_FLOWS = ("secret", "advanced", "discriminator", "x-oauth2-provider")
_SCHEMA = "http://json-schema.org/draft-07/schema#"


def spec_schema(connector: Connector) -> dict[str, Any]:  # type: ignore[type-arg]
    """What a user fills in, with Airbyte's marks (``airbyte_secret``, ``airbyte_hidden``, ``order``) and no other's."""
    schema: dict[str, Any] = _marked(config_schema(connector.config, title=connector.title))
    return {"$schema": _SCHEMA, **schema}


def _marked(schema: Any, *, named: bool = False) -> Any:
    """The schema without Flow's marks. ``named``: its members are names of fields, not words of JSON Schema."""
    if isinstance(schema, list):
        return [_marked(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    if named:
        return {name: _marked(each) for name, each in schema.items()}
    made = {
        word: _marked(each, named=word == "properties")
        for word, each in schema.items()
        if word not in _FLOWS and word != "x-hidden-field"
    }
    if schema.get("x-hidden-field"):
        made["airbyte_hidden"] = True
    return made


def path_of(pointer: str) -> list[str]:
    """A JSON pointer as Airbyte writes a place: a list of names."""
    return [name.replace("~1", "/").replace("~0", "~") for name in pointer.split("/")[1:]]


def sync_modes(stream: Stream) -> list[str]:
    """How a stream can be read. Rows that are known by their number alone can only be read all at once."""
    return ["full_refresh"] if stream.numbered else ["full_refresh", "incremental"]


def tells_deletions(stream: Stream) -> bool:
    """Whether records of a stream may be told to be deleted: as declared, or by a second request that finds nothing."""
    if stream.numbered:
        return False
    return bool(verdict(stream).deletes) or any(
        isinstance(reader, Endpoint) and len(list(reader.chain())) > 1 for reader in stream.readers()
    )


def cursor_of(stream: Stream) -> list[str]:
    """The place by which a destination finds the last version of a record; empty where there is none.

    The declared cursor, where every change moves it and every record has it. Elsewhere, ``_ab_cdc_cursor``: by a cursor
    that an edit leaves alone, moves back, or that a deletion does not have, an older version would win.
    """
    sync = stream.sync
    if stream.numbered:
        return []
    if isinstance(sync, Incremental) and sync.moves and not (stream.learns(Missing) or stream.learns(Listed)):
        chained = any(isinstance(reader, Endpoint) and len(list(reader.chain())) > 1 for reader in stream.readers())
        if not chained:
            return path_of(sync.cursor)
    return [CURSOR]


def always(stream: Stream) -> list[list[str]]:
    """The places where every record has a value: its key, and its cursor."""
    cursor = [stream.sync.cursor] if isinstance(stream.sync, Incremental) else []
    return [] if stream.numbered else [path_of(at) for at in (*stream.keys, *cursor)]


def _ensure(schema: dict[str, Any], path: list[str]) -> None:
    """Have the schema name a place, which a destination looks up there."""
    for name in path[:-1]:
        schema = schema.setdefault("properties", {}).setdefault(name, {"type": "object", "additionalProperties": True})
    schema.setdefault("properties", {}).setdefault(path[-1], {"type": "string"})


def stream_of(stream: Stream, schema: Mapping[str, Any]) -> dict[str, Any]:
    """A stream as the catalog offers it; ``schema``: of its records, as they are in the source."""
    made: dict[str, Any] = copy.deepcopy(dict(schema))
    cursor = cursor_of(stream)
    for path in always(stream):
        _ensure(made, path)
    properties = made.setdefault("properties", {})
    if cursor == [CURSOR]:
        text = "Rises with every record that is sent: of two versions of a record, the higher is the later."
        properties[CURSOR] = {"type": "integer", "description": text}
    if tells_deletions(stream):
        text = "When it was learned that the record is deleted in the source; such a record may hold its key alone."
        stamp = {"format": "date-time", "airbyte_type": "timestamp_with_timezone"}
        properties[DELETED] = {"type": ["null", "string"], **stamp, "description": text}
    about = f"{stream.about} [{verdict(stream)}]" if stream.about else f"[{verdict(stream)}]"
    modes = sync_modes(stream)
    incremental = "incremental" in modes
    found: dict[str, Any] = {
        "name": stream.name,
        "json_schema": {"$schema": _SCHEMA, "description": about, **made},
        "supported_sync_modes": modes,
        "source_defined_cursor": incremental,
        "is_resumable": incremental,
    }
    if incremental:
        found["default_cursor_field"] = cursor
        found["source_defined_primary_key"] = [path_of(at) for at in stream.keys]
    return found
