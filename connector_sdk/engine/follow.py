"""Following: whenever a parent's record is read, its children are read (``Follow``)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from connector_sdk import declare
from connector_sdk.declare import SELF, Endpoint, Follow, Missing, Reader, Stream
from connector_sdk.errors import DefinitionError, RefusedError
from connector_sdk.http import Fill, Gone, NotReadable, Places, RawPage, batch_size, decode
from connector_sdk.plan import LOG, Patch

from .begun import begun_again
from .documents import Row, Shape
from .emission import Emission
from .hashing import digest_text, short
from .keys import Keys
from .partitions import Partition, partition_id
from .reading import Reading
from .seen import Seen
from .state import compose
from .trace import StepTrace
from .turns import Turns
from .work import Origin, PlainSink, Work

__all__ = ["FollowSink", "Orphans", "roots"]

_log = logging.getLogger("connector_sdk")
_SIDE_BY_SIDE = 8
_OWN = (402, 403, 404)
_PASSES = 3
_BEGUN = "followed"  # stands where a digest does, and equals none
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
        self.fresh_from: Callable[[str], int | None] = lambda partition: None
        self.refused = 0
        self._refused_now: set[bytes] = set()
        self._emission = Emission(
            self.shape, work.overtaken, keys=keys, seen=lambda partition: self.seen(self._of(partition))
        )
        self._plain = PlainSink(self._emission, work.ledger)
        self._places = {parent: Shape(parent) for parent in _between(stream, root)}
        self._changed = Places(self.sync.changed) if self.sync.changed else None
        missing = stream.learns(Missing)
        self._of_parent = Places([missing.of]) if missing is not None and missing.of else None
        self._parts: dict[str, str] = {}
        self._workers = asyncio.Semaphore(_SIDE_BY_SIDE)
        # one lane at a time reads what is below a parent: else an older answer could bring back what a newer one,
        # written before it, did not show any more
        self._turns = Turns()

    def _of(self, partition: str) -> str:
        # children remember by their parent, what was sent by the partition of the root
        return self._parts.get(partition, partition)

    # ---- as a sink of the root's records --------------------------------------------------------------------------

    async def write(
        self, rows: Sequence[Row], origin: Origin, patch: Callable[[], Patch], written: Callable[[], None] | None
    ) -> int:
        """Read the children of these records; then the change of state that reading the records has earned."""
        if deleted := [row.key.decode() for row in rows if row.deleted]:
            await self.gone(deleted, origin)
        news = [row for row in rows if not row.deleted and self._is_news(row, origin)]
        self._orphans_known(news, origin)
        await self._descend(news, self.root, origin, set())
        if self.keys is not None:
            self.keys.check(self.stream)
        noted = self._noted([row for row in news if row.key not in self._refused_now], origin)
        self._refused_now -= {row.key for row in news}  # other partitions are at work beside this one
        await self.work.ledger.commit(0, lambda: ((), compose(noted, patch())), written=written)
        return 0

    async def gone(self, keys: Sequence[str], origin: Origin) -> None:
        """The root's records are deleted: their children stay, unless orphans are to go with them."""
        # below a root that is followed by way of others nothing lies itself; their keys may be the same as its own
        if self.keys is not None and self.orphans and self.root in self.sync.streams:
            for key in keys:
                if self._lives_on(key, origin.part.id):
                    continue
                parent = self._owner(self.root, key.encode())
                await self._forget(parent, sorted(self.keys.of(parent)), origin)
        if self.followed is not None:  # last: were a crash between, the parents would be missed again
            self.followed.drop(origin.part.id, keys)
            self.work.ledger.state.note(self.followed.take())

    def _lives_on(self, key: str, partition: str) -> bool:
        """Whether a record that one partition of the root has no more is still in another one of them."""
        among = "" if len(roots(self.stream)) == 1 else f"/{self.root.name}/"
        return self.root.shared and self.followed is not None and self.followed.elsewhere(key, partition, among)

    def _orphans_known(self, rows: Sequence[Row], origin: Origin) -> None:
        """Remember these parents before anything below them leaves: were they gone after a crash, nobody would know
        that they were followed."""
        if self.followed is None or not self.orphans:
            return
        for row in rows:
            self.followed.put(origin.part.id, row.key.decode(), _BEGUN)
        self.work.ledger.state.note(self.followed.take())

    @property
    def orphans(self) -> bool:
        """Whether what is below a parent goes with it."""
        missing = self.stream.learns(Missing)
        return missing is not None and missing.orphans

    def _owner(self, parent: Stream, key: bytes) -> str:
        """Under which name the keys below a record are remembered; of several parents, ids may be the same."""
        id = partition_id(_parts(key))
        return id if len(self.sync.streams) == 1 else f"{parent.name}/{id}"

    def _is_news(self, row: Row, origin: Origin) -> bool:
        """Whether there may be something new below this record."""
        if self.followed is not None:
            if origin.lane == LOG and self._changed is None:
                return True
            return not self.followed.same(origin.part.id, row.key.decode(), self._digest(row))
        if self._changed is None:
            return True
        fresh_from = self.fresh_from(origin.part.id)
        if fresh_from is not None and row.tick >= fresh_from:
            return True
        seen = self.seen(origin.part.id)
        return seen is None or not seen.sent_before(b"^" + row.key, short(self._digest(row).encode()))

    def _digest(self, row: Row) -> str:
        if self._changed is None:
            return digest_text([bytes(row.body)])
        return digest_text([each or b"" for each in self._changed.of(row.body)])

    def _tells(self, row: Row) -> bool:
        """Whether the record has anything at the places that tell of changes; without, it takes no memory."""
        return self._changed is not None and any(each is not None for each in self._changed.of(row.body))

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
            if row.tick >= origin.keep and self._tells(row):
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
            await self._children(fresh, stream, origin, visited)
        for between in _between(self.stream, self.root):
            assert isinstance(between.sync, Follow)
            if between is not self.stream and stream in between.sync.streams:
                await self._through(between, fresh, origin, visited)

    async def _children(self, rows: Sequence[Row], stream: Stream, origin: Origin, visited: _Visited) -> None:
        chosen = [row for row in rows if self._followed_further(row, stream)]
        size = batch_size(self.reader) if isinstance(self.reader, Endpoint) else None
        batches = [chosen[at : at + (size or 1)] for at in range(0, len(chosen), size or 1)]
        await _together([self._batch(batch, stream, origin, visited, batched=size is not None) for batch in batches])

    def _followed_further(self, row: Row, stream: Stream) -> bool:
        """Whether the author picks this record; one that had records below it is read once more when it is not picked
        any more, or they would stay for ever."""
        if self.sync.where is None or self.sync.where(decode(row.body)):
            return True
        return self.keys is not None and bool(self.keys.of(self._owner(stream, row.key)))

    async def _batch(
        self, parents: Sequence[Row], stream: Stream, origin: Origin, visited: _Visited, *, batched: bool
    ) -> None:
        below: list[Row] = []
        owners = self._owners(parents, stream, batched)
        async with self._turns.of(owners.values() if self.keys is not None else ()), self._workers:
            parent = parents[0]
            trace = self.work.trace.step(f"{origin.part.id}/{origin.lane}/{parent.key.decode()}", origin.lane)
            self._parts |= dict.fromkeys(owners.values(), origin.part.id)

            async def whole() -> _Family:
                family = _Family(self.reader, owners, self.keys)
                below.clear()
                async for page in self.work.runtime.client.read(self.reader, self._fill(parents, batched), trace=trace):
                    children = [self.shape.row(body)._replace(tick=parent.tick) for body in page.slices]
                    family.page(page, children)
                    if SELF in self.sync.streams:
                        below.extend(row._replace(body=bytes(row.body)) for row in children)
                    await self._write(children, family, origin, page)
                    trace.written()
                return family

            try:
                family = await begun_again(self.stream.name, whole)
                for _ in range(_PASSES):
                    if not self._emission.passed_in(owners.values()):
                        break
                    # the parent is not shown as news again, so that nobody else would compare: what is asked for now
                    # is later than the word that passed it
                    family = await begun_again(self.stream.name, whole)
                else:
                    self._refused_now.update(parent.key for parent in parents)  # they are followed again
                for owner, missing in family.missing():
                    await self._forget(owner, missing, _Child(origin.part, origin.lane, family.stamp, origin.keep))
            except (Gone, NotReadable, RefusedError) as refused:
                self._refused(refused, parent, batched)
            finally:
                trace.ended()
                for owner in owners.values():
                    self._parts.pop(owner, None)
        if below:
            await self._descend(below, self.stream, origin, visited)

    def _owners(self, parents: Sequence[Row], stream: Stream, batched: bool) -> dict[bytes, str]:
        """By parent, under which name the keys below it are remembered. Where they are not, one name will do."""
        if not batched or self.keys is None:
            parents = parents[:1]
        return {parent.key: self._owner(stream, parent.key) for parent in parents}

    async def _write(self, children: Sequence[Row], family: _Family, origin: Origin, page: RawPage) -> None:
        last = page.detach()
        groups = self._by_owner(children, family) or [(next(iter(family.owners.values())), ())]
        for number, (owner, rows) in enumerate(groups, start=1):
            child = _Child(Partition(owner), origin.lane, page.stamp, origin.keep)
            await self._plain.write(rows, child, dict, last if number == len(groups) else None)

    def _by_owner(self, children: Sequence[Row], family: _Family) -> list[tuple[str, Sequence[Row]]]:
        """The children of a page by the parent that they are below: in a batch, the one with their own key."""
        if len(family.owners) == 1:
            return [(owner, children) for owner in family.owners.values()]
        found: dict[str, list[Row]] = {}
        for row in children:
            owner = family.owners.get(row.key if self._of_parent is None else self._of_parent.of(row.body)[0] or b"")
            if owner is None:
                raise DefinitionError(
                    f"stream {self.stream.name!r}: the answer to a batch does not tell which parent the record with "
                    f"key {row.key.decode()} is below, so nothing could be known to be missing.",
                    hint="say Missing(of='/parentId'), leave deletes= out, or ask for one parent at a time, with EACH",
                )
            found.setdefault(owner, []).append(row)
        return list(found.items())

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
        self._refused_now.add(parent.key)  # it is followed again, should it be shown again
        self.refused += 1
        if self.refused == 1:
            _log.warning("%s: what is below %s cannot be read: %s", self.stream.name, parent.key.decode(), refused)

    async def _forget(self, owner: str, keys: Sequence[str], origin: Origin) -> None:
        if self.orphans and SELF in self.sync.streams and self.keys is not None:
            for key in keys:  # what is below them cannot be reached any more
                below = self._owner(self.stream, key.encode())
                await self._forget(below, sorted(self.keys.of(below)), origin)
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

            async def whole(batch: Sequence[Row] = batch, fill: Fill = fill, trace: StepTrace = trace) -> None:
                assert between.read is not None
                async for page in self.work.runtime.client.read(between.read, fill, trace=trace):
                    found = [shape.row(bytes(body))._replace(tick=batch[0].tick) for body in page.slices]
                    page.release()
                    await self._descend(found, between, origin, visited)

            try:
                await begun_again(between.name, whole)
            except (Gone, NotReadable, RefusedError) as refused:
                self._refused(refused, batch[0], size is not None)
            finally:
                trace.ended()


