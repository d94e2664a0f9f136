"""Performing a Snapshot stream: sweeps that send what changed and delete what is certainly gone."""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Any

from connector_sdk import declare
from connector_sdk.declare import Stream
from connector_sdk.http import Fill, RawPage, decode
from connector_sdk.plan import SWEEP, Patch, Planned, SnapshotPlan, Step

from .begun import begun_again
from .documents import Row, Shape
from .doubts import Elsewhere
from .exchange import Feed, Finished
from .keys import Keys
from .partitions import Partition
from .reading import Reading
from .work import Page, Sink, Work

__all__ = ["KeyedListing", "Listing", "SnapshotLanes", "Sweep"]

_log = logging.getLogger("connector_sdk")
_PASSES = 3


class Sweep:
    """What one pass over a listing has seen."""

    def __init__(self, reading: Reading, began: int) -> None:
        self.reading = reading
        self.began = began
        self.keys: set[str] = set()
        self.twice = False
        self.stamp = 0

    def read(self, rows: Sequence[Row]) -> None:
        """These were on a page."""
        keys = [row.key.decode() for row in rows]
        before = len(self.keys)
        self.keys.update(keys)
        self.twice |= len(self.keys) < before + len(keys)


class Listing:
    """Reads a stream's whole listing, page by page."""

    def __init__(self, stream: Stream, work: Work, shape: Shape, lane: str) -> None:
        assert stream.read is not None
        self.stream = stream
        self.reader = stream.read
        self.work = work
        self.shape = shape
        self.lane = lane
        self.emptied: set[str] = set()
        self.at = ""

    async def pages(self, sweep: Sweep, part: Partition, key: str) -> AsyncIterator[tuple[RawPage, list[Row]]]:
        """The pages of one pass, each with its records as rows."""
        trace = self.work.trace.step(key, self.lane, frozen=getattr(self.reader, "frozen", False))
        step = declare.Step(each=None if part.each is None else decode(part.each))
        fill = Fill(each=part.each, step=step, key=self.shape.key_of)
        try:
            async for page in self.work.runtime.client.read(self.reader, fill, trace=trace):
                sweep.began = min(sweep.began, self.work.runtime.time.now())
                rows = self.shape.rows(page)
                sweep.reading.page(page, rows)
                sweep.stamp = page.stamp
                trace.counted(sweep.reading.total)
                total, read = sweep.reading.total, sweep.reading.rows
                self.at = f"{read:,} of {total:,}" if total else f"{read:,} rows"
                yield page, rows
                trace.written()
        finally:
            trace.ended()
            self.at = ""

    def denied(self, sweep: Sweep, part: Partition, known: bool) -> bool:
        """Whether the listing is empty where it had rows before, without the source's word for it: that deletes
        nothing (R6)."""
        denied = known and not sweep.reading.rows and not sweep.reading.said_empty
        (self.emptied.add if denied else self.emptied.discard)(part.id)
        return denied

    def warning(self) -> str:
        """What the user should know."""
        if self.emptied:
            return "it had records before and the source now gives none; nothing is deleted on that account alone"
        return ""


