"""The rules of a read, line by line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connector_sdk.testing.airbyte._catalog import Configured
from connector_sdk.testing.airbyte._events import Control, Estimate, Event, Failed, Record, State, Status
from connector_sdk.testing.airbyte._schemas import message_validator
from connector_sdk.testing.flow import KeyProblemError, Log, Violation, key_reader, problems
from connector_sdk.testing.flow._lines import LineError, decode
from connector_sdk.testing.flow._violation import shortened

__all__ = ["ReadRules", "event_of", "message_of"]

_RECORD = {"stream", "data", "emitted_at"}
_LARGEST = 20 << 20
_NEXT = {
    "": {"STARTED"},
    "STARTED": {"RUNNING", "COMPLETE", "INCOMPLETE"},
    "RUNNING": {"RUNNING", "COMPLETE", "INCOMPLETE"},
    "COMPLETE": set(),
    "INCOMPLETE": set(),
}


def message_of(line: bytes) -> dict[str, Any]:
    """The message that the line is. Raises LineError."""
    value = decode(line)
    if value.get("type") == "RECORD" and len(value) == 2 and type(value.get("record")) is dict:
        record = value["record"]
        if record.keys() == _RECORD and type(record["data"]) is dict and type(record["emitted_at"]) is int:
            return value
    found = problems(message_validator(), value)
    if found:
        raise LineError("envelope", f"A line on stdout is no message of a source: {found}.")
    return value


def event_of(value: dict[str, Any], line: bytes) -> Event | None:
    """The event that a message of a read is; nothing for one that only other commands have."""
    match value["type"]:
        case "RECORD":
            return Record(value["record"]["stream"], value["record"]["data"], line)
        case "STATE":
            each = value["state"]
            count = int(each["sourceStats"]["recordCount"])
            return State(each["stream"]["stream_descriptor"]["name"], each["stream"]["stream_state"], count, len(line))
        case "LOG":
            told = value["log"]
            fields = {"stack_trace": told["stack_trace"]} if "stack_trace" in told else {}
            return Log(told["level"].lower(), told["message"], fields)
        case "CONTROL":
            return Control(value["control"]["connectorConfig"]["config"])
        case "TRACE":
            return _traced(value["trace"])
    return None


def _traced(trace: dict[str, Any]) -> Event | None:
    if trace["type"] == "STREAM_STATUS":
        told = trace["stream_status"]
        return Status(told["stream_descriptor"]["name"], told["status"])
    if trace["type"] == "ESTIMATE":
        return Estimate(trace["estimate"]["name"], trace["estimate"].get("row_estimate", 0))
    if trace["type"] == "ERROR":
        told = trace["error"]
        stream = told.get("stream_descriptor", {}).get("name", "")
        return Failed(told["message"], told["failure_type"], told.get("internal_message", ""), stream)
    return None


class ReadRules:
    """Events from lines, and what the lines broke, which goes to ``broken``.

    ``states`` is what the platform would hand to the next read: of each stream, its last STATE.
    """

    def __init__(
        self, configured: Configured, states: Mapping[str, dict[str, Any]], broken: Callable[[Violation], None]
    ) -> None:
        self.states = dict(states)
        self.status = dict.fromkeys(configured.names(), "")
        self.records = dict.fromkeys(configured.names(), 0)
        self.uncovered = dict.fromkeys(configured.names(), 0)
        self.state_count = 0
        self.lines = 0
        self.errors: list[Failed] = []
        self._keys = {each.name: key_reader(each.key) for each in configured if each.key}
        self._refreshed = {each.name for each in configured if each.mode == "full_refresh"}
        self._broken = broken
        self._line = b""

    def line(self, line: bytes) -> Event | None:
        """The event that the line is; nothing where it cannot be used."""
        self.lines += 1
        self._line = line
        try:
            value = message_of(line)
            event = event_of(value, line)
            if event is None:
                raise LineError("message-unasked", f"{value['type']} came in a read; nobody asked for it.")
            self._take(event)
            return event
        except LineError as error:
            self._fault(error.rule, str(error))
            return None

    def _take(self, event: Event) -> None:
        stream = getattr(event, "stream", "")
        if not isinstance(event, Log) and stream and stream not in self.status:
            raise LineError("stream-unknown", f"{type(event).__name__} of {stream!r}, which was not asked for.")
        if isinstance(event, Record):
            self._record(event)
        elif isinstance(event, State):
            self._state(event)
        elif isinstance(event, Status):
            self._status(event)
        elif isinstance(event, Failed):
            self.errors.append(event)

    def _record(self, event: Record) -> None:
        if self.status[event.stream] != "RUNNING":
            self._fault("record-early", f"A record of {event.stream!r}, which is {self.status[event.stream] or 'new'}.")
        if len(event.line) > _LARGEST:
            self._fault("record-large", f"A record of {event.stream!r} has {len(event.line):,} bytes.")
        read = self._keys.get(event.stream)
        if read is not None:
            try:
                read(event.data)
            except KeyProblemError as error:
                raise LineError("record-key", f"A record of {event.stream!r} {error}.") from None
        self.records[event.stream] += 1
        self.uncovered[event.stream] += 1

    def _state(self, event: State) -> None:
        if self.status[event.stream] not in ("STARTED", "RUNNING"):
            self._fault("state-late", f"A STATE of {event.stream!r}, which is {self.status[event.stream] or 'new'}.")
        if event.records != self.uncovered[event.stream]:
            told = f"{event.records} records, and {self.uncovered[event.stream]} came since the last one"
            self._fault("state-count", f"A STATE of {event.stream!r} tells of {told}.")
        self.uncovered[event.stream] = 0
        self.states[event.stream] = event.data
        self.state_count += 1

    def _status(self, event: Status) -> None:
        before = self.status[event.stream]
        if event.status not in _NEXT[before]:
            self._fault("status-order", f"{event.stream!r} is {event.status} after {before or 'nothing'}.")
        self.status[event.stream] = event.status
        if event.status == "COMPLETE":
            if self.uncovered[event.stream]:
                count = self.uncovered[event.stream]
                self._fault("records-uncovered", f"{event.stream!r} is COMPLETE, and no STATE covers {count} records.")
            if event.stream in self._refreshed:  # whoever has all of it does not go on from there
                self.states.pop(event.stream, None)

    def finish(self, code: int | None, rest: bytes, ended: bool) -> None:
        """Stdout and the process have ended; ``rest`` is what followed the last newline, ``ended`` whether it was
        ended from outside."""
        self._line = b""
        if ended:
            return
        if rest:
            self._fault("line-unfinished", f"The last line on stdout has no newline: {shortened(rest)}")
        behind = [name for name, status in self.status.items() if status != "COMPLETE"]
        if code == 0 and behind:
            self._fault("exit-code", f"The process exited 0, and these are not COMPLETE: {', '.join(behind)}.")
        if code == 0 and self.errors:
            self._fault("exit-code", f"The process exited 0 after an error: {self.errors[0].message}")
        if code != 0 and not any(not each.stream for each in self.errors):
            self._fault("error-missing", f"The process exited {code}, and no TRACE ERROR says why.")
        running = [name for name, status in self.status.items() if status in ("STARTED", "RUNNING")]
        if code != 0 and running:
            self._fault("status-missing", f"The process ended without a word on {', '.join(running)}.")

    def _fault(self, rule: str, sentence: str) -> None:
        self._broken(Violation(rule, sentence, self.lines if self._line else 0, shortened(self._line)))
