"""One binding at work: its lanes run side by side, and a lane that fails is retried alone (R21)."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any, Protocol

from connector_sdk.declare import Incremental, Snapshot, Stream, micros
from connector_sdk.errors import SdkError, StateError
from connector_sdk.plan import Planned, Step

from .incremental import IncrementalLanes
from .ledger import Ledger
from .memory import Overtaken
from .runtime import Runtime
from .snapshot import SnapshotLanes
from .state import BindingState
from .trace import BindingTrace

__all__ = ["Binding", "BindingRun"]

_log = logging.getLogger("connector_sdk")
_LAZY = 300.0  # seconds after which idle progress is written
_LONGEST_PAUSE = 300.0
_SOONEST = 1_000_000  # microseconds between two polls, whatever the interval says


@dataclass(frozen=True)
class Binding:
    """A stream bound to a collection: its number in the session, the operator's interval (microseconds), what is
    remembered under its ``stateKey``, and the instant at which history begins."""

    index: int
    stream: Stream
    state_key: str
    state: object
    start: str
    interval: int | None = None


class _Lanes(Protocol):
    async def prepare(self) -> None: ...
    def plan(self) -> Planned: ...
    async def perform(self, step: Step) -> None: ...
    def backfilling(self) -> bool: ...
    def where(self) -> str: ...
    def warning(self) -> str: ...


@dataclass
class Failure:
    """A lane that fails: since when, how often, with what, and when it is tried again (monotonic seconds)."""

    since: float
    error: Exception
    count: int = 1
    again: float = 0.0


class BindingRun:
    """One binding of a session at work. ``run`` ends when the session is run once and the binding is caught up."""

    def __init__(self, binding: Binding, runtime: Runtime) -> None:
        self.binding = binding
        self.runtime = runtime
        stream = binding.stream
        self.state = BindingState(binding.state, fingerprint(stream), binding.start)
        self.ledger = Ledger(binding.index, self.state, runtime.outbox, runtime.encoder)
        self.overtaken = Overtaken()
        self.trace = BindingTrace(self.overtaken, runtime.time)
        self.failures: dict[str, Failure] = {}
        self.caught_up = False
        self.lanes = self._lanes()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._flushed = runtime.clock.monotonic()
        self._prepared = False

    def _lanes(self) -> _Lanes:
        stream, sync = self.binding.stream, self.binding.stream.sync
        assert isinstance(sync, Incremental | Snapshot)
        every = self.binding.interval if self.binding.interval is not None else micros(sync.every)
        every = max(every, _SOONEST)
        if isinstance(sync, Incremental):
            return IncrementalLanes(
                stream, sync.start or self.binding.start, every, self.runtime, self.ledger, self.trace, self.overtaken
            )
        return SnapshotLanes(stream, every, self.runtime, self.ledger, self.trace)

    @property
    def needs_time(self) -> bool:
        """Whether a cut-off has to be fixed, for which the source's clock should be known."""
        return isinstance(self.lanes, IncrementalLanes) and "tail" not in self.state.data

    @property
    def failing_since(self) -> float | None:
        """Since when something of it has been failing (monotonic seconds)."""
        return min((failure.since for failure in self.failures.values()), default=None)

    @property
    def error(self) -> Exception | None:
        """What it is failing with."""
        return next((failure.error for failure in self.failures.values()), None)

    async def run(self) -> None:
        """Work until cancelled, or, in a session that is run once, until caught up or failed."""
        try:
            while not await self._turn():
                pass
        finally:
            for task in self._running.values():
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _turn(self) -> bool:
        """Plan, begin what can be begun, and wait for what comes first. Whether all is done."""
        if not self._prepared:
            return await self._prepare()
        planned = self.lanes.plan()
        if planned.lazy:
            self.state.note(planned.lazy)
        now = self.runtime.clock.monotonic()
        for step in planned.steps:
            failure = self.failures.get(step.lane)
            if step.lane not in self._running and (failure is None or (failure.again <= now and not self.runtime.once)):
                self._running[step.lane] = asyncio.create_task(self.lanes.perform(step))
        if not self._running and planned.caught_up:
            self.caught_up = True
        if self.runtime.once and not self._running and (planned.caught_up or self.failures):
            await self.ledger.flush()
            return True
        await self._wait(planned)
        return False

    async def _prepare(self) -> bool:
        try:
            if self.state.warning:
                _log.warning("%s: %s", self.binding.stream.name, self.state.warning, extra=self._fields())
                self.state.warning = ""
                await self.ledger.flush()
            await self.lanes.prepare()
        except Exception as error:
            self._failed("prepare", error)
            if self.runtime.once:
                return True
            await self.runtime.clock.sleep(self.failures["prepare"].again - self.runtime.clock.monotonic())
            return False
        self.failures.pop("prepare", None)
        self._prepared = True
        return False

    async def _wait(self, planned: Planned) -> None:
        clock = self.runtime.clock
        now = clock.monotonic()
        waits = [_LAZY] if self.state.lazy else []
        if planned.due is not None:
            waits.append(max(0.0, (planned.due - self.runtime.time.now()) / 1e6))
        waits += [max(0.0, failure.again - now) for failure in self.failures.values()]
        timer = asyncio.create_task(clock.sleep(max(0.001, min(waits)))) if waits else None
        tasks: set[asyncio.Task[Any]] = set(self._running.values())
        try:
            await asyncio.wait(tasks | ({timer} if timer else set()), return_when=asyncio.FIRST_COMPLETED)
        finally:
            if timer:
                timer.cancel()
        for lane, task in list(self._running.items()):
            if task.done():
                del self._running[lane]
                self._ended(lane, task)
        if self.state.lazy and clock.monotonic() - self._flushed >= _LAZY:
            await self.ledger.flush()
        if not self.state.lazy:
            self._flushed = clock.monotonic()

    def _ended(self, lane: str, task: asyncio.Task[None]) -> None:
        error = task.exception()
        if error is None:
            self.failures.pop(lane, None)
        elif isinstance(error, Exception):
            self._failed(lane, error)
        else:
            raise error

    def _failed(self, lane: str, error: Exception) -> None:
        now = self.runtime.clock.monotonic()
        failure = self.failures.setdefault(lane, Failure(now, error, 0))
        failure.error = error
        failure.count += 1
        pause = min(_LONGEST_PAUSE, 2.0 ** min(failure.count - 1, 20))
        failure.again = now + pause
        level = logging.WARNING if isinstance(error, SdkError) else logging.ERROR
        _log.log(level, "%s: %s", self.binding.stream.name, error, extra=self._fields(),
                 exc_info=None if isinstance(error, SdkError) else error)  # fmt: skip
        if isinstance(error, StateError):
            raise error

    def _fields(self) -> dict[str, Any]:
        return {"fields": {"stream": self.binding.stream.name, "binding": self.binding.index}}


def fingerprint(stream: Stream) -> str:
    """What gives a binding's state its meaning, as text: another text starts the binding over (R17)."""
    key = " ".join(stream.keys)
    sync = stream.sync
    if isinstance(sync, Incremental):
        format = type(sync.format).__name__
        tick = getattr(sync.format, "tick", None) or getattr(sync.format, "unit", "")
        places = getattr(sync.format, "places", "")
        return f"inc {sync.cursor} {format} {tick}{places or ''} | key {key}"
    return f"snap | key {key}"
