"""The Flow capture protocol on stdin and stdout: spec, discover, validate, apply, open."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from typing import Any, BinaryIO

import orjson

from connector_sdk.config import Config, config_schema, parse_config, secrets_of
from connector_sdk.declare import Connector, Stream, verdict
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

from .logs import JsonLogs
from .schemas import RESOURCE_SCHEMA, binding_of, interval_of

__all__ = ["FlowServer"]

_log = logging.getLogger("connector_sdk")
_REQUESTS = ("spec", "discover", "validate", "apply", "open")
_EVERYTHING = (0, 0xFFFFFFFF)


class FlowServer:
    """Answers the runtime's requests, one line each, until stdin ends or a session is opened and done."""

    def __init__(self, connector: Connector, out: int, logs: JsonLogs) -> None:  # type: ignore[type-arg]
        self.connector = connector
        self._out = out
        self._logs = logs
        self._streams = {stream.name: stream for stream in connector.declared()}

    def serve(self, stdin: BinaryIO) -> int:
        """The exit code. Raises the SdkError that the user should read."""
        for line in stdin:
            kind, request = _parse(line)
            if kind == "open":
                return self._open(request, stdin)
            self._say(getattr(self, f"_{kind}")(request))
        return 0

    def _say(self, answer: dict[str, Any]) -> None:
        data = memoryview(orjson.dumps(answer) + b"\n")
        while data:
            data = data[os.write(self._out, data) :]

    # ---- unary requests -------------------------------------------------------------------------------------------

    def _spec(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"spec": {
            "protocol": 3032023,
            "configSchema": config_schema(self.connector.config, title=self.connector.title),
            "resourceConfigSchema": RESOURCE_SCHEMA,
            "documentationUrl": self.connector.docs,
            "resourcePathPointers": ["/name"],
        }}  # fmt: skip

    def _discover(self, request: dict[str, Any]) -> dict[str, Any]:
        self._prove(self._config(request))
        return {"discovered": {"bindings": [binding_of(stream) for stream in self._streams.values()]}}

    def _validate(self, request: dict[str, Any]) -> dict[str, Any]:
        config = self._config(request)
        found = self._bindings(request)
        self._prove(config)
        return {"validated": {"bindings": [{"resourcePath": [stream.name]} for stream, _ in found]}}

    def _apply(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"applied": {"actionDescription": ""}}

    def _config(self, request: dict[str, Any]) -> Config:
        config: Config = parse_config(self.connector.config, request.get("config") or {}, name=self.connector.name)
        self._logs.hide(secrets_of(config))
        return config

    def _prove(self, config: Config) -> None:
        from connector_sdk.engine import prove

        asyncio.run(prove(self.connector, config))

    def _bindings(self, request: dict[str, Any]) -> list[tuple[Stream, dict[str, Any]]]:
        """Each binding's stream, checked against its collection; every problem is told at once."""
        found: list[tuple[Stream, dict[str, Any]]] = []
        problems: list[SdkError] = []
        linked = request.get("linkedCollections") or []
        for binding in request.get("bindings") or []:
            try:
                stream = self._stream(binding)
                if any(stream is other for other, _ in found):
                    raise DuplicateBindingError(
                        f"Two bindings capture the stream {stream.name!r}.", hint="remove one of them"
                    )
                interval_of(binding.get("resourceConfig") or {})
                collection = binding.get("collection")
                if linked:
                    collection = linked[binding.get("collectionIndex", 0)]
                _check_key(stream, collection or {})
                found.append((stream, binding))
            except (SdkError, IndexError) as problem:
                problems.append(
                    problem if isinstance(problem, SdkError) else ProtocolError("collectionIndex is out of range.")
                )
        if len(problems) == 1:
            raise problems[0]
        if problems:
            raise ProtocolError("Multiple validation errors: - " + " - ".join(str(problem) for problem in problems))
        return found

    def _stream(self, binding: dict[str, Any]) -> Stream:
        resource = binding.get("resourceConfig") or {}
        name = resource.get("name")
        if name not in self._streams:
            raise UnknownBindingError(
                f"{self.connector.title} has no stream {name!r}:", hint=did_you_mean(str(name), self._streams)
            )
        return self._streams[name]

    # ---- the session ----------------------------------------------------------------------------------------------

    def _open(self, request: dict[str, Any], stdin: BinaryIO) -> int:
        from connector_sdk.engine import Binding

        capture = request.get("capture") or {}
        config = self._config(capture)
        state = request.get("state") or {}
        if not isinstance(state, dict):
            raise StateUnreadableError("The state is no JSON object.", hint="backfill the capture")
        states = state.get("bindingStateV1") or {}
        span = request.get("range") or {}
        owned = (span.get("keyBegin", 0), span.get("keyEnd", 0)) if span else _EVERYTHING
        start = str(getattr(config, "start_date", None) or "1970-01-01T00:00:00Z")
        bindings = []
        for index, (stream, binding) in enumerate(self._bindings(capture)):
            state_key = binding.get("stateKey") or stream.name
            if _reads(stream, owned):
                interval = interval_of(binding.get("resourceConfig") or {})
                bindings.append(Binding(index, stream, state_key, states.get(state_key), start, interval))
        self._say({"opened": {"explicitAcknowledgements": False}})
        threading.Thread(target=_read_on, args=(stdin,), name="stdin", daemon=True).start()
        return asyncio.run(self._run(config, bindings, owned))

    async def _run(self, config: Config, bindings: list[Any], owned: tuple[int, int]) -> int:
        from connector_sdk.engine import ByteBudget, Outbox, Runtime, Session, SystemClock
        from connector_sdk.http import Client

        from .encode import FlowEncoder

        loop = asyncio.get_running_loop()
        clock = SystemClock.from_spec(os.environ.get("CONNECTOR_CLOCK", ""))
        outbox = Outbox(self._out)
        share = (owned[1] - owned[0] + 1) / (_EVERYTHING[1] + 1)
        client = Client(self.connector.http(config), config, clock=clock, budget=ByteBudget(16 << 20), share=share)
        encoder = FlowEncoder([(each.index, each.stream, each.state_key) for each in bindings])
        runtime = Runtime(client, clock, outbox, encoder, os.environ.get("CONNECTOR_RUN") == "once", owned)
        work = asyncio.ensure_future(Session(self.connector, bindings, runtime).run())
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, _stop, outbox)
        try:
            await work
        finally:
            outbox.abandon(1.0)
            await client.aclose()
        return 0


