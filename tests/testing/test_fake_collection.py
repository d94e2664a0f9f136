"""Collections change while they are read; filters compare instants at declared borders."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_sdk.engine.clock import parse_instant
from connector_sdk.testing.fake import (
    Collection,
    FakeApi,
    HandClock,
    among,
    between,
    day_of,
    day_start,
    equals,
    instant_in,
    on_days,
    zoned_text,
)

START = parse_instant("2026-01-03T00:00:00Z")


@pytest.fixture
def clock() -> HandClock:
    return HandClock(START)


@pytest.fixture
def api(clock: HandClock) -> FakeApi:
    return FakeApi(clock=clock)


def ids(records: list[dict[str, Any]]) -> list[Any]:
    return [record["id"] for record in records]


def test_keeps_insertion_order_or_sorts(api: FakeApi) -> None:
    plain = api.collection("plain")
    ordered = api.collection("ordered", order="/n")
    falling = api.collection("falling", order="/n", descending=True)
    for each in (plain, ordered, falling):
        each.put_all({"id": id, "n": n} for id, n in (("b", 2), ("c", 1), ("a", 2)))
    assert ids(plain.select()) == ["b", "c", "a"]
    assert ids(ordered.select()) == ["c", "a", "b"]
    assert ids(falling.select()) == ["b", "a", "c"]


def test_puts_edits_and_deletes(api: FakeApi) -> None:
    calls = api.collection("calls", key="id")
    calls.put({"id": 1, "title": "a", "tags": ["x"]})
    calls.edit(1, title="b")
    calls.edit(1, lambda call: call["tags"].append("y"))
    assert calls.get(1) == {"id": 1, "title": "b", "tags": ["x", "y"]}
    assert 1 in calls
    calls.delete(1)
    assert len(calls) == 0
    for change in (lambda: calls.delete(1), lambda: calls.edit(1, title="c"), lambda: calls.put({"title": "no id"})):
        with pytest.raises(KeyError):
            change()


def test_an_edit_may_not_move_the_key(api: FakeApi) -> None:
    calls = api.collection("calls")
    calls.put({"id": 1})
    with pytest.raises(ValueError, match="changed the key"):
        calls.edit(1, id=2)


def test_what_was_read_stays_as_it_was_read(api: FakeApi) -> None:
    calls = api.collection("calls")
    mine = {"id": 1, "tags": ["x"]}
    calls.put(mine)
    mine["tags"].append("mine alone")  # type: ignore[attr-defined]
    read, truth = calls.select(), calls.truth()
    calls.edit(1, lambda call: call["tags"].append("y"))
    calls.put({"id": 2})
    assert read == [{"id": 1, "tags": ["x"]}]
    assert truth == {1: {"id": 1, "tags": ["x"]}}


def test_compound_keys(api: FakeApi) -> None:
    stats = api.collection("stats", key=("/userId", "/day"))
    assert stats.put({"userId": 7, "day": "2026-01-01", "n": 1}) == (7, "2026-01-01")
    stats.put({"userId": 7, "day": "2026-01-01", "n": 2})
    assert stats.truth() == {(7, "2026-01-01"): {"userId": 7, "day": "2026-01-01", "n": 2}}


# ---- late changes


def test_a_late_record_is_seen_only_later(api: FakeApi, clock: HandClock) -> None:
    calls = api.collection("calls", order="/n")
    calls.put({"id": "late", "n": 1}, visible_after="5m")
    calls.put({"id": "now", "n": 2})
    assert (ids(calls.select()), list(calls.truth()), calls.late) == (["now"], ["now"], 1)
    clock.advance(299.9)
    assert ids(calls.select()) == ["now"]
    clock.advance(0.1)
    assert (ids(calls.select()), calls.late) == (["late", "now"], 0)


def test_a_collection_may_lag_as_a_whole(api: FakeApi, clock: HandClock) -> None:
    index = api.collection("index", visible_after="10s")
    index.put({"id": 1, "v": "a"})
    clock.advance("10s")
    index.edit(1, v="b")
    index.put({"id": 2}, visible_after=0)
    assert index.truth() == {1: {"id": 1, "v": "a"}, 2: {"id": 2}}
    clock.advance("10s")
    assert index.truth()[1]["v"] == "b"
    index.delete(1)
    assert 1 in index
    clock.advance("10s")
    assert 1 not in index


def test_an_edit_of_a_record_that_is_late_itself_follows_it(api: FakeApi, clock: HandClock) -> None:
    calls = api.collection("calls")
    calls.put({"id": 1, "v": "a"}, visible_after="1m")
    calls.edit(1, v="b")
    assert 1 not in calls
    clock.advance("61s")
    assert calls.get(1) == {"id": 1, "v": "b"}


def test_a_late_edit_changes_the_record_as_it_is_by_then(api: FakeApi, clock: HandClock) -> None:
    calls = api.collection("calls")
    calls.put({"id": 1, "title": "a", "brief": None})
    calls.edit(1, visible_after="1h", brief="late")
    calls.edit(1, title="b")
    clock.advance("1h")
    assert calls.get(1) == {"id": 1, "title": "b", "brief": "late"}


def test_settle_makes_everything_visible_and_a_delete_takes_what_is_late_along(api: FakeApi, clock: HandClock) -> None:
    calls = api.collection("calls")
    calls.put({"id": 1})
    calls.put({"id": 2}, visible_after="1d")
    calls.edit(1, visible_after="1d", brief="late")
    calls.delete(1)
    calls.put({"id": 1, "new": True})
    assert calls.settle() == 1
    assert calls.truth() == {1: {"id": 1, "new": True}, 2: {"id": 2}}


# ---- filters


def test_borders_are_declared(api: FakeApi) -> None:
    calls = api.collection("calls")
    calls.put_all({"id": n, "at": zoned_text(START + n * 1_000_000)} for n in range(5))
    since, until = START + 1_000_000, START + 3_000_000
    assert ids(calls.select(between("/at", since, until))) == [1, 2]
    assert ids(calls.select(between("/at", since, until, until_inclusive=True))) == [1, 2, 3]
    assert ids(calls.select(between("/at", since, until, since_inclusive=False))) == [2]
    assert ids(calls.select(between("/at", since, None))) == [1, 2, 3, 4]
    assert ids(calls.select(between("/at", None, until))) == [0, 1, 2]


def test_instants_are_compared_never_strings(api: FakeApi) -> None:
    calls = api.collection("calls")
    same = ("2026-01-03T00:00:00Z", "2026-01-02T16:00:00-08:00", "2026-01-03T05:30:00.000+05:30")
    calls.put_all({"id": n, "at": at} for n, at in enumerate((*same, "2026-01-02T23:59:59.999999Z", None, "soon")))
    assert ids(calls.select(between("/at", START, START + 1))) == [0, 1, 2]


def test_a_unit_cuts_records_and_borders_down(api: FakeApi) -> None:
    calls = api.collection("calls")
    calls.put_all({"id": n, "at": zoned_text(START + n * 400_000, digits=3)} for n in range(6))
    late = between("/at", START + 1_900_000, None, unit="1s")
    assert ids(calls.select(late)) == [3, 4, 5]
    assert ids(calls.select(between("/at", START + 999_999, None, since_inclusive=False, unit="1s"))) == [3, 4, 5]


def test_epoch_forms(api: FakeApi) -> None:
    messages = api.collection("messages", key="/ts")
    messages.put_all({"ts": ts} for ts in ("1767398400.000100", "1767398400.000200"))
    rows = messages.select(between("/ts", START + 100, START + 200, form="s"))
    assert [row["ts"] for row in rows] == ["1767398400.000100"]
    assert instant_in(1767398400000, "ms") == START


def test_days_are_the_zones_days(api: FakeApi) -> None:
    zone = "America/Los_Angeles"
    answers = api.collection("answers")
    moments = {"last of 1st": "2026-01-02T07:59:59Z", "first of 2nd": "2026-01-02T08:00:00Z"}
    moments |= {"last of 2nd": "2026-01-03T07:59:59Z", "first of 3rd": "2026-01-03T08:00:00Z"}
    answers.put_all({"id": id, "at": at} for id, at in moments.items())
    second, third = date(2026, 1, 2), date(2026, 1, 3)
    assert ids(answers.select(on_days("/at", second, third, zone=zone))) == ["first of 2nd", "last of 2nd"]
    both = on_days("/at", second, third, zone=zone, until_inclusive=True)
    assert ids(answers.select(both)) == ["first of 2nd", "last of 2nd", "first of 3rd"]
    assert ids(answers.select(on_days("/at", second, third, zone=zone, since_inclusive=False))) == []


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "America/Sao_Paulo", "Asia/Beirut", "Pacific/Apia", "UTC"])
def test_day_start_is_the_first_instant_of_the_day(zone: str) -> None:
    day = date(2011, 1, 1)
    while day < date(2013, 1, 1):
        start = day_start(day, zone)
        if day_of(start, zone) == day:  # Apia skipped one whole day
            assert day_of(start - 1, zone) < day
        day += timedelta(days=1)


def test_equals_and_among_pass_everything_when_nothing_was_asked(api: FakeApi) -> None:
    users = api.collection("users")
    users.put_all({"id": n, "team": {"id": n % 2}} for n in range(4))
    assert ids(users.select(equals("/team/id", 1))) == [1, 3]
    assert ids(users.select(among("/id", [0, 3]))) == [0, 3]
    assert ids(users.select(among("/id", []))) == []
    assert ids(users.select(equals("/team/id", None), among("/id", None))) == [0, 1, 2, 3]
    assert ids(users.select(lambda user: user["id"] > 2)) == [3]


_second = st.integers(0, 12)


@given(
    rows=st.lists(st.tuples(_second, st.integers(0, 999_999)), max_size=12),
    since=st.none() | _second,
    until=st.none() | _second,
    low=st.booleans(),
    high=st.booleans(),
    edits=st.lists(st.tuples(st.integers(0, 11), _second), max_size=5),
)
def test_sorted_by_the_place_or_not_the_same_records_pass(
    rows: list[tuple[int, int]],
    since: int | None,
    until: int | None,
    low: bool,
    high: bool,
    edits: list[tuple[int, int]],
) -> None:
    api = FakeApi(clock=HandClock())
    ordered, plain = api.collection("ordered", order="at"), api.collection("plain")
    first, last = (None if each is None else START + each * 1_000_000 for each in (since, until))
    wanted = between("/at", first, last, since_inclusive=low, until_inclusive=high)

    def both(change: Any) -> None:
        for each in (ordered, plain):
            change(each)

    def check() -> None:
        found = ordered.select(wanted)
        assert sorted(ids(found)) == sorted(ids(plain.select(wanted)))
        assert [instant_in(row["at"]) for row in found] == sorted(instant_in(row["at"]) for row in found)
        expected = [row["id"] for row in plain if wanted.holds(instant_in(row["at"]))]
        assert ids(plain.select(wanted)) == expected

    for n, (second, fraction) in enumerate(rows):
        text = zoned_text(START + second * 1_000_000 + fraction, "Asia/Kolkata" if n % 2 else "UTC", digits=6)
        both(lambda each, n=n, text=text: each.put({"id": n, "at": text}))
    check()
    for n, second in edits:
        if n in plain:
            both(lambda each, n=n, second=second: each.edit(n, at=zoned_text(START + second * 1_000_000)))
    check()


def test_changes_from_many_threads_are_whole(api: FakeApi) -> None:
    numbers: Collection = api.collection("numbers")
    numbers.put({"id": 0, "n": 0})

    def work() -> None:
        for _ in range(200):
            numbers.edit(0, lambda row: row.update(n=row["n"] + 1))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers.truth() == {0: {"id": 0, "n": 800}}


def test_zoned_text_carries_the_offset_of_its_day() -> None:
    zone = "America/Los_Angeles"
    assert zoned_text(parse_instant("2026-07-01T12:00:00Z"), zone) == "2026-07-01T05:00:00-07:00"
    assert zoned_text(parse_instant("2026-01-01T12:00:00.5Z"), zone, digits=3) == "2026-01-01T04:00:00.500-08:00"
    assert zoned_text(0) == "1970-01-01T00:00:00Z"
    assert instant_in(datetime(2026, 1, 3, 9, tzinfo=ZoneInfo("Asia/Tokyo")).isoformat()) == START
