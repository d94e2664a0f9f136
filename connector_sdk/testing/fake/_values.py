"""Instants, days, durations and places in JSON, as a fake compares them: never as strings."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

from connector_sdk.engine.clock import SystemClock, parse_instant

__all__ = [
    "Duration",
    "Form",
    "HandClock",
    "JsonObject",
    "day_of",
    "day_start",
    "getter",
    "http_date",
    "instant_in",
    "rank",
    "seconds_of",
    "zoned_text",
]

JsonObject = dict[str, Any]
Duration = float | str
"""Seconds, or text such as ``"500ms"``, ``"30s"``, ``"5m"``, ``"24h"``, ``"7d"``."""
Form = Literal["iso", "s", "ms"]
"""How a place holds an instant: ISO 8601 text, or a count of seconds or milliseconds since 1970."""

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class HandClock(SystemClock):
    """A clock that stands still until a test moves it: ``clock.advance("1h")``. For one process only."""

    def __init__(self, start: int | str = "2026-01-03T00:00:00Z") -> None:
        self._at = parse_instant(start) if isinstance(start, str) else start
        super().__init__(self._at)

    def now(self) -> int:
        return self._at

    def monotonic(self) -> float:
        return self._at / 1_000_000

    def advance(self, duration: Duration) -> None:
        """Move the clock forward at once."""
        self._at += int(seconds_of(duration) * 1_000_000)


def seconds_of(duration: Duration) -> float:
    """The seconds of ``5``, ``"5m"`` or ``"1.5h"``; raises ValueError for another form."""
    if not isinstance(duration, str):
        return float(duration)
    found = _DURATION.fullmatch(duration)
    if found is None:
        raise ValueError(f"{duration!r} is no duration: write seconds, or text like '500ms', '30s', '5m', '24h', '7d'")
    return float(found[1]) * _UNITS[found[2]]


def instant_in(value: Any, form: Form = "iso") -> int:
    """Microseconds since 1970 of a value as a source writes it. Raises ValueError."""
    if form == "iso":
        if not isinstance(value, str):
            raise ValueError(f"{value!r} is no ISO 8601 text")
        return parse_instant(value)
    try:
        return int(Decimal(str(value)) * (1_000_000 if form == "s" else 1_000))
    except InvalidOperation:
        raise ValueError(f"{value!r} is no number") from None


def zoned_text(instant: int, zone: str = "UTC", *, digits: int = 0) -> str:
    """An instant as ISO 8601 with the offset of ``zone``, and ``digits`` (0, 3 or 6) of a second's fraction."""
    moment = _moment(instant).astimezone(ZoneInfo(zone))
    timespec = {0: "seconds", 3: "milliseconds", 6: "microseconds"}[digits]
    text = moment.isoformat(timespec=timespec)
    return text.replace("+00:00", "Z") if zone == "UTC" else text


def day_of(instant: int, zone: str = "UTC") -> date:
    """The calendar day of an instant in a zone."""
    return _moment(instant).astimezone(ZoneInfo(zone)).date()


def day_start(day: date, zone: str = "UTC") -> int:
    """The first instant of a day in a zone, also where that day has no midnight."""
    moment = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return (moment.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)


def http_date(instant: int) -> str:
    """An instant in the form of the ``Date`` header."""
    at = _moment(instant)
    return f"{_DAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04} {at:%H:%M:%S} GMT"


def rank(value: Any) -> tuple[int, Any]:
    """Something to sort mixed values by: nulls, then numbers, then instants, then other text."""
    if value is None:
        return (0, 0)
    if isinstance(value, int | float):
        return (1, value)
    if isinstance(value, str) and len(value) >= 19 and value[10] == "T":
        try:
            return (2, parse_instant(value))
        except ValueError:
            pass
    return (3, str(value))


@lru_cache(maxsize=4096)
def getter(place: str) -> Callable[[Any], Any]:
    """A function from a JSON value to what stands at a pointer in it, or None. ``id`` means ``/id``."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in place.removeprefix("/").split("/")]
    if len(steps) == 1:
        only = steps[0]
        return lambda record: record.get(only) if isinstance(record, dict) else None

    def find(record: Any) -> Any:
        for step in steps:
            if isinstance(record, dict):
                record = record.get(step)
            elif isinstance(record, list) and step.isdigit() and int(step) < len(record):
                record = record[int(step)]
            else:
                return None
        return record

    return find


def _moment(instant: int) -> datetime:
    return _EPOCH + timedelta(microseconds=instant)
