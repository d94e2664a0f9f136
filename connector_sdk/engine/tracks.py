"""What a binding reads: the lanes of its sync, made from its declaration, and the partitions they run in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from connector_sdk.declare import (
    ChangeLog,
    Endpoint,
    Follow,
    Incremental,
    Iso,
    Listed,
    Missing,
    Number,
    Partitions,
    Snapshot,
    Stream,
    interval,
    micros,
)
from connector_sdk.plan import Planned

from .changelog import ChangeLogLanes
from .documents import Shape
from .emission import Emission
from .entries import EntriesLanes
from .exchange import Feed
from .follow import FollowSink, Orphans, roots
from .following import Following
from .incremental import IncrementalLanes
from .keys import Keys
from .numbered import NumberedLanes
from .partitions import Discovery, Found, Partition
from .snapshot import SnapshotLanes
from .work import Lanes, Origin, PlainSink, Work

__all__ = ["Track", "fingerprint", "tracks"]


@dataclass
class Track:
    """Lanes and the partitions that they run in: those of ``root``, the stream that is followed, or the binding's own.
    ``prefix`` keeps the partitions of several tracks apart in state.
    ``looked``: when partitions were last found (monotonic seconds); None before the first time. ``size``: what their
    progress takes of the state (bytes)."""

    lanes: Lanes
    discovery: Discovery
    root: Stream
    prefix: str = ""
    parts: dict[str, Partition] = field(default_factory=dict)
    looked: float | None = None
    behind: set[str] = field(default_factory=set)
    size: int = 0

    async def find(self) -> Found:
        """All partitions, with this track's prefix."""
        found = await self.discovery.find()
        return found._replace(parts=[part._replace(id=self.prefix + part.id) for part in found.parts])

    def plan(self, part: Partition) -> Planned:
        """What can be done now in this partition."""
        planned = self.lanes.plan(part)
        (self.behind.discard if planned.caught_up else self.behind.add)(part.id)
        return planned


def tracks(stream: Stream, work: Work) -> list[Track]:
    """The tracks of a binding: one, but for streams that follow several, or whose deletions another endpoint lists."""
    runtime = work.runtime
    if isinstance(stream.sync, Follow):
        found = roots(stream)
        made = []
        for root in found:
            # several are each looked at no more often than by themselves: what is dear to list has a long interval
            every = work.every if len(found) == 1 else max(work.every, micros(interval(root)))
            prefix = "" if len(found) == 1 else f"/{root.name}/"
            discovery = Discovery(root, runtime, work.start)
            own = replace(work, every=every, parts=_parts(work, prefix), discovery=discovery)
            lanes, sink = _following(stream, root, own)
            made.append(Track(lanes, discovery, root, prefix))
            if sink.orphans and (listed := root.learns(Listed)):
                made.append(_told(root, listed, work, f"{prefix}/deleted/", sink))
        return made
    discovery = Discovery(stream, runtime, work.start)
    own = replace(work, parts=_parts(work, ""), discovery=discovery)
    lanes = _plain(stream, own, runtime.exchange.feed(stream.name))
    made = [Track(lanes, discovery, stream)]
    if listed := stream.learns(Listed):
        made.append(_told(stream, listed, work, "/deleted/"))
    return made


def _parts(work: Work, prefix: str) -> Callable[[], list[str]]:
    """The partitions of the track with this prefix. What lies in those of others is not its own."""
    deleted = f"{prefix}/deleted/"
    return lambda: [id for id in work.parts() if id.startswith(prefix) and not id.startswith(deleted)]


def _plain(stream: Stream, work: Work, feed: Feed) -> Lanes:
    if isinstance(stream.sync, Incremental):
        return IncrementalLanes(stream, work, feed)
    if stream.numbered:
        return NumberedLanes(stream, work)
    if isinstance(stream.sync, ChangeLog) and stream.sync.changes is None:
        return EntriesLanes(stream, work)
    keys = Keys("rows", work.ledger.state, work.room)
    sink = PlainSink(Emission(Shape(stream), work.overtaken, keys=keys), work.ledger)
    if isinstance(stream.sync, ChangeLog):
        return ChangeLogLanes(stream, work, keys, sink)
    return SnapshotLanes(stream, work, feed, keys, sink)


