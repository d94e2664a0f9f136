"""The rules of an open session, line by line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from connector_sdk.testing.flow._capture import Binding, Capture
from connector_sdk.testing.flow._events import (
    Answered,
    BackfillMark,
    Captured,
    Checkpoint,
    Event,
    Opened,
    SourcedSchema,
)
from connector_sdk.testing.flow._keys import KeyProblemError, key_reader
from connector_sdk.testing.flow._lines import LineError, decode
from connector_sdk.testing.flow._patch import merge_patch
from connector_sdk.testing.flow._schemas import document_validator, problems, response_validator, schema_problem
from connector_sdk.testing.flow._violation import Violation, shortened

__all__ = ["ANSWERS", "DOCUMENT_LIMIT", "UUID_PLACEHOLDER", "SessionRules"]

DOCUMENT_LIMIT = 16_000_000
UUID_PLACEHOLDER = "DocUUIDPlaceholder-329Bb50aa48EAa9ef"
ANSWERS = {"spec": "spec", "discover": "discovered", "validate": "validated", "apply": "applied"}
_LAYOUT = "bindingStateV1"
_CREDENTIALS = "credentialsV1"  # a refresh token, sealed, that belongs to the capture as a whole
_CAPTURED = sys.intern("captured")
_BODY = {"binding", "doc"}


class SessionRules:
    """Events from lines, and what the lines broke.

    ``line`` takes each line without its newline. It returns the event, or nothing where the line cannot be used, and
    gives violations to ``broken``. ``state`` is what the runtime would have stored by now.
    """

    def __init__(
        self,
        capture: Capture,
        state: dict[str, Any],
        broken: Callable[[Violation], None],
        first: Sequence[str] = (),
    ) -> None:
        self.capture = capture
        self.state = state
        self.opened = False
        self.acknowledgements = False
        self.checkpoints = 0
        self.documents = [0] * len(capture.bindings)
        self.uncommitted: dict[int, int] = {}
        self.lines = 0
        self._broken = broken
        self._first = list(first)
        self._state_keys = {each.state_key for each in capture.bindings}
        self._checks = [_DocumentCheck(each) for each in capture.bindings]
        self._line = b""

    def line(self, line: bytes) -> Event | None:
        """The event that the line is."""
        self.lines += 1
        self._line = line
        try:
            return self._event(decode(line))
        except LineError as error:
            self._fault(error.rule, str(error))
            return None

    def _event(self, value: dict[str, Any]) -> Event:
        body = value.get(_CAPTURED)
        if type(body) is dict and len(value) == 1 and body.keys() <= _BODY and type(body.get("doc")) is dict:
            return self._captured(body)
        found = problems(response_validator(), value)
        if found:
            raise LineError("envelope", f"A line on stdout is no protocol response: {found}.")
        kind = next(name for name in value if name != "$internal")
        return self._other(kind, value[kind])

    def finish(self, code: int | None, rest: bytes, killed: bool) -> None:
        """Stdout and the process have ended; ``rest`` is what followed the last newline."""
        self._line = rest
        if rest and not killed:
            self._fault("line-unfinished", "The last line on stdout has no newline; the runtime refuses it.")
        self._line = b""
        if code != 0 or killed:
            return
        if not self.opened:
            self._fault("opened-missing", "The process exited 0 without having answered open with opened.")
        pending = {self.capture.bindings[index].name: count for index, count in self.uncommitted.items()}
        if pending:
            self._fault(
                "documents-uncommitted", f"The process exited 0 with documents no checkpoint covers: {pending}."
            )

    def _fault(self, rule: str, sentence: str) -> None:
        self._broken(Violation(rule, sentence, self.lines if self._line else 0, shortened(self._line)))

    def _other(self, kind: str, body: dict[str, Any]) -> Event:
        if self._first:
            return self._answered(kind, body)
        if kind == "opened":
            return self._opened(body)
        if not self.opened:
            raise LineError("opened-first", f"The first answer to open is {kind}; it must be opened.")
        if kind == "checkpoint":
            return self._checkpoint(body["state"])
        if kind == "sourcedSchema":
            return self._sourced(body)
        if kind in ("backfillBegin", "backfillComplete"):
            return self._mark(kind, body)
        raise LineError("answer-unasked", f"{kind} came in an open session; nobody asked for it.")

    def _answered(self, kind: str, body: dict[str, Any]) -> Event:
        expected = ANSWERS[self._first.pop(0)]
        if kind != expected:
            raise LineError("answer-unasked", f"{kind} came where {expected} was due.")
        return Answered(kind, body)

    def _opened(self, body: dict[str, Any]) -> Event:
        if self.opened:
            raise LineError("opened-twice", "opened came a second time in one session.")
        self.opened = True
        self.acknowledgements = bool(body.get("explicitAcknowledgements", False))
        return Opened(self.acknowledgements)

    def _binding(self, body: dict[str, Any], kind: str) -> int:
        index: int = body.get("binding", 0)
        if type(index) is int and 0 <= index < len(self._checks):
            return index
        raise LineError("binding-range", f"{kind} names binding {index!r}; there are {len(self._checks)}, from 0.")

    def _captured(self, body: dict[str, Any]) -> Event:
        if not self.opened or self._first:
            raise LineError("opened-first", "A document came before opened.")
        index = self._binding(body, "captured")
        check = self._checks[index]
        doc = body["doc"]
        self.documents[index] += 1
        self.uncommitted[index] = self.uncommitted.get(index, 0) + 1
        fault = check.fault(doc, len(self._line))
        if fault is not None:
            sentence = f"A document of {check.name!r} {fault[1]}."
            if fault[0] == "document-key":  # without a key it cannot be in any collection
                raise LineError(fault[0], sentence)
            self._fault(fault[0], sentence)
        return Captured(index, doc, self._line)

    def _checkpoint(self, state: dict[str, Any]) -> Event:
        patch = state["updated"]
        merge = bool(state.get("mergePatch", False))
        if not merge:
            self._fault("checkpoint-replaces", "A checkpoint without mergePatch replaces the state of every binding.")
        for place in self._foreign(patch):
            self._fault("checkpoint-foreign", f"A checkpoint changes {place}, which no binding of this session owns.")
        self.state = merge_patch(self.state if merge else {}, patch)
        self.checkpoints += 1
        covered, self.uncommitted = self.uncommitted, {}
        return Checkpoint(self.checkpoints, patch, merge, covered, len(self._line))

    def _foreign(self, patch: dict[str, Any]) -> list[str]:
        foreign = [f"/{name}" for name in patch if name not in (_LAYOUT, _CREDENTIALS)]
        owned = patch.get(_LAYOUT, {})
        if not isinstance(owned, dict):
            return [*foreign, f"the whole of /{_LAYOUT}"]
        return foreign + [f"/{_LAYOUT}/{key}" for key in owned if key not in self._state_keys]

    def _sourced(self, body: dict[str, Any]) -> Event:
        index = self._binding(body, "sourcedSchema")
        schema = body["schema_json"] if "schema_json" in body else body["documentSchema"]
        fault = schema_problem(schema) or _open_place(schema)
        if fault:
            self._fault("sourced-schema", f"The sourced schema of {self._checks[index].name!r} is refused: {fault}.")
        return SourcedSchema(index, schema)

    def _mark(self, kind: str, body: dict[str, Any]) -> Event:
        index = self._binding(body, kind)
        if kind == "backfillBegin" and index in self.uncommitted:
            self._fault("backfill-late", "backfillBegin must come before the binding's documents of its checkpoint.")
        return BackfillMark(index, kind == "backfillBegin")


class _DocumentCheck:
    """What a document of one binding must be."""

    def __init__(self, binding: Binding) -> None:
        self.name = binding.name
        self._key = key_reader(binding.key)
        self._validator = document_validator(binding.schema)

    def fault(self, doc: dict[str, Any], size: int) -> tuple[str, str] | None:
        try:
            self._key(doc)
        except KeyProblemError as error:
            return "document-key", str(error)
        if size > DOCUMENT_LIMIT:
            return "document-large", f"has {size:,} bytes; Flow takes {DOCUMENT_LIMIT:,}"
        return self._invalid(doc)

    def _invalid(self, doc: dict[str, Any]) -> tuple[str, str] | None:
        meta = doc.get("_meta")
        if type(meta) is dict:
            if "uuid" in meta:
                return "document-uuid", "sets /_meta/uuid, which is the runtime's to set"
            meta["uuid"] = UUID_PLACEHOLDER
            found = "" if self._validator.is_valid(doc) else problems(self._validator, doc)
            del meta["uuid"]
        elif meta is None and "_meta" not in doc:
            doc["_meta"] = {"uuid": UUID_PLACEHOLDER}
            found = "" if self._validator.is_valid(doc) else problems(self._validator, doc)
            del doc["_meta"]
        else:
            found = "/_meta: is not an object, so that the runtime cannot put its uuid there"
        return ("document-invalid", f"is not valid against its collection's schema: {found}") if found else None


def _open_place(schema: Any, place: str = "") -> str:
    """Where a sourced schema is open; empty when it is closed everywhere."""
    if not isinstance(schema, dict):
        return ""
    declares = "properties" in schema or schema.get("type") == "object" or not place
    if declares and schema.get("additionalProperties") is not False:
        return f"{place or '/'} does not say additionalProperties: false"
    nested = {f"{place}/properties/{name}": each for name, each in schema.get("properties", {}).items()}
    items = schema.get("items")
    nested |= {f"{place}/items": items} if isinstance(items, dict) else {}
    return next((found for path, each in nested.items() if (found := _open_place(each, path))), "")
