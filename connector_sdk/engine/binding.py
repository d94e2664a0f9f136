"""One binding at work: partitions are found, planned when they are due, and read by turns (R21, R28)."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from connector_sdk.declare import Follow, Incremental, Missing, Stream, interval, micros
from connector_sdk.errors import CredentialsError, RefusedError, SdkError, StateError, StateFullError
from connector_sdk.http import NotOffered, Signal
from connector_sdk.plan import REREAD, Patch, Step, lane_key

from .alarm import Alarm
from .failures import Failures, is_own
from .fairness import Ready
from .hashing import owner
from .ledger import Ledger
from .overtaken import Overtaken
from .partitions import Partition
from .room import KEYS, SEEN, Room
from .runtime import Runtime
from .state import BindingState, compose
from .trace import BindingTrace
from .tracks import Track, fingerprint, tracks
from .work import Work

__all__ = ["Binding", "BindingRun"]

_log = logging.getLogger("connector_sdk")
_LAZY = 300.0  # seconds after which idle progress is written
_NOTED = 1_000  # changes of state that wait, of about a hundred bytes: a patch holds 256 KiB (R27)
_SOONEST = 1_000_000  # microseconds between two polls, whatever the interval says
_LONGEST = 600.0  # seconds of one wait: a clock that is set right must not be waited for
_WINDOWS = 8  # the most lanes of a partition that read again
_WORKERS = 18  # steps of one binding under way at once: sixteen, and one more for each share that has none among them
_AT_ONCE = 500  # partitions whose cut-offs are written together
_GONE = 30 * 86_400_000_000  # microseconds after which a partition that is gone is forgotten
_PARTITION_COST = 80  # bytes of state of an idle partition beside its name (R27)


@dataclass(frozen=True)
class Binding:
    """A stream bound to a collection: its number in the session, the operator's interval (microseconds), what is
    remembered under its ``stateKey``, and the instant at which history begins."""

    index: int
    stream: Stream
    state_key: str
    state: object
    start: str
    interval: int | None = None


def _start_of(stream: Stream, start: str) -> str:
    """Where a stream's history begins: where its definition says, or else the config."""
    own = stream.sync.start if isinstance(stream.sync, Incremental) else None
    return start if own is None else str(own)