def _following(stream: Stream, root: Stream, work: Work) -> tuple[Lanes, FollowSink]:
    sync, state = stream.sync, work.ledger.state
    assert isinstance(sync, Follow)
    keys = Keys("rows", state, work.room) if stream.learns(Missing) else None
    # what an increment reads again is followed again; of a listing, only what is new or has changed
    followed = None if isinstance(root.sync, Incremental) else Keys("followed", state, work.room)
    sink = FollowSink(stream, root, work, keys, followed)
    feed = work.runtime.exchange.feed(root.name)
    feed.follow(work.wake)
    if sync.as_listed:
        root = _as_listed(root)
    if isinstance(root.sync, Incremental):
        if sync.sweep is not None:  # a lane more than the root's own binding has
            root = replace(root, sync=replace(root.sync, sweep=sync.sweep))
        missing = root.learns(Missing)  # where sweeps only list keys, those of a follower are its own
        sweeps = sync.sweep is not None or missing is None or missing.listing is None
        return Following(IncrementalLanes(root, work, Feed(), sink, sweeps=sweeps), sink, feed), sink
    assert followed is not None
    if isinstance(root.sync, ChangeLog):
        return Following(ChangeLogLanes(root, work, followed, sink), sink, feed), sink
    return Following(SnapshotLanes(root, work, Feed(), followed, sink), sink, feed), sink


def _as_listed(root: Stream) -> Stream:
    """The same stream, its records as they are listed: without what completes them."""
    read, sync = root.read, root.sync
    if isinstance(read, Endpoint):
        read = replace(read, next=None)
    if isinstance(sync, Incremental) and isinstance(sync.changes, Endpoint):
        sync = replace(sync, changes=replace(sync.changes, next=None))
    return replace(root, read=read, sync=sync)


def _told(stream: Stream, listed: Listed, work: Work, prefix: str, orphans: FollowSink | None = None) -> Track:
    discovery = Discovery(stream, work.runtime, work.start)
    own = replace(work, parts=_parts(work, prefix), discovery=discovery)
    return Track(_listed(stream, listed, own, orphans), discovery, stream, prefix)


def _listed(stream: Stream, listed: Listed, work: Work, orphans: FollowSink | None = None) -> Lanes:
    """The lanes that read the endpoint which lists what is deleted; everything that leaves there is a deletion: of what
    is listed, or of the ``orphans`` below it."""
    every = micros(listed.every)
    work = replace(work, every=every)
    if "since" in listed.endpoint.uses():
        format = stream.sync.format if isinstance(stream.sync, Incremental) else Iso()
        sync = Incremental(listed.cursor, format=format, every=listed.every, reread="1h")
        derived = replace(stream, read=listed.endpoint, sync=sync, deletes=None)
        below = None if orphans is None else Orphans(orphans)
        return IncrementalLanes(derived, work, Feed(), below, deletions=True)
    derived = replace(stream, read=listed.endpoint, sync=Snapshot(every=listed.every), deletes=None)
    keys = Keys("listed", work.ledger.state, work.room)
    sink = _Deletions(derived, work, keys) if orphans is None else Orphans(orphans, keys, Shape(derived))
    return SnapshotLanes(derived, work, Feed(), keys, sink)


class _Deletions(PlainSink):
    """A sink for a listing of what is deleted: who disappears from it is only forgotten."""

    def __init__(self, stream: Stream, work: Work, keys: Keys) -> None:
        super().__init__(Emission(Shape(stream), work.overtaken, keys=keys, deletions=True), work.ledger)
        self._state = work.ledger.state
        self._keys = keys

    async def gone(self, keys: Sequence[str], origin: Origin) -> None:
        self._keys.drop(origin.part.id, keys)
        self._state.note(self._keys.take())


def fingerprint(stream: Stream) -> str:
    """What gives a binding's state its meaning, as text: another text starts the binding over (R17)."""
    parts = [_meaning(stream), f"key {' '.join(stream.keys)}"]
    if stream.per is not None:
        parent = stream.per.of if isinstance(stream.per, Partitions) else stream.per
        parts.append(f"per {parent.name} {' '.join(parent.keys)}" if isinstance(parent, Stream) else "per values")
    return " | ".join(parts)


def _meaning(stream: Stream) -> str:
    sync = stream.sync
    if isinstance(sync, Incremental):
        format = type(sync.format).__name__
        tick = getattr(sync.format, "tick", None) or getattr(sync.format, "unit", "")
        places = getattr(sync.format, "places", "")
        zone = getattr(sync.format, "zone", "")  # of a lookup, its name
        first = f" from {sync.start or 0}" if isinstance(sync.format, Number) else ""
        return f"inc {sync.cursor} {format} {tick}{places or ''}{zone if zone != 'UTC' else ''}{first}"
    if isinstance(sync, Follow):
        parents = " ".join(each.name if isinstance(each, Stream) else repr(each) for each in sync.streams)
        return f"follow {parents}: " + ", ".join(fingerprint(root) for root in roots(stream))
    if isinstance(sync, ChangeLog):
        return f"log {sync.changes}" if sync.changes is not None else "log of its own"
    return "snap"