def _reads(stream: Stream, owned: tuple[int, int]) -> bool:
    """Whether this shard reads a stream: its own partitions of one that splits, or all of one that does not (R19)."""
    from connector_sdk.engine import owner

    return verdict(stream).splits or owned[0] <= owner(stream.name) <= owned[1]


def _stop(outbox: Any) -> None:
    """End now (R22): the transaction under way gets a second, then the process is gone, without library clean-up."""
    whole = outbox.abandon(1.0)
    _log.info("stopped by a signal%s", "" if whole else "; a transaction was cut off and will be read again")
    os._exit(0 if whole else 1)


def _read_on(stdin: BinaryIO) -> None:
    # acknowledgements are not asked for; whatever comes is read, so that the runtime never waits for us
    for _ in stdin:
        pass


def _parse(line: bytes) -> tuple[str, dict[str, Any]]:
    try:
        message = orjson.loads(line)
    except orjson.JSONDecodeError as wrong:
        raise MalformedLineError(
            f"A line on stdin is no JSON: {wrong}.", hint="one request is one JSON object on one line"
        ) from None
    kinds = [kind for kind in _REQUESTS if isinstance(message, dict) and message.get(kind) is not None]
    if len(kinds) != 1 or not isinstance(message[kinds[0]], dict):
        names = ", ".join(map(str, message))[:200] if isinstance(message, dict) else type(message).__name__
        raise MalformedLineError(
            f"A line on stdin is no request of the capture protocol (it holds: {names}).",
            hint=f"it takes one of {', '.join(_REQUESTS)}",
        )
    return kinds[0], message[kinds[0]]


def _check_key(stream: Stream, collection: dict[str, Any]) -> None:
    key = collection.get("key")
    if key is not None and set(key) != set(stream.keys):
        raise CollectionKeyError(
            f"The collection of stream {stream.name!r} has the key {', '.join(key)}, but its records are known by "
            f"{', '.join(stream.keys)}.",
            hint="give the collection that key: with another one, updates and deletions would miss their records",
        )