class BindingRun:
    """One binding of a session at work. ``run`` ends when the session is run once and the binding is caught up."""

    def __init__(self, binding: Binding, runtime: Runtime) -> None:
        self.binding = binding
        self.runtime = runtime
        stream = binding.stream
        try:
            self.state = BindingState(binding.state, fingerprint(stream), _start_of(stream, binding.start))
        except StateError as error:
            raise error.about(stream.name) from None
        self.ledger = Ledger(binding.index, self.state, runtime.outbox, runtime.encoder)
        self.overtaken = Overtaken()
        self.trace = BindingTrace(self.overtaken, runtime.time)
        self.failures = Failures(stream.name, binding.index)
        self.caught_up = False
        self.prepared = False
        self.feed = runtime.exchange.feed(stream.name)
        self.feed.bound = True
        self._alarm = Alarm(runtime.clock)
        self._progress = 0  # bytes of the capture's state that its partitions' progress takes
        self.tracks = tracks(stream, self._work())
        self._ready = Ready(self.trace.shares, _WORKERS)
        self._running: dict[str, tuple[asyncio.Task[None], Track, Partition, Step | None]] = {}
        self._due: list[tuple[int, int, Track, str]] = []
        self._count = itertools.count()
        self._tracks_of: dict[str, Track] = {}
        self._flushed = runtime.clock.monotonic()

    def _work(self) -> Work:
        stream = self.binding.stream
        every = max(self.binding.interval if self.binding.interval is not None else micros(interval(stream)), _SOONEST)
        keyed = stream.learns(Missing) or not isinstance(stream.sync, Incremental)
        self._kept = KEYS if keyed else SEEN
        self._room = Room(self._kept, self.runtime.room)
        return Work(
            self.runtime, self.ledger, self.trace, self.overtaken, every, self.binding.start, self._room, self._wake,
            lambda: [id for track in self.tracks for id in track.parts],
        )  # fmt: skip

    def _wake(self) -> None:
        for track in self.tracks:
            for part in track.parts.values():
                self._plan_at(track, part, 0)
        self._alarm.ring()

    @property
    def needs_time(self) -> bool:
        """Whether a cut-off has to be fixed, for which the source's clock should be known."""
        return isinstance(self.binding.stream.sync, Incremental | Follow) and "tail" not in self.state.data

    @property
    def failing_since(self) -> float | None:
        """Since when something of it has been failing (monotonic seconds)."""
        return self.failures.since

    @property
    def error(self) -> Exception | None:
        """What it is failing with; an error of ours names the stream."""
        error = self.failures.error
        if isinstance(error, CredentialsError) or not isinstance(error, SdkError):
            return error
        return error.about(self.binding.stream.name)

    def backfilling(self) -> bool:
        """Whether history is still being read."""
        if not self.prepared or any(track.looked is None for track in self.tracks):
            return True
        return any(track.lanes.backfilling() for track in self.tracks if track.parts)

    def where(self) -> str:
        """How far reading has come, for people."""
        return next((text for track in self.tracks if self.prepared and (text := track.lanes.where())), "")

    def warnings(self) -> list[str]:
        """What the user should know."""
        told = [text for track in self.tracks if self.prepared and (text := track.lanes.warning())]
        if refused := self.failures.refused:
            names = ", ".join(refused[:5]) + (" ..." if len(refused) > 5 else "")
            told.append(f"{len(refused):,} partitions cannot be read ({names})")
        return told

    async def run(self) -> None:
        """Work until cancelled, or, in a session that is run once, until caught up or failed."""
        try:
            while not await self._turn():
                self.feed.live(self.prepared and not self.failures)
        except StateError as error:
            raise error.about(self.binding.stream.name) from None
        finally:
            self.feed.bound = False
            self.feed.live(False)
            self._alarm.stop()
            tasks = [task for task, *_ in self._running.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _turn(self) -> bool:
        """Plan, begin what can be begun, and wait for what comes first. Whether all is done."""
        if not self.prepared:
            return await self._prepare()
        now = self.runtime.clock.monotonic()
        for track in self.tracks:
            if self._looks(track, now):
                task = asyncio.create_task(self._find(track))
                task.add_done_callback(self._alarm.ring)
                self._running[self._looking(track)] = (task, track, Partition(""), None)
        self._plan_due()
        self._begin_ready()
        if self._quiet():
            self.caught_up = not self.failures
            if self.runtime.once:
                await self.ledger.flush()
                return True
        await self._wait()
        return False

    def _quiet(self) -> bool:
        """Whether nothing that is due is left; with failures, nothing that works."""
        if self._running or len(self._ready) or (self._due and self._due[0][0] <= self.runtime.time.now()):
            return False
        if self.failures:
            return True
        refused = set(self.failures.refused)  # they are behind for as long as they are refused
        return not any(track.behind - refused or track.looked is None for track in self.tracks)

    async def _prepare(self) -> bool:
        try:
            if self.state.warning:
                _log.warning("%s: %s", self.binding.stream.name, self.state.warning, extra=self._fields())
                self.state.warning = ""
                await self.ledger.flush()
            for track in self.tracks:
                await track.lanes.prepare()
            self._restart()
        except Exception as error:
            self._failed("prepare", error)
            if self.runtime.once:
                return True
            await self.runtime.clock.sleep((self.failures.next or 0) - self.runtime.clock.monotonic())
            return False
        self.failures.clear("prepare")
        self.prepared = True
        return False

    def _restart(self) -> None:
        """Have history begin elsewhere, if the user moved its start: for all partitions, those that are gone too."""
        if self.state.start_before is None:
            return
        for track in self.tracks:
            for id in self._known(track):
                self.state.note(track.lanes.restart(id, self.state.start_before))
        self.state.restarted()

    # ---- partitions -----------------------------------------------------------------------------------------------

    def _looking(self, track: Track) -> str:
        return f"{track.prefix}/look for partitions"

    def _looks(self, track: Track, now: float) -> bool:
        key = self._looking(track)
        if key in self._running or self.failures.blocks(key, now) or (self.runtime.once and key in self.failures):
            return False
        if track.looked is None:
            return True
        discovery = track.discovery
        wanted = self.runtime.once and discovery.wanted > discovery.began
        return discovery.needed and (wanted or now - track.looked >= discovery.every / 1e6)

    def _waits_to_look(self, track: Track, now: float) -> bool:
        key = self._looking(track)
        return key in self._running or self.failures.blocks(key, now)

    async def _find(self, track: Track) -> None:
        """Find the partitions, fix the cut-offs of new ones, and remember those that are gone."""
        found = await track.find()
        mine = {part.id: part for part in found.parts if self._owns(track, part.id)}
        self._make_room(track, mine)
        everywhere = {part.id for part in found.parts}
        if track.discovery.needed:
            await self._compare(track, everywhere, found.exact)
        if strangers := self._strangers(track, everywhere, mine):
            for id in strangers:
                self.state.note(track.lanes.forget(Partition(id)))
            await self.ledger.flush()  # at once: were the shards merged before, a stale copy would be taken for true
        new = [part for id, part in mine.items() if id not in track.parts]
        await self._begin(track, new)
        if not found.exact:  # what an incomplete listing lacks may be there all the same
            mine = {id: part for id, part in track.parts.items() if id not in everywhere} | mine
        self._forget_failures(track, mine)
        track.parts = mine
        track.behind &= mine.keys()
        track.looked, track.discovery.began = self.runtime.clock.monotonic(), found.began
        for part in new:
            self._plan_at(track, part, 0)
        await track.lanes.looked()

    def _strangers(self, track: Track, found: set[str], mine: Collection[str]) -> list[str]:
        """The partitions that are remembered and belong to another shard since a split (R19)."""
        return sorted(id for id in self._known(track) if id in found and id not in mine)

    async def _compare(self, track: Track, found: set[str], exact: bool) -> None:
        """Remember which partitions are gone since when, and which are back; nothing of them is lost by that."""
        now = self.runtime.time.now()
        gone = self.state.data.get("gone", {})
        known = self._known(track)
        change: Patch = {id: None for id in found if id in gone}
        if exact:
            change |= {id: now for id in known - found if id not in gone}
        if change:
            self.state.note({"gone": change})
        if exact and self._orphans(track):
            for id in sorted(known - found):
                track.parts.pop(id, None)
                await self._end_steps(id)
                if not self.binding.stream.shared:
                    # should it come back, it is new, and all of it has to be read again; this leaves with its deletions
                    self.state.note(compose(track.lanes.forget(Partition(id), keys=False), {"gone": {id: None}}))
                    known.discard(id)
                await track.lanes.orphan(Partition(id))
        for id in known - found:
            if now - self.state.data.get("gone", {}).get(id, now) > _GONE:
                self.state.note(compose(track.lanes.forget(Partition(id)), {"gone": {id: None}}))

    def _orphans(self, track: Track) -> bool:
        """Whether what was in a part is deleted when the part is gone: below parents, where these are too."""
        ways = [each.learns(Missing) for each in (self.binding.stream, track.root)]
        return all(way is not None and way.orphans for way in ways)

    async def _end_steps(self, id: str) -> None:
        """End what is under way in a partition."""
        tasks = [task for task, _, part, step in self._running.values() if step is not None and part.id == id]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _owns(self, track: Track, id: str) -> bool:
        low, high = self.runtime.owned
        stream = self.binding.stream
        whole = stream.numbered or stream.shared
        return low <= owner(stream.name, "" if whole else id.removeprefix(track.prefix)) <= high

    def _known(self, track: Track) -> set[str]:
        known = track.lanes.known()
        prefixes = [other.prefix for other in self.tracks if other.prefix]
        return {
            id for id in known
            if id.startswith(track.prefix) and (track.prefix or not any(id.startswith(each) for each in prefixes))
        }  # fmt: skip

    def _make_room(self, track: Track, parts: Collection[str]) -> None:
        """What progress takes, is not there for what was sent. Raises StateFullError beyond what may be kept (R27)."""
        track.size = sum(map(len, parts)) * 3 + len(parts) * _PARTITION_COST
        size = sum(each.size for each in self.tracks)
        if size > SEEN:
            raise StateFullError(
                f"stream {self.binding.stream.name!r} has {len(parts):,} partitions, whose progress would take "
                f"{size / SEEN:.1f} MiB of state; at most 1 MiB is kept for a binding.",
                hint="split the key range over more shards, or group its partitions with per=",
            )
        everywhere = self.runtime.room
        everywhere.give(self._progress)
        self._progress = size if everywhere.take(size) else 0
        if self._progress < size:
            raise StateFullError(
                f"stream {self.binding.stream.name!r} has {len(parts):,} partitions, whose progress would take "
                f"{size / SEEN:.1f} MiB of state; of the 16 MiB of a capture {everywhere.used / SEEN:.1f} are taken.",
                hint="split the key range over more shards, or take fewer streams into one capture",
            )
        self._room.limit = self._kept - size

    async def _begin(self, track: Track, parts: list[Partition]) -> None:
        for at in range(0, len(parts), _AT_ONCE):
            init: Patch = {}
            for part in parts[at : at + _AT_ONCE]:
                if patch := track.lanes.begin(part):
                    init = compose(init, patch)
            if init:
                await self.ledger.flush()
                await self.ledger.commit(0, lambda init=init: ((), init), lazy=False)  # type: ignore[misc]

    # ---- steps ----------------------------------------------------------------------------------------------------

    def _forget_failures(self, track: Track, parts: Collection[str]) -> None:
        """What failed in a partition that is not there any more is not tried again, nor told."""
        for lane in self.failures.lanes():
            id = lane.rpartition("/")[0]
            if lane != self._looking(track) and id in track.parts and id not in parts and lane not in self._running:
                self.failures.clear(lane)

    def _plan_at(self, track: Track, part: Partition, instant: int) -> None:
        heapq.heappush(self._due, (instant, next(self._count), track, part.id))

    def _plan_due(self) -> None:
        now, monotonic = self.runtime.time.now(), self.runtime.clock.monotonic()
        planned_now: set[str] = set()
        while self._due and self._due[0][0] <= now:
            _, _, track, id = heapq.heappop(self._due)
            part = track.parts.get(id)
            if part is None or id in planned_now:
                continue
            planned_now.add(id)
            planned = track.plan(part)
            if planned.lazy:
                self.state.note(planned.lazy)
            if planned.due is not None and (planned.due > now or not planned.steps):
                self._plan_at(track, part, max(planned.due, now + 1000))  # else the end of a step plans again
            for step in planned.steps:
                busy = step.key in self._running or step.key in self._ready or self._overlaps(step)
                blocked = self.failures.blocks(step.key, monotonic) or (self.runtime.once and step.key in self.failures)
                if not busy and not blocked:
                    self._ready.add(step, part)
                    self._tracks_of[step.key] = track

    def _overlaps(self, step: Step) -> bool:
        """Whether a lane that reads again is just reading records of this span: of one that does not move its cursor,
        nothing would tell which page is the newer. The end of that step plans again."""
        if not step.lane.startswith(REREAD):
            return False
        for number in range(_WINDOWS):
            key = lane_key(step.partition, REREAD if not number else f"{REREAD}.{number}")
            running = self._running.get(key)
            other = running[3] if running else self._ready.step(key)
            if key != step.key and other is not None and other.since < step.until and step.since < other.until:
                return True
        return False

    def _begin_ready(self) -> None:
        while (chosen := self._ready.next()) is not None:
            step, part = chosen
            track = self._tracks_of.pop(step.key)
            if part.id not in track.parts:  # it went while the step waited
                self._ready.ended(step)
                continue
            task = asyncio.create_task(track.lanes.perform(step, part))
            task.add_done_callback(self._alarm.ring)
            self._running[step.key] = (task, track, part, step)

    async def _wait(self) -> None:
        clock = self.runtime.clock
        now = clock.monotonic()
        waits = [_LAZY] if self.state.lazy else []
        if self._due:
            waits.append(max(0.0, (self._due[0][0] - self.runtime.time.now()) / 1e6))
        # what is under way, or waits for its next try, brings its own end
        waits += [max(0.0, at - now) for lane, at in self.failures.again() if lane not in self._running]
        waits += [
            max(0.0, track.looked + track.discovery.every / 1e6 - now)
            for track in self.tracks
            if track.looked is not None and track.discovery.needed and not self._waits_to_look(track, now)
        ]
        if not any(task.done() for task, *_ in self._running.values()):
            await self._alarm.wait(min([*waits, _LONGEST]))
        for lane, (task, track, part, step) in list(self._running.items()):
            if task.done():
                del self._running[lane]
                self._ended(lane, task, track, part, step)
        for lane in self.failures.retries(clock.monotonic()):
            if lane not in self._running:
                self._retry(lane)
        waited = clock.monotonic() - self._flushed >= _LAZY or self.state.noted > _NOTED
        if self.state.lazy and waited:
            await self.ledger.flush()
        if not self.state.lazy:
            self._flushed = clock.monotonic()

    def _ended(self, lane: str, task: asyncio.Task[None], track: Track, part: Partition, step: Step | None) -> None:
        if step is not None:
            self._ready.ended(step)
            self._plan_at(track, part, 0)
        error = None if task.cancelled() else task.exception()
        if error is None:
            self.failures.clear(lane)
        elif isinstance(error, Exception):
            own = track.discovery.needed and step is not None and is_own(error)
            self._failed(lane, error, refused=own)
        else:
            raise error

    def _retry(self, lane: str) -> None:
        id = lane.rpartition("/")[0]
        for track in self.tracks:
            if id in track.parts:
                self._plan_at(track, track.parts[id], 0)

    def _failed(self, lane: str, error: Exception, *, refused: bool = False) -> None:
        if isinstance(error, Signal) and not refused:
            error = RefusedError(
                f"stream {self.binding.stream.name!r} is not offered to these credentials ({error})."
                if isinstance(error, NotOffered) else f"The source refused what is needed ({error}).",
                hint="leave its binding out, or give the credentials what it needs (see the connector's README)",
            )  # fmt: skip
        self.failures.add(lane, error, self.runtime.clock.monotonic(), refused=refused)
        if isinstance(error, StateError):
            raise error

    def _fields(self) -> dict[str, Any]:
        return {"fields": {"stream": self.binding.stream.name, "binding": self.binding.index}}
