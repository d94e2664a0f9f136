"""Cursor values as integers of ticks, and the borders of requests in the source's own units.

Inside the engine every cursor is an integer; texts and dates exist only here, at the request and at the record.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from operator import methodcaller
from typing import Protocol
from zoneinfo import ZoneInfo

import orjson

from connector_sdk.declare import Bound, Day, Epoch, Format, Iso, Since, micros

__all__ = ["Cursor", "border", "cursor_of"]

DAY = 86_400_000_000
_TEXT = methodcaller("startswith", b'"')
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_UNIT = {"s": 1_000_000, "ms": 1_000, "us": 1}


class Cursor(Protocol):
    """How a source's cursor values become ticks and back. Instants are microseconds since 1970."""

    def parse(self, raw: bytes) -> int:
        """The tick of a record's value, given as raw JSON text. Raises ValueError for what cannot be read."""
        ...

    def parse_all(self, raws: Sequence[bytes]) -> list[int]:
        """The ticks of many values. Raises what ``parse`` raises."""
        return [self.parse(raw) for raw in raws]

    def write(self, tick: int) -> str | int:
        """A tick as the source writes it."""
        ...

    def at(self, instant: int) -> int:
        """The tick that an instant lies in."""
        ...

    def instant(self, tick: int) -> int:
        """The instant at which a tick begins."""
        ...

    def ticks(self, length: int) -> int:
        """How many ticks a length of time in microseconds is; at least one."""
        ...


