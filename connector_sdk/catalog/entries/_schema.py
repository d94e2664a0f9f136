"""The JSON Schema of an entry, and what it says as findings with a place and a hint."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from connector_sdk.catalog._findings import Finding
from connector_sdk.catalog.entries._entry import Entry
from connector_sdk.errors import did_you_mean

__all__ = ["entry_schema", "schema_findings"]

_FILE = Path(__file__).parents[1] / "data" / "entry.schema.json"


@lru_cache
def entry_schema() -> dict[str, Any]:
    """The schema that entries are checked against."""
    found: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
    return found


def schema_findings(entry: Entry, path: str) -> Iterator[Finding]:
    """What does not fit the schema; ``path`` is the entry's, as findings name it."""
    for error in _validator().iter_errors(entry.data):
        where = [each if isinstance(each, int) else str(each) for each in error.instance_path]
        message, hint, last = _words(error, where)
        line, column = entry.document.place(*where, *last)
        yield Finding("entry-schema", "error", message, hint, path, line, column)


@lru_cache
def _validator() -> Any:
    import jsonschema_rs

    return jsonschema_rs.validator_for(entry_schema(), validate_formats=True, offline=True)


def _words(error: Any, where: list[str | int]) -> tuple[str, str, list[str]]:
    """The message, a hint, and the key that is wrong where it is one."""
    place = ".".join(map(str, where)) or "the entry"
    schema = _below(error.schema_path)
    kind = type(error.kind).__name__.rpartition("_")[2]
    if kind == "AdditionalProperties":
        wrong = str(next(iter(error.kind.unexpected)))
        return f"{place} has {wrong!r}, which no entry has.", did_you_mean(wrong, schema.get("properties", {})), [wrong]
    if kind == "Required":
        return f"{place} has no {error.kind.property}.", _about(schema, str(error.kind.property)), []
    if kind == "Enum":
        options = [str(each) for each in schema.get("enum", ())]
        return f"{place} cannot be {error.instance!r}.", f"it is one of {', '.join(options)}", []
    if kind == "Pattern" and "https" in str(schema.get("pattern")):  # what it is instead may hold a password
        return f"{place} is no https address, or holds a password or token.", "write it without them", []
    return f"{place}: {error.message}", str(schema.get("description", "")), []


def _below(path: Any) -> Mapping[str, Any]:
    """The part of the schema that was not met."""
    here: Any = entry_schema()
    for each in list(path)[:-1]:
        here = here[each]
    return here if isinstance(here, Mapping) else {}


def _about(schema: Mapping[str, Any], name: str) -> str:
    found = schema.get("properties", {}).get(name, {})
    return str(found.get("description", "")) or "docs/entries.md has all fields"
