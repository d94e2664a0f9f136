"""What Airbyte hands to a source: files with a config, a configured catalog and a state. All are read with tolerance
for what is new or empty, and refused with a sentence where they cannot be meant for this source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from connector_sdk.declare import Stream
from connector_sdk.errors import ConfigError, ProtocolError, StateUnreadableError, UnknownBindingError, did_you_mean

from .dialect import sync_modes

__all__ = ["REFRESHING", "Configured", "configured_of", "read_config", "read_json", "states_of"]

REFRESHING = "refreshing"
"""Marks, within a state, a full refresh that has not ended: only such a one is gone on with by another."""

_SENTINELS = ("__ab_no_cursor_state_message", "__ab_full_refresh_sync_complete")
_NOT_OURS = "clear the connection's state, or take the state of this connector"


@dataclass(frozen=True)
class Configured:
    """A stream that is to be read. ``refresh``: all of it, whatever was read before."""

    stream: Stream
    refresh: bool


def read_json(path: str, flag: str) -> Any:
    """What the file holds. Raises ProtocolError."""
    try:
        return orjson.loads(Path(path).read_bytes())
    except OSError as wrong:
        raise ProtocolError(f"The file {path} of {flag} cannot be read: {wrong.strerror}.") from None
    except orjson.JSONDecodeError as wrong:
        place = f"line {wrong.lineno}, column {wrong.colno}"  # its text may hold a secret
        raise ProtocolError(f"The file {path} of {flag} is not JSON ({place}).") from None


def read_config(path: str) -> Any:
    """The config in the file, as it is. Raises ConfigError."""
    try:
        return read_json(path, "--config")
    except ProtocolError as wrong:
        raise ConfigError(wrong.message) from None


def configured_of(catalog: object, title: str, streams: Mapping[str, Stream]) -> list[Configured]:
    """The streams of a configured catalog, in order, each once. Ids of generations and what a destination does are
    not a source's matter, and ignored.

    Raises UnknownBindingError for a stream that there is not, ProtocolError for what is no such catalog.
    """
    listed = catalog.get("streams") if isinstance(catalog, dict) else None
    if not isinstance(listed, list):
        raise ProtocolError(
            "The configured catalog holds no list of streams.", hint="it is {'streams': [{'stream': ...}]}"
        )
    found: dict[str, Configured] = {}
    for each in listed:
        one = each.get("stream") if isinstance(each, dict) else None
        if not isinstance(one, dict) or not isinstance(one.get("name"), str):
            raise ProtocolError("A stream of the configured catalog has no name.")
        name, namespace = one["name"], one.get("namespace")
        if name not in streams or namespace:
            where = f" in the namespace {namespace!r}" if namespace else ""
            hint = did_you_mean(name, streams) if name not in streams else "streams of this source have no namespace"
            raise UnknownBindingError(f"{title} has no stream {name!r}{where}:", hint=hint)
        if name in found:
            raise ProtocolError(f"The configured catalog has the stream {name!r} twice.", hint="remove one of them")
        mode, modes = each.get("sync_mode"), sync_modes(streams[name])
        if mode not in modes:
            raise ProtocolError(
                f"The configured catalog asks for the stream {name!r} in the sync mode {mode!r}:",
                hint=f"it takes {' or '.join(modes)}",
            )
        found[name] = Configured(streams[name], mode == "full_refresh")
    return list(found.values())


def states_of(given: object) -> dict[str, dict[str, Any]]:
    """What each stream goes on from, by name: of a list of STATE messages, of one, or of the older object of states by
    stream, where it is ours.

    Raises StateUnreadableError for a state in one piece (LEGACY), and for one that streams share (GLOBAL): this source
    has neither, so that they are another source's.
    """
    if not given:
        return {}
    if isinstance(given, dict) and isinstance(given.get("type"), str):
        given = [given]
    if isinstance(given, dict):
        return _by_stream(given)
    if not isinstance(given, list):
        raise StateUnreadableError("The state is no list of STATE messages.", hint=_NOT_OURS)
    found: dict[str, dict[str, Any]] = {}
    for each in given:
        name, data = _of_stream(_message(each))
        if data and not any(data.get(sentinel) for sentinel in _SENTINELS):
            found[name] = data
        else:
            found.pop(name, None)
    return found


def _message(each: object) -> dict[str, Any]:
    """The state in a message, or one that stands alone."""
    if isinstance(each, dict) and each.get("type") == "STATE" and isinstance(each.get("state"), dict):
        each = each["state"]
    if not isinstance(each, dict):
        raise StateUnreadableError("The state holds something that is no STATE message.", hint=_NOT_OURS)
    return each


def _of_stream(message: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    kind = message.get("type") or ("STREAM" if message.get("stream") else "LEGACY")
    if kind != "STREAM":
        raise StateUnreadableError(
            f"The state is {kind}, and this source writes one for each stream (STREAM).", hint=_NOT_OURS
        )
    stream = message.get("stream")
    descriptor = stream.get("stream_descriptor") if isinstance(stream, dict) else None
    name = descriptor.get("name") if isinstance(descriptor, dict) else None
    data = stream.get("stream_state") if isinstance(stream, dict) else None
    if not isinstance(name, str) or not isinstance(data, dict | None):
        raise StateUnreadableError("A STATE message names no stream, or its state is no object.", hint=_NOT_OURS)
    return name, data or {}


def _by_stream(given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    states = {name: data for name, data in given.items() if data}
    if any(not isinstance(data, dict) or not isinstance(data.get("v"), int) for data in states.values()):
        raise StateUnreadableError("The state is an object that this source did not write.", hint=_NOT_OURS)
    return states
