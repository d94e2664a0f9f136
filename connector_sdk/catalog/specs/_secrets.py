"""Secrets in a config: where they belong, whether they are encrypted, and what stands in for one that is to come."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from connector_sdk.catalog.specs._looks import carries_secret, named_values, sounds_secret
from connector_sdk.catalog.specs._plain import Where, parts

__all__ = [
    "SUFFIX",
    "decrypted",
    "encrypted",
    "missing_text",
    "open_secrets",
    "placeholder",
    "secret_pointers",
    "varies",
]

SUFFIX = "_sops"
"""What sops is told to encrypt: the values of keys that end so. Flow takes it off before a connector sees them."""

_ENCRYPTED = re.compile(r"ENC\[AES256_GCM,data:[^,\[\]]+,iv:[^,\[\]]+,tag:[^,\[\]]+,type:\w+\]")
_PLACEHOLDER = re.compile(r"<[^<>]*>|(replace|change)[-_ ]?(me|this)|x{3,}|\.{3}", re.IGNORECASE | re.DOTALL)
_VARIABLE = re.compile(r"\$\{[^}]*\}|^\$[A-Z][A-Z0-9_]+$")


def encrypted(value: Any) -> bool:
    """Whether it has the form of what sops makes; whether it can be decrypted, the ``sops`` part beside it decides."""
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


def decrypted(config: Any) -> Any:
    """A config as the connector would see its names: without sops's own part and its suffix on keys."""
    if isinstance(config, list):
        return [decrypted(each) for each in config]
    if not isinstance(config, dict):
        return config
    return {name.removesuffix(SUFFIX): decrypted(each) for name, each in config.items() if name != "sops"}


def open_secrets(
    config: Any, pointers: Collection[str], plain: Callable[[tuple[str, ...]], bool] = lambda named: False
) -> Iterator[tuple[Where, Any, bool]]:
    """The values of a config that are secret and not encrypted by sops, with their paths, and whether that is sure.

    Sure is what lies at or below a place that its spec calls secret, or below a name that sops is to encrypt, and what
    looks encrypted without the ``sops`` part that it takes to decrypt it. Elsewhere a value is secret that sounds or
    looks so; ``plain`` tells of a place that its spec knows, and does not call secret.
    """
    places = {parts(each) for each in pointers}
    sealed = isinstance(config, dict) and isinstance(config.get("sops"), dict) and bool(config["sops"])
    for where, name, value in named_values(config):
        if value in (None, "") or (sealed and (where[0] == "sops" or encrypted(value))):
            continue
        named = tuple(str(each).removesuffix(SUFFIX) for each in where)
        below = any(named[:length] in places for length in range(1, len(named) + 1))
        if below or encrypted(value) or any(str(each).endswith(SUFFIX) for each in where):
            yield where, value, True
        elif carries_secret(value) or (sounds_secret(name, value) and not plain(named)):
            yield where, value, False


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
