"""Following: whenever a parent's record is read, its children are read (``Follow``)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from connector_sdk import declare
from connector_sdk.declare import SELF, Endpoint, Follow, Missing, Stream
from connector_sdk.errors import RefusedError
from connector_sdk.http import Fill, Gone, NotReadable, Places, batch_size, decode
from connector_sdk.plan import LOG, SWEEP, TAIL, Patch, Planned, Step

from .documents import Row, Shape
from .emission import Emission
from .exchange import Feed
from .hashing import digest_text, short
from .incremental import IncrementalLanes
from .keys import Keys
from .partitions import Partition, partition_id
from .reading import Reading
from .seen import Seen
from .work import Lanes, Origin, PlainSink, Work

__all__ = ["FollowSink", "Following", "roots"]

_log = logging.getLogger("connector_sdk")
_SIDE_BY_SIDE = 8
_OWN = (402, 403, 404)
_Visited = set[tuple[str, bytes]]


def roots(stream: Stream) -> list[Stream]:
    """The streams that a following stream reads: its parents, or theirs, that do not follow themselves."""
    assert isinstance(stream.sync, Follow)
    found: list[Stream] = []
    for parent in stream.sync.streams:
        if not isinstance(parent, Stream):
            continue
        found += roots(parent) if isinstance(parent.sync, Follow) else [parent]
    return list(dict.fromkeys(found))


class FollowSink:
    """A sink for the parents' records: the children of each are read, and leave."""

    def __init__(self, stream: Stream, root: Stream, work: Work, keys: Keys | None, followed: Keys | None) -> None:
        assert isinstance(stream.sync, Follow)
        assert stream.read is not None
        self.stream = stream
        self.root = root
        self.sync = stream.sync
        self.reader = stream.read
        self.work = work
        self.keys = keys
        self.followed = followed
        self.shape = Shape(stream)
        self.seen: Callable[[str], Seen | None] = lambda partition: None
        self.refused = 0
        emission = Emission(
            self.shape, work.overtaken, keys=keys, seen=lambda partition: self.seen(self._of(partition))
        )
        self._plain = PlainSink(emission, work.ledger)
        self._places = {parent: Shape(parent) for parent in _between(stream, root)}
        self._changed = Places([self.sync.changed]) if self.sync.changed else None
        self._parts: dict[str, str] = {}
        self._workers = asyncio.Semaphore(_SIDE_BY_SIDE)

    def _of(self, partition: str) -> str:
        # children remember by their parent, what was sent by the partition of the root
        return self._parts.get(partition, partition)

    # ---- as a sink of the root's records --------------------------------------------------------------------------

    async def write(
        self, rows: Sequence[Row], origin: Origin, patch: Callable[[], Patch], written: Callable[[], None] | None
    ) -> int:
        """Read the children of these records; then the change of state that reading the records has earned."""
        news = [row for row in rows if self._is_news(row, origin)]
        await self._descend(news, self.root, origin, set())
        noted = self._noted(news, origin)
        await self.work.ledger.commit(0, lambda: ((), noted | patch()), written=written)
        return 0

    async def gone(self, keys: Sequence[str], origin: Origin) -> None:
        """The root's records are deleted: their children stay, unless orphans are to go with them."""
        if self.followed is not None:
            self.followed.drop(origin.part.id, keys)
            self.work.ledger.state.note(self.followed.take())
        deletes = self.stream.deletes
        if self.keys is None or not isinstance(deletes, Missing) or not deletes.orphans:
            return
        for key in keys:
            parent = partition_id(_parts(key.encode()))
            await self._forget(parent, sorted(self.keys.of(parent)), origin)

    def _is_news(self, row: Row, origin: Origin) -> bool:
        """Whether there may be something new below this record."""
        if self.followed is not None:
            if origin.lane == LOG and self._changed is None:
                return True
            return not self.followed.same(origin.part.id, row.key.decode(), self._digest(row))
        if self._changed is None:
            return True
        seen = self.seen(origin.part.id)
        return seen is None or not seen.sent_before(b"^" + row.key, short(self._digest(row).encode()))

    def _digest(self, row: Row) -> str:
        if self._changed is None:
            return digest_text([bytes(row.body)])
        return digest_text([self._changed.of(row.body)[0] or b""])

    def _noted(self, news: Iterable[Row], origin: Origin) -> Patch:
        """What is remembered of the records that were followed."""
        if self.followed is not None:
            for row in news:
                self.followed.put(origin.part.id, row.key.decode(), self._digest(row))
            return self.followed.take()
        seen = self.seen(origin.part.id)
        if seen is None or self._changed is None:
            return {}
        for row in news:
            if row.tick >= origin.keep:
                seen.remember(b"^" + row.key, row.tick, short(self._digest(row).encode()))
        return seen.take()

    # ---- down the tree --------------------------------------------------------------------------------------------

    async def _descend(self, rows: Sequence[Row], stream: Stream, origin: Origin, visited: _Visited) -> None:
        """Everything below these records of one stream."""
        fresh = [row for row in rows if (stream.name, row.key) not in visited]
        visited.update((stream.name, row.key) for row in fresh)
        if not fresh:
            return
        if stream in self.sync.streams or (stream is self.stream and SELF in self.sync.streams):
            await self._children(fresh, origin, visited)
        for between in _between(self.stream, self.root):
            assert isinstance(between.sync, Follow)
            if between is not self.stream and stream in between.sync.streams:
                await self._through(between, fresh, origin, visited)

    async def _children(self, rows: Sequence[Row], origin: Origin, visited: _Visited) -> None:
        chosen = [row for row in rows if self.sync.where is None or self.sync.where(decode(row.body))]
        size = batch_size(self.reader) if isinstance(self.reader, Endpoint) else None
        batches = [chosen[at : at + (size or 1)] for at in range(0, len(chosen), size or 1)]
        await _together([self._batch(batch, origin, visited, batched=size is not None) for batch in batches])

    async def _batch(self, parents: Sequence[Row], origin: Origin, visited: _Visited, *, batched: bool) -> None:
        below: list[Row] = []
        async with self._workers:
            parent = parents[0]
            key = f"{origin.part.id}/{origin.lane}/{parent.key.decode()}"
            trace = self.work.trace.step(key, origin.lane)
            reading, keys = Reading(self.reader), set[str]()
            fill, owner = self._fill(parents, batched), partition_id(_parts(parent.key))
            self._parts[owner] = origin.part.id
            try:
                async for page in self.work.runtime.client.read(self.reader, fill, trace=trace):
                    children = [self.shape.row(body)._replace(tick=parent.tick) for body in page.slices]
                    reading.page(page, children)
                    keys.update(row.key.decode() for row in children)
                    if SELF in self.sync.streams:
                        below += [row._replace(body=bytes(row.body)) for row in children]
                    child = _Child(Partition(owner), origin.lane, page.stamp, origin.keep)
                    await self._plain.write(children, child, dict, page.detach())
                    trace.written()
                if self.keys is not None and reading.exact:
                    missing = sorted(set(self.keys.of(owner)) - keys)
                    await self._forget(owner, missing, origin)
            except (Gone, NotReadable, RefusedError) as refused:
                self._refused(refused, parent, batched)
            finally:
                trace.ended()
                self._parts.pop(owner, None)
        if below:
            await self._descend(below, self.stream, origin, visited)

    def _fill(self, parents: Sequence[Row], batched: bool) -> Fill:
        bodies = [bytes(row.body) for row in parents]
        decoded = [decode(body) for body in bodies] if not isinstance(self.reader, Endpoint) else []
        step = declare.Step(each=decoded[0] if decoded else None, batch=decoded)
        return Fill(each=None if batched else bodies[0], batch=bodies, step=step, key=self.shape.key_of)

    def _refused(self, refused: Exception, parent: Row, batched: bool) -> None:
        if isinstance(refused, RefusedError) and (batched or refused.status not in _OWN):
            raise refused
        if isinstance(refused, Gone) or (isinstance(refused, RefusedError) and refused.status == 404):
            return  # the parent went while it was followed
        self.refused += 1
        if self.refused == 1:
            _log.warning("%s: what is below %s cannot be read: %s", self.stream.name, parent.key.decode(), refused)

    async def _forget(self, owner: str, keys: Sequence[str], origin: Origin) -> None:
        await self._plain.gone(keys, _Child(Partition(owner), origin.lane, origin.stamp, origin.keep))

    async def _through(self, between: Stream, rows: Sequence[Row], origin: Origin, visited: _Visited) -> None:
        """The records of a stream that lies between the root and this one, to follow them further."""
        assert isinstance(between.sync, Follow)
        assert between.read is not None
        shape, where = self._places[between], between.sync.where
        size = batch_size(between.read) if isinstance(between.read, Endpoint) else None
        chosen = [row for row in rows if where is None or where(decode(row.body))]
        for at in range(0, len(chosen), size or 1):
            batch = chosen[at : at + (size or 1)]
            trace = self.work.trace.step(f"{origin.part.id}/{origin.lane}/{between.name}", origin.lane)
            fill = replace(self._fill(batch, size is not None), key=shape.key_of)
            try:
                async for page in self.work.runtime.client.read(between.read, fill, trace=trace):
                    found = [shape.row(bytes(body))._replace(tick=batch[0].tick) for body in page.slices]
                    page.release()
                    await self._descend(found, between, origin, visited)
            except (Gone, NotReadable, RefusedError) as refused:
                self._refused(refused, batch[0], size is not None)
            finally:
                trace.ended()


