"""The messages that a source sends, one JSON object a line (Airbyte protocol 0.18)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Literal

import orjson

from connector_sdk.errors import (
    ConfigError,
    CredentialsError,
    NotPerformedError,
    RefusedError,
    SdkError,
    StateError,
    UnknownBindingError,
    UnreachableError,
)

__all__ = [
    "catalog",
    "connection_status",
    "control",
    "error",
    "estimate",
    "failure_type",
    "log",
    "spec",
    "state",
    "status",
]

Status = Literal["STARTED", "RUNNING", "COMPLETE", "INCOMPLETE"]

_USERS = (ConfigError, CredentialsError, RefusedError, StateError, UnknownBindingError, NotPerformedError)


def _line(message: Mapping[str, Any]) -> bytes:
    return orjson.dumps(message) + b"\n"


def _now() -> float:
    """Milliseconds since 1970, as the protocol's traces have them: with a fraction."""
    return time.time_ns() // 1_000 / 1_000


def spec(schema: Mapping[str, Any], docs: str) -> bytes:
    """What a user fills in."""
    return _line({"type": "SPEC", "spec": {"documentationUrl": docs, "connectionSpecification": schema}})


def connection_status(problem: str = "") -> bytes:
    """Whether the config is good; with what is wrong where it is not."""
    told = {"status": "FAILED", "message": problem} if problem else {"status": "SUCCEEDED"}
    return _line({"type": "CONNECTION_STATUS", "connectionStatus": told})


def catalog(streams: list[dict[str, Any]]) -> bytes:
    """What can be read."""
    return _line({"type": "CATALOG", "catalog": {"streams": streams}})


def log(level: str, text: str, trace: str = "") -> bytes:
    """A log. ``level``: FATAL, ERROR, WARN, INFO, DEBUG or TRACE."""
    told = {"level": level, "message": text, **({"stack_trace": trace} if trace else {})}
    return _line({"type": "LOG", "log": told})


def state(stream: str, data: Mapping[str, Any], count: int) -> bytes:
    """What a stream goes on from: it covers every record of the stream that was sent before, ``count`` since the last
    one."""
    each = {"type": "STREAM", "stream": {"stream_descriptor": {"name": stream}, "stream_state": data}}
    return _line({"type": "STATE", "state": {**each, "sourceStats": {"recordCount": float(count)}}})


def status(stream: str, what: Status) -> bytes:
    """Where a stream stands."""
    told = {"stream_descriptor": {"name": stream}, "status": what}
    return _trace("STREAM_STATUS", "stream_status", told)


def estimate(stream: str, rows: int) -> bytes:
    """How many records of a stream the source has told of."""
    return _trace("ESTIMATE", "estimate", {"name": stream, "type": "STREAM", "row_estimate": rows})


def error(text: str, failure: str, internal: str = "", trace: str = "", stream: str = "") -> bytes:
    """What failed: for users, for engineers, of which kind and in which stream."""
    told: dict[str, Any] = {"message": text, "failure_type": failure}
    if internal:
        told["internal_message"] = internal
    if trace:
        told["stack_trace"] = trace
    if stream:
        told["stream_descriptor"] = {"name": stream}
    return _trace("ERROR", "error", told)


def control(config: Mapping[str, Any]) -> bytes:
    """A config that takes the place of the one that was given, whole."""
    told = {"type": "CONNECTOR_CONFIG", "emitted_at": _now(), "connectorConfig": {"config": config}}
    return _line({"type": "CONTROL", "control": told})


def _trace(kind: str, member: str, told: Mapping[str, Any]) -> bytes:
    return _line({"type": "TRACE", "trace": {"type": kind, "emitted_at": _now(), member: told}})


def failure_type(wrong: BaseException) -> str:
    """Who can mend it: the user (``config_error``), time (``transient_error``) or an engineer (``system_error``)."""
    if isinstance(wrong, UnreachableError):
        return "transient_error"
    return "config_error" if isinstance(wrong, SdkError) and isinstance(wrong, _USERS) else "system_error"
