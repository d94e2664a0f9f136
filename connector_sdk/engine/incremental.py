"""Performing an Incremental stream: tail, backfill and re-reads of every partition, side by side."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from connector_sdk.declare import (
    Endpoint,
    Incremental,
    Lookup,
    Missing,
    Number,
    Reader,
    Stream,
    as_tuple,
    check_duration,
    micros,
)
from connector_sdk.plan import FILL, TAIL, Again, IncrementalPlan, Patch, Planned, Step, TailPass

from .borders import Borders
from .clock import parse_instant
from .documents import Shape
from .emission import Emission
from .exchange import Feed, Finished
from .keys import Keys
from .partitions import Partition
from .reading import Reading, may_slip
from .seen import Seen
from .span import Performance
from .work import Page, PlainSink, Sink, Work

__all__ = ["IncrementalLanes"]

_log = logging.getLogger("connector_sdk")
_ENDLESS = (
    "several sessions have begun to read what has to be read in one go, and none lived long enough to end it: take "
    "pages that go on after a restart (lives=, NextKey), or a filter that can be halved"
)


class IncrementalLanes:
    """The lanes of one Incremental stream. Its records go to ``sink``: out, or to what follows them. With ``deletions``
    it lists what is deleted: all that leaves is a deletion, and there is no history to read. ``sweeps``: whether its
    ``sweep=`` is read."""

    plan_: IncrementalPlan
    shape: Shape
    borders: Borders
    sink: Sink
    keys: Keys | None = None
    retention: int | None = None

    def __init__(
        self,
        stream: Stream,
        work: Work,
        feed: Feed,
        sink: Sink | None = None,
        *,
        deletions: bool = False,
        sweeps: bool = True,
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
        missing = stream.learns(Missing)
        self.remembers_keys = missing is not None and sink is None
        # who follows this stream has nothing to compare
        self.listed = None if missing is None or sink is not None else missing.listing
        self._sweeps = sweeps
        self._forgot: dict[str, int] = {}
        self._seen: dict[str, Seen] = {}
        self.handed: dict[str, Finished] = {}
        self._begun: set[str] = set()
        self._endless: set[str] = set()  # what several sessions have begun and none has read to its end

    # ---- before anything is read ----------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Find the zones, and with them what ticks mean."""
        sync = self.sync
        self.borders = borders = await Borders.find(self.stream, self.work.runtime.client)
        changes = self._reader(TAIL)
        bounded = not isinstance(changes, Endpoint) or "until" in changes.uses()
        clocked = not isinstance(sync.format, Number)
        start = sync.start if sync.start is not None else self.work.start if clocked else 0
        windows = [await self._length(window, "reread") for window in as_tuple(sync.reread)]
        rereads = [Again.of(window) for window in windows if window is not None]
        missing = self.stream.learns(Missing)
        self.retention = await self._length(None if missing is None else missing.retention, "retention")
        if sync.sweep is not None and self._sweeps:
            rereads.append(Again(None, micros(sync.sweep)))
        self.plan_ = IncrementalPlan(
            borders.cursor,
            start if isinstance(start, int) else borders.cursor.at(parse_instant(start)),
            micros(sync.lag), micros(sync.step), self.work.every, tuple(rereads),
            bounded=bounded, rising=sync.order == "rising", unit=borders.unit, ceiling=borders.ceiling,
            behind=borders.behind, listing=sync.changes is not None, swept=self.listed is not None,
            compares=self.remembers_keys, clocked=clocked, slips=may_slip(changes),
        )  # fmt: skip
        self.shape = Shape(self.stream, sync.cursor, borders.cursor)
        self.sink = self._sink or PlainSink(self._emission(), self.work.ledger)

    async def _length(self, told: object, what: str) -> int | None:
        """A length of time in microseconds, found where the user knows it; None where there is none."""
        found: Any = await self.work.runtime.client.lookups.get(told) if isinstance(told, Lookup) else told
        if found is None:
            return None
        check_duration(found, f"stream {self.stream.name!r}: {told!r}", what)
        return micros(found)

    def _emission(self) -> Emission:
        self.keys = Keys("held", self.work.ledger.state, self.work.room) if self.remembers_keys else None
        return Emission(
            self.shape, self.work.overtaken, keys=self.keys, seen=self.seen, ticked=True, deletions=self._deletions
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
        if self.plan_.known(self.work.ledger.state.data, part.id):
            return None
        init = self.plan_.init(self.work.runtime.time.now(), part.id)
        return {kind: change for kind, change in init.items() if kind != FILL or not self._deletions}

    def known(self) -> set[str]:
        """The partitions that something is remembered of."""
        held = self.work.ledger.state.data.get("held", {})
        return {*self.work.ledger.state.data.get(TAIL, {}), *(id for id, keys in held.items() if keys)}

    def restart(self, partition: str, before: str) -> Patch:
        """The change that another start of history asks for, which so far was ``before``."""
        if not self.plan_.clocked or self._deletions:
            return {}
        state = self.work.ledger.state.data
        return self.plan_.restarted(state, self.plan_.cursor.at(parse_instant(before)), partition)

    # ---- planning -------------------------------------------------------------------------------------------------

    def plan(self, part: Partition) -> Planned:
        """What can be done now."""
        tail = self.tails.setdefault(part.id, TailPass(once=self.work.runtime.once))
        state, now = self.work.ledger.state.data, self.work.runtime.time.now()
        planned = self.plan_.plan(state, now, tail, part.id, self._more(state))
        if self.feed.followed:
            self._tell_place(part.id)
        return planned

    def _more(self, state: Mapping[str, Any]) -> int:
        """How many more lanes of history there may be. None in a stream that others follow, nor in one that follows:
        they walk together, so that what one has read can be handed over."""
        fills = state.get(FILL, {})
        count = len(fills)
        if count < self.work.runtime.history.most:  # else it is no matter by how much
            count = sum(len(self.plan_.fills(state, partition)) for partition in fills)
        more = self.work.runtime.history.more(self, count)
        return more if count and self._sink is None and not self.feed.followed else 0

    def _tell_place(self, partition: str) -> None:
        """Where this partition's lanes stand, for those who follow."""
        state = self.work.ledger.state.data
        places: dict[str, int] = {TAIL: state[TAIL][partition]}
        for lane, (at, _) in self.plan_.fills(state, partition).items():
            places[lane] = at
        for lane in self.plan_.reread_lanes():
            entry = state.get(lane, {}).get(partition)
            if entry is not None and not (self.listed is not None and self.plan_.lists(lane)):
                places[lane] = entry.get("at", entry["to"])
        self.feed.stand(partition, places)

    def forget(self, part: Partition, *, keys: bool = True) -> Patch:
        """The change that removes a partition; with or without the keys of its records."""
        state = self.work.ledger.state.data
        kinds = [TAIL, FILL, *self.plan_.reread_lanes(), "seen"]
        if keys and self.keys is not None:
            self.keys.drop(part.id, list(self.keys.of(part.id)))
            self.keys.take()
            kinds.append("held")
        patch: Patch = {kind: {part.id: None} for kind in kinds if part.id in state.get(kind, {})}
        for kind in ("open", "w"):
            own = [key for key in state.get(kind, {}) if key.rpartition("/")[0] == part.id]
            if own:
                patch[kind] = dict.fromkeys(own)
        self.feed.leave(part.id)
        self.tails.pop(part.id, None)
        self._seen.pop(part.id, None)
        return patch

    async def looked(self) -> None:
        """Nothing waits for that."""

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
        tails = state.get(TAIL, {})
        fills = (self.plan_.fills(state, partition).values() for partition in state.get(FILL, {}))
        at = min((at for spans in fills for at, _ in spans), default=None)
        at = min(tails.values(), default=None) if at is None else at
        return "" if at is None else str(self.plan_.cursor.write(at))

    def warning(self) -> str:
        """What the user should know."""
        if self.keys is not None and (text := self.keys.warning()):
            return text
        if self._endless:
            return _ENDLESS
        if any(seen.full for seen in self._seen.values()):
            return "the memory of what was sent is full: unchanged records repeat when they are read again"
        return ""

    # ---- performing -----------------------------------------------------------------------------------------------

    def _reader(self, lane: str) -> Reader:
        if self.listed is not None and self.plan_lists(lane):
            return self.listed
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
            if step.n >= 3 and self.plan_.narrowed(step) is None:
                self._endless.add(step.key)
                _log.warning("%s: %s", self.stream.name, _ENDLESS)
            self.work.ledger.state.note(self.plan_.again(step, step.began))
            return
        self._begun.add(step.key)
        await Performance(self, step, part, self._reader(step.lane)).run()
        self._endless.discard(step.key)

    def keep(self, partition: str, reading: Reading) -> int:
        """The tick from which on what is sent has to be remembered."""
        if not self.plan_.clocked:
            return reading.last or 0
        if (missing := self.stream.learns(Missing)) and missing.orphans:
            return self.plan_.start  # whatever is below a parent goes with it
        return self.plan_.forgettable(self.work.ledger.state.data, partition)

    def forget_settled(self, partition: str) -> Patch:
        """The change that forgets what will not be read again."""
        before = self.keep(partition, Reading(self._reader(TAIL)))
        if self.keys is None:
            if (seen := self.seen(partition)) is not None:
                seen.forget(before)
            return {}
        width = self.plan_.cursor.ticks(max((again.window or 0 for again in self.plan_.rereads), default=0) // 64)
        if before < self._forgot.get(partition, before - width) + width:  # not all keys are looked at after each span
            return {}
        if self.keys.forget(partition, before):
            self._forgot[partition] = before
        return self.keys.take()

    def check_room(self) -> None:
        """Raise StateFullError where deletes are required and their keys cannot be remembered any more."""
        if self.keys is not None:
            self.keys.check(self.stream)
