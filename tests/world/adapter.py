"""The one place that knows how the engine is started: new objects from a committed state, as after ``open``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import orjson

from connector_sdk.declare import Stream
from connector_sdk.engine import Binding, Document, Outbox, Runtime, Session
from connector_sdk.http import Client
from connector_sdk.plan import Patch

from .declared import Declared, config, connector_of
from .loop import EPOCH, WorldClock
from .runtime import Sent, WorldOutbox
from .wire import WorldWire

__all__ = ["WHOLE", "Engine"]

WHOLE = (0, 0xFFFFFFFF)
"""The key range of a capture with one shard."""


class _Recorder:
    """An Encoder (connector_sdk.engine.Encoder) that keeps what it is given."""

    def __init__(self, outbox: WorldOutbox, tell: Callable[[Sent], None]) -> None:
        self._outbox = outbox
        self._tell = tell

    def transaction(self, binding: int, documents: Sequence[Document], patch: Patch) -> bytes:
        sent = Sent(binding, [(op, bytes(body), row) for op, body, row, _ in documents], orjson.dumps(patch))
        self._outbox.made = sent
        self._tell(sent)
        return b"".join(body for _, body, _ in sent.documents) + b"checkpoint"


class Engine:
    """One process of the connector, from ``open`` to its end."""

    def __init__(
        self,
        declared: Declared,
        streams: Sequence[Stream],
        wire: WorldWire,
        clock: WorldClock,
        outbox: WorldOutbox,
        tell: Callable[[Sent], None],
        *,
        owned: tuple[int, int] = WHOLE,
        once: bool = False,
    ) -> None:
        self.outbox = outbox
        states = outbox.committed.states
        connector = connector_of(declared, list(streams))
        self._client = Client(connector.http(config()), config(), clock=clock, wire=wire)
        runtime = Runtime(self._client, clock, cast("Outbox", outbox), _Recorder(outbox, tell), once, owned)
        start = datetime.fromtimestamp(EPOCH - declared.start, UTC).isoformat()
        bindings = [
            Binding(number, stream, stream.name, orjson.loads(orjson.dumps(states.get(number))), start)
            for number, stream in enumerate(streams[: declared.captured])
        ]
        self._session = Session(connector, bindings, runtime)
        self.task = asyncio.create_task(self._work())

    async def _work(self) -> None:
        # Session.run without its two timers of one second, which cost more than all the rest of a history
        await self._session._hear_time()
        runs = [asyncio.ensure_future(run.run()) for run in self._session.runs]
        try:
            await asyncio.gather(*runs)
        finally:
            for run in runs:
                run.cancel()
            await asyncio.gather(*runs, return_exceptions=True)
        await self.outbox.drained()

    @property
    def error(self) -> BaseException | None:
        """What it died of, or is failing with."""
        if self.task.done() and not self.task.cancelled() and (died := self.task.exception()):
            return died
        return next((run.error for run in self._session.runs if run.error is not None), None)

    def data(self, stream: int) -> Any:
        """The state of a stream as the engine holds it."""
        return orjson.loads(orjson.dumps(self._session.runs[stream].state.data))

    def lazy(self, stream: int) -> Any:
        """What of it has not been sent yet."""
        return orjson.loads(orjson.dumps(self._session.runs[stream].state.lazy))

    @property
    def prepared(self) -> bool:
        """Whether it has begun to plan."""
        return all(run.prepared for run in self._session.runs)

    @property
    def under_way(self) -> list[str]:
        """The lanes that are held to be waiting for an answer."""
        return [lane for run in self._session.runs for lane in run.overtaken.open]

    async def kill(self) -> None:
        """End it between two instructions."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self._client.aclose()
