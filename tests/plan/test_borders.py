"""Requests ask for a superset of the span, in the filter's own unit, inclusiveness and zone (R8)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_sdk.declare import SINCE, UNTIL, Day, Epoch, Iso
from connector_sdk.plan import border, cursor_of

HOUR = 3_600_000_000
FORMATS: list[Any] = [Iso("1us"), Iso("1ms"), Iso("1s"), Iso("1h"), Epoch("s"), Epoch("s", places=6), Epoch("ms"),
                      Day(), Day("America/New_York"), Day("America/Sao_Paulo"), Day("Pacific/Apia"),
                      Day("Asia/Kathmandu")]  # fmt: skip
INSTANTS = st.integers(0, 2_000_000_000_000_000)


def raw(value: object) -> bytes:
    return f'"{value}"'.encode() if isinstance(value, str) else str(value).encode()


@given(st.sampled_from(FORMATS), INSTANTS)
def test_what_is_written_is_read_back(form: Any, instant: int) -> None:
    cursor = cursor_of(form)
    tick = cursor.at(instant)
    assert cursor.parse(raw(cursor.write(tick))) == tick
    assert cursor.instant(tick) <= instant < cursor.instant(tick + 1)


@given(
    st.sampled_from([Iso("1us"), Iso("1ms"), Iso("1s")]),
    st.sampled_from(FORMATS),
    INSTANTS,
    st.integers(1, 100 * 24 * HOUR),
    st.booleans(),
    st.booleans(),
    st.floats(0, 1, exclude_max=True),
)
def test_every_wanted_record_passes_the_filter(
    form: Any, unit_form: Any, instant: int, length: int, exclusive: bool, inclusive: bool, place: float
) -> None:
    cursor, unit = cursor_of(form), cursor_of(unit_form)
    since = cursor.at(instant)
    until = since + cursor.ticks(length)
    at = cursor.instant(since) + int((cursor.instant(until) - cursor.instant(since)) * place)
    low = unit.parse(raw(border(SINCE.exclusive if exclusive else SINCE, cursor, since, until, unit)))
    high = unit.parse(raw(border(UNTIL.inclusive if inclusive else UNTIL, cursor, since, until, unit)))
    mine = unit.at(at)  # the filter sees the record in its own unit
    assert (mine > low) if exclusive else (mine >= low)
    assert (mine <= high) if inclusive else (mine < high)


@pytest.mark.parametrize("zone", ["America/New_York", "America/Sao_Paulo", "America/Havana", "Asia/Beirut"])
def test_days_have_the_length_their_zone_gives_them(zone: str) -> None:
    cursor = cursor_of(Day(zone))
    first = cursor.parse(b'"2018-01-01"')
    lengths = {(cursor.instant(day + 1) - cursor.instant(day)) // HOUR for day in range(first, first + 366)}
    assert {24} < lengths <= {23, 24, 25}


def test_a_day_that_does_not_exist_takes_no_time() -> None:
    cursor = cursor_of(Day("Pacific/Apia"))
    gone = date(2011, 12, 30).toordinal() - date(1970, 1, 1).toordinal()
    assert cursor.instant(gone) == cursor.instant(gone + 1)


def test_a_day_filter_asks_for_today_again_on_every_poll() -> None:
    cursor, unit = cursor_of(Iso("1s")), cursor_of(Day("America/Los_Angeles"))
    since = cursor.parse(b'"2026-01-15T23:00:00-08:00"')
    assert border(SINCE, cursor, since, since + 300, unit) == "2026-01-15"
    assert border(UNTIL, cursor, since, since + 300, unit) == "2026-01-16"
    assert border(SINCE, cursor, since, since + 300, unit, pad=True) == str(date(2026, 1, 15) - timedelta(days=1))
