"""The parts of a stream: found on a timer of their own, remembered while they are gone (R13, R21)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from connector_sdk.declare import Bound, Endpoint, Incremental, Lookup, Partitions, Snapshot, Step, Stream, micros
from connector_sdk.errors import CappedError
from connector_sdk.http import Fill, Places, decode, encode
from connector_sdk.plan import SWEEP

from .begun import begun_again
from .borders import Borders
from .clock import parse_instant
from .documents import Shape
from .reading import Reading
from .runtime import Runtime

__all__ = ["WHOLE", "Discovery", "Found", "Partition", "partition_id"]

_SLOWEST = 900_000_000  # microseconds between two looks for parts, where the parent's own sync does not say


class Partition(NamedTuple):
    """An independent part of a stream: its stable id, and the parent's record or the constant as raw JSON."""

    id: str
    each: bytes | None = None


WHOLE = Partition("")
"""The one part of a stream without ``per``."""


def partition_id(values: Sequence[object]) -> str:
    """A stable text for the key of a parent's record, or for a constant; it holds no ``/`` but between values."""
    texts = [value if isinstance(value, str) else encode(value).decode() for value in values]
    return "/".join(quote(text, safe=" +,:;=@|") for text in texts)


class Found(NamedTuple):
    """All parts of a stream. ``exact``: whether a part that is not among them is certainly not there; ``began``: when
    they were asked for."""

    parts: list[Partition]
    exact: bool
    began: int


class Discovery:
    """Finds the parts of one stream. ``every``: microseconds between two looks. ``began``: when the look was begun
    whose parts are read now; ``wanted``: from when on another one is to be."""

    def __init__(self, stream: Stream, runtime: Runtime, start: str) -> None:
        self._per = stream.per
        self._runtime = runtime
        self._start = start
        self.every = self._pause()
        self.began = 0
        self.wanted = 0
        if (parent := _parent(self._per)) is not None:
            runtime.exchange.feed(parent.name).follow(lambda: None)

    @property
    def needed(self) -> bool:
        """Whether the parts have to be looked for."""
        return self._per is not None

    def _pause(self) -> int:
        parent = _parent(self._per)
        if parent is not None and isinstance(parent.sync, Snapshot):
            return micros(parent.sync.every)
        if isinstance(self._per, Lookup):
            return micros(self._per.every)
        return _SLOWEST

    async def find(self) -> Found:
        """All parts, completely. Raises what the source's refusal raises; then nothing is known of any part."""
        per, now = self._per, self._runtime.time.now()
        if per is None:
            return Found([WHOLE], True, now)
        if isinstance(per, Stream):
            return await self._of(per, None)
        if isinstance(per, Partitions):
            return await self._of(per.of, per.only)
        values: Any = per
        if isinstance(per, Lookup):
            lookups, at = self._runtime.client.lookups, self._runtime.clock.monotonic()
            values = await lookups.get(per, at - (now - self.wanted) / 1e6)
            now += int((lookups.began(per) - at) * 1e6)
        return Found([Partition(partition_id([value]), encode(value)) for value in values or ()], True, now)

    async def _of(self, parent: Stream, only: Callable[[Any], Any] | None) -> Found:
        """The records of the parent's complete listing, over all of its own parts."""
        found: dict[str, Partition] = {}
        now = self._runtime.time.now()
        finished = self._runtime.exchange.feed(parent.name).take(SWEEP, "", 0)
        if finished is not None and finished.began > max(now - self.every, self.wanted):
            for page in finished.pages:
                self._add(parent, only, page, found)
            return Found(list(found.values()), finished.exact, finished.began)
        exact = True
        assert parent.read is not None
        bound = await self._all_of_time(parent)
        shape = Shape(parent)
        discovery = Discovery(parent, self._runtime, self._start)
        discovery.wanted = self.wanted
        above = await discovery.find()
        for part in above.parts:
            fill = Fill(bound=bound, each=part.each, step=Step(each=part.each and decode(part.each)), key=shape.key_of)

            async def whole(fill: Fill = fill) -> Reading:
                assert parent.read is not None
                reading = Reading(parent.read)
                async for answer in self._runtime.client.read(parent.read, fill):
                    reading.page(answer, [shape.row(body) for body in answer.slices])
                    self._add(parent, only, answer.slices, found)
                    answer.release()
                return reading

            reading = await begun_again(parent.name, whole)
            if reading.capped or reading.short_of:
                raise CappedError(
                    f"The listing of {parent.name!r}, whose records are parts to be read, is cut short: "
                    f"{reading.rows:,} came{f' of {reading.total:,}' if reading.total else ''}.",
                    hint="read the parent in smaller parts, or take cap= or total= out if they are not so",
                )
            exact &= reading.exact and bool(reading.rows or reading.said_empty)
        return Found(list(found.values()), exact and above.exact, min(now, above.began))

    def _add(
        self, parent: Stream, only: Callable[[Any], Any] | None, page: Sequence[bytes | memoryview],
        found: dict[str, Partition],
    ) -> None:  # fmt: skip
        places = Places(parent.keys)
        for body in page:
            if only is None or only(decode(body)):
                key = [None if raw is None else decode(raw) for raw in places.of(body)]
                part = Partition(partition_id(key), bytes(body))
                found[part.id] = part

    async def _all_of_time(self, parent: Stream) -> Callable[[Bound], object] | None:
        if not isinstance(parent.sync, Incremental) or not isinstance(parent.read, Endpoint):
            return None
        borders = await Borders.find(parent, self._runtime.client)
        since = borders.cursor.at(parse_instant(str(parent.sync.start or self._start)))
        until = borders.cursor.at(self._runtime.time.now()) + 1
        return borders.filler(since, until)


def _parent(per: object) -> Stream | None:
    return per.of if isinstance(per, Partitions) else per if isinstance(per, Stream) else None
