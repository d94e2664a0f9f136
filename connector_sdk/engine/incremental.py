"""Performing an Incremental stream: tail, backfill and re-reads, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from connector_sdk.declare import Bound, Day, Endpoint, Incremental, Stream, durations, micros, placeholders
from connector_sdk.errors import PagingError
from connector_sdk.http import ExpiredToken, Fill, RawPage, Trace
from connector_sdk.plan import FILL, TAIL, Cursor, IncrementalPlan, Patch, Planned, Step, TailPass, border, cursor_of

from .clock import parse_instant
from .documents import Document, Row, Shape, pieces
from .ledger import Ledger
from .memory import Overtaken, Suppression
from .runtime import Runtime

__all__ = ["IncrementalLanes"]


class IncrementalLanes:
    """The lanes of one Incremental binding: what can be done now, and doing it."""

    plan_: IncrementalPlan
    shape: Shape
    memory: Suppression | None

    def __init__(
        self,
        stream: Stream,
        start: str,
        every: int,
        runtime: Runtime,
        ledger: Ledger,
        trace: Trace,
        overtaken: Overtaken,
    ) -> None:
        assert isinstance(stream.sync, Incremental)
        assert stream.read is not None
        self.stream = stream
        self.sync = stream.sync
        self.reader = stream.read
        self.start = start
        self.every = every
        self.runtime = runtime
        self.ledger = ledger
        self.trace = trace
        self.overtaken = overtaken
        self.tail = TailPass()
        self._units: dict[Bound, tuple[Cursor, bool]] = {}

    # ---- before anything is read ----------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Find the zones, begin or resume the state, and write the cut-off alone before anything else (R9)."""
        cursor = await self._cursor()
        sync, state = self.sync, self.ledger.state
        bounded = not isinstance(self.reader, Endpoint) or "until" in self.reader.uses()
        self.plan_ = IncrementalPlan(
            cursor,
            cursor.at(parse_instant(self.start)),
            micros(sync.lag),
            micros(sync.step),
            self.every,
            tuple(micros(window) for window in durations(sync.reread)),
            bounded,
            sync.order == "rising",
        )
        self.shape = Shape(self.stream, sync.cursor, cursor)
        if not self.plan_.known(state.data):
            await self.ledger.flush()
            await self.ledger.commit(0, lambda: ((), self.plan_.init(self.runtime.time.now())), lazy=False)
        elif state.start_before is not None:
            before = cursor.at(parse_instant(state.start_before))
            state.note(self.plan_.started_earlier(state.data, before))
        width = cursor.ticks(max(self.plan_.rereads, default=0) // 64)
        self.memory = Suppression(state.data, "", width) if self.plan_.rereads else None

    async def _cursor(self) -> Cursor:
        cursor, _ = await self._unit(self.sync.format)
        if isinstance(self.reader, Endpoint):
            for each in [*self.reader.varying(), *placeholders(self.reader.add)]:
                if isinstance(each, Bound):
                    self._units[each] = await self._unit(each.written or self.sync.format)
        return cursor

    async def _unit(self, format: object) -> tuple[Cursor, bool]:
        """A format's cursor, and whether its zone could not be found."""
        if isinstance(format, Day) and not isinstance(format.zone, str):
            zone = await self.runtime.client.lookups.get(format.zone)
            return cursor_of(format, zone), zone is None
        return cursor_of(format), False  # type: ignore[arg-type]

    # ---- planning -------------------------------------------------------------------------------------------------

    def plan(self) -> Planned:
        """What can be done now."""
        return self.plan_.plan(self.ledger.state.data, self.runtime.time.now(), self.tail)

    def backfilling(self) -> bool:
        """Whether history is still being read."""
        return bool(self.ledger.state.data.get("fill"))

    def where(self) -> str:
        """Where the frontier, or the backfill, stands, in the source's own writing."""
        state = self.ledger.state.data
        fill = state.get("fill", {}).get("")
        at = fill["at"] if fill else state.get("tail", {}).get("")
        return "" if at is None else str(self.plan_.cursor.write(at))

    def warning(self) -> str:
        """What the user should know."""
        if self.memory is not None and self.memory.full:
            return "the memory of what was sent is full: unchanged records repeat when they are read again"
        return ""

    # ---- performing -----------------------------------------------------------------------------------------------

    async def perform(self, step: Step) -> None:
        """Read the step's span and write what it holds, page by page."""
        own, monotonic = self.runtime.clock.now(), self.runtime.clock.monotonic()
        began = step.began
        rows, last = step.rows, step.since
        self.overtaken.enter(step.key)
        try:
            async for page in self.runtime.client.read(
                self.reader, self._fill(step), token=step.page or None, trace=self.trace
            ):
                if began is None:  # by the source's clock, which is known since the answer came
                    began = self.runtime.time.at(own, monotonic)
                found = [self.shape.row(body) for body in page.slices]
                rows += len(found)
                if self.plan_.rising:
                    last = self._rising(found, last)
                ended = self._ended(page, step, last)
                await self._write(step, page, found, rows, last, began, ended)
                if ended:
                    return
                self.overtaken.enter(step.key)
            # an author's generator has no last page that could be known before its end
            finished = self.runtime.time.at(own, monotonic) if began is None else began
            await self.ledger.commit(0, lambda: ((), self._done(step, finished)))
        except ExpiredToken:
            dead = self.runtime.time.at(own, monotonic) if began is None else began
            self.ledger.state.note(self.plan_.expired(step, dead))
        finally:
            self.overtaken.leave(step.key)

    def _fill(self, step: Step) -> Fill:
        def bound(which: Bound) -> str | int:
            unit, unknown = self._units[which]
            return border(which, self.plan_.cursor, step.since, step.until, unit, pad=unknown)

        return Fill(bound=bound)

    def _ended(self, page: RawPage, step: Step, last: int) -> bool:
        if not isinstance(self.reader, Endpoint):
            return False
        # without an upper border, in rising order, the rest lies beyond the span
        return page.token is None or (self.plan_.rising and not self.plan_.bounded and last >= step.until)

    def _rising(self, found: Sequence[Row], last: int) -> int:
        for row in found:
            if row.tick < last:
                raise PagingError(
                    f"stream {self.stream.name!r}: records do not come in rising order of {self.sync.cursor} "
                    f"({self.plan_.cursor.write(row.tick)} after {self.plan_.cursor.write(last)}).",
                    hint="take order='rising' out of the definition, or ask the source to sort",
                )
            last = row.tick
        return last

    async def _write(
        self, step: Step, page: RawPage, found: list[Row], rows: int, last: int, began: int, ended: bool
    ) -> None:
        kept = [row for row in found if step.since <= row.tick < step.until]  # what was asked for is a superset (R8)
        cut = pieces(kept) or [()]
        for at, piece in enumerate(cut):
            final = at == len(cut) - 1

            def make(piece: Sequence[Row] = piece, final: bool = final) -> tuple[list[Document], Patch]:
                documents = self._news(piece, page.stamp)
                patch = self.memory.take() if self.memory else {}
                if final:
                    patch |= self._earned(step, page, rows, last, began, ended)
                return documents, patch

            size = sum(len(row.body) for row in piece)
            await self.ledger.commit(size, make, written=page.detach() if final else None)

    def _news(self, piece: Sequence[Row], stamp: int) -> list[Document]:
        """The records that were neither overtaken nor sent before in this very form."""
        documents = []
        state = self.ledger.state.data
        keep = self.plan_.forgettable(state) if self.memory else 0
        for row in piece:
            if self.overtaken.passed(row.key, row.tick, stamp):
                continue
            if self.memory is not None and row.tick >= keep:
                digest = self.shape.digest(row.body)
                if self.memory.sent_before(row.key, digest):
                    continue
                self.memory.remember(row.key, row.tick, digest)
            self.overtaken.wrote(row.key, row.tick)
            documents.append(Document("u", row.body))
        return documents

    def _earned(self, step: Step, page: RawPage, rows: int, last: int, began: int, ended: bool) -> Patch:
        if ended:
            return self._done(step, began)
        patch: Patch = {}
        if self.plan_.rising:
            patch |= self.plan_.reached(self.ledger.state.data, step, min(last, step.until))
        elif isinstance(self.reader, Endpoint) and getattr(self.reader.pages, "lives", None) and page.token:
            patch |= self.plan_.page(step, page.token, rows, began)
        return patch

    def _done(self, step: Step, began: int) -> Patch:
        """The change for a span that was read whole; never past what the source's clock had reached."""
        until = step.until if step.began is not None else min(step.until, self.plan_.frontier(began))
        if step.lane == TAIL and until < step.until:
            self.tail.goal = max(until, step.since)
        state = self.ledger.state.data
        patch = self.plan_.done(state, step, until if step.lane != FILL else step.until, began)
        if self.memory is not None:
            self.memory.forget(self.plan_.forgettable(state))
            patch |= self.memory.take()
        return patch