class KeyedListing(Listing):
    """A listing whose records have keys: read into a sink, it tells what is certainly missing."""

    def __init__(self, stream: Stream, work: Work, shape: Shape, lane: str, keys: Keys, sink: Sink) -> None:
        super().__init__(stream, work, shape, lane)
        self.keys = keys
        self.sink = sink
        self.elsewhere = Elsewhere(work.parts, self._looked, work.runtime.time.now)
        self._short: dict[str, Reading] = {}  # by partition, the last sweep, where it lacked records

    def _looked(self) -> float:
        """When the partitions that there are now were asked for."""
        found = self.work.discovery
        return math.inf if found is None or not found.needed else found.began

    async def sweep(
        self, part: Partition, key: str, skip: Callable[[Row], bool] = lambda row: False, *, once: bool = False
    ) -> tuple[Sweep, list[str]]:
        """Read everything, and tell which of the remembered keys are certainly gone.

        Pages that shift may skip a record that lives. Two passes that read the very same keys, none twice, prove
        each other: what makes a pass skip one is that a record which it has read goes, and is then missing from the
        next pass, or moves to the end, and is then read twice. ``skip``: records that are not to leave. ``once``: no
        other listing follows that would find what this one skips.
        """
        before = set(self.keys.of(part.id))

        async def whole() -> Sweep:
            return await self._pass(part, key, skip)

        sweep = await begun_again(self.stream.name, whole)
        proven = sweep.reading.exact
        for _ in range(_PASSES - 1):
            if proven or not (before - sweep.keys or (once and sweep.reading.pages > 1)):
                break
            again = await begun_again(self.stream.name, whole)
            proven = again.keys == sweep.keys and not (sweep.twice or again.twice or again.reading.short_of)
            sweep = again
        if sweep.reading.short_of:
            self._short[part.id] = sweep.reading
        else:
            self._short.pop(part.id, None)
        missing = sorted(before - sweep.keys)
        if missing and not proven:
            _log.info(
                "%s: the listing changes too fast to tell what is gone; the next sweep tries again", self.stream.name
            )
        return sweep, missing if proven and not self.denied(sweep, part, bool(before)) else []

    async def _pass(self, part: Partition, key: str, skip: Callable[[Row], bool]) -> Sweep:
        sweep = Sweep(Reading(self.reader), self.work.runtime.time.now())
        async for page, rows in self.pages(sweep, part, key):
            sweep.read(rows)
            self.elsewhere.found(part.id, [row.key.decode() for row in rows] if self.stream.shared else ())
            left = [row for row in rows if not skip(row)]
            await self.sink.write(left, Page(part, self.lane, page.stamp), dict, page.detach())
            self.keys.check(self.stream)
        return sweep

    async def delete(self, missing: Sequence[str], origin: Page, began: int | None) -> None:
        """Delete these keys, which a partition was found not to have any more by requests from ``began`` on; None where
        the partition itself is gone. Where a record may lie in several, the others are waited for."""
        if not self.stream.shared:
            return await self.sink.gone(missing, origin)
        self.elsewhere.missing(origin.part.id, missing)
        if began is not None:
            await self.was_read(origin, began)
        if missing and self.work.runtime.once:
            if self.work.discovery is not None:
                self.work.discovery.wanted = self.work.runtime.time.now()
            self.work.wake()  # the other partitions are looked for, and read again, now
        return None

    async def was_read(self, origin: Page, began: int) -> None:
        """A partition was read completely: delete what none of them has any more."""
        self.elsewhere.read(origin.part.id, began)
        await self.looked(origin)

    async def looked(self, origin: Page) -> None:
        """Delete what no partition has any more, of which it is known now."""
        for part, keys in list(self.elsewhere.certain()):
            await self.sink.gone(keys, replace(origin, part=Partition(part)))
        if self.work.runtime.once and self.elsewhere.again:
            self.work.wake()

    def warning(self) -> str:
        """What the user should know."""
        return self.keys.warning() or super().warning() or self._lacking()

    def _lacking(self) -> str:
        if not self._short:
            return ""
        worst = max(self._short.values(), key=lambda reading: reading.short_of)
        total, lacks = worst.total or 0, worst.short_of
        return (
            f"the source told of {total:,} records and {total - lacks:,} different ones came; if that stays so, its "
            "pages repeat: is NEXT sent where the source takes it?"
        )


