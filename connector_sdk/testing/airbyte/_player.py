"""Airbyte's side of the protocol, played against a command."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connector_sdk.testing.airbyte._catalog import Catalog, Configured
from connector_sdk.testing.airbyte._collection import Collections
from connector_sdk.testing.airbyte._events import Control, Event, Failed
from connector_sdk.testing.airbyte._rules import event_of, message_of
from connector_sdk.testing.airbyte._session import Session
from connector_sdk.testing.flow import Kill, Log, SilentError, Usage, Violation, ViolationError
from connector_sdk.testing.flow._lines import LineError
from connector_sdk.testing.flow._process import Process
from connector_sdk.testing.flow._schemas import schema_problem
from connector_sdk.testing.flow._violation import shortened

__all__ = ["Call", "CommandFailedError", "Player"]

States = Sequence[Mapping[str, Any]] | Mapping[str, Any]


class CommandFailedError(Exception):
    """The source refused a command: ``message`` is what the user would see, ``call`` has everything else."""

    def __init__(self, call: Call) -> None:
        super().__init__(f"{call.arguments[0]}: {call.error or 'it ended without a word'} (exit {call.exit_code})")
        self.call = call
        self.message = call.error


@dataclass
class Call:
    """What came of a command: its ``messages``, ``exit_code``, ``errors``, ``logs`` and all raw output."""

    arguments: list[str]
    messages: list[dict[str, Any]] = field(default_factory=list)
    errors: list[Failed] = field(default_factory=list)
    logs: list[Log] = field(default_factory=list)
    config: dict[str, Any] | None = None
    exit_code: int = 0
    stdout: bytes = b""
    stderr: bytes = b""
    usage: Usage | None = None
    violations: list[Violation] = field(default_factory=list)

    @property
    def error(self) -> str:
        """What a user would see of a failure."""
        return self.errors[-1].message if self.errors else ""

    def only(self, kind: str) -> dict[str, Any]:
        """The one message of this type. Raises ViolationError where there are none or several."""
        found = [each for each in self.messages if each["type"] == kind]
        if len(found) != 1:
            raise ViolationError(Violation("answer-count", f"{self.arguments[0]} gave {len(found)} {kind} messages."))
        return found[0]


class Player:
    """Airbyte, as one source command meets it: a process for every command, files for what it is given.

    ``env`` is added to the environment; ``timeout`` is how many seconds of silence are too many. A strict player raises
    ViolationError at the first line that breaks the protocol; another one collects them. ``files`` is the folder in
    which the files are put for as long as a command runs, readable by everybody: one that a container sees at the same
    path. Without it they lie where only this user looks.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | str | None = None,
        strict: bool = True,
        timeout: float = 60.0,
        files: Path | None = None,
    ) -> None:
        self.argv = list(argv)
        self.files = files
        self.env = {**os.environ, **(env or {})}
        self.cwd = cwd
        self.strict = strict
        self.timeout = timeout

    def spec(self) -> dict[str, Any]:
        """The source's spec: ``connectionSpecification`` and ``documentationUrl``."""
        found: dict[str, Any] = self._good(self.call("spec")).only("SPEC")["spec"]
        if fault := schema_problem(found["connectionSpecification"]):
            raise ViolationError(Violation("spec-schema", f"connectionSpecification is not a JSON Schema: {fault}"))
        return found

    def check(self, config: Mapping[str, Any]) -> str:
        """What is wrong with the config; empty where it is good. The exit code is 0 either way."""
        told = self._good(self.call("check", config=config)).only("CONNECTION_STATUS")["connectionStatus"]
        return "" if told["status"] == "SUCCEEDED" else str(told["message"])

    def discover(self, config: Mapping[str, Any]) -> Catalog:
        """What can be read. Schemas, keys and cursors are checked."""
        catalog = Catalog(self._good(self.call("discover", config=config)).only("CATALOG")["catalog"]["streams"])
        names = catalog.names()
        for each in catalog.streams:
            fault = schema_problem(each["json_schema"])
            paths = [*each.get("source_defined_primary_key", ()), each.get("default_cursor_field", ())]
            missing = [path for path in paths if path and not _has(each["json_schema"], path)]
            if fault or missing or names.count(each["name"]) > 1:
                why = f"its schema: {fault}" if fault else f"{missing} not in its schema" if missing else "twice"
                raise ViolationError(Violation("catalog", f"The stream {each['name']!r} cannot be used: {why}."))
        return catalog

    def open(
        self,
        config: Mapping[str, Any],
        configured: Configured,
        states: States = (),
        *,
        kill: Kill | None = None,
        into: Collections | None = None,
        on_event: Callable[[Event], object] | None = None,
        secrets: Iterable[str] = (),
        debug: bool = False,
        env: Mapping[str, str] | None = None,
    ) -> Session:
        """A ``read``, to be iterated over in a ``with``; it goes on from ``states``, given as Airbyte hands them.

        ``kill`` ends it from outside. Events also go to ``on_event`` and ``into``. ``secrets`` are searched for in all
        output but CONTROL messages.
        """
        folder = self._folder()
        files = {"config": config, "catalog": configured.file(), "state": states if states else []}
        argv = [*self.argv, "read", *_written(Path(folder.name), files), *(["--debug"] if debug else [])]
        process = Process(argv, {**self.env, **(env or {})}, self.cwd)
        process.close_stdin()
        return Session(
            process,
            configured,
            _by_name(states),
            kill=kill,
            into=into,
            on_event=on_event,
            secrets=secrets,
            strict=self.strict,
            silence=self.timeout,
            done=folder.cleanup,
        )

    def run(
        self,
        config: Mapping[str, Any],
        configured: Configured,
        states: States = (),
        *,
        timeout: float = 120.0,
        **how: Any,
    ) -> Session:
        """A whole ``read``, to its end (``how`` is ``open``'s) and closed."""
        with self.open(config, configured, states, **how) as session:
            return session.run(timeout)

    def call(self, *arguments: str, **files: Any) -> Call:
        """What the process makes of these arguments, and of ``--name FILE`` for each of ``files`` (bytes as they are).

        Never raises for what the source does: look at ``messages``, ``exit_code`` and ``violations``. Raises
        SilentError when it has not ended in time.
        """
        with self._folder() as folder:
            call = Call(list(arguments))
            process = Process([*self.argv, *arguments, *_written(Path(folder), files)], self.env, self.cwd)
            try:
                process.close_stdin()
                self._collect(process, call)
            finally:
                process.close()
        call.exit_code, call.usage = process.exit_code or 0, process.usage
        _judge(call)
        return call

    def _folder(self) -> tempfile.TemporaryDirectory[str]:
        made = tempfile.TemporaryDirectory(prefix="airbyte-", dir=self.files)
        if self.files is not None:
            Path(made.name).chmod(0o755)
        return made

    def _collect(self, process: Process, call: Call) -> None:
        out, err = bytearray(), bytearray()
        while not (process.stdout_ended and process.stderr_ended and process.poll() is not None):
            chunk, log = process.pump(0.1)
            out += chunk
            err += log
            if time.monotonic() - process.began > self.timeout:
                raise SilentError(f"{' '.join(call.arguments)}: no end after {self.timeout:g} s")
        call.stdout, call.stderr = bytes(out), bytes(err)

    def _good(self, call: Call) -> Call:
        if call.exit_code:
            raise CommandFailedError(call)
        if call.violations and self.strict:
            raise ViolationError(call.violations[0], call.error)
        return call


