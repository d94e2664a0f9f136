"""Performing one step of an Incremental stream: a span is read, page by page, until it is certainly whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Protocol

from connector_sdk import declare
from connector_sdk.declare import Endpoint, Incremental, Job, NextOffset, Reader, Stream
from connector_sdk.errors import CappedError, PagingError, SourceError
from connector_sdk.http import ExpiredToken, Fill, RawPage, TooLarge, decode
from connector_sdk.plan import TAIL, IncrementalPlan, Patch, Step, TailPass, is_fill

from .borders import Borders
from .documents import Row, Shape
from .exchange import Feed, Finished
from .keys import Keys
from .partitions import Partition
from .reading import Reading
from .seen import Seen
from .trace import StepTrace
from .work import Page, Sink, Work

__all__ = ["Performance", "SpanLanes"]

_PASSES = 5
_SHOWN = 100_000
_DEAD = (400, 404, 410, 422)


class SpanLanes(Protocol):
    """What a step needs of the lanes that it is one of (``IncrementalLanes``)."""

    stream: Stream
    sync: Incremental
    work: Work
    feed: Feed
    plan_: IncrementalPlan
    shape: Shape
    borders: Borders
    sink: Sink
    tails: dict[str, TailPass]
    handed: dict[str, Finished]
    remembers_keys: bool
    listed: Endpoint | None
    keys: Keys | None
    retention: int | None

    def seen(self, partition: str) -> Seen | None: ...
    def keep(self, partition: str, reading: Reading) -> int: ...
    def forget_settled(self, partition: str) -> Patch: ...
    def check_room(self) -> None: ...


async def _again(finished: Finished) -> AsyncIterator[RawPage]:
    """The pages of a step that the parent's own binding has just read."""
    for number, bodies in enumerate(finished.pages, start=1):
        yield RawPage(list(bodies), token="handed over" if number < len(finished.pages) else None)