class SnapshotLanes:
    """The one lane of a Snapshot stream, in every partition. Its records go to ``sink``."""

    def __init__(self, stream: Stream, work: Work, feed: Feed, keys: Keys, sink: Sink) -> None:
        self.stream = stream
        self.work = work
        self.feed = feed
        self.keys = keys
        self.sink = sink
        assert isinstance(stream.sync, declare.Snapshot)
        self.plan_ = SnapshotPlan(work.every)
        self.shape = Shape(stream)
        self._swept: set[str] = set()

    listing: KeyedListing

    async def prepare(self) -> None:
        """Nothing has to be found first."""
        self.listing = KeyedListing(self.stream, self.work, self.shape, SWEEP, self.keys, self.sink)

    def begin(self, part: Partition) -> Patch | None:
        """A listing has no cut-off."""
        return None

    def plan(self, part: Partition) -> Planned:
        """The sweep, if it is due."""
        state, now = self.work.ledger.state.data, self.work.runtime.time.now()
        if self.work.runtime.once and self.listing.elsewhere.waits_for(part.id):
            return self.plan_.plan({}, now, part.id)  # it is not caught up while deletions wait for this partition
        if self.work.runtime.once and part.id in self._swept:  # a sweep may take longer than the pause between two
            return Planned(caught_up=True)
        return self.plan_.plan(state, now, part.id)

    def known(self) -> set[str]:
        """The partitions that something is remembered of."""
        state = self.work.ledger.state.data
        return {*state.get("due", {}), *(id for id, keys in state.get(self.keys.kind, {}).items() if keys)}

    def restart(self, partition: str, before: str) -> Patch:
        """A listing has no start."""
        return {}

    def forget(self, part: Partition, *, keys: bool = True) -> Patch:
        """The change that removes a partition; with or without the keys of its records."""
        self._swept.discard(part.id)  # should it come back, it is new
        state: dict[str, Any] = self.work.ledger.state.data
        kinds = ["due"]
        if keys:
            self.keys.drop(part.id, list(self.keys.of(part.id)))
            self.keys.take()
            kinds.append(self.keys.kind)
        return {kind: {part.id: None} for kind in kinds if part.id in state.get(kind, {})}

    async def looked(self) -> None:
        """Delete what waited for that."""
        await self.listing.looked(Page(Partition(""), SWEEP, self.work.overtaken.stamp))

    async def orphan(self, part: Partition) -> None:
        """Delete the records of a partition whose parent is gone."""
        origin = Page(part, SWEEP, self.work.overtaken.stamp)
        await self.listing.delete(sorted(self.keys.of(part.id)), origin, None)

    def backfilling(self) -> bool:
        """Whether no sweep has been finished yet."""
        return not self.work.ledger.state.data.get("due")

    def where(self) -> str:
        """How far the sweep that is under way has come."""
        return self.listing.at if hasattr(self, "listing") else ""

    def warning(self) -> str:
        """What the user should know."""
        return self.listing.warning() if hasattr(self, "listing") else ""

    async def perform(self, step: Step, part: Partition) -> None:
        """Sweep the whole listing of a partition, then delete what is gone from it."""
        if self.feed.followed:
            self.listing.sink = _Recorder(self.sink)
        sweep, missing = await self.listing.sweep(part, step.key)
        await self.listing.delete(missing, Page(part, step.lane, sweep.stamp), sweep.began)
        self.work.ledger.state.note(self.plan_.done(sweep.began, part.id))
        self._swept.add(part.id)
        if isinstance(self.listing.sink, _Recorder):
            recorder, self.listing.sink = self.listing.sink, self.sink
            exact = sweep.reading.exact and bool(sweep.reading.rows or sweep.reading.said_empty)
            self.feed.give(Finished(step, tuple(recorder.pages), sweep.began, recorder.size, exact))


class _Recorder:
    """A sink that keeps what passes, for those who follow."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.pages: list[tuple[bytes, ...]] = []
        self.size = 0

    async def write(
        self, rows: Sequence[Row], origin: Any, patch: Callable[[], Patch], written: Callable[[], None] | None
    ) -> int:
        if self.size <= 4 << 20:
            self.pages.append(tuple(bytes(row.body) for row in rows))
        self.size += sum(len(row.body) for row in rows)
        return await self._sink.write(rows, origin, patch, written)

    async def gone(self, keys: Sequence[str], origin: Any) -> None:
        await self._sink.gone(keys, origin)
