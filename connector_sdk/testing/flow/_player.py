"""The runtime's side of the protocol, played against a command."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from connector_sdk.testing.flow._capture import Capture, KeyRange
from connector_sdk.testing.flow._collection import Collections
from connector_sdk.testing.flow._events import Event
from connector_sdk.testing.flow._kill import Kill
from connector_sdk.testing.flow._lines import LineError, decode
from connector_sdk.testing.flow._logs import Log, LogReader
from connector_sdk.testing.flow._patch import merge_patch
from connector_sdk.testing.flow._process import Process, Usage
from connector_sdk.testing.flow._rules import ANSWERS
from connector_sdk.testing.flow._schemas import problems, request_validator, response_validator, schema_problem
from connector_sdk.testing.flow._session import Session, SilentError
from connector_sdk.testing.flow._violation import Violation, ViolationError, shortened

__all__ = ["Call", "CallFailedError", "Player"]


class CallFailedError(Exception):
    """The connector refused a request: ``message`` is what the user would see, ``call`` has everything else."""

    def __init__(self, call: Call) -> None:
        kinds = ", ".join(call.kinds)
        super().__init__(f"{kinds}: {call.error or 'connector exited with no log output'} (exit {call.exit_code})")
        self.call = call
        self.message = call.error


@dataclass
class Call:
    """What came of requests sent to one process: ``answers`` in order, ``exit_code``, ``logs`` and all raw output."""

    kinds: list[str]
    answers: list[dict[str, Any]] = field(default_factory=list)
    exit_code: int = 0
    logs: list[Log] = field(default_factory=list)
    stdout: bytes = b""
    stderr: bytes = b""
    seconds: float = 0.0
    usage: Usage | None = None
    violations: list[Violation] = field(default_factory=list)

    @property
    def error(self) -> str:
        """The last log's message: what a user sees of a failure."""
        return self.logs[-1].message if self.logs else ""


