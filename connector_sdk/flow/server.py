"""The Flow capture protocol on stdin and stdout: spec, discover, validate, apply, open."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import orjson

from connector_sdk.config import Config, config_schema
from connector_sdk.declare import Connector, Http, Stream, verdict
from connector_sdk.errors import NotPerformedError
from connector_sdk.serving import Service

from .logs import JsonLogs
from .requests import Bound, bindings_of, object_of, parse_line, range_of, sealed_of, states_of
from .schemas import RESOURCE_SCHEMA, binding_of

__all__ = ["FlowServer"]

_log = logging.getLogger("connector_sdk")


class FlowServer:
    """Answers the runtime's requests, one line each, until stdin ends or a session is opened and done."""

    def __init__(self, connector: Connector, out: int, logs: JsonLogs) -> None:  # type: ignore[type-arg]
        self.connector = connector
        self._service = Service(connector, logs.hide)
        self._out = out
        self._logs = logs

    def serve(self, stdin: Iterator[bytes]) -> int:
        """The exit code. Raises the SdkError that the user should read."""
        for line in stdin:
            kind, request = parse_line(line)
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
        config = self._config(request)
        self._prove(config)
        rotates = self._service.rotating(config)  # asking would use up the token that a capture lives on
        streams, lacking = (self._offered(config), set[str]()) if rotates else self._service.found(config)
        bindings = [binding_of(each, enabled=name not in lacking) for name, each in streams.items()]
        return {"discovered": {"bindings": bindings}}

    def _validate(self, request: dict[str, Any]) -> dict[str, Any]:
        config = self._config(request)
        found = self._bindings(request, config)
        self._prove(config)
        return {"validated": {"bindings": [{"resourcePath": [bound.stream.name]} for bound in found]}}

    def _apply(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"applied": {"actionDescription": ""}}

    def _config(self, request: dict[str, Any]) -> Config:
        return self._service.config(request.get("config") or {})

    def _prove(self, config: Config) -> None:
        if self._service.rotating(config):
            # asking would use up the token that a capture lives on, and could keep no other
            _log.info("the credentials are not tried: their refresh tokens are good for one use, by the capture")
            return
        self._service.prove(config)

    def _bindings(self, body: dict[str, Any], config: Config) -> list[Bound]:
        return bindings_of(body, self.connector.title, self._offered(config))

    def _offered(self, config: Config) -> dict[str, Stream]:
        """The streams of this account, by name; those that only it knows are asked for."""
        if self.connector.dynamic and self._service.rotating(config):
            raise NotPerformedError(
                "Streams that are found from the source cannot be asked for with refresh tokens that are good for one "
                "use.",
                hint="declare the streams, or let users log in otherwise",
            )
        return self._service.offered(config)

    # ---- the session ----------------------------------------------------------------------------------------------

    def _open(self, request: dict[str, Any], stdin: Iterator[bytes]) -> int:
        import asyncio

        from connector_sdk.engine import Binding

        capture = object_of(request, "capture")
        config = self._config(capture)
        states = states_of(request)
        owned = range_of(request)
        start = self._service.start(config)
        bindings = [
            Binding(index, bound.stream, bound.state_key, states.get(bound.state_key), start, bound.interval)
            for index, bound in enumerate(self._bindings(capture, config))
            # one that another shard reads since a split has its copy of the state to forget
            if _reads(bound.stream, owned) or states.get(bound.state_key)
        ]
        self._say({"opened": {"explicitAcknowledgements": False}})
        threading.Thread(target=_read_on, args=(stdin,), name="stdin", daemon=True).start()
        return asyncio.run(self._run(config, bindings, owned, sealed_of(request)))

    async def _run(self, config: Config, bindings: list[Any], owned: tuple[int, int], sealed: object) -> int:
        import asyncio

        from connector_sdk.engine import ByteBudget, Outbox, Runtime, Session, SystemClock
        from connector_sdk.http import Client

        from .encode import FlowEncoder

        loop = asyncio.get_running_loop()
        clock = SystemClock.from_spec(os.environ.get("CONNECTOR_CLOCK", ""))
        outbox = Outbox(self._out)
        share = (owned[1] - owned[0] + 1) / (1 << 32)
        encoder = FlowEncoder([(each.index, each.stream, each.state_key) for each in bindings])
        http = self.connector.http(config)
        client = Client(
            http,
            config,
            clock=clock,
            budget=ByteBudget(16 << 20),
            share=share,
            hide=self._logs.hide,
            **_keeping(http, share, sealed, outbox),
        )
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


def _keeping(http: Http, share: float, sealed: object, outbox: Any) -> dict[str, Any]:
    """Where the newest refresh token of a login that rotates them is, and what keeps the next one: the state."""
    import asyncio

    from connector_sdk.http import Safe, rotating

    from .encode import FlowEncoder

    login = rotating(http.auth)
    if login is None:
        return {}
    if share < 1:
        raise NotPerformedError(
            "Refresh tokens that are good for one use cannot be shared by several shards.",
            hint="capture with one shard",
        )
    safe = Safe(login)

    async def keep(token: str) -> None:
        line = FlowEncoder.credentials(safe.seal(token))
        left = asyncio.Event()
        await outbox.put(len(line), lambda: line, left.set)
        await left.wait()

    return {"keep": keep, "kept": safe.open(sealed)}


def _reads(stream: Stream, owned: tuple[int, int]) -> bool:
    """Whether this shard reads a stream: its own partitions of one that splits, or all of one that does not (R19)."""
    from connector_sdk.engine import owner

    return verdict(stream).splits or owned[0] <= owner(stream.name) <= owned[1]


def _stop(outbox: Any) -> None:
    """End now (R22): the transaction under way gets a second, then the process is gone, without library clean-up."""
    whole = outbox.abandon(1.0)
    _log.info("stopped by a signal%s", "" if whole else "; a transaction was cut off and will be read again")
    os._exit(0 if whole else 1)


def _read_on(stdin: Iterator[bytes]) -> None:
    # acknowledgements are not asked for; whatever comes is read, so that the runtime never waits for us
    for _ in stdin:
        pass
