"""The protocol's schemas, compiled once."""

from __future__ import annotations

import functools
import json
import re
from importlib import resources
from typing import Any

import jsonschema_rs

__all__ = ["document_validator", "problems", "request_validator", "response_validator", "schema_problem"]

_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?|NaN|[+-]?Infinity")


def _load(name: str) -> Any:
    return json.loads(resources.files(__package__).joinpath("schemas", name).read_text("utf-8"))


@functools.cache
def request_validator() -> jsonschema_rs.Validator:
    """The validator of a line on a connector's stdin."""
    return jsonschema_rs.validator_for(_load("capture-request.schema.json"), offline=True)


@functools.cache
def response_validator() -> jsonschema_rs.Validator:
    """The validator of a line on a connector's stdout."""
    return jsonschema_rs.validator_for(_load("capture-response.schema.json"), offline=True)


def document_validator(schema: dict[str, Any] | bool) -> jsonschema_rs.Validator:
    """The validator of a collection's documents; formats are asserted, as Flow asserts them.

    Raises ValueError with one sentence where the schema is not a JSON Schema.
    """
    formats = {
        "integer": lambda text: _INTEGER.fullmatch(text) is not None,
        "number": lambda text: _NUMBER.fullmatch(text) is not None,
    }
    try:
        return jsonschema_rs.validator_for(schema, formats=formats, validate_formats=True, offline=True)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        raise ValueError(str(error).splitlines()[0]) from None


def schema_problem(schema: Any) -> str:
    """Why this is not a JSON Schema, in one line; empty when it is one."""
    try:
        document_validator(schema)
    except ValueError as error:
        return str(error)
    return ""


def problems(validator: jsonschema_rs.Validator, instance: Any, at_most: int = 3) -> str:
    """What is wrong with the instance: the first problems as ``/place: problem``; empty when it is valid."""
    found = []
    for error in validator.iter_errors(instance):
        place = "".join(f"/{step}" for step in error.instance_path)
        message = error.message if len(error.message) <= 200 else f"{error.message[:100]} … {error.message[-100:]}"
        found.append(f"{place or '/'}: {message}")
        if len(found) == at_most:
            break
    return "; ".join(found)
