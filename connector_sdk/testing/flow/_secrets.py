"""Looking for secrets in output that is not kept."""

from __future__ import annotations

import base64
import json
import urllib.parse
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["SecretWatch", "secrets_of"]

_SHORTEST = 4


class SecretWatch:
    """Finds secrets in chunks of output, also across the border of two chunks, and in the forms they leak in.

    A secret is looked for as it is, as it stands inside a JSON string, percent-encoded, and in Base64.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms = {form: text for text in secrets if len(text) >= _SHORTEST for form in _forms(text)}
        self._overlap = max((len(form) for form in self._forms), default=1) - 1
        self._tails: dict[str, bytes] = {}

    def feed(self, pipe: str, chunk: bytes) -> str:
        """The first secret in this chunk of that pipe, else nothing."""
        if not self._forms:
            return ""
        text = self._tails.get(pipe, b"") + chunk
        self._tails[pipe] = text[-self._overlap :] if self._overlap else b""
        return next((secret for form, secret in self._forms.items() if form in text), "")


def _forms(secret: str) -> Iterator[bytes]:
    raw = secret.encode()
    yield raw
    yield json.dumps(secret)[1:-1].encode()
    yield json.dumps(secret, ensure_ascii=False)[1:-1].encode()
    yield urllib.parse.quote(secret, safe="").encode()
    yield base64.b64encode(raw).rstrip(b"=")


def secrets_of(schema: Any, config: Any) -> list[str]:
    """The values in a config that its JSON Schema marks as secret, wherever they are nested."""
    defs = schema.get("$defs", {}) if isinstance(schema, dict) else {}
    return sorted(set(_marked(schema, config, defs)))


def _marked(schema: Any, value: Any, defs: dict[str, Any]) -> Iterator[str]:
    if not isinstance(schema, dict):
        return
    reference = schema.get("$ref", "")
    if isinstance(reference, str) and reference.startswith("#/$defs/"):
        yield from _marked(defs.get(reference.removeprefix("#/$defs/")), value, defs)
    if isinstance(value, str) and (schema.get("secret") or schema.get("airbyte_secret")):
        yield value
    for kind in ("oneOf", "anyOf", "allOf"):
        for each in schema.get(kind, ()):
            yield from _marked(each, value, defs)
    if isinstance(value, dict):
        for name, each in schema.get("properties", {}).items():
            if name in value:
                yield from _marked(each, value[name], defs)
