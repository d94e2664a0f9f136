"""``read``: the engine run once over the configured streams, and how it ends."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connector_sdk.config import Config
from connector_sdk.engine import Binding, BindingRun, ByteBudget, Outbox, Runtime, Session, SystemClock
from connector_sdk.errors import ConfigError
from connector_sdk.http import Client
from connector_sdk.serving import Service

from . import messages
from .control import Replaced
from .encode import AirbyteEncoder
from .ending import die, told_of
from .inputs import REFRESHING, Configured
from .logs import AirbyteLogs
from .stdout import Stdout

__all__ = ["Read"]

_log = logging.getLogger("connector_sdk")
_EVERY = 60.0
"""Seconds between two states of a stream: more of them have overwhelmed Airbyte's orchestrator."""
_LAST_WORDS = 3.0
"""Seconds, of real time, that the last states may take after a signal (R22)."""


class Read:
    """One ``read``: its streams, what they go on from, and what came of each."""

    def __init__(
        self,
        service: Service,
        stdout: Stdout,
        logs: AirbyteLogs,
        configured: Sequence[Configured],
        states: Mapping[str, dict[str, Any]],
    ) -> None:
        self._service = service
        self._stdout = stdout
        self._logs = logs
        self._configured = list(configured)
        self._states = [_opened(each, states.get(each.stream.name)) for each in configured]
        self._failed: dict[str, Exception] = {}
        self._signal = 0
        self._runs: list[BindingRun] = []

    def run(self, config: Config, replaced: Replaced | None) -> int:
        """The exit code: 0 only if every stream was read to its end."""
        return asyncio.run(self._run(config, replaced))

    async def _run(self, config: Config, replaced: Replaced | None) -> int:
        connector = self._service.connector
        clock = SystemClock.from_spec(os.environ.get("CONNECTOR_CLOCK", ""))
        every = _every(os.environ.get("CONNECTOR_STATE_EVERY", ""))
        self._outbox = outbox = Outbox(self._stdout.fd)
        self._stdout.through = outbox.say
        streams = [(each, dict(state)) for each, state in zip(self._configured, self._states, strict=True)]
        self._encoder = encoder = AirbyteEncoder(streams, clock, every, self._total)
        client = Client(
            connector.http(config),
            config,
            clock=clock,
            budget=ByteBudget(16 << 20),
            hide=self._logs.hide,
            keep=None if replaced is None else self._keeping(replaced),
        )
        start = self._service.start(config)
        bindings = [
            Binding(index, each.stream, each.stream.name, state or None, start)
            for index, (each, state) in enumerate(zip(self._configured, self._states, strict=True))
        ]
        runtime = Runtime(client, clock, outbox, encoder, once=True)
        work = asyncio.ensure_future(self._work(bindings, runtime))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop, number, work)
        error = await self._ended(work)
        await self._leave(error)
        await client.aclose()
        if self._signal:
            die(self._signal)
        return 1 if error or self._failed else 0

    async def _work(self, bindings: Sequence[Binding], runtime: Runtime) -> None:
        await self._outbox.put(0, self._encoder.began)
        session = Session(self._service.connector, bindings, runtime, self._stream_ended)
        self._runs = session.runs
        if session.runs:
            await session.run()

    async def _ended(self, work: asyncio.Future[None]) -> Exception | None:
        """What ended all of it, where something did."""
        try:
            await work
        except asyncio.CancelledError:
            return None
        except Exception as error:
            return error
        return None

    async def _stream_ended(self, run: BindingRun) -> None:
        """One stream has ended: its lines follow all of its records."""
        name, error = run.binding.stream.name, run.error if run.failures else None
        told = b""
        if error is not None:
            self._failed[name] = error
            told = told_of(error, self._logs, name)
        await self._outbox.put(0, lambda: self._encoder.ended(run.binding.index, told))

    async def _leave(self, error: Exception | None) -> None:
        """The last lines. A reader that does not read is not waited for after a signal."""
        patience = _LAST_WORDS if self._signal else None
        try:
            async with asyncio.timeout(patience):
                await self._outbox.put(0, lambda: self._encoder.broken() + self._summary(error))
                await self._outbox.drained()
        except (TimeoutError, OSError):
            if not self._outbox.abandon(0.1) or not self._signal:
                os._exit(128 + self._signal if self._signal else 1)  # half a line is out, or nobody reads
        self._outbox.abandon(1.0)
        self._stdout.through = None

    def _summary(self, error: Exception | None) -> bytes:
        if error is not None:
            return told_of(error, self._logs)
        if not self._failed:
            return b""
        name, first = next(iter(self._failed.items()))
        count = f"{len(self._failed)} of {len(self._configured)} streams"
        said = str(first) if f"{name!r}" in str(first) else f"{name}: {first}"
        others = "" if len(self._failed) == 1 else f" Also: {', '.join(list(self._failed)[1:])}."
        return messages.error(
            self._logs.clean(f"{count} could not be read to the end. {said}{others}"), messages.failure_type(first)
        )

    def _stop(self, number: int, work: asyncio.Future[None]) -> None:
        self._signal = number
        asyncio.get_running_loop().call_later(_LAST_WORDS + 1.5, die, number)  # whatever an author's code does
        work.cancel()

    def _total(self, binding: int) -> int:
        return self._runs[binding].trace.total if self._runs else 0

    def _keeping(self, replaced: Replaced) -> Callable[[str], Any]:
        async def keep(token: str) -> None:
            left = asyncio.Event()
            line = replaced.message(token)
            await self._outbox.put(len(line), lambda: line, left.set)
            await left.wait()

        return keep


def _opened(each: Configured, state: dict[str, Any] | None) -> dict[str, Any]:
    """What a stream goes on from. A full refresh begins anew, unless the one before has not ended; an increment asks at
    once for what is due later: whoever starts a sync wants what there is now."""
    state = dict(state or {})
    refreshing = state.pop(REFRESHING, False)
    if each.refresh:
        return state if refreshing and not each.stream.numbered else {}
    if isinstance(due := state.get("due"), dict):
        state["due"] = {part: at if part.startswith("/deleted/") else 0 for part, at in due.items()}
    return state


def _every(text: str) -> float:
    try:
        every = float(text or _EVERY)
    except ValueError:
        every = -1.0
    if every < 0:
        raise ConfigError(f"CONNECTOR_STATE_EVERY={text!r} is no number of seconds:", hint="leave it out, or write 60")
    return every
