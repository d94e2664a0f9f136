"""Performing a ChangeLog stream without a listing: the log's own entries are its records."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import aclosing

from connector_sdk import declare
from connector_sdk.declare import Endpoint, Stream
from connector_sdk.errors import PagingError
from connector_sdk.http import ExpiredToken, Fill, RawPage, decode
from connector_sdk.plan import LOG, Patch, Planned, Step, TailPass

from .documents import Shape
from .emission import Emission
from .partitions import Partition
from .trace import StepTrace
from .work import Page, PlainSink, Work

__all__ = ["EntriesLanes"]

_log = logging.getLogger("connector_sdk")


class EntriesLanes:
    """The one lane of a log that nothing is listed beside, in every partition. ``token.p`` in the state is where it
    goes on; without one it begins at the first entry that the source still has, or at the token that comes with the
    source's refusal to be read from there."""

    def __init__(self, stream: Stream, work: Work) -> None:
        assert stream.read is not None
        self.stream = stream
        self.log = stream.read
        self.work = work
        self.shape = Shape(stream)
        self.sink = PlainSink(Emission(self.shape, work.overtaken), work.ledger)
        self._passes: dict[str, TailPass] = {}
        self._lost = False

    async def prepare(self) -> None:
        """Nothing has to be found first."""

    def begin(self, part: Partition) -> Patch | None:
        """A log has no cut-off."""
        return None

    @property
    def _tokens(self) -> Patch:
        found: Patch = self.work.ledger.state.data.get("token", {})
        return found

    def plan(self, part: Partition) -> Planned:
        """The next look at the log."""
        log, now = self._pass(part), self.work.runtime.time.now()
        steps: tuple[Step, ...] = ()
        due = log.again(self.work.every)
        if log.began is None or (due is not None and now >= due):
            log.began = now
            steps = (Step(LOG, part.id, page=self._tokens.get(part.id, "")),)
        return Planned(steps, log.again(self.work.every), caught_up=not steps)

    def _pass(self, part: Partition) -> TailPass:
        return self._passes.setdefault(part.id, TailPass(once=self.work.runtime.once))

    def known(self) -> set[str]:
        """The partitions that something is remembered of."""
        return set(self._tokens)

    def restart(self, partition: str, before: str) -> Patch:
        """A log has no start that could be moved."""
        return {}

    def forget(self, part: Partition, *, keys: bool = True) -> Patch:
        """The change that removes a partition."""
        self._passes.pop(part.id, None)
        return {"token": {part.id: None}} if part.id in self._tokens else {}

    async def looked(self) -> None:
        """Nothing waits for that."""

    async def orphan(self, part: Partition) -> None:
        """What the log told stays: it happened."""

    def backfilling(self) -> bool:
        """Whether the log has never been read."""
        return not self._tokens

    def where(self) -> str:
        """A token says nothing to people."""
        return ""

    def warning(self) -> str:
        """What the user should know."""
        return "its token expired: entries that the source does not keep any more are missing" if self._lost else ""

    async def perform(self, step: Step, part: Partition) -> None:
        """Read the log until it has no more."""
        try:
            await self._read(step, part, step.page or None)
        except ExpiredToken as dead:
            await self._anew(step, part, dead.token)
        self._pass(part).filled = True

    async def _anew(self, step: Step, part: Partition, token: str | None) -> None:
        """Read the log where it can be read, its token having died, or its beginning being refused: from the ``token``
        that came with the refusal, or else from its first entry on, whose refusal may bring one."""
        expired = part.id in self._tokens
        if expired:
            self._lost = True
            again = "it is read from its first entry on" if token is None else "it goes on from a new one"
            _log.warning("%s: the log's token expired; %s", self.stream.name, again)
        if token is None and expired:
            try:
                await self._read(step, part, None)
                return
            except ExpiredToken as refused:
                token = refused.token
        if token is None:
            raise PagingError(f"stream {self.stream.name!r}: the log refuses to be read from its beginning.")
        # committed before anything is read there: a crash must not lose what happens meanwhile
        await self.work.ledger.commit(0, lambda: ((), {"token": {part.id: token}}), lazy=False)
        await self._read(step, part, token)

    async def _read(self, step: Step, part: Partition, token: str | None) -> None:
        trace = self.work.trace.step(step.key, LOG)
        try:
            async for page in self._pages(part, token, trace):
                token = page.token or page.mark or token
                moved: Patch = {} if token is None else {"token": {part.id: token}}
                await self._write(page, part, moved)
                trace.written()
        finally:
            trace.ended()

    async def _write(self, page: RawPage, part: Partition, moved: Patch) -> None:
        origin = Page(part, LOG, page.stamp)
        await self.sink.write(self.shape.rows(page), origin, lambda: moved, page.detach())

    async def _pages(self, part: Partition, token: str | None, trace: StepTrace) -> AsyncIterator[RawPage]:
        client = self.work.runtime.client
        step = declare.Step(each=None if part.each is None else decode(part.each), token=token)
        fill = Fill(each=part.each, step=step, key=self.shape.key_of)
        if not isinstance(self.log, Endpoint):
            async with aclosing(client.read(self.log, fill, token=token, trace=trace)) as pages:
                async for page in pages:
                    yield page
            return
        while True:
            page = await client.page(self.log, fill, token, trace)
            if token is None and page.slices and (page.token or page.mark) is None:
                raise PagingError(f"stream {self.stream.name!r}: the log gave entries, but no token to go on from.")
            if token is not None and page.token == token and (page.slices or page.more):
                raise PagingError(f"stream {self.stream.name!r}: the log gave entries, but its old token.")
            token, before = page.token, token
            yield page
            if token is None or token == before:
                return
