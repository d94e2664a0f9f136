"""Requests from endpoints: every placeholder filled where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from connector_sdk.declare import Bound, Endpoint, Lookup, Place, Placeholder, in_text

from .decode import decode, encode, resolve

__all__ = ["Fill", "Request", "Values", "fill_request"]


@dataclass(frozen=True)
class Fill:
    """What a step's requests are filled with. ``bound`` writes SINCE and UNTIL; ``each`` is the partition."""

    bound: Callable[[Bound], object] | None = None
    each: Any = None


@dataclass(frozen=True)
class Request:
    """A request as it leaves: the path or address, query, headers and body."""

    method: str
    path: str
    params: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(frozen=True)
class Values:
    """The values of placeholders for one request; ``lookups`` have been found before."""

    fill: Fill
    token: str | None
    lookups: Mapping[Lookup[Any], object]
    answer: bytes | None = None

    def of(self, value: object) -> object:
        """The value with everything that varies put in; members that turn out None are left out."""
        if isinstance(value, Bound):
            assert self.fill.bound is not None
            return self.fill.bound(value)
        if isinstance(value, Lookup):
            return self.lookups[value]
        if isinstance(value, Place):
            return self._at(value)
        if isinstance(value, Placeholder):
            return self.token
        if isinstance(value, str):
            return "".join(part if isinstance(part, str) else _text(self.of(part)) for part in in_text(value))
        if isinstance(value, Mapping):
            pairs = ((name, item, self.of(item)) for name, item in value.items())
            return {name: new for name, item, new in pairs if new is not None or item is None}
        if isinstance(value, list | tuple):
            return [new for item in value if (new := self.of(item)) is not None or item is None]
        return value

    def _at(self, place: Place) -> object:
        if place.what == "answer":
            raw = None if self.answer is None else resolve(self.answer, place.at)
        else:
            raw = resolve(encode(self.fill.each), place.at)
        return None if raw is None else decode(raw)


def fill_request(endpoint: Endpoint, values: Values) -> Request:
    """The endpoint with its placeholders filled."""
    if isinstance(endpoint.path, str):
        path = "".join(
            part if isinstance(part, str) else quote(_text(values.of(part)), safe="") for part in in_text(endpoint.path)
        )
    else:
        path = _text(values.of(endpoint.path))
    params: list[tuple[str, str]] = []
    for name, value in endpoint.params.items():
        found = values.of(value)
        params += [(name, _text(item)) for item in (found if isinstance(found, list) else [found]) if item is not None]
    headers = {name: _text(new) for name, value in endpoint.headers.items() if (new := values.of(value)) is not None}
    body = None
    if endpoint.json is not None:
        headers.setdefault("content-type", "application/json")
        body = encode(values.of(endpoint.json))
    return Request(endpoint.method, path, tuple(params), headers, body)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list) else str(value)