class Player:
    """The Flow runtime, as one connector command meets it over pipes.

    ``spec``, ``discover``, ``validate`` and ``apply`` start a process each, as connector-init does; ``call`` sends any
    requests to one process; ``open`` starts a session. ``env`` is added to the environment (``inherit=False``: to
    nothing but PATH); ``timeout`` is how many seconds of silence, or of waiting for an answer, are too many. A strict
    player raises ViolationError at the first line that breaks the protocol; another one collects them.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | str | None = None,
        inherit: bool = True,
        strict: bool = True,
        timeout: float = 60.0,
        log_level: str = "info",
    ) -> None:
        base = dict(os.environ) if inherit else {"PATH": os.environ.get("PATH", "")}
        self.argv = list(argv)
        self.env = {**base, "LOG_FORMAT": "json", "LOG_LEVEL": log_level, **(env or {})}
        self.cwd = cwd
        self.strict = strict
        self.timeout = timeout

    def spec(self) -> dict[str, Any]:
        """The connector's spec, answered to the start-up probe (no config, defaults left out)."""
        answer = self._one("spec", {})
        for name in ("configSchema", "resourceConfigSchema"):
            fault = schema_problem(answer[name])
            if fault:
                raise ViolationError(Violation("spec-schema", f"{name} of the spec is not a JSON Schema: {fault}"))
        return answer

    def discover(self, config: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What can be bound: discovery's bindings, as they came. Schemas and keys are checked."""
        bindings: list[dict[str, Any]] = self._one("discover", Capture(dict(config), ()).discover_request()).get(
            "bindings", []
        )
        for each in bindings:
            name = each["recommendedName"]
            fault = schema_problem(each["documentSchema"])
            if fault or not each.get("key"):
                why = f"its documentSchema is not a JSON Schema: {fault}" if fault else "it has no key"
                raise ViolationError(Violation("discovered", f"The discovered binding {name!r} cannot be used: {why}."))
        return bindings

    def validate(self, capture: Capture, last: Capture | None = None) -> list[list[str]]:
        """The resource paths of the capture's bindings, in order; ``last`` is the capture published before."""
        answer = self._one("validate", capture.validate_request(last))
        paths: list[list[str]] = [each["resourcePath"] for each in answer.get("bindings", [])]
        expected = [list(each.path) for each in capture.bindings]
        if paths != expected:
            raise ViolationError(
                Violation("validated", f"validate answered resource paths {paths} where {expected} were due, in order.")
            )
        return paths

    def apply(
        self, capture: Capture, last: Capture | None = None, state: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The state after ``apply`` (most connectors leave it as it was); ``last`` is the capture applied before."""
        answer = self._one("apply", capture.apply_request(last, state))
        change = answer.get("state")
        if change is None:
            return dict(state or {})
        merged: dict[str, Any] = merge_patch(dict(state or {}) if change.get("mergePatch") else {}, change["updated"])
        return merged

    def prepare(self, config: Mapping[str, Any], **choices: Any) -> Capture:
        """The capture of this config: spec, discover, validate, apply, as before a first session.

        ``choices`` go to ``Capture.discovered``: ``streams``, ``interval``, ``disabled``.
        """
        pointers = self.spec()["resourcePathPointers"]
        capture = Capture.discovered(self.discover(config), config, pointers=pointers, **choices)
        self.validate(capture)
        self.apply(capture)
        return capture

    def open(
        self,
        capture: Capture,
        state: Mapping[str, Any] | None = None,
        *,
        range: KeyRange | None = None,
        kill: Kill | None = None,
        into: Collections | None = None,
        on_event: Callable[[Event], object] | None = None,
        first: Sequence[dict[str, Any]] = (),
        secrets: Iterable[str] = (),
        close_stdin: bool = False,
        keep_output: bool = False,
        env: Mapping[str, str] | None = None,
    ) -> Session:
        """A session, to be iterated over in a ``with``; it resumes from ``state``.

        ``kill`` ends it from outside. Events also go to ``on_event`` and ``into``. ``first`` are requests for the
        same stdin before ``open``. ``secrets`` are searched for in all output, which is kept only if ``keep_output``.
        """
        requests = [*first, {"open": capture.open_request(state, range)}]
        lines = [_request_line(each, unknown_keys=bool(capture.extra)) for each in requests]
        process = Process(self.argv, {**self.env, **(env or {})}, self.cwd)
        session = Session(
            process,
            capture,
            dict(state or {}),
            first=[next(iter(each)) for each in first],
            kill=kill,
            into=into,
            on_event=on_event,
            secrets=secrets,
            strict=self.strict,
            keep_output=keep_output,
            silence=self.timeout,
        )
        process.send(b"".join(lines))
        if close_stdin:
            process.close_stdin()
        return session

    def run(
        self, capture: Capture, state: Mapping[str, Any] | None = None, *, timeout: float = 120.0, **how: Any
    ) -> Session:
        """A whole session, read to its end (``how`` is ``open``'s) and closed: for what ends or is killed."""
        with self.open(capture, state, **how) as session:
            return session.run(timeout=timeout)

    def call(self, *requests: dict[str, Any] | bytes, close_stdin: bool = True) -> Call:
        """What one process makes of these requests (``{"spec": {}}``), sent on one stdin; raw bytes go as they are.

        Never raises for what the connector does: look at ``answers``, ``exit_code`` and ``violations``. Raises
        SilentError when it has not ended in time. ``close_stdin=False`` ends it as soon as the answers are there.
        """
        call = Call([next(iter(each)) for each in requests if isinstance(each, dict)])
        process = Process(self.argv, self.env, self.cwd)
        try:
            for each in requests:
                process.send(each if isinstance(each, bytes) else orjson.dumps(each) + b"\n")
            if close_stdin:
                process.close_stdin()
            self._collect(process, call, 0 if close_stdin else len(requests))
        finally:
            process.close()
        call.exit_code, call.usage = process.exit_code or 0, process.usage
        _judge(call)
        return call

    def _collect(self, process: Process, call: Call, lines: int) -> None:
        out, err = bytearray(), bytearray()
        logs = LogReader()
        while not (process.stdout_ended and process.stderr_ended and process.poll() is not None):
            chunk, log = process.pump(0.1)
            out += chunk
            err += log
            call.logs += logs.feed(log)
            if lines and chunk and out.count(b"\n") >= lines:
                process.close_stdin()
            if time.monotonic() - process.began > self.timeout:
                raise SilentError(f"{', '.join(call.kinds)}: no end after {self.timeout:g} s; last log: {call.error!r}")
        call.logs += logs.end()
        call.stdout, call.stderr = bytes(out), bytes(err)
        call.seconds = time.monotonic() - process.began

    def _one(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        request = {kind: body}
        _request_line(request, unknown_keys=True)
        call = self.call(request)
        if call.exit_code:
            raise CallFailedError(call)
        if call.violations:
            raise ViolationError(call.violations[0], call.error)
        answer: dict[str, Any] = call.answers[0][ANSWERS[kind]]
        return answer


def _request_line(request: dict[str, Any], *, unknown_keys: bool) -> bytes:
    """The request as a line; raises ValueError where the player itself would break the protocol."""
    found = "" if unknown_keys else problems(request_validator(), request)
    if found:
        raise ValueError(f"The player would send a malformed request: {found}")
    return orjson.dumps(request) + b"\n"


def _judge(call: Call) -> None:
    """The answers in the output, and how the output breaks the rules of requests with one answer each."""
    lines = call.stdout.split(b"\n")
    rest = lines.pop()
    if rest:
        call.violations.append(
            Violation("line-unfinished", "The last line on stdout has no newline.", len(lines) + 1, shortened(rest))
        )
    for number, line in enumerate(lines, 1):
        try:
            value = decode(line)
        except LineError as error:
            call.violations.append(Violation(error.rule, str(error), number, shortened(line)))
            continue
        found = problems(response_validator(), value)
        if found:
            sentence = f"A line on stdout is no protocol response: {found}."
            call.violations.append(Violation("envelope", sentence, number, shortened(line)))
        else:
            call.answers.append(value)
    _match(call)


def _match(call: Call) -> None:
    expected = [ANSWERS.get(kind, "") for kind in call.kinds]
    given = [next(name for name in each if name != "$internal") for each in call.answers]
    if call.exit_code == 0 and given != expected:
        rule = "answer-missing" if len(given) < len(expected) else "answer-unasked"
        call.violations.append(Violation(rule, f"The answers were {given} where {expected} were due."))
    elif given != expected[: len(given)]:
        call.violations.append(Violation("answer-unasked", f"The answers were {given}; asked was {call.kinds}."))
