"""The schema of a source's lines, compiled once."""

from __future__ import annotations

import functools
import json
from importlib import resources

import jsonschema_rs

__all__ = ["message_validator"]


@functools.cache
def message_validator() -> jsonschema_rs.Validator:
    """The validator of a line on a source's stdout."""
    text = resources.files(__package__).joinpath("schemas", "source-message.schema.json").read_text("utf-8")
    return jsonschema_rs.validator_for(json.loads(text), offline=True)
