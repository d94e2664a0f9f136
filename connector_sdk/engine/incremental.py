"""Performing an Incremental stream: tail, backfill and re-reads of every partition, side by side."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from connector_sdk import declare
from connector_sdk.declare import Endpoint, Incremental, Missing, Number, Reader, Stream, durations, micros
from connector_sdk.errors import CappedError, PagingError
from connector_sdk.http import ExpiredToken, Fill, RawPage, TooLarge, decode
from connector_sdk.plan import FILL, TAIL, Again, IncrementalPlan, Patch, Planned, Step, TailPass

from .borders import Borders
from .clock import parse_instant
from .documents import Row, Shape
from .emission import Emission
from .exchange import Feed, Finished
from .keys import Keys
from .partitions import Partition
from .reading import Reading
from .seen import Seen
from .trace import StepTrace
from .work import Page, PlainSink, Sink, Work

__all__ = ["IncrementalLanes"]


class IncrementalLanes:
    """The lanes of one Incremental stream. Its records go to ``sink``: out, or to what follows them. With ``deletions``
    it lists what is deleted: all that leaves is a deletion, and there is no history to read."""

    plan_: IncrementalPlan
    shape: Shape
    borders: Borders
    sink: Sink

    def __init__(
        self, stream: Stream, work: Work, feed: Feed, sink: Sink | None = None, *, deletions: bool = False
    ) -> None:
        assert isinstance(stream.sync, Incremental)
        assert stream.read is not None
        self.stream = stream
        self.sync = stream.sync
        self.work = work
        self.feed = feed
        self._sink = sink
        self._deletions = deletions
        self.tails: dict[str, TailPass] = {}
        self.remembers_keys = isinstance(stream.deletes, Missing) and sink is None
        self._seen: dict[str, Seen] = {}
        self.handed: dict[str, Finished] = {}
        self._begun: set[str] = set()

    # ---- before anything is read ----------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Find the zones, and with them what ticks mean."""
        sync = self.sync
        self.borders = borders = await Borders.find(self.stream, self.work.runtime.client)
        changes = self._reader(TAIL)
        bounded = not isinstance(changes, Endpoint) or "until" in changes.uses()
        clocked = not isinstance(sync.format, Number)
        start = sync.start if sync.start is not None else self.work.start if clocked else 0
        rereads = [Again.of(micros(window)) for window in durations(sync.reread)]
        if sync.sweep is not None:
            rereads.append(Again(None, micros(sync.sweep)))
        self.plan_ = IncrementalPlan(
            borders.cursor,
            start if isinstance(start, int) else borders.cursor.at(parse_instant(start)),
            micros(sync.lag), micros(sync.step), self.work.every, tuple(rereads),
            bounded=bounded, rising=sync.order == "rising", unit=borders.unit, ceiling=borders.ceiling,
            listing=sync.changes is not None, clocked=clocked,
        )  # fmt: skip
        self.shape = Shape(self.stream, sync.cursor, borders.cursor)
        self.sink = self._sink or PlainSink(self._emission(), self.work.ledger)

    def _emission(self) -> Emission:
        keys = Keys("held", self.work.ledger.state, self.work.room) if self.remembers_keys else None
        return Emission(
            self.shape, self.work.overtaken, keys=keys, seen=self.seen, ticked=True, deletions=self._deletions
        )

    def seen(self, partition: str) -> Seen | None:
        """What was sent last of a partition, where it is read again."""
        if self.remembers_keys or not (self.plan_.rereads or not self.plan_.clocked):
            return None
        if partition not in self._seen:
            windows = [again.window for again in self.plan_.rereads if again.window is not None]
            every = self.sync.sweep is not None
            length = self.work.runtime.time.now() if every else max(windows, default=0)
            width = self.plan_.cursor.ticks(length // 64) if self.plan_.clocked else 1
            if every:  # the same at every start, or what is remembered would be of no use
                width = self.plan_.cursor.ticks(30 * 86_400_000_000)
            self._seen[partition] = Seen(self.work.ledger.state.data, partition, width, self.work.room)
        return self._seen[partition]

    def begin(self, part: Partition) -> Patch | None:
        """The cut-off, for a partition that is not known yet."""
        state = self.work.ledger.state
        if not self.plan_.known(state.data, part.id):
            init = self.plan_.init(self.work.runtime.time.now(), part.id)
            return {kind: change for kind, change in init.items() if kind != FILL or not self._deletions}
        if state.start_before is not None and self.plan_.clocked and not self._deletions:
            before = self.plan_.cursor.at(parse_instant(state.start_before))
            state.note(self.plan_.restarted(state.data, before, part.id))
        return None

    # ---- planning -------------------------------------------------------------------------------------------------

    def plan(self, part: Partition) -> Planned:
        """What can be done now."""
        tail = self.tails.setdefault(part.id, TailPass())
        planned = self.plan_.plan(self.work.ledger.state.data, self.work.runtime.time.now(), tail, part.id)
        if self.feed.followed:
            self._tell_place(part.id)
        return planned

    def _tell_place(self, partition: str) -> None:
        """Where this partition's lanes stand, for those who follow."""
        state = self.work.ledger.state.data
        self.feed.at[TAIL, partition] = state[TAIL][partition]
        fill = state.get(FILL, {}).get(partition)
        if fill is not None:
            self.feed.at[FILL, partition] = fill["at"]
        for lane in self.plan_.reread_lanes():
            entry = state.get(lane, {}).get(partition)
            if entry is not None:
                self.feed.at[lane, partition] = entry.get("at", entry["to"])

    def forget(self, part: Partition) -> Patch:
        """The change that removes a partition."""
        state = self.work.ledger.state.data
        kinds = [TAIL, FILL, *self.plan_.reread_lanes(), "seen", "held"]
        patch: Patch = {kind: {part.id: None} for kind in kinds if part.id in state.get(kind, {})}
        for kind in ("open", "w"):
            own = [key for key in state.get(kind, {}) if key.rpartition("/")[0] == part.id]
            if own:
                patch[kind] = dict.fromkeys(own)
        self.tails.pop(part.id, None)
        self._seen.pop(part.id, None)
        return patch

    async def orphan(self, part: Partition) -> None:
        """Delete the records of a partition whose parent is gone."""
        held = self.work.ledger.state.data.get("held", {}).get(part.id, {})
        await self.sink.gone(sorted(held), Page(part, TAIL, self.work.overtaken.stamp))

    def backfilling(self) -> bool:
        """Whether history is still being read."""
        return bool(self.work.ledger.state.data.get(FILL))

    def where(self) -> str:
        """Where the frontier, or the backfill, stands, in the source's own writing."""
        state = self.work.ledger.state.data
        fills, tails = state.get(FILL, {}), state.get(TAIL, {})
        at = min((fill["at"] for fill in fills.values()), default=None)
        at = min(tails.values(), default=None) if at is None else at
        return "" if at is None else str(self.plan_.cursor.write(at))

    def warning(self) -> str:
        """What the user should know."""
        if any(seen.full for seen in self._seen.values()):
            return "the memory of what was sent is full: unchanged records repeat when they are read again"
        return ""

    # ---- performing -----------------------------------------------------------------------------------------------

    def _reader(self, lane: str) -> Reader:
        changes = self.sync.changes
        reader = self.stream.read if changes is None or self.plan_lists(lane) else changes
        assert reader is not None
        return reader

    def plan_lists(self, lane: str) -> bool:
        """Whether this lane reads the whole listing."""
        return lane != TAIL and self.plan_.lists(lane)

    async def perform(self, step: Step, part: Partition) -> None:
        """Read the step's span and write what it holds, page by page."""
        if step.began is not None and not step.page and step.key not in self._begun:
            self._begun.add(step.key)  # it was begun in an earlier session and did not end (R12)
            self.work.ledger.state.note(self.plan_.again(step, step.began))
            return
        self._begun.add(step.key)
        await _Performance(self, step, part, self._reader(step.lane)).run()

    def keep(self, partition: str, reading: Reading) -> int:
        """The tick from which on what is sent has to be remembered."""
        if not self.plan_.clocked:
            return reading.last or 0
        return self.plan_.forgettable(self.work.ledger.state.data, partition)


async def _again(finished: Finished) -> AsyncIterator[RawPage]:
    """The pages of a step that the parent's own binding has just read."""
    for number, bodies in enumerate(finished.pages, start=1):
        yield RawPage(list(bodies), token="handed over" if number < len(finished.pages) else None)


class _Performance:
    """One step being performed."""

    def __init__(self, lanes: IncrementalLanes, step: Step, part: Partition, reader: Reader) -> None:
        self.lanes = lanes
        self.plan = lanes.plan_
        self.work = lanes.work
        self.step = step
        self.part = part
        self.reader = reader
        self.reading = Reading(reader, step.rows)
        self.rising = self.plan.rising and not self.plan.lists(step.lane)
        handed = lanes.handed.pop(step.key, None)  # of this very span, or of one that was planned and not begun
        fits = handed is not None and (handed.step.since, handed.step.until) == (step.since, step.until)
        self.handed = handed if fits else None
        self.began: int | None = step.began if self.handed is None else self.handed.began
        self.stamp = 0
        self._until = step.until
        self._own = self.work.runtime.clock.now()
        self._monotonic = self.work.runtime.clock.monotonic()
        self._given: list[tuple[bytes, ...]] | None = [] if lanes.feed.followed and not step.page else None
        self._given_size = 0
        again = step.lane not in (TAIL, FILL)
        finds = lanes.remembers_keys and again and not step.rows
        self._expected = self._keys_within() if finds else None
        self._found: set[str] = set()

    def _keys_within(self) -> set[str]:
        state = self.work.ledger.state.data
        held = state.get("held", {}).get(self.part.id, {})
        since = self.step.since
        deletes = self.lanes.stream.deletes
        if isinstance(deletes, Missing) and deletes.retention is not None:
            oldest = self.work.runtime.time.now() - micros(deletes.retention)
            since = max(since, self.plan.cursor.at(oldest) + 1)
        return {key for key, value in held.items() if since <= int(value[8:]) < self.step.until}

    async def run(self) -> None:
        frozen = isinstance(self.reader, Endpoint) and self.reader.frozen
        trace = self.work.trace.step(self.step.key, self.step.lane, frozen=frozen)
        try:
            async for page in self._pages(trace) if self.handed is None else _again(self.handed):
                if await self._page(page):
                    return
                trace.written()
                await self._room()
            await self._end()  # an author's generator has no last page that could be known before its end
        except ExpiredToken:
            self._again("its page tokens die before its end")
        except TooLarge as told:
            await self._narrow(str(told) or "the source says that it is too large")
        finally:
            trace.ended()

    def _pages(self, trace: StepTrace) -> AsyncIterator[RawPage]:
        bound = self.lanes.borders.filler(self.step.since, self.step.until)
        step = None
        if not isinstance(self.reader, Endpoint):
            each = None if self.part.each is None else decode(self.part.each)
            span = self.lanes.borders.span(self.step.since, self.step.until)
            step = declare.Step(each=each, span=span, token=self.step.page or None)
        fill = Fill(bound=bound, each=self.part.each, step=step, key=self.lanes.shape.key_of)
        return self.work.runtime.client.read(self.reader, fill, token=self.step.page or None, trace=trace)

    async def _room(self) -> None:
        # when too much is remembered of what was overtaken, what is old waits for what is new
        while self.step.lane != TAIL and self.work.overtaken.crowded:
            await self.work.runtime.clock.sleep(0.1)

    def _instant(self) -> int:
        """When the step began, by the source's clock, which is known since its first answer came."""
        if self.began is None:
            self.began = self.work.runtime.time.at(self._own, self._monotonic)
        return self.began

    async def _page(self, page: RawPage) -> bool:
        """Write one page. Whether the step has ended."""
        self._instant()
        rows = [self.lanes.shape.row(body) for body in page.slices]
        self.reading.page(page, rows)
        self.stamp = page.stamp
        if self.reading.told_too_many:
            page.release()
            await self._narrow(f"the source has {self.reading.total:,} records for it")
            return True
        if self.rising:
            self._check_order(rows)
        kept = [row for row in rows if self.step.since <= row.tick < self.step.until]  # the request is a superset (R8)
        self._note(kept)
        ended = self._is_last(page, rows)
        whole = ended and not self.reading.capped and not self.reading.short_of
        closes = whole and self._expected is None
        origin = Page(self.part, self.step.lane, page.stamp, self.lanes.keep(self.part.id, self.reading))
        token = page.token
        await self.lanes.sink.write(
            kept, origin, lambda: self._done() if closes else self._so_far(token, ended), page.detach()
        )
        if self.step.lane == TAIL and self.plan.clocked:
            now = self.work.runtime.time.now()
            for row in kept:
                self.work.ledger.fresh(now - self.plan.cursor.instant(row.tick))
        await self._gone(page, origin)
        if ended and not closes:
            await self._end()
        elif ended:
            self._give()
        return ended

    async def _gone(self, page: RawPage, origin: Page) -> None:
        """What a second request of the page (.then) no longer found is deleted."""
        if page.gone:
            keys = [self.lanes.shape.key_of(body).decode() for body in page.gone]
            await self.lanes.sink.gone(keys, origin)

    def _note(self, kept: Sequence[Row]) -> None:
        if self._expected is not None:
            self._found.update(row.key.decode() for row in kept)
        if self._given is not None:
            self._given.append(tuple(bytes(row.body) for row in kept))
            self._given_size += sum(len(row.body) for row in kept)
            if self._given_size > 4 << 20:
                self._given = None

    def _check_order(self, rows: Sequence[Row]) -> None:
        for row in rows:
            if self.reading.last is not None and row.tick < self.reading.last:
                raise PagingError(
                    f"stream {self.lanes.stream.name!r}: records do not come in rising order of "
                    f"{self.lanes.sync.cursor} ({self.plan.cursor.write(row.tick)} after "
                    f"{self.plan.cursor.write(self.reading.last)}).",
                    hint="take order='rising' out of the definition, or ask the source to sort",
                )
            self.reading.last = row.tick

    def _is_last(self, page: RawPage, rows: Sequence[Row]) -> bool:
        if not isinstance(self.reader, Endpoint):
            return False
        if page.token is None:
            return True
        if self.rising and not self.plan.bounded:  # in rising order the rest lies beyond the span
            return self.reading.last is not None and self.reading.last >= self.step.until
        newest_first = self.lanes.sync.order == "falling" and not self.plan.lists(self.step.lane)
        return newest_first and any(row.tick < self.step.since for row in rows)

    async def _end(self) -> None:
        """The last page has been written: is that all there was?"""
        if self.reading.capped or self.reading.short_of:
            await self._cut_short()
            return
        origin = Page(self.part, self.step.lane, self.stamp)
        if self._expected is not None and self.reading.exact:
            missing = self._expected - self._found
            if self.reading.rows or self.reading.said_empty:  # an empty page alone is no proof (R6)
                await self.lanes.sink.gone(sorted(missing), origin)
        await self.lanes.sink.write((), origin, self._done, None)
        self._give()

    async def _cut_short(self) -> None:
        last = self.reading.last
        if self.rising and last is not None and last > self.step.since:
            return  # what was read has moved the state: the next step goes on from there
        if self.reading.capped:
            await self._narrow(f"the source gives at most {self._cap():,} records for one question")
            return
        self._again(f"the source told of {self.reading.total:,} records, but {self.reading.short_of:,} did not come")

    def _cap(self) -> int:
        return (self.reader.cap if isinstance(self.reader, Endpoint) else None) or 0

    # ---- what the step has earned ---------------------------------------------------------------------------------

    def _so_far(self, token: str | None, ended: bool) -> Patch:
        state = self.work.ledger.state.data
        if self.rising and self.reading.last is not None:
            return self.plan.reached(state, self.step, min(self.reading.last, self.step.until))
        if ended or not isinstance(self.reader, Endpoint):
            return {}
        if self.handed is None and token and getattr(self.reader.pages, "lives", None):
            return self.plan.page(self.step, token, self.reading.rows, self._instant())
        if self.step.key not in state.get("open", {}):  # one that never ends has to be seen after a restart (R12)
            return self.plan.page(self.step, "", 0, self._instant())
        return {}

    def _done(self) -> Patch:
        """The change for a span that was read whole; never past what the source's clock had reached."""
        step, plan, state = self.step, self.plan, self.work.ledger.state.data
        began = self._instant()
        tail = self.lanes.tails.get(self.part.id)
        if not plan.clocked:
            until = step.since if self.reading.last is None else self.reading.last
        elif step.lane == FILL:
            until = step.until
        else:
            until = min(step.until, plan.frontier(began))
        if step.lane == TAIL and until < step.until and tail is not None:
            tail.goal = max(until, step.since)
        patch = plan.done(state, step, until, began)
        self._until = until
        self._forget()
        return patch

    def _forget(self) -> None:
        before = self.plan.forgettable(self.work.ledger.state.data, self.part.id)
        seen = self.lanes.seen(self.part.id)
        if seen is not None:
            seen.forget(before)

    def _give(self) -> None:
        if self._given is not None:
            step = replace(self.step, until=self._until)
            self.lanes.feed.give(Finished(step, tuple(self._given), self._instant(), self._given_size))

    # ---- steps that do not end ------------------------------------------------------------------------------------

    def _again(self, why: str) -> None:
        if self.step.n >= 3 and self.plan.narrowed(self.step) is None and not self.plan.lists(self.step.lane):
            raise self._stuck(why)
        self.work.ledger.state.note(self.plan.again(self.step, self._instant()))

    async def _narrow(self, why: str) -> None:
        patch = self.plan.narrowed(self.step)
        if patch is not None:
            self.work.ledger.state.note(patch)
            return
        second = self.reader.then_by if isinstance(self.reader, Endpoint) else None
        if second is None:
            raise self._stuck(why)
        await _Performance(self.lanes, self.step, self.part, second).run()

    def _stuck(self, why: str) -> CappedError:
        write = self.plan.cursor.write
        return CappedError(
            f"stream {self.lanes.stream.name!r}: the span from {write(self.step.since)} to {write(self.step.until)} "
            f"cannot be read whole and cannot be made smaller: {why} ({self.reading.rows:,} were read).",
            hint="declare then_by= with an endpoint that pages by key, or a finer filter",
        )
