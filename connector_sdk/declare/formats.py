"""How a source writes its cursor, and how fine it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ._word import Duration, check_duration, check_type, fail, micros, word
from .values import Lookup

__all__ = ["FORMATS", "Day", "Epoch", "Format", "Iso", "Number"]


@word
class Iso:
    """ISO 8601 text, such as ``2026-01-15T08:00:00Z``.

    ``tick`` is the finest step that the source keeps: with ``"1s"`` requests are written without a fraction.
    Records may carry any offset; requests are written in UTC, or with the offset of ``zone``. ``pattern``: how records
    and requests are written where that is not ISO 8601, as ``strftime`` has it: ``"%Y-%m-%d %H:%M:%S"``, in UTC unless
    it holds an offset (``%z``).
    """

    tick: Duration = "1ms"
    zone: str = "UTC"
    pattern: str | None = None

    def __post_init__(self) -> None:
        check_duration(self.tick, "Iso", "tick")
        if micros(self.tick) not in (1, 1_000, 1_000_000, 60_000_000, 3_600_000_000):
            fail("Iso", f"tick={self.tick!r} is no tick", "it takes '1us', '1ms', '1s', '1m' or '1h'")
        _check_zone(self.zone, "Iso")
        if self.pattern is not None:
            self._check_pattern(self.pattern)

    def _check_pattern(self, pattern: str) -> None:
        if self.zone != "UTC" and "%z" not in pattern:
            fail("Iso", f"pattern={pattern!r} has no offset, and local times repeat when clocks are set back",
                 "add %z; or ask for whole days: SINCE.format(Day(zone, pattern='%Y-%m-%d 00:00:00'))")  # fmt: skip
        finest = _SAMPLE - timedelta(microseconds=_SAMPLE.microsecond % min(micros(self.tick), 1_000_000))
        finest = finest.replace(second=0 if micros(self.tick) > 1_000_000 else finest.second)
        finest = finest.replace(minute=0 if micros(self.tick) > 60_000_000 else finest.minute)
        _check_writing(pattern, finest, "Iso", f"it must hold all of a moment, down to {self.tick}")


@word
class Epoch:
    """Time since 1970 in seconds, milliseconds or microseconds.

    With ``places`` it is text with so many decimal places, such as Slack's ``"1512085950.000216"``; text stays text.
    """

    unit: Literal["s", "ms", "us"] = "s"
    places: int = 0

    def __post_init__(self) -> None:
        if self.unit not in ("s", "ms", "us"):
            fail("Epoch", f"unit={self.unit!r} is no unit", "it takes 's', 'ms' or 'us'")
        finest = {"s": 6, "ms": 3, "us": 0}[self.unit]
        if not isinstance(self.places, int) or not 0 <= self.places <= finest:
            fail("Epoch", f"places={self.places!r} with unit {self.unit!r}", f"it takes 0 to {finest}")


@word
class Day:
    """A date, such as ``2026-01-15``, in a time zone: a name such as ``"America/New_York"``, or a lookup that finds it.

    ``until_today``: the source's filter takes only days that have ended there.
    A lookup that finds ``None`` says that the zone is not known; requests then ask for one day more on either side.
    ``pattern``: how it is written where that is not ISO 8601, as ``strftime`` has it: ``"%Y%m%d"``, ``"%m/%d/%Y"``.
    """

    zone: str | Lookup[str] | Lookup[str | None] = "UTC"
    until_today: bool = False
    pattern: str | None = None

    def __post_init__(self) -> None:
        check_type(self.zone, (str, Lookup), "Day", "zone", "the name of a time zone or a lookup")
        if isinstance(self.zone, str):
            _check_zone(self.zone, "Day")
        if self.pattern is not None:
            midnight = datetime(_SAMPLE.year, _SAMPLE.month, _SAMPLE.day, tzinfo=UTC)
            _check_writing(self.pattern, midnight, "Day", "it must hold year, month and day")


@word
class Number:
    """A sequence that only rises; it is not a time."""


Format = Iso | Epoch | Day | Number
FORMATS = (Iso, Epoch, Day, Number)

_SAMPLE = datetime(2026, 11, 28, 19, 47, 53, 123_456, tzinfo=UTC)


def _check_zone(zone: object, where: str) -> None:
    check_type(zone, str, where, "zone", "the name of a time zone")
    try:
        ZoneInfo(str(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        fail(where, f"zone={zone!r} is no time zone", "write a name such as 'America/New_York'")


def _check_writing(pattern: object, moment: datetime, where: str, hint: str) -> None:
    """Refuse a pattern that does not give a moment back as it was."""
    check_type(pattern, str, where, "pattern", "text such as '%Y%m%d'")
    try:
        again = datetime.strptime(moment.strftime(str(pattern)), str(pattern))  # noqa: DTZ007 - checked below
    except ValueError:
        again = None
    if again is None or again.replace(tzinfo=again.tzinfo or UTC) != moment:
        fail(where, f"pattern={pattern!r} loses a part of what it writes", hint)