def _parts(key: bytes) -> list[Any]:
    found = decode(key)
    return found if isinstance(found, list) else [found]


async def _together(work: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Do all of it side by side; the first failure ends the rest, and is raised as it is."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Child:
    """The origin of children: their parent, as the partition that owns their keys."""

    def __init__(self, part: Partition, lane: str, stamp: int, keep: int) -> None:
        self.part = part
        self.lane = lane
        self.stamp = stamp
        self.keep = keep


def _between(stream: Stream, root: Stream) -> Iterator[Stream]:
    """The stream, and every stream between the root and it."""
    assert isinstance(stream.sync, Follow)
    yield stream
    for parent in stream.sync.streams:
        if isinstance(parent, Stream) and isinstance(parent.sync, Follow) and root in roots(parent):
            yield from _between(parent, root)


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
        while self._feed.bound and not self._feed.at and clock.monotonic() < until:
            await clock.sleep(0.05)  # the parent's own binding fixes its cut-off first, so that both have the same
        if isinstance(self._lanes, IncrementalLanes):
            self._sink.seen = self._lanes.seen

    def begin(self, part: Partition) -> Patch | None:
        lanes = self._lanes
        lead = self._feed.at.get((TAIL, part.id)) if self._feed.alive else None
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
        lead = self._feed.at.get((step.lane, step.partition))
        if lead == step.since:
            return None
        if lead is not None and step.since < lead < step.until:
            return replace(step, until=lead)
        return step

    async def perform(self, step: Step, part: Partition) -> None:
        await self._lanes.perform(step, part)

    def forget(self, part: Partition) -> Patch:
        return self._lanes.forget(part)

    async def orphan(self, part: Partition) -> None:
        await self._lanes.orphan(part)

    def backfilling(self) -> bool:
        return self._lanes.backfilling()

    def where(self) -> str:
        return self._lanes.where()

    def warning(self) -> str:
        if self._sink.refused:
            return f"what is below {self._sink.refused:,} records could not be read"
        return self._lanes.warning()
