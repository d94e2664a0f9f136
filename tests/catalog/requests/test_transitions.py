"""Which edit of a request is a step: a pure function over what it was and what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_sdk.catalog.requests import (
    DECIDED,
    ENDED,
    STATES,
    CatalogCheck,
    Decision,
    Need,
    Request,
    Step,
    problems,
)

ASKS, DECIDES = "requester@example.test", "decider@example.test"
DAY = date(2026, 11, 2)


def request(*states: str, answer: str = "request-custom") -> Request:
    """A request that has gone through these states, a day each, as the tool writes it."""
    names = ("draft", *states)
    steps = tuple(
        Step(name, DAY + timedelta(days=at), ASKS if name in ("draft", "checked") else DECIDES, "why")
        for at, name in enumerate(names)
    )
    decided = [step for at, step in enumerate(steps) if step.state in DECIDED and steps[at - 1].state != step.state]
    decision = None
    if decided:
        step = decided[-1]
        decision = Decision(DECIDED[step.state], step.by, step.date, "why", until=step.date + timedelta(days=30))
    return Request(
        id="2026-001",
        system="Zoom",
        connector_kind="capture",
        requester=ASKS,
        date=DAY,
        need=Need(("meetings",)),
        urls=(),
        auth="",
        data_classification="",
        catalog_check=CatalogCheck("Zoom", "2026-11-01", answer) if "checked" in names else None,
        replaces=(),
        decision=decision,
        state=names[-1],
        history=steps,
        connector="source-zoom" if decided and decision and decision.answer != "reject" else "",
        path=Path("requests/2026-001-zoom.yaml"),
    )


WAYS = {
    "draft": (),
    "checked": ("checked",),
    "closed-use-existing": ("checked", "closed-use-existing"),
    "rejected": ("checked", "rejected"),
    "approved": ("checked", "approved"),
    "building": ("checked", "approved", "building"),
    "candidate": ("checked", "approved", "building", "candidate"),
    "submitted": ("checked", "approved", "building", "candidate", "submitted"),
    "registered": ("checked", "approved", "building", "candidate", "submitted", "registered"),
    "retired": ("checked", "approved", "building", "retired"),
}


def test_every_state_is_tried() -> None:
    assert list(WAYS) == list(STATES)


@pytest.mark.parametrize("start", STATES)
@pytest.mark.parametrize("goal", STATES)
def test_a_step_is_allowed_where_the_table_has_it_and_nowhere_else(start: str, goal: str) -> None:
    old, new = request(*WAYS[start]), request(*WAYS[start], goal)
    found = {each.rule for each in problems(old, new)}
    if goal in STATES[start].then:
        assert not found
    else:
        assert "request-state" in found
        assert "request-state" in {each.rule for each in problems(None, new)}  # the file alone tells it too


@pytest.mark.parametrize("start", STATES)
def test_what_has_not_changed_is_allowed(start: str) -> None:
    assert problems(request(*WAYS[start]), request(*WAYS[start])) == []
    assert problems(None, request(*WAYS[start])) == []


def test_several_steps_may_come_at_once() -> None:
    assert problems(request(), request(*WAYS["candidate"])) == []


@given(st.lists(st.sampled_from(list(STATES)), max_size=6))
def test_only_ways_through_the_table_are_allowed(states: list[str]) -> None:
    way = ["draft", *states]
    allowed = all(goal in STATES[start].then for start, goal in pairwise(way))
    found = [each for each in problems(None, request(*states)) if each.rule == "request-state"]
    assert bool(found) != allowed


@given(st.sampled_from([name for name in STATES if name not in ENDED]), st.integers(0, 4), st.data())
def test_a_history_that_lost_or_changed_a_line_is_refused(start: str, at: int, data: st.DataObject) -> None:
    old = request(*WAYS[start])
    at = min(at, len(old.history) - 1)
    changed = data.draw(st.sampled_from(["note", "by", "date", "gone"]))
    line = old.history[at]
    lines = list(old.history)
    if changed == "gone":
        del lines[at]
    else:
        other = {"note": "another", "by": "somebody@example.test", "date": date(2026, 10, 1)}[changed]
        lines[at] = replace(line, **{changed: other})
    if lines:
        new = replace(old, history=tuple(lines), state=lines[-1].state)
        assert problems(old, new)


Edit = Callable[[Request], Request]

EDITS: list[tuple[str, str, Edit, str]] = [
    ("building", "the id", lambda each: replace(each, id="2026-009"), "request-changed"),
    ("draft", "the system", lambda each: replace(each, system="Webex"), "request-changed"),
    ("checked", "the kind", lambda each: replace(each, connector_kind="materialization"), "request-changed"),
    ("checked", "who asked", lambda each: replace(each, requester=DECIDES), "request-changed"),
    ("checked", "the need, unasked", lambda each: replace(each, need=Need(("chats",))), "request-changed"),
    ("approved", "the need, decided", lambda each: replace(each, need=Need(("chats",))), "request-changed"),
    (
        "checked",
        "the catalog's answer",
        lambda each: replace(each, catalog_check=CatalogCheck("Zoom", "2026-11-01", "gap", connector="source-zoom")),
        "request-changed",
    ),
    ("checked", "the catalog's answer taken out", lambda each: replace(each, catalog_check=None), "request-changed"),
    ("draft", "an answer without a check", lambda each: replace(each, catalog_check=CatalogCheck("a", "b", "gap")),
     "request-history"),
    ("draft", "the state alone", lambda each: replace(each, state="approved"), "request-state"),
    ("candidate", "the state alone", lambda each: replace(each, state="registered"), "request-state"),
    ("checked", "a decision alone", lambda each: replace(each, decision=Decision("reject", DECIDES, DAY, "why")),
     "request-decision"),
    ("approved", "the decision taken out", lambda each: replace(each, decision=None), "request-decision"),
    ("approved", "the reason", lambda each: _decision(each, reason="another"), "request-changed"),
    ("building", "a gap added", lambda each: _decision(each, gap=("stream:chats",)), "request-changed"),
    ("approved", "the answer", lambda each: _decision(each, answer="reject"), "request-decision"),
    ("approved", "who decided", lambda each: _decision(each, by="third@example.test"), "request-decision"),
    ("approved", "decided by the requester", lambda each: _decision(each, by=ASKS), "request-decider"),
    ("approved", "the day to look again", lambda each: _decision(each, until=DAY + timedelta(days=900)),
     "request-changed"),
    ("approved", "a day to look again that was over", lambda each: _decision(each, until=DAY), "request-date"),
    ("building", "the connector", lambda each: replace(each, connector="source-webex"), "request-changed"),
    ("approved", "the connector taken out", lambda each: replace(each, connector=""), "request-decision"),
    ("retired", "brought back", lambda each: replace(each, state="building"), "request-state"),
]  # fmt: skip


def _decision(request: Request, **changes: object) -> Request:
    assert request.decision is not None
    return replace(request, decision=replace(request.decision, **changes))


@pytest.mark.parametrize(("start", "what", "edit", "rule"), EDITS, ids=[f"{each[0]}: {each[1]}" for each in EDITS])
def test_an_edit_that_no_step_makes(start: str, what: str, edit: Edit, rule: str) -> None:
    old = request(*WAYS[start])
    found = problems(old, edit(old))
    assert rule in {each.rule for each in found}, found
    assert all(each.message.endswith(".") and each.hint for each in found)


def test_the_requester_does_not_decide_whatever_the_case_of_the_address() -> None:
    for state in ("approved", "rejected", "closed-use-existing"):
        good = request("checked", state)
        own = ASKS.upper()
        assert good.decision is not None
        bad = replace(
            good,
            decision=replace(good.decision, by=own),
            history=(*good.history[:-1], replace(good.history[-1], by=own)),
        )
        assert "request-decider" in {each.rule for each in problems(None, bad)}


def test_the_requester_may_withdraw_what_is_not_decided_and_no_more() -> None:
    for start, refused in (("draft", False), ("checked", False), ("approved", True), ("registered", True)):
        new = request(*WAYS[start], "retired")
        new = replace(new, history=(*new.history[:-1], replace(new.history[-1], by=ASKS)))
        assert ("request-decider" in {each.rule for each in problems(None, new)}) == refused


def test_what_is_retired_says_why() -> None:
    new = request("retired")
    new = replace(new, history=(new.history[0], replace(new.history[1], note="")))
    assert [each.rule for each in problems(None, new)] == ["request-history"]


@pytest.mark.parametrize(
    ("answer", "gap", "none_fits", "candidates", "allowed"),
    [
        ("request-custom", (), (), (), True),
        ("use-existing", (), (), (), False),
        ("use-existing", ("licence",), (), (), True),
        ("use-replacement", (), (), (), False),
        ("gap", (), (), (), False),
        ("gap", ("stream:chats",), (), (), True),
        ("needs-choice", (), (), ("source-zuora", "source-zoho"), False),
        ("needs-choice", (), ("source-zuora",), ("source-zuora", "source-zoho"), False),
        ("needs-choice", (), ("source-zoho", "source-zuora"), ("source-zuora", "source-zoho"), True),
        ("needs-choice", ("auth:oauth",), (), ("source-zuora",), True),
    ],
)
def test_an_approval_has_a_ground(
    answer: str, gap: tuple[str, ...], none_fits: tuple[str, ...], candidates: tuple[str, ...], allowed: bool
) -> None:
    new = request("checked", "approved")
    assert new.decision is not None
    check = CatalogCheck("Zoom", "2026-11-01", answer, candidates, "source-zoom", ("stream:chats",))
    new = replace(new, catalog_check=check, decision=replace(new.decision, gap=gap, none_fits=none_fits))
    assert [each.rule for each in problems(None, new)] == ([] if allowed else ["request-decision"])


def test_no_materialization_is_approved() -> None:
    new = replace(request("checked", "approved"), connector_kind="materialization")
    assert [each.rule for each in problems(None, new)] == ["request-decision"]


def test_a_decision_that_is_looked_at_again_holds_longer() -> None:
    old = request("checked", "approved", "building")
    later = DAY + timedelta(days=400)
    new = _decision(request("checked", "approved", "building", "building"), until=later)
    assert problems(old, new) == []
    assert old.decision is not None and new.decision is not None and new.decision.until == later


def test_the_requester_does_not_renew_the_decision() -> None:
    new = request("checked", "approved", "building", "building")
    new = replace(new, history=(*new.history[:-1], replace(new.history[-1], by=ASKS)))
    assert [each.rule for each in problems(None, new)] == ["request-decider"]


def test_days_of_a_history_are_in_order() -> None:
    new = request("checked")
    new = replace(new, history=(new.history[0], replace(new.history[1], date=DAY - timedelta(days=1))))
    assert [each.rule for each in problems(None, new)] == ["request-date"]


def test_a_need_that_is_checked_again_may_change() -> None:
    old, new = request("checked"), request("checked", "checked")
    assert problems(old, replace(new, need=Need(("chats",)))) == []
