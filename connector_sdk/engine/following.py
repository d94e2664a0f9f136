"""The lanes of a following binding: its root's, beside the root's own binding where that is captured too."""

from __future__ import annotations

from dataclasses import replace

from connector_sdk.declare import micros
from connector_sdk.plan import SWEEP, TAIL, Patch, Planned, Step

from .exchange import Feed
from .follow import FollowSink
from .incremental import IncrementalLanes
from .partitions import Partition
from .work import Lanes

__all__ = ["Following"]


class Following:
    """The lanes of a following binding: those of its root, which take over what the root's own binding has just read
    where both stand at the same place, and wait for it where it is about to."""

    def __init__(self, lanes: Lanes, sink: FollowSink, feed: Feed) -> None:
        self._lanes = lanes
        self._sink = sink
        self._feed = feed

    async def prepare(self) -> None:
        await self._lanes.prepare()
        clock = self._sink.work.runtime.clock
        until = clock.monotonic() + 10
        while self._feed.bound and not self._feed.placed and clock.monotonic() < until:
            await clock.sleep(0.05)  # the parent's own binding fixes its cut-off first, so that both have the same
        if isinstance(self._lanes, IncrementalLanes):
            self._sink.seen = self._lanes.seen
            self._sink.fresh_from = self._fresh_from

    def _fresh_from(self, partition: str) -> int | None:
        """The tick from which on what is below a parent is read again whenever the parent is."""
        fresh, lanes = self._sink.sync.fresh, self._lanes
        if fresh is None or not isinstance(lanes, IncrementalLanes):
            return None
        now, state = lanes.work.runtime.time.now(), lanes.work.ledger.state.data
        return lanes.plan_.young(state, now, micros(fresh), partition)

    def begin(self, part: Partition) -> Patch | None:
        lanes = self._lanes
        lead = self._feed.place(TAIL, part.id) if self._feed.alive else None
        if lead is None or not isinstance(lanes, IncrementalLanes):
            return lanes.begin(part)
        if lanes.plan_.known(lanes.work.ledger.state.data, part.id):
            return lanes.begin(part)
        return lanes.plan_.init(lanes.work.runtime.time.now(), part.id, cut=lead)

    def plan(self, part: Partition) -> Planned:
        planned = self._lanes.plan(part)
        lanes = self._lanes
        if not isinstance(lanes, IncrementalLanes) or not self._feed.alive or not planned.steps:
            return planned
        steps = [taken for step in planned.steps if (taken := self._taken(lanes, step)) is not None]
        return replace(planned, steps=tuple(steps))

    def _taken(self, lanes: IncrementalLanes, step: Step) -> Step | None:
        if step.page or step.lane == SWEEP:
            return step
        finished = self._feed.take(step.lane, step.partition, step.since)
        if finished is not None:
            lanes.handed[step.key] = finished
            return replace(step, until=finished.step.until)
        lead = self._feed.place(step.lane, step.partition)
        if lead == step.since:
            return None
        if lead is not None and step.since < lead < step.until:
            return replace(step, until=lead)
        return step

    async def perform(self, step: Step, part: Partition) -> None:
        await self._lanes.perform(step, part)

    def forget(self, part: Partition, *, keys: bool = True) -> Patch:
        return self._lanes.forget(part, keys=keys)

    def known(self) -> set[str]:
        return self._lanes.known()

    def restart(self, partition: str, before: str) -> Patch:
        return self._lanes.restart(partition, before)

    async def looked(self) -> None:
        await self._lanes.looked()

    async def orphan(self, part: Partition) -> None:
        await self._lanes.orphan(part)

    def backfilling(self) -> bool:
        return self._lanes.backfilling()

    def where(self) -> str:
        return self._lanes.where()

    def warning(self) -> str:
        if self._sink.refused:
            return f"what is below {self._sink.refused:,} records could not be read"
        keys = self._sink.keys
        return (keys.warning() if keys is not None else "") or self._lanes.warning()
