"""How sources write moments and days: what is read is what was written, and what cannot hold it is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connector_sdk import SINCE, UNTIL, Day, Iso
from connector_sdk.errors import DefinitionError
from connector_sdk.plan import border, cursor_of

AT = 1_768_464_000_000_000  # 2026-01-15T08:00:00Z
WRITINGS = [
    (Iso("1s"), "2026-01-15T08:00:00Z"), (Iso("1ms"), "2026-01-15T08:00:00.000Z"),
    (Iso("1s", zone="America/New_York"), "2026-01-15T03:00:00-05:00"),
    (Iso("1s", pattern="%Y-%m-%d %H:%M:%S"), "2026-01-15 08:00:00"),
    (Iso("1m", pattern="%Y%m%d%H%M"), "202601150800"),
    (Iso("1s", zone="Asia/Kolkata", pattern="%d/%b/%Y:%H:%M:%S %z"), "15/Jan/2026:13:30:00 +0530"),
    (Iso("1us", pattern="%Y-%m-%d %H:%M:%S.%f"), "2026-01-15 08:00:00.000000"),
    (Day(), "2026-01-15"), (Day(pattern="%Y%m%d"), "20260115"), (Day(pattern="%m/%d/%Y"), "01/15/2026"),
    (Day("America/Los_Angeles", pattern="%d.%m.%y"), "15.01.26"),
    (Day("Asia/Tokyo", pattern="%Y-%m-%d 00:00:00"), "2026-01-15 00:00:00"),
]  # fmt: skip


@pytest.mark.parametrize("format, text", WRITINGS)
def test_a_moment_is_written_as_the_source_writes_it(format: Any, text: str) -> None:
    cursor = cursor_of(format)
    tick = cursor.at(AT)
    assert cursor.write(tick) == text
    assert cursor.parse(f'"{text}"'.encode()) == tick


@given(st.integers(0, 4_000_000_000_000_000), st.sampled_from([each for each, _ in WRITINGS]))
def test_what_is_written_is_read_back(instant: int, format: Any) -> None:
    assume("%y" not in (format.pattern or "") or instant < 3_092_000_000_000_000)  # two digits end with 2068
    cursor = cursor_of(format)
    tick = cursor.at(instant)
    assert cursor.parse(f'"{cursor.write(tick)}"'.encode()) == tick


def test_days_of_a_zone_ask_a_filter_of_local_times_for_all_that_is_wanted() -> None:
    zone = Day("America/New_York", pattern="%Y-%m-%d 00:00:00")
    moments = cursor_of(Iso("1s"))
    since, until = moments.at(AT), moments.at(AT) + 3600
    asked = [border(bound.format(zone), moments, since, until, cursor_of(zone)) for bound in (SINCE, UNTIL)]
    assert asked == ["2026-01-15 00:00:00", "2026-01-16 00:00:00"]


def test_a_day_may_be_a_number() -> None:
    assert cursor_of(Day(pattern="%Y%m%d")).parse(b"20260115") == cursor_of(Day()).parse(b'"2026-01-15"')


@pytest.mark.parametrize("make, said", [
    (lambda: Iso("1s", pattern="%Y-%m-%d"), "loses a part"), (lambda: Iso("1s", pattern="%Y-%m-%d %H:%M"), "loses"),
    (lambda: Iso("1s", pattern="nonsense"), "loses"), (lambda: Iso("1s", pattern="%Y %"), "loses"),
    (lambda: Iso("1s", zone="America/New_York", pattern="%Y-%m-%d %H:%M:%S"), "local times repeat"),
    (lambda: Iso(zone="Mars/Olympus"), "no time zone"), (lambda: Day(pattern="%Y-%m"), "loses a part"),
    (lambda: Day(pattern=7), "pattern is 7"),
])  # fmt: skip
def test_a_writing_that_cannot_hold_a_moment_is_refused(make: Any, said: str) -> None:
    with pytest.raises(DefinitionError, match=said):
        make()
