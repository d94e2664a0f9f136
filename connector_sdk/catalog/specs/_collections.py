"""Whether a collection can hold documents: its schema is one, and its key identifies them."""

from __future__ import annotations

from typing import Any

from connector_sdk.catalog.specs._misfits import Fitting
from connector_sdk.catalog.specs._plain import MISSING, Where, at, parts
from connector_sdk.catalog.specs._report import Report, Source
from connector_sdk.catalog.specs._shown import address, path_name
from connector_sdk.catalog.specs._spots import spot
from connector_sdk.catalog.specs._tree import is_file, is_url, read_source, target_of

__all__ = ["check_collection"]

_SCALARS = {"string", "integer", "boolean", "null"}
_MOVED = {
    "source": (
        "A collection has no source: what fills it is a capture, in the map captures beside collections.",
        "captures: {NAME: {endpoint: {connector: {image, config}}, bindings: [{resource, target: %s}]}}",
    ),
    "destination": (
        "A collection has no destination: what reads it is a materialization, in the map materializations.",
        "materializations: {NAME: {endpoint: {connector: {image, config}}, bindings: [{source: %s, resource}]}}",
    ),
}


def check_collection(source: Source, name: str, body: dict[str, Any], report: Report) -> None:
    """Tell what is wrong with one collection's schema and key, and what was put into it that belongs elsewhere."""
    here: Where = ("collections", name)
    for wrong, (message, hint) in _MOVED.items():
        if wrong in body:
            report.add("flow-collection", "error", source, (*here, wrong), message, hint % name)
    schemas = [_schema(source, (*here, each), body, report) for each in ("schema", "writeSchema", "readSchema")]
    _check_key(source, here, body, [each for each in schemas if each is not None], report)


def _schema(source: Source, where: Where, body: dict[str, Any], report: Report) -> tuple[Source, Any] | None:
    """The schema of a collection, from its file where it is in one; None where it is not there or cannot be read."""
    schema = body.get(str(where[-1]))
    if isinstance(schema, str):
        if is_url(schema):
            report.add(
                "flow-schema", "note", source, where, f"{address(schema)} was not looked into: it is not a file here."
            )
            return None
        path = target_of(source, schema)
        if not is_file(path):
            report.add(
                "flow-schema", "error", source, where,
                f"{where[-1]} is a JSON Schema, or the name of a file that holds one; "
                f"there is no file {path_name(schema)}.",
                "write the schema out, or let flow init write it from what the connector offers",
            )  # fmt: skip
            return None
        found = read_source(path, report)
        if found is None:
            return None
        fragment = schema.partition("#")[2]
        source, schema, where = found, found.data, ()
        if fragment:
            schema = at(found.data, parts(fragment)) if fragment.startswith("/") else MISSING
        if schema is MISSING:
            report.add(
                "flow-schema",
                "error",
                source,
                where,
                f"There is no schema at {path_name('#' + fragment)} in this file.",
            )
            return None
    if not isinstance(schema, dict | bool):
        return None
    try:
        Fitting(_closed(schema))
    except ValueError as wrong:
        report.add("flow-schema", "error", source, where, f"This is not a JSON Schema: {wrong}.")
        return None
    return source, schema


def _closed(schema: Any) -> Any:
    """The schema without what it refers to elsewhere, so that it can be judged by itself."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    outside = isinstance(schema.get("$ref"), str) and not schema["$ref"].startswith("#")
    return {name: _closed(each) for name, each in schema.items() if not (outside and name == "$ref")}


def _check_key(
    source: Source, here: Where, body: dict[str, Any], schemas: list[tuple[Source, Any]], report: Report
) -> None:
    key = body.get("key")
    if key is not None and not isinstance(key, list):
        return  # which the shape tells
    if not key:
        lacks = "has an empty key" if "key" in body else "lacks a key"
        where = (*here, "key") if "key" in body else here
        report.add(
            "flow-key", "error", source, where,
            f"Collection {here[1]} {lacks}: a key says which documents are versions of the same one.",
            "name the places that identify a document, such as key: [/id]",
        )  # fmt: skip
        return
    for index, place in enumerate(key):
        if isinstance(place, str) and place.startswith("/"):
            for schema_source, schema in schemas:
                if _check_place(source, (*here, "key", index), place, schema_source, schema, body, report):
                    break


def _check_place(
    source: Source, where: Where, place: str, home: Source, schema: Any, body: dict[str, Any], report: Report
) -> bool:
    """Tell what is wrong with one part of a key; whether something is."""

    def resolve(reference: str) -> Any:
        if reference == "flow://write-schema":
            written = body.get("writeSchema")
            return _read(source, written, report) if isinstance(written, str) else written
        return MISSING if is_url(reference) else _read(home, reference, report)

    found = spot(schema, parts(place), resolve)
    told = ""
    if not found.known and found.sure:
        told = "is nowhere in its schema"
        hint = f"describe {place} under properties, and require it; or correct the key"
    elif found.known and found.types - _SCALARS:
        wrong = " or ".join(sorted(found.types - _SCALARS))
        told = f"may be of type {wrong}; a key is text, a whole number, or true or false"
        hint = f"narrow the type of {place} in the schema, as in type: string"
    elif found.known and not found.must and found.sure:
        told = "is not required by its schema"
        hint = f"add {parts(place)[-1]} to required, at each level of {place}"
    if told:
        report.add("flow-key", "error", source, where, f"The key {place} of collection {where[1]} {told}.", hint)
    return bool(told)


def _read(source: Source, name: str, report: Report) -> Any:
    path = target_of(source, name)
    found = read_source(path, report) if is_file(path) else None
    return MISSING if found is None else found.data
