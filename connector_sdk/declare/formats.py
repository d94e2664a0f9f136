"""How a source writes its cursor, and how fine it is."""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ._word import Duration, check_duration, check_type, fail, micros, word
from .values import Lookup

__all__ = ["FORMATS", "Day", "Epoch", "Format", "Iso", "Number"]


@word
class Iso:
    """ISO 8601 text, such as ``2026-01-15T08:00:00Z``.

    ``tick`` is the finest step that the source keeps: with ``"1s"`` requests are written without a fraction.
    Records may carry any offset; requests are written in UTC.
    """

    tick: Duration = "1ms"

    def __post_init__(self) -> None:
        check_duration(self.tick, "Iso", "tick")
        if micros(self.tick) not in (1, 1_000, 1_000_000, 60_000_000, 3_600_000_000):
            fail("Iso", f"tick={self.tick!r} is no tick", "it takes '1us', '1ms', '1s', '1m' or '1h'")


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
    """

    zone: str | Lookup[str] | Lookup[str | None] = "UTC"
    until_today: bool = False

    def __post_init__(self) -> None:
        check_type(self.zone, (str, Lookup), "Day", "zone", "the name of a time zone or a lookup")
        if isinstance(self.zone, str):
            try:
                ZoneInfo(self.zone)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                fail("Day", f"zone={self.zone!r} is no time zone", "write a name such as 'America/New_York'")


@word
class Number:
    """A sequence that only rises; it is not a time."""


Format = Iso | Epoch | Day | Number
FORMATS = (Iso, Epoch, Day, Number)