class _Linear(Cursor, Protocol):
    """A cursor whose ticks all have the same length."""

    tick: int

    def at(self, instant: int) -> int:
        return instant // self.tick

    def instant(self, tick: int) -> int:
        return tick * self.tick

    def ticks(self, length: int) -> int:
        return max(1, length // self.tick)


class _IsoCursor(_Linear):
    def __init__(self, tick: int, zone: str = "UTC", pattern: str | None = None) -> None:
        self.tick = tick
        self._zone = None if zone == "UTC" else ZoneInfo(zone)
        self._pattern = pattern
        self._spec = "microseconds" if tick == 1 else "milliseconds" if tick == 1_000 else "seconds"

    def parse(self, raw: bytes) -> int:
        if raw[:1] != b'"':
            raise ValueError("it is no text")
        try:
            moment = _moment(raw[1:-1].decode(), self._pattern)
        except ValueError:  # something in it is escaped, or it is no time
            moment = _moment(orjson.loads(raw), self._pattern)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        since = moment - _EPOCH
        return (since.days * DAY + since.seconds * 1_000_000 + since.microseconds) // self.tick

    def parse_all(self, raws: Sequence[bytes]) -> list[int]:
        if self._pattern is None and all(map(_TEXT, raws)):
            with contextlib.suppress(ValueError, TypeError):  # an escape, no offset, or no time: one by one tells
                read, tick = datetime.fromisoformat, self.tick
                spans = [read(raw[1:-1].decode()) - _EPOCH for raw in raws]
                return [(each.days * DAY + each.seconds * 1_000_000 + each.microseconds) // tick for each in spans]
        return super().parse_all(raws)

    def write(self, tick: int) -> str:
        moment = _EPOCH + timedelta(microseconds=tick * self.tick)
        if self._zone is not None:
            moment = moment.astimezone(self._zone)
        if self._pattern is not None:
            return moment.strftime(self._pattern)
        if self._zone is not None:
            return moment.isoformat(timespec=self._spec)
        return moment.replace(tzinfo=None).isoformat(timespec=self._spec) + "Z"


def _moment(text: str, pattern: str | None) -> datetime:
    return datetime.fromisoformat(text) if pattern is None else datetime.strptime(text, pattern)  # noqa: DTZ007


class _EpochCursor(_Linear):
    def __init__(self, unit: str, places: int) -> None:
        self.places = places
        self._scale = Decimal(10) ** places
        self.tick = _UNIT[unit] // 10**places

    def parse(self, raw: bytes) -> int:
        text = orjson.loads(raw) if raw[:1] == b'"' else raw.decode()
        try:
            return int(Decimal(text) * self._scale // 1)
        except (InvalidOperation, OverflowError, TypeError):
            raise ValueError("it is no number") from None

    def write(self, tick: int) -> str | int:
        if not self.places:
            return tick
        sign, tick = ("-", -tick) if tick < 0 else ("", tick)
        whole, part = divmod(tick, 10**self.places)
        return f"{sign}{whole}.{part:0{self.places}d}"


class _DayCursor(Cursor):
    """Dates in a zone: a tick is the number of the date since 1970. Days have 23 to 25 hours, or do not exist."""

    def __init__(self, zone: str, pattern: str | None = None) -> None:
        self.zone = ZoneInfo(zone)
        self._pattern = pattern

    def parse(self, raw: bytes) -> int:
        if self._pattern is not None:  # which may be written as a number: 20260115
            text = orjson.loads(raw) if raw[:1] == b'"' else raw.decode()
            return _moment(text, self._pattern).toordinal() - _EPOCH_DAY
        if raw[:1] != b'"':
            raise ValueError("it is no text")
        return date.fromisoformat(orjson.loads(raw)[:10]).toordinal() - _EPOCH_DAY

    def write(self, tick: int) -> str:
        day = date.fromordinal(tick + _EPOCH_DAY)
        return day.isoformat() if self._pattern is None else day.strftime(self._pattern)

    def at(self, instant: int) -> int:
        return (_EPOCH + timedelta(microseconds=instant)).astimezone(self.zone).toordinal() - _EPOCH_DAY

    @lru_cache(maxsize=1024)  # noqa: B019 - a session has a handful of zones
    def instant(self, tick: int) -> int:
        # the first second whose local date is this one or later: right too where midnight, or the day, does not exist
        low, high = (tick * DAY) // 1_000_000 - 129_600, (tick * DAY) // 1_000_000 + 129_600
        while low < high:
            middle = (low + high) // 2
            if self.at(middle * 1_000_000) >= tick:
                high = middle
            else:
                low = middle + 1
        return low * 1_000_000

    def ticks(self, length: int) -> int:
        return max(1, length // DAY)


class _NumberCursor(_Linear):
    """A sequence: a tick is a number, and there is no clock."""

    tick = 1

    def parse(self, raw: bytes) -> int:
        value = orjson.loads(raw) if raw[:1] == b'"' else raw.decode()
        try:
            return int(value)
        except (ValueError, TypeError):
            raise ValueError("it is no whole number") from None

    def write(self, tick: int) -> int:
        return tick


def cursor_of(format: Format, zone: str | None = None) -> Cursor:
    """The cursor of a declared format. ``zone`` is what a ``Day`` whose zone is a lookup has found."""
    if isinstance(format, Iso):
        return _IsoCursor(micros(format.tick), format.zone, format.pattern)
    if isinstance(format, Epoch):
        return _EpochCursor(format.unit, format.places)
    if isinstance(format, Day):
        return _DayCursor(format.zone if isinstance(format.zone, str) else zone or "UTC", format.pattern)
    return _NumberCursor()


def border(bound: Bound, cursor: Cursor, since: int, until: int, unit: Cursor, *, pad: bool = False) -> str | int:
    """What stands in a request for SINCE or UNTIL, when ``[since, until)`` ticks of ``cursor`` are wanted.

    ``unit`` is the filter's own cursor, finer or coarser. What is asked for is always a superset: the lower border is
    rounded down, the upper one up, and a border that the filter leaves out is moved by one unit. ``pad`` moves both by
    one more: for days in a zone that is not known.
    """
    if isinstance(bound, Since):
        at = unit.at(cursor.instant(since)) - (1 if bound.flipped else 0) - (1 if pad else 0)
    else:
        last = unit.at(cursor.instant(until) - 1)
        at = last + (0 if bound.flipped else 1) + (1 if pad else 0)
    return unit.write(at)
