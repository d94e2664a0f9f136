"""Secrets in a config: where they belong, whether they are encrypted, and what stands in for one that is to come."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from connector_sdk.catalog.specs._plain import Where, parts, walk

__all__ = [
    "SUFFIX",
    "decrypted",
    "encrypted",
    "looks_secret",
    "missing_text",
    "open_secrets",
    "placeholder",
    "secret_pointers",
    "varies",
]

SUFFIX = "_sops"
"""What sops is told to encrypt: the values of keys that end so. Flow takes it off before a connector sees them."""

_ENCRYPTED = re.compile(r"ENC\[.*\]", re.DOTALL)
_PLACEHOLDER = re.compile(r"<[^<>]*>|(replace|change)[-_ ]?(me|this)|x{3,}|\.{3}", re.IGNORECASE | re.DOTALL)
_VARIABLE = re.compile(r"\$\{[^}]*\}|^\$[A-Z][A-Z0-9_]+$")
_SECRET_NAME = re.compile(
    r"(^|_)(password|passwd|secret|token|api_?key|private_?key|access_key|credential|client_secret)(_|$)"
)
_SECRET_TEXT = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")


def encrypted(value: Any) -> bool:
    """Whether sops made it."""
    return isinstance(value, str) and _ENCRYPTED.fullmatch(value) is not None


def placeholder(value: Any) -> bool:
    """Whether it stands for a value that a person has yet to fill in, such as ``<password>``."""
    return isinstance(value, str) and _PLACEHOLDER.fullmatch(value.strip()) is not None


def varies(value: Any) -> str:
    """The first ``${VARIABLE}`` in a text, which Flow would take as it stands; empty where there is none."""
    found = _VARIABLE.search(value) if isinstance(value, str) else None
    return found[0] if found else ""


def missing_text(title: str) -> str:
    """The placeholder for a value."""
    return f"<{re.sub(r'[<>]', '', title)}>"


def looks_secret(where: Where, value: Any) -> bool:
    """Whether a text looks like a secret, by its name or by itself, where no schema tells."""
    if not isinstance(value, str) or not value:
        return False
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", str(where[-1]) if where else "").lower().removesuffix(SUFFIX)
    return bool(_SECRET_NAME.search(snake) or _SECRET_TEXT.search(value))


def decrypted(config: Any) -> Any:
    """A config as the connector would see its names: without sops's own part and its suffix on keys."""
    if isinstance(config, list):
        return [decrypted(each) for each in config]
    if not isinstance(config, dict):
        return config
    return {name.removesuffix(SUFFIX): decrypted(each) for name, each in config.items() if name != "sops"}


def open_secrets(config: Any, pointers: Collection[str], names: Collection[str]) -> Iterator[tuple[Where, Any]]:
    """The texts of a config that its spec calls secret and that sops has not encrypted, with their paths.

    ``names`` are those that the spec knows at the top of a config. Below others, a text is secret that looks so.
    """
    places = {parts(each) for each in pointers}
    for where, value in walk(config):
        named = tuple(str(each).removesuffix(SUFFIX) for each in where)
        if named[:1] == ("sops",) or encrypted(value) or value in (None, ""):
            continue
        bare = isinstance(value, str) and _SECRET_TEXT.search(value) is not None
        guessed = named[:1] and named[0] not in names and looks_secret(where, value)
        if bare or named in places or guessed:
            yield where, value


def secret_pointers(schema: Any) -> tuple[str, ...]:
    """The places of a config's schema that are marked secret, by Flow's mark or Airbyte's."""
    found: dict[str, None] = {}
    _marked(schema, schema if isinstance(schema, dict) else {}, "", found, 0)
    return tuple(found)


def _marked(schema: Any, root: Mapping[str, Any], place: str, found: dict[str, None], depth: int) -> None:
    if not isinstance(schema, dict) or depth > 20:  # a schema may contain itself
        return
    if schema.get("secret") is True or schema.get("airbyte_secret") is True:
        found[place] = None
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/$defs/"):
        _marked(root.get("$defs", {}).get(reference.removeprefix("#/$defs/")), root, place, found, depth + 1)
    for name, each in (schema.get("properties") or {}).items():
        _marked(each, root, f"{place}/{name.replace('~', '~0').replace('/', '~1')}", found, depth + 1)
    for keyword in ("oneOf", "anyOf", "allOf"):
        for each in schema.get(keyword) or ():
            _marked(each, root, place, found, depth + 1)
