"""A session: all bindings at work under one budget, told as status, ended in one way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime

from connector_sdk.config import Config
from connector_sdk.declare import GET, Connector, Endpoint, Stream
from connector_sdk.errors import CredentialsError, SdkError
from connector_sdk.http import Client, Fill, Signal

from .binding import Binding, BindingRun
from .clock import SystemClock
from .runtime import Runtime

__all__ = ["Session", "granted", "offered", "prove"]

_log = logging.getLogger("connector_sdk")
_ANY = GET("/", records="")
_PATIENCE = 3600.0  # seconds that one binding may fail while others work


def check_endpoint(connector: Connector) -> Endpoint | None:  # type: ignore[type-arg]
    """What is read to prove the credentials: ``check=``, else the first stream that asks for nothing else."""
    if isinstance(connector.check, Endpoint):
        return connector.check
    streams = [connector.check] if isinstance(connector.check, Stream) else connector.declared()
    for stream in streams:
        if isinstance(stream.read, Endpoint) and not stream.read.uses() & {"since", "until", "each", "all", "answer"}:
            return stream.read
    return None


class Session:
    """The bindings of one ``open``, from the first request to the end."""

    def __init__(self, connector: Connector, bindings: Sequence[Binding], runtime: Runtime) -> None:  # type: ignore[type-arg]
        self.connector = connector
        self.runtime = runtime
        self.runs = [BindingRun(binding, runtime) for binding in bindings]
        self._told = ""
        self._told_progress: dict[int, tuple[object, ...]] = {}

    async def run(self) -> None:
        """Work until cancelled, or until everything is caught up in a session that is run once.

        Raises the error of a binding that failed for an hour, or of any when none of them works.
        """
        if not self.runs:
            return await self._idle()
        await self._hear_time()
        tasks = [asyncio.create_task(run.run(), name=run.binding.stream.name) for run in self.runs]
        status = asyncio.create_task(self._tell_status())
        try:
            watch = asyncio.create_task(self._watch())
            pending: set[asyncio.Task[None]] = {*tasks, watch}
            while pending != {watch}:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            watch.cancel()
            await self.runtime.outbox.drained()
            self._fail_if_any()
        finally:
            for task in [*tasks, status, watch]:
                task.cancel()
            await asyncio.gather(*tasks, status, watch, return_exceptions=True)
            self._tell()

    async def _idle(self) -> None:
        # another shard owns every stream: stay open and quiet
        while not self.runtime.once:
            await self.runtime.clock.sleep(3600)

    async def _hear_time(self) -> None:
        """Before the first cut-off, hear the source's clock: one in the future would lose every row until then."""
        if not any(run.needs_time for run in self.runs):
            return
        endpoint = check_endpoint(self.connector) or _ANY  # whatever is answered, it tells the time
        run = next(run for run in self.runs if run.needs_time)
        trace = run.trace.step("check", "check")
        try:
            async for page in self.runtime.client.read(endpoint, Fill(), trace=trace):
                page.release()
                return
        except CredentialsError:
            if endpoint is not _ANY:
                raise
        except (SdkError, Signal) as error:
            _log.info("the check request failed, so the source's clock is not known yet: %s", error)
        finally:
            trace.ended()

    async def _watch(self) -> None:
        """End the session when one binding has failed too long, when none works, or when the credentials are dead."""
        while True:
            await self.runtime.clock.sleep(1)
            failing = [run for run in self.runs if run.failures]
            if not failing or self.runtime.once:
                continue
            now = self.runtime.clock.monotonic()
            for run in failing:
                if isinstance(run.error, CredentialsError) and await self._refused():
                    raise run.error
                if now - (run.failing_since or now) > _PATIENCE or len(failing) == len(self.runs):
                    assert run.error is not None
                    raise run.error

    async def _refused(self) -> bool:
        endpoint = check_endpoint(self.connector)
        if endpoint is None:
            return True
        try:
            (await self.runtime.client.check(endpoint)).release()
        except CredentialsError:
            return True
        except SdkError:
            return False
        return False

    def _fail_if_any(self) -> None:
        failed = [run for run in self.runs if run.failures]
        if failed and failed[0].error is not None:
            raise failed[0].error

    # ---- status ---------------------------------------------------------------------------------------------------

    async def _tell_status(self) -> None:
        while True:
            self._tell()
            await asyncio.sleep(1)  # of real time: people read it

    def _tell(self) -> None:
        text = self._status()
        if text != self._told:
            self._told = text
            _log.info("%s", text, extra={"fields": {"eventType": "connectorStatus"}})
        for run in self.runs:
            self._tell_progress(run)

    def _status(self) -> str:
        backfilling = [run for run in self.runs if run.backfilling()]
        count = len(self.runs)
        if backfilling:
            text = f"Backfilling {len(backfilling)} of {count} bindings"
        else:
            text = f"Streaming changes (all {count} bindings are backfilled)"
        waits = [run.trace.waiting for run in self.runs if run.trace.waiting is not None]
        if waits:
            until, why = min(waits)
            text += f"; waiting for {why} until {datetime.fromtimestamp(until / 1e6, UTC):%H:%M:%S} UTC"
        if failing := [run.binding.stream.name for run in self.runs if run.failures]:
            text += f"; failing: {', '.join(failing)}"
        for run in self.runs:
            for warning in run.warnings():
                text += f"; {run.binding.stream.name}: {warning}"
        if self.runtime.time.skew > 300_000_000:
            text += f"; this machine's clock is {self.runtime.time.skew // 60_000_000} minutes ahead of the source's"
        return text

    def _tell_progress(self, run: BindingRun) -> None:
        ledger, trace = run.ledger, run.trace
        status = "caught up" if run.caught_up else "reading"
        if run.failures:
            status = "failing"
        elif trace.waiting is not None:
            status = "waiting"
        elif run.prepared and run.backfilling():
            status = "backfilling"
        fresh = ledger.freshness()
        told = (
            trace.requests, trace.retries, ledger.documents, ledger.deletions, run.where(), status,
            None if fresh is None else [round(each, 3) for each in fresh],
        )  # fmt: skip
        if self._told_progress.get(run.binding.index) == told:
            return
        self._told_progress[run.binding.index] = told
        fields = {
            "event": "progress", "stream": run.binding.stream.name, "binding": run.binding.index, "requests": told[0],
            "retries": told[1], "documents": told[2], "deletions": told[3], "at": told[4], "status": status,
            "freshness": told[6],
        }  # fmt: skip
        _log.debug("%s: %s documents", run.binding.stream.name, ledger.documents, extra={"fields": fields})


async def prove(connector: Connector, config: Config) -> None:  # type: ignore[type-arg]
    """Read one page with these credentials. Raises the SourceError that says what is wrong."""
    endpoint = check_endpoint(connector)
    if endpoint is None:
        return
    async with aclosing(_client(connector, config)) as client:
        await client.check(endpoint)


async def offered(connector: Connector, config: Config) -> list[Stream]:  # type: ignore[type-arg]
    """The streams of this account. Raises what finding them raises."""
    async with aclosing(_client(connector, config)) as client:
        return await connector.offered(client.source)


async def granted(connector: Connector, config: Config) -> frozenset[str] | None:  # type: ignore[type-arg]
    """The scopes that the source says these credentials have; None where it does not say. Raises SourceErrors."""
    if connector.granted is None:
        return None
    async with aclosing(_client(connector, config)) as client:
        found = await client.lookups.get(connector.granted)
    return None if found is None else frozenset(found)


def _client(connector: Connector, config: Config) -> Client:  # type: ignore[type-arg]
    # a person waits for the answer, so patience is short
    return Client(connector.http(config), config, clock=SystemClock(), patience=5.0, first_patience=3.0)
