"""The plan of an increment: the cut-off, tail and backfill without gap or overlap, re-reads by the settled frontier."""

from __future__ import annotations

import copy
import random
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connector_sdk.declare import UNTIL, Day, Epoch
from connector_sdk.engine.state import compose, merge
from connector_sdk.plan import Again, IncrementalPlan, Step, TailPass, border, cursor_of

SECOND = 1_000_000
HOUR = 3600 * SECOND


def plan(**changes: Any) -> IncrementalPlan:
    choices: dict[str, Any] = {"start": 0, "lag": 0, "step": HOUR, "every": 60 * SECOND, "rereads": ()} | changes
    return IncrementalPlan(cursor_of(Epoch("s")), **choices)


def test_the_cut_off_is_where_the_tail_begins_and_the_backfill_ends() -> None:
    assert plan(lag=10 * SECOND).init(1000 * SECOND) == {"tail": {"": 990}, "fill": {"": {"at": 0, "end": 990}}}


def test_the_tail_never_passes_the_source_s_clock_less_the_lag() -> None:
    it = plan(lag=100 * SECOND)
    state: dict[str, Any] = {"tail": {"": 500}}
    (step,) = it.plan(state, 1000 * SECOND, TailPass()).steps
    assert (step.since, step.until) == (500, 900)


def test_a_tail_is_asked_again_only_after_its_interval() -> None:
    it, tail = plan(), TailPass()
    state: dict[str, Any] = {"tail": {"": 1000}}
    it.plan(state, 1000 * SECOND, tail)
    assert it.plan(state, 1030 * SECOND, tail).steps == ()
    assert it.plan(state, 1060 * SECOND, tail).steps != ()


def test_days_of_an_unknown_zone_are_asked_for_when_they_are_over_everywhere() -> None:
    days, noon = cursor_of(Day()), 100 * 24 * HOUR + 12 * HOUR
    assert plan(ceiling=days).frontier(noon) == 100 * 86_400
    behind = plan(ceiling=days, behind=2)
    assert behind.frontier(noon) == 98 * 86_400
    until = border(UNTIL, behind.cursor, 0, behind.frontier(noon), days, pad=True)
    assert days.parse(f'"{until}"'.encode()) == 99, "a request for one day more still ends yesterday"


def test_re_reading_waits_for_the_backfill() -> None:
    it = plan(rereads=(Again.of(HOUR),))
    state: dict[str, Any] = {"tail": {"": 9000}, "fill": {"": {"at": 0, "end": 9000}},
                             "settled": {"": {"to": 0, "due": 0}}}  # fmt: skip
    assert [step.lane for step in it.plan(state, 9001 * SECOND, TailPass()).steps] == ["tail", "fill"]


def test_what_the_tail_reads_late_settles_it_only_where_nothing_slips() -> None:
    state: dict[str, Any] = {"tail": {"": 1000}, "settled": {"": {"to": 1000, "due": 0}}}
    read = Step("tail", "", 1000, 90_000)
    settled = {slips: plan(rereads=(Again.of(HOUR),), slips=slips).done(state, read, 90_000, 90_000 * SECOND)
               for slips in (False, True)}  # fmt: skip
    assert settled[False]["settled"] == {"": {"to": 90_000 - 3600}}
    assert "settled" not in settled[True]


def test_a_chain_that_goes_on_knows_its_first_page_s_total() -> None:
    it = plan()
    state: dict[str, Any] = {"tail": {"": 0}}
    begun = Step("tail", "", 0, 3600)
    merge(state, it.page(begun, "page 2", 7, 5_000_000, 12))
    (step,) = it.plan(state, 7200 * SECOND, TailPass()).steps
    assert (step.page, step.rows, step.total) == ("page 2", 7, 12)
    merge(state, it.again(step, 5_000_000))
    (again,) = it.plan(state, 7200 * SECOND, TailPass()).steps
    assert (again.page, again.rows, again.total) == ("", 0, None)


def test_a_token_that_dies_thrice_halves_the_span() -> None:
    it = plan()
    state: dict[str, Any] = {"tail": {"": 5000}, "fill": {"": {"at": 0, "end": 4000}}}
    widths = []
    for _ in range(6):
        step = next(s for s in it.plan(state, 5000 * SECOND, TailPass()).steps if s.lane == "fill")
        widths.append(step.until - step.since)
        merge(state, it.again(step, 0))
    assert widths == [3600, 3600, 3600, 1800, 1800, 1800]


