"""A preview through Airbyte's protocol: a ``read`` in the shape that a preview watches, which is that of a capture."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from connector_sdk.testing.airbyte import DELETED, Configured, Failed, Player, Record, State
from connector_sdk.testing.airbyte import Session as Read
from connector_sdk.testing.flow import Binding, Capture, Captured, Checkpoint, Event, Exited, Log, Violation

__all__ = ["AirbyteRead", "capture_of"]

_CODE = re.compile(r"\[([a-z-]+)\]$")
_NUMBER = ("/_meta/row_id",)


def capture_of(configured: Configured, config: dict[str, Any]) -> Capture:
    """The streams as bindings: rows without a key are known by their number."""
    bindings = [
        Binding(each.name, {"name": each.name}, (each.name,), each.stream["json_schema"], each.key or _NUMBER)
        for each in configured
    ]
    return Capture(config, tuple(bindings))


class AirbyteRead:
    """A ``read`` that gives a capture's events: a record is a document, a STATE the checkpoint of its stream."""

    def __init__(
        self,
        player: Player,
        config: dict[str, Any],
        configured: Configured,
        states: list[dict[str, Any]],
        secrets: Iterable[str],
    ) -> None:
        self._read: Read = player.open(config, configured, states, secrets=secrets)
        self._index = {each.name: number for number, each in enumerate(configured)}
        self._keyless = {each.name for each in configured if not each.key}
        self._rows = dict.fromkeys(self._index, 0)
        self._checkpoints = 0
        self.logs: deque[Log] = deque(maxlen=2_000)

    @property
    def ended(self) -> bool:
        return self._read.ended

    @property
    def violations(self) -> list[Violation]:
        return self._read.violations

    @property
    def state(self) -> list[dict[str, Any]]:
        """What to hand to the next read: a list of STATE messages."""
        return self._read.states

    @property
    def exit_code(self) -> int | None:
        return self._read.exit_code

    @property
    def seconds(self) -> float:
        return self._read.seconds

    @property
    def error(self) -> str:
        """What a user would see of a failure."""
        return self._read.error

    def signal(self, number: int) -> None:
        """Send a signal to the process."""
        self._read.signal(number)

    def read(self, timeout: float) -> list[Event]:
        """The events that came within ``timeout`` seconds; may be empty."""
        found: list[Event] = []
        for event in self._read.read(timeout):
            if isinstance(event, Record):
                found.append(self._captured(event))
            elif isinstance(event, State):
                self._checkpoints += 1
                covered = {self._index[event.stream]: event.records}
                found.append(Checkpoint(self._checkpoints, {}, True, covered, event.size))
            elif isinstance(event, Failed):
                found.append(self._told(event))
            elif isinstance(event, Log | Exited):
                found.append(event)
        self.logs.extend(each for each in found if isinstance(each, Log))
        return found

    def _captured(self, event: Record) -> Captured:
        doc = dict(event.data)
        if event.stream in self._keyless:
            doc["_meta"] = {"row_id": self._rows[event.stream]}
            self._rows[event.stream] += 1
        elif doc.get(DELETED) is not None:
            doc["_meta"] = {"op": "d"}
        return Captured(self._index[event.stream], doc, b"")

    @staticmethod
    def _told(event: Failed) -> Log:
        code = _CODE.search(event.internal)
        fields = {"stream": event.stream} if event.stream else {}
        return Log("error", event.message, {**fields, **({"code": code[1]} if code else {})})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._read.close()