def _written(folder: Path, files: Mapping[str, Any]) -> list[str]:
    """The flags that name these files, which are written into the folder."""
    flags = []
    for name, content in files.items():
        path = folder / f"{name}.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        flags += [f"--{name}", str(path)]
    return flags


def _by_name(states: States) -> dict[str, dict[str, Any]]:
    if isinstance(states, Mapping):
        return {name: dict(data) for name, data in states.items()}
    return {each["stream"]["stream_descriptor"]["name"]: each["stream"]["stream_state"] for each in states}


def _has(schema: Mapping[str, Any], path: Sequence[str]) -> bool:
    for name in path:
        inner = schema.get("properties", {})
        if name not in inner:
            return False
        schema = inner[name]
    return True


def _judge(call: Call) -> None:
    """The messages in the output, and how the output breaks the rules of a command with one answer."""
    lines = call.stdout.split(b"\n")
    rest = lines.pop()
    if rest:
        violation = Violation("line-unfinished", "The last line on stdout has no newline.", len(lines) + 1)
        call.violations.append(violation)
    for number, line in enumerate(lines, 1):
        try:
            message = message_of(line)
        except LineError as error:
            call.violations.append(Violation(error.rule, str(error), number, shortened(line)))
            continue
        call.messages.append(message)
        event = event_of(message, line)
        if isinstance(event, Failed):
            call.errors.append(event)
        elif isinstance(event, Log):
            call.logs.append(event)
        elif isinstance(event, Control):
            call.config = event.config
    if call.exit_code == 1 and not call.errors:
        call.violations.append(Violation("error-missing", "The process exited 1, and no TRACE ERROR says why."))
    if call.exit_code == 0 and call.errors:
        call.violations.append(Violation("exit-code", f"The process exited 0 after an error: {call.error}"))
