"""The runtime's requests, read and checked: what is wrong with one is told in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from connector_sdk.declare import Stream
from connector_sdk.errors import (
    CollectionKeyError,
    DuplicateBindingError,
    MalformedLineError,
    ProtocolError,
    SdkError,
    StateUnreadableError,
    UnknownBindingError,
    did_you_mean,
)

from .schemas import interval_of

__all__ = ["CREDENTIALS", "Bound", "bindings_of", "object_of", "parse_line", "range_of", "sealed_of", "states_of"]

CREDENTIALS = "credentialsV1"
"""Where the state holds the newest refresh token, sealed, of a login that rotates them."""

_REQUESTS = ("spec", "discover", "validate", "apply", "open")
_LAST = 0xFFFF_FFFF


@dataclass(frozen=True)
class Bound:
    """One binding of a request: its stream, the key of its state, and the operator's interval in microseconds."""

    stream: Stream
    state_key: str
    interval: int | None


def parse_line(line: bytes) -> tuple[str, dict[str, Any]]:
    """The kind and the body of the one request on the line. Raises MalformedLineError."""
    try:
        message = orjson.loads(line)
    except orjson.JSONDecodeError as wrong:
        raise MalformedLineError(
            f"A line on stdin is not JSON: {wrong}.", hint="one request is one JSON object on one line"
        ) from None
    kinds = [kind for kind in _REQUESTS if isinstance(message, dict) and message.get(kind) is not None]
    if len(kinds) != 1 or not isinstance(message[kinds[0]], dict):
        names = ", ".join(map(str, message))[:200] if isinstance(message, dict) else type(message).__name__
        raise MalformedLineError(
            f"A line on stdin is no request of the capture protocol (it holds: {names}).",
            hint=f"it takes one of {', '.join(_REQUESTS)}",
        )
    return kinds[0], message[kinds[0]]


def object_of(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The object under that name; an empty one where it is left out. Raises ProtocolError."""
    found = body.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ProtocolError(f"{name} in the request is no JSON object.")
    return found


def bindings_of(body: Mapping[str, Any], title: str, streams: Mapping[str, Stream]) -> list[Bound]:
    """Each binding of a validate or of a capture, in order, checked against its collection.

    Raises the SdkError of what is wrong; where several bindings are wrong, one that tells all of it.
    """
    found: list[Bound] = []
    problems: list[SdkError] = []
    linked = _list_of(body, "linkedCollections")
    for binding in _list_of(body, "bindings"):
        try:
            bound = _bound(binding, title, streams)
            if any(bound.stream is other.stream for other in found):
                raise DuplicateBindingError(
                    f"Two bindings capture the stream {bound.stream.name!r}.", hint="remove one of them"
                )
            _check_key(bound.stream, _linked(linked, binding) if linked else object_of(binding, "collection"))
            found.append(bound)
        except SdkError as problem:
            problems.append(problem)
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise ProtocolError("Multiple validation errors: - " + " - ".join(str(problem) for problem in problems))
    return found


def states_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """What is remembered, by state key. Raises StateUnreadableError."""
    state = body.get("state") or {}
    states = state.get("bindingStateV1") or {} if isinstance(state, dict) else None
    if not isinstance(states, dict):
        raise StateUnreadableError("The state is no JSON object.", hint="backfill the capture")
    for key, each in states.items():
        if each is not None and not isinstance(each, dict):
            raise StateUnreadableError(f"The state of the binding {key!r} is no JSON object.", hint="backfill it")
    return states


def sealed_of(body: Mapping[str, Any]) -> object:
    """The sealed refresh token in the state; None where there is none."""
    state = body.get("state")
    kept = state.get(CREDENTIALS) if isinstance(state, dict) else None
    return kept.get("refresh") if isinstance(kept, dict) else None


def range_of(body: Mapping[str, Any]) -> tuple[int, int]:
    """The first and the last place of the key range that this shard owns; all of them where none is given."""
    span = object_of(body, "range")
    if not span:
        return 0, _LAST
    begin, end = span.get("keyBegin") or 0, span.get("keyEnd") or 0
    if not isinstance(begin, int) or not isinstance(end, int) or not 0 <= begin <= end <= _LAST:
        raise ProtocolError("range in the request is no range of keys.")
    return begin, end


def _bound(binding: object, title: str, streams: Mapping[str, Stream]) -> Bound:
    if not isinstance(binding, dict):
        raise ProtocolError("A binding of the request is no JSON object.")
    resource = object_of(binding, "resourceConfig")
    name = resource.get("name")
    if not isinstance(name, str) or name not in streams:
        raise UnknownBindingError(f"{title} has no stream {name!r}:", hint=did_you_mean(str(name), streams))
    return Bound(streams[name], str(binding.get("stateKey") or name), interval_of(resource))


def _linked(linked: list[Any], binding: dict[str, Any]) -> dict[str, Any]:
    index = binding.get("collectionIndex") or 0
    if type(index) is not int or not 0 <= index < len(linked) or not isinstance(linked[index], dict):
        raise ProtocolError(
            f"A binding has the collectionIndex {index!r}, where there are {len(linked)} linked collections."
        )
    found: dict[str, Any] = linked[index]
    return found


def _list_of(body: Mapping[str, Any], name: str) -> list[Any]:
    found = body.get(name)
    if found is None:
        return []
    if not isinstance(found, list):
        raise ProtocolError(f"{name} in the request is no list.")
    return found


def _check_key(stream: Stream, collection: Mapping[str, Any]) -> None:
    key = collection.get("key")
    if key is None:
        return
    if not isinstance(key, list) or not all(isinstance(each, str) for each in key):
        raise ProtocolError(f"The key of the collection of stream {stream.name!r} is no list of pointers.")
    if set(key) != set(stream.keys):
        raise CollectionKeyError(
            f"The collection of stream {stream.name!r} has the key {', '.join(key)}, but its records are known by "
            f"{', '.join(stream.keys)}.",
            hint="give the collection that key: with another one, updates and deletions would miss their records",
        )
