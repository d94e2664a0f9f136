"""The borders of a stream's requests: its cursor, and the units and zones of its filters, as the source writes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from connector_sdk.declare import Bound, Day, Endpoint, Format, Incremental, Job, Reader, Span, Stream, placeholders
from connector_sdk.errors import DefinitionError
from connector_sdk.http import Client
from connector_sdk.plan import Cursor, border, cursor_of

__all__ = ["Borders"]


@dataclass(frozen=True)
class _Unit:
    cursor: Cursor
    unknown: bool  # its zone could not be found
    past_days: bool  # it takes only days that have ended


@dataclass
class Borders:
    """How ticks become what stands for SINCE and UNTIL in a stream's requests."""

    cursor: Cursor
    _units: dict[Bound, _Unit] = field(default_factory=dict)

    @classmethod
    async def find(cls, stream: Stream, client: Client, *, format: Format | None = None) -> Borders:
        """The borders of an Incremental stream; zones that are lookups are found first. Raises SourceError."""
        assert isinstance(stream.sync, Incremental)
        written = format or stream.sync.format
        borders = cls((await _unit(written, client)).cursor)
        for reader in stream.readers():
            await borders.learn(reader, written, client)
        return borders

    async def learn(self, reader: Reader, format: Format, client: Client) -> None:
        """Find the units of this reader's filters."""
        if isinstance(reader, Job):
            listed = [reader.parts] if isinstance(reader.parts, Endpoint) else []
            for part in (reader.create, reader.poll, *listed, reader.result):
                await self.learn(part, format, client)
        if not isinstance(reader, Endpoint):
            return
        if reader.then_by is not None:
            await self.learn(reader.then_by, format, client)
        for endpoint in reader.chain():
            for each in [*endpoint.varying(), *placeholders(endpoint.add)]:
                if isinstance(each, Bound):
                    self._units[each] = await _unit(each.written or format, client)

    @property
    def unit(self) -> Cursor | None:
        """The coarsest filter, if it is coarser than the cursor."""
        units = [unit.cursor for unit in self._units.values()]
        coarsest = max(units, key=_length, default=self.cursor)
        return coarsest if _length(coarsest) > _length(self.cursor) else None

    @property
    def ceiling(self) -> Cursor | None:
        """The days of a filter that takes only those that have ended."""
        return next((unit.cursor for unit in self._units.values() if unit.past_days), None)

    @property
    def behind(self) -> int:
        """How many past days such a filter is not asked for yet: where its zone is not known it may be yesterday there,
        and a request asks for one day more."""
        return 2 if any(unit.past_days and unit.unknown for unit in self._units.values()) else 0

    @property
    def aligned(self) -> bool:
        """Whether what is asked for is just what is wanted, where spans end on borders of the unit."""
        return not any(unit.unknown for unit in self._units.values())

    def filler(self, since: int, until: int) -> Callable[[Bound], object]:
        """What writes SINCE and UNTIL for the span ``[since, until)``."""

        def bound(which: Bound) -> object:
            unit = self._units.get(which) or self._unforeseen(which)
            return border(which, self.cursor, since, until, unit.cursor, pad=unit.unknown)

        return bound

    def _unforeseen(self, which: Bound) -> _Unit:
        """The unit of a border that only an author's generator asks with."""
        written = which.written
        if isinstance(written, Day) and not isinstance(written.zone, str):
            raise DefinitionError(
                f"{which!r} in a generator: its time zone is a lookup, which is found before a generator begins.",
                hint="write the border from step.span",
            )
        self._units[which] = unit = _Unit(self.cursor if written is None else cursor_of(written), False, False)
        return unit

    def span(self, since: int, until: int) -> Span:
        """The span in the cursor's own writing, for an author's generator."""
        return Span(self.cursor.write(since), self.cursor.write(until))


def _length(cursor: Cursor) -> int:
    return cursor.instant(1) - cursor.instant(0)


async def _unit(format: Format, client: Client) -> _Unit:
    if isinstance(format, Day):
        if isinstance(format.zone, str):
            return _Unit(cursor_of(format), False, format.until_today)
        zone = await client.lookups.get(format.zone)
        return _Unit(cursor_of(format, zone), zone is None, format.until_today)
    return _Unit(cursor_of(format), False, False)