class Orphans:
    """A sink for a listing of deleted parents: what is below each of them is deleted with it.

    ``keys``: of those that have been listed before, where the listing is read whole, again and again.
    """

    def __init__(self, below: FollowSink, keys: Keys | None = None, shape: Shape | None = None) -> None:
        self._below = below
        self._keys = keys
        self._shape = shape
        self._ledger = below.work.ledger

    async def write(
        self, rows: Sequence[Row], origin: Origin, patch: Callable[[], Patch], written: Callable[[], None] | None
    ) -> int:
        """Delete what is below the parents that have not been listed so before."""
        news = {row.key.decode(): self._digest(row) for row in rows}
        if self._keys is not None:
            news = {key: digest for key, digest in news.items() if not self._keys.same(origin.part.id, key, digest)}
        await self._below.gone(list(news), origin)
        noted: Patch = {}
        if self._keys is not None:
            for key, digest in news.items():
                self._keys.put(origin.part.id, key, digest)
            noted = self._keys.take()
        await self._ledger.commit(0, lambda: ((), compose(noted, patch())), written=written)
        return 0

    async def gone(self, keys: Sequence[str], origin: Origin) -> None:
        """These are not listed as deleted any more."""
        if self._keys is not None:
            self._keys.drop(origin.part.id, keys)
            self._ledger.state.note(self._keys.take())

    def _digest(self, row: Row) -> str:
        return "" if self._shape is None else digest_text([self._shape.comparable(row.body)])


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


class _Family:
    """What one request for the children of some parents has shown. ``owners``: by parent, the name under which its
    children's keys are remembered. ``stamp``: of its first page."""

    def __init__(self, reader: Reader, owners: dict[bytes, str], keys: Keys | None) -> None:
        self.owners = owners
        self.stamp = 0
        self._reading = Reading(reader)
        self._keys = keys
        self._found: set[str] = set()

    def page(self, page: RawPage, children: Sequence[Row]) -> None:
        """One more page."""
        self.stamp = self.stamp or page.stamp
        self._reading.page(page, children)
        self._found.update(row.key.decode() for row in children)

    def missing(self) -> Iterator[tuple[str, list[str]]]:
        """By owner, the children that are certainly not there any more. An empty answer alone is no proof (R6).

        No other lane has written any of them since this was asked: they take turns."""
        reading, keys = self._reading, self._keys
        if keys is None or not reading.exact or not (reading.rows or reading.said_empty):
            return
        for owner in dict.fromkeys(self.owners.values()):
            missing = sorted(keys.of(owner).keys() - self._found)
            if missing:
                yield owner, missing


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
