"""What happens in a read, in the order in which it arrived."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from connector_sdk.testing.flow import Exited, Log

__all__ = ["Control", "Estimate", "Event", "Failed", "Record", "State", "Status"]


class Record(NamedTuple):
    """One record of a stream: decoded, and the whole line as it came."""

    stream: str
    data: dict[str, Any]
    line: bytes


class State(NamedTuple):
    """Everything of the stream before it is covered: ``records`` of them since its last one. ``size``: bytes."""

    stream: str
    data: dict[str, Any]
    records: int
    size: int


class Status(NamedTuple):
    """Where a stream stands: STARTED, RUNNING, COMPLETE or INCOMPLETE."""

    stream: str
    status: str


class Estimate(NamedTuple):
    """How many rows of a stream are expected."""

    stream: str
    rows: int


class Failed(NamedTuple):
    """An error: of a stream, or of the whole read where ``stream`` is empty."""

    message: str
    failure_type: str
    internal: str
    stream: str


class Control(NamedTuple):
    """A config that takes the place of the one that was given."""

    config: dict[str, Any]


Event: TypeAlias = Record | State | Status | Estimate | Failed | Control | Log | Exited
