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

from .client import WorldClient
from .declared import Declared, connector_of
from .loop import EPOCH, WorldClock
from .runtime import Sent, WorldOutbox

__all__ = ["Engine"]


class _Recorder:
    """An Encoder (connector_sdk.engine.Encoder) that keeps what it is given."""

    def __init__(self, outbox: WorldOutbox, now: Callable[[], float], tell: Callable[[Sent], None]) -> None:
        self._outbox = outbox
        self._now = now
        self._tell = tell

    def transaction(self, binding: int, documents: Sequence[Document], patch: Patch) -> bytes:
        sent = Sent([(op, bytes(body), row) for op, body, row in documents], orjson.dumps(patch), self._now())
        self._outbox.made = sent
        self._tell(sent)
        return b"".join(body for _, body, _ in sent.documents) + b"checkpoint"


class Engine:
    """One process of the connector, from ``open`` to its end."""

    def __init__(
        self,
        declared: Declared,
        stream: Stream,
        state: Any,
        client: WorldClient,
        clock: WorldClock,
        outbox: WorldOutbox,
        tell: Callable[[Sent], None],
        *,
        once: bool,
    ) -> None:
        self.outbox = outbox
        recorder = _Recorder(outbox, asyncio.get_running_loop().time, tell)
        runtime = Runtime(cast("Client", client), clock, cast("Outbox", outbox), recorder, once)
        start = datetime.fromtimestamp(EPOCH - declared.start, UTC).isoformat()
        binding = Binding(0, stream, "rows", None if state is None else orjson.loads(orjson.dumps(state)), start)
        self._session = Session(connector_of(stream), [binding], runtime)
        self._run = self._session.runs[0]
        self.task = asyncio.create_task(self._work())

    async def _work(self) -> None:
        # Session.run without its two timers of one second, which cost more than all the rest of a history
        await self._session._hear_time()
        await self._run.run()
        await self.outbox.drained()

    @property
    def error(self) -> BaseException | None:
        """What it died of, or is failing with."""
        if self.task.done() and not self.task.cancelled() and (died := self.task.exception()):
            return died
        return self._run.error

    @property
    def data(self) -> Any:
        """The state as the engine holds it."""
        return orjson.loads(orjson.dumps(self._run.state.data))

    @property
    def lazy(self) -> Any:
        """What of it has not been sent yet."""
        return orjson.loads(orjson.dumps(self._run.state.lazy))

    @property
    def memory_full(self) -> bool:
        """Whether it said that unchanged rows will repeat."""
        return bool(self._run.warnings())

    async def kill(self) -> None:
        """End it between two instructions."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