class Performance:
    """One step of an Incremental stream being performed: its span is read, page by page, until it is whole."""

    def __init__(self, lanes: SpanLanes, step: Step, part: Partition, reader: Reader, *, second: bool = False) -> None:
        self.lanes = lanes
        self.plan = lanes.plan_
        self.work = lanes.work
        self.step = step
        self.part = part
        self.reader = reader
        self.reading = Reading(reader, step.rows, step.total)
        # what reads a unit that hits the cap has an order of its own
        self.rising = self.plan.rising and not self.plan.lists(step.lane) and not second
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
        # a listing of keys is compared with what is remembered, and nothing of it leaves
        self._compares = lanes.listed is not None and self.plan.lists(step.lane)
        again = step.lane != TAIL and not is_fill(step.lane)
        # an edit that moves the cursor takes a record out of a span, but not out of a listing
        proves = not lanes.sync.moves or self.plan.lists(step.lane)
        finds = lanes.remembers_keys and again and not step.rows and proves
        self._expected = self._keys_within() if finds else None
        self._found: set[str] = set()
        self._kept = 0
        # what lies behind the re-read windows is read once, so where pages shift it is read until two passes agree
        shifts = isinstance(reader, Endpoint) and reader.shifting and not self.rising
        once = is_fill(step.lane) and shifts and isinstance(reader, Endpoint) and reader.total is None
        if self._compares:
            self._given = None
        slips = shifts or (isinstance(reader, Endpoint) and isinstance(reader.pages, NextOffset) and not self.rising)
        self._sent: dict[bytes, int] | None = {} if once or (finds and slips) else None
        # a feed of changes may tell several times of a record: newest first, what it told before is the newer version
        falling = lanes.sync.order == "falling" and not self.plan.lists(step.lane)
        self._shown: dict[bytes, int] | None = {} if falling else None
        # what was found, or shown, before a restart is not known after it: nothing would be missing from the rest. Nor
        # is a token of the second reader one of the first, which the step would begin with
        compares = (
            self._compares or self._expected is not None or (self._shown is not None and reader is lanes.sync.changes)
        )
        self._goes_on = self.handed is None and not compares and not second

    def _keys_within(self) -> dict[str, str]:
        """What is remembered of the span: keys, each with the version that was sent last."""
        state = self.work.ledger.state.data
        held = state.get("held", {}).get(self.part.id, {})
        since = self.step.since
        if self.lanes.retention is not None:
            oldest = self.work.runtime.time.now() - self.lanes.retention
            since = max(since, self.plan.cursor.at(oldest) + 1)
        return {key: value for key, value in held.items() if since <= int(value[8:]) < self.step.until}

    async def run(self) -> None:
        """Read the span, and write what it holds."""
        frozen = isinstance(self.reader, Endpoint) and self.reader.frozen
        trace = self.work.trace.step(self.step.key, self.step.lane, frozen=frozen)
        try:
            async for page in self._pages(trace) if self.handed is None else _again(self.handed):
                trace.counted(page.total)
                if await self._page(page):
                    return
                trace.written()
                await self._room()
            await self._end()  # an author's generator has no last page that could be known before its end
        except ExpiredToken:
            self._again("its page tokens die before its end")
        except SourceError as error:
            # a token from before a restart may have died, and not every source says so in words that are declared
            if not self.step.page or error.status not in _DEAD or self.reading.pages:
                raise
            self._again(f"its page token is not taken any more ({error})")
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
        rows = self.lanes.shape.rows(page)
        self.reading.page(page, rows)
        self.stamp = self.stamp or page.stamp
        if self.reading.told_too_many:
            page.release()
            await self._narrow(f"the source has {self.reading.total:,} records for it")
            return True
        if self.rising:
            self._check_order(rows)
        kept = self._newest(self._own_rows(rows))
        self._note(kept, rows)
        ended = self._is_last(page, rows)
        whole = ended and not self.reading.capped and not self.reading.short_of
        closes = whole and self._expected is None and not self._doubts
        origin = Page(self.part, self.step.lane, page.stamp, self.lanes.keep(self.part.id, self.reading))
        token = page.token
        new_job = isinstance(self.reader, Job) and token and token != self.step.page
        await self._gone(page, origin)  # before the state moves, or a crash between would leave them
        await self.lanes.sink.write(
            () if self._compares else kept, origin,
            lambda: self._done() if closes else self._so_far(token, ended), page.detach(),
        )  # fmt: skip
        if new_job:
            await self.work.ledger.flush()  # it may take hours, and is not to be asked for twice
        self.lanes.check_room()
        if self.step.lane == TAIL and self.plan.clocked:
            now = self.work.runtime.time.now()
            for row in kept:
                self.work.ledger.fresh(now - self.plan.cursor.instant(row.tick))
        if ended and not closes:
            await self._end()
        elif ended:
            self._give()
        return ended

    async def _gone(self, page: RawPage, origin: Page) -> None:
        """What a second request of the page (.then) no longer found is deleted, unless it is known never to have left:
        one that has nothing yet is listed again and again."""
        if page.gone:
            keys, held = [self.lanes.shape.key_of(body).decode() for body in page.gone], self.lanes.keys
            if held is not None and not held.full:
                keys = [key for key in keys if held.holds(self.part.id, key)]
            self._found.update(keys)
            await self.lanes.sink.gone(keys, origin)

    def _own_rows(self, rows: Sequence[Row]) -> list[Row]:
        """Those of this step: the request is a superset (R8). Of a listing of keys all count: whichever record goes
        while it is read, may have others slip past."""
        if self._compares:
            return list(rows)
        return [row for row in rows if self.step.since <= row.tick < self.step.until]

    def _newest(self, rows: list[Row]) -> list[Row]:
        """Without older versions of what this step has shown, where it comes newest first. Of equal cursors the first
        is the newer one, unless a record may change without moving."""
        if self._shown is None:
            return rows
        found = []
        for row in rows:
            before = self._shown.pop(row.key, None)
            if before is None or row.tick > before or (row.tick == before and not self.lanes.sync.moves):
                found.append(row)
            self._shown[row.key] = row.tick if before is None else max(row.tick, before)
        while len(self._shown) > _SHOWN:
            del self._shown[next(iter(self._shown))]
        return found

    def _note(self, kept: Sequence[Row], rows: Sequence[Row]) -> None:
        self._kept += len(kept)
        if self._expected is not None:  # what has moved out of the span is there all the same
            self._found.update(row.key.decode() for row in rows)
        if self._sent is not None:
            self._sent.update((row.key, self._version(row)) for row in kept)
        if self._given is not None:
            self._given.append(tuple(bytes(row.body) for row in kept))
            self._given_size += sum(len(row.body) for row in kept)
            if self._given_size > 4 << 20:
                self._given = None

    def _version(self, row: Row) -> int:
        return 0 if self._compares else self.lanes.shape.digest(row.body)

    def _check_order(self, rows: Sequence[Row]) -> None:
        for row in rows:
            if self.reading.last is not None and row.tick < self.reading.last:
                # what was read has moved the state past this record: the next try begins where this one did
                self.work.ledger.state.note(self.plan.page(self.step, "", 0, self._instant()))
                raise PagingError(
                    f"stream {self.lanes.stream.name!r}: records do not come in rising order of "
                    f"{self.lanes.sync.cursor} ({self.plan.cursor.write(row.tick)} after "
                    f"{self.plan.cursor.write(self.reading.last)}).",
                    hint="take order='rising' out of the definition, or ask the source to sort",
                )
            self.reading.last = row.tick

    def _is_last(self, page: RawPage, rows: Sequence[Row]) -> bool:
        known = isinstance(
            self.reader, Endpoint
        )  # of an author's generator the end alone shows which page was the last
        if known and page.token is None:
            return True
        if self.rising:  # the rest lies beyond the span, when one does
            self.reading.early = self.reading.last is not None and self.reading.last >= self.step.until
        elif known and self.lanes.sync.order == "falling" and not self.plan.lists(self.step.lane):
            self.reading.early = any(row.tick < self.step.since for row in rows)
        return self.reading.early

    async def _end(self) -> None:
        """The last page has been written: is that all there was?"""
        if self.reading.capped or self.reading.short_of:
            await self._cut_short()
            return
        if self._doubts and self.reading.resumed:  # what was read before is not known any more
            self._again("its pages shift, and it was begun before a restart")
            return
        if self._doubts and not await self._confirmed():
            self._again("its pages shift while they are read")
            return
        origin = Page(self.part, self.step.lane, self.stamp)
        await self._delete_missing(origin)
        await self.lanes.sink.write((), origin, self._done, None)
        self._give()

    async def _delete_missing(self, origin: Page) -> None:
        """What was remembered of the span and is certainly not there any more, is deleted."""
        if self._expected is None or not self.reading.whole:
            return
        if not self.reading.rows and not self.reading.said_empty:  # an empty page alone is no proof (R6)
            return
        missing = self._expected.keys() - self._found
        if missing and self.reading.slips and not (self._sent is not None and await self._confirmed()):
            return
        held = self.work.ledger.state.data.get("held", {}).get(self.part.id, {})
        # what another lane wrote meanwhile is back, perhaps at another place
        gone = [key for key in sorted(missing - self._found) if held.get(key) == self._expected[key]]
        await self.lanes.sink.gone(gone, origin)

    @property
    def _doubts(self) -> bool:
        return is_fill(self.step.lane) and self._sent is not None and self.reading.doubtful

    async def _confirmed(self) -> bool:
        """Read the span again until two passes in a row hold the same records, none of them twice; what a pass skipped
        leaves then. Of a listing of keys the second may hold more: what has come since makes no other slip past."""
        assert self._sent is not None
        before, twice = set(self._sent), self._kept > len(self._sent)
        for _ in range(_PASSES):
            # where absence is proved, the step itself stays under way: what is written meanwhile is not deleted
            key = self.step.key if self._expected is None else f"{self.step.key}/again"
            trace = self.work.trace.step(key, self.step.lane)
            keys: list[bytes] = []
            try:
                async for page in self._pages(trace):
                    rows = self.lanes.shape.rows(page)
                    kept = self._own_rows(rows)
                    keys += [row.key for row in kept]
                    news = [row for row in kept if self._sent.get(row.key) != self._version(row)]
                    self._note(news, rows)
                    keep = self.lanes.keep(self.part.id, self.reading)
                    await self.lanes.sink.write(
                        () if self._compares else news,
                        Page(self.part, self.step.lane, page.stamp, keep),
                        dict,
                        page.detach(),
                    )
                    trace.written()
            finally:
                trace.ended()
            found = set(keys)
            if self._compares and before <= found and not twice:
                return True
            if found == before and not twice and len(keys) == len(found):
                return True
            before, twice = found, len(keys) > len(found)
        return False

    async def _cut_short(self) -> None:
        last = self.reading.last
        if self.rising and self._expected is None and last is not None and last > self.step.since:
            # what was read has moved the state: the next step goes on from there, not from where this one was begun
            self.work.ledger.state.note(self.plan.dropped(self.work.ledger.state.data, self.step))
            return
        if self.reading.capped:
            await self._narrow(f"the source gives at most {self._cap():,} records for one question")
            return
        self._again(f"the source told of {self.reading.total:,} records, but {self.reading.short_of:,} did not come")

    def _cap(self) -> int:
        return (self.reader.cap if isinstance(self.reader, Endpoint) else None) or 0

    # ---- what the step has earned ---------------------------------------------------------------------------------

    def _so_far(self, token: str | None, ended: bool) -> Patch:
        state = self.work.ledger.state.data
        if self.rising and self.reading.last is not None and self._expected is None:
            return self.plan.reached(state, self.step, min(self.reading.last, self.step.until))
        if isinstance(self.reader, Job) and token and token != self.step.page:
            # what create answered: a restart goes on with the same job, and reads its result from the start
            self.step = replace(self.step, page=token)
            return self.plan.page(self.step, token, 0, self._instant())
        if ended or not isinstance(self.reader, Endpoint):
            return {}
        if token and self._goes_on and getattr(self.reader.pages, "lives", None):
            return self.plan.page(self.step, token, self.reading.rows, self._instant(), self.reading.total)
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
        elif is_fill(step.lane):
            until = step.until
        else:
            until = min(step.until, plan.frontier(began))
        if step.lane == TAIL and tail is not None:
            tail.began = began if tail.began is None else min(tail.began, began)  # our own clock may have been ahead
            if until < step.until:
                tail.goal = max(until, step.since)
            if step.began is not None:  # it was begun in another session: what is new since then is due at once
                tail.began = None
        patch = plan.done(state, step, until, began)
        self._until = until
        return patch | self.lanes.forget_settled(self.part.id)

    def _give(self) -> None:
        if self._given is not None and self._until > self.step.since:
            step = replace(self.step, until=self._until)
            self.lanes.feed.give(Finished(step, tuple(self._given), self._instant(), self._given_size))

    # ---- steps that do not end ------------------------------------------------------------------------------------

    def _again(self, why: str) -> None:
        self.work.ledger.state.note(self.plan.again(self.step, self._instant()))
        # a token that died while nobody was there says nothing of how long a try takes
        slept = bool(self.step.page) and not self.reading.pages
        if self.step.n >= 3 and not slept and self.plan.narrowed(self.step) is None:
            raise self._stuck(why)

    async def _narrow(self, why: str) -> None:
        patch = self.plan.narrowed(self.step)
        if patch is not None:
            self.work.ledger.state.note(patch)
            return
        second = self.reader.then_by if isinstance(self.reader, Endpoint) else None
        if second is None:
            raise self._stuck(why)
        step = replace(self.step, page="", rows=0)  # its tokens are not the first endpoint's
        await Performance(self.lanes, step, self.part, second, second=True).run()

    def _stuck(self, why: str) -> CappedError:
        write = self.plan.cursor.write
        return CappedError(
            f"stream {self.lanes.stream.name!r}: the span from {write(self.step.since)} to {write(self.step.until)} "
            f"cannot be read whole and cannot be made smaller: {why} ({self.reading.rows:,} were read).",
            hint="declare then_by= with an endpoint that pages by key, or a finer filter",
        )