@settings(max_examples=300)
@given(st.integers(0, 10_000), st.integers(0, 3), st.integers(1, 5))
def test_every_tick_is_read_once_by_tail_or_backfill_and_again_when_it_is_old(seed: int, lag: int, hours: int) -> None:
    """Any interleaving of lanes, outages and crashes: no gap, no overlap, and all was read at the age of the window."""
    draw = random.Random(seed)
    it = plan(lag=lag * 60 * SECOND, rereads=(Again.of(hours * HOUR),))
    now = draw.randint(5, 50) * HOUR
    state: dict[str, Any] = {}
    merge(state, it.init(now))
    tail = TailPass()
    read: dict[int, list[tuple[int, int]]] = {}
    for _ in range(200):
        planned = it.plan(state, now, tail)
        merge(state, planned.lazy)
        if planned.steps:
            step = draw.choice(planned.steps)
            if draw.random() < 0.1:
                tail = TailPass()  # a crash: what was under way is forgotten
                continue
            assert step.since < step.until <= it.frontier(now)
            if step.lane in ("tail", "fill"):
                for spans in read.values():
                    assert all(step.until <= a or b <= step.since for a, b in spans), "read twice"
                read.setdefault(0, []).append((step.since, step.until))
            else:
                read.setdefault(-1, [])
            merge(state, it.done(state, step, step.until, now))
        now += draw.choice([SECOND, 60 * SECOND, HOUR // 2, 20 * HOUR if draw.random() < 0.05 else 0])
    spans = sorted(read[0])
    fill = state.get("fill", {}).get("")
    holes = [(a, b) for (_, a), (b, _) in pairwise(spans) if a != b]
    assert holes in ([], [(fill["at"], fill["end"])] if fill else [])
    assert state["settled"][""]["to"] <= max(it.cursor.at(now - hours * HOUR), 0)


@settings(max_examples=300)
@given(st.integers(0, 100_000), st.sampled_from([60, 3600, 7 * 3600]), st.sampled_from([None, Day("Europe/Berlin")]))
def test_a_parted_backfill_reads_every_tick_once_in_lanes_that_end_in_any_order(
    seed: int, step: int, unit: Any
) -> None:
    """Steps under way side by side, some narrowed, some forgotten by a crash, while the lanes are parted ever again."""
    draw = random.Random(seed)
    it = plan(step=step * SECOND, unit=None if unit is None else cursor_of(unit))
    cut = draw.randint(1, 60) * step * SECOND
    state: dict[str, Any] = {}
    merge(state, it.init(cut))
    tail, running, read = TailPass(), {}, []
    for _ in range(3000):
        planned = it.plan(state, cut, tail, more=draw.choice([0, 0, 1, 15]))
        merge(state, planned.lazy)
        for each in planned.steps:
            if draw.random() < 0.7:
                running.setdefault(each.key, each)
        if draw.random() < 0.05:
            running = {}
        if running:
            done = running.pop(draw.choice(list(running)))
            if draw.random() < 0.1 and (narrower := it.narrowed(done)):
                merge(state, narrower)
                continue
            read.append((done.since, done.until))
            merge(state, it.done(state, done, done.until, cut))
        if not it.fills(state):
            break
    assert "" not in state.get("fill", {})
    assert [at for at, _ in sorted(read)] == [0, *[until for _, until in sorted(read)][:-1]], "a gap, or read twice"
    assert sorted(read)[-1][1] == state["tail"][""]
    assert not state.get("w"), "no width of a lane that is over is kept"


def test_another_start_of_a_parted_backfill() -> None:
    state: dict[str, Any] = {"tail": {"": 900}, "open": {"/fill.1": {}},
                             "fill": {"": {"at": 10, "end": 100, "parts": {"1": {"at": 120, "end": 300}}}}}  # fmt: skip
    later = merged(state, plan(start=200).restarted(state, 0))
    assert plan().fills(later) == {"fill.1": (200, 300)} and later["open"] == {}
    assert "" not in merged(state, plan(start=800).restarted(state, 0))["fill"]
    assert plan().fills(merged(later, plan(start=50).restarted(later, 200))) == {
        "fill": (50, 200),
        "fill.1": (200, 300),
    }


def merged(state: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    both = copy.deepcopy(state)
    merge(both, patch)
    return both


JSON = st.recursive(
    st.integers(0, 3) | st.none(), lambda inner: st.dictionaries(st.sampled_from("ab"), inner, max_size=2), max_leaves=6
)
OBJECTS = st.dictionaries(st.sampled_from("abc"), JSON, max_size=3)


@given(st.dictionaries(st.sampled_from("abc"), st.integers(0, 3)), OBJECTS)
def test_composing_with_nothing_changes_nothing(target: dict[str, Any], patch: dict[str, Any]) -> None:
    once, composed = dict(target), dict(target)
    merge(once, patch)
    merge(composed, compose(compose({}, patch), {}))
    assert once == composed
