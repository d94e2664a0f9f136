"""Checks of bindings, shards and state: what operators change while data flows."""

from __future__ import annotations

import copy
import json
from typing import Any

from connector_sdk.testing.conformance._check import Failed, NotExercised, check, expecting
from connector_sdk.testing.conformance._compare import against_capture
from connector_sdk.testing.conformance._lab import Lab
from connector_sdk.testing.conformance._world import World
from connector_sdk.testing.flow import Captured, Checkpoint, Collections, KeyRange

_BINDINGS = "bindings"
_STATE = "state"
_SHARDS = "shards"


def _quiet(it: World) -> None:
    it.run()
    it.settle()
    it.run(hours=it.subject.settling)


@check(
    _BINDINGS,
    "Bindings have numbers that change whenever an operator adds or removes one; state has not.",
    "R17",
    "flow 12.9",
)
def bindings_may_move_and_go(lab: Lab) -> str:
    with lab.world() as it, expecting("bindings in another order"):
        names = it.capture.names()
        if len(names) < 2:
            raise NotExercised("it has one stream")
        _quiet(it)
        for chosen in (names[::-1], names[::-1][: len(names) // 2], names):
            session = it.run(capture=it.capture.only(*chosen))
            again = {
                name: count for name, count in session.documents.items()
                if count and name not in it.part.restless and count >= max(1, len(it.rows[name]))
            }  # fmt: skip
            if again:
                raise Failed(f"bindings were moved or removed, and these streams started over: {again}")
    return f"{len(names)} bindings were reversed, halved and put back; none started over"


@check(_BINDINGS, "A new binding must not make the old ones start over.", "R17", "flow 12.9")
def a_binding_may_be_added(lab: Lab) -> str:
    with lab.world() as it, expecting("one binding more"):
        *first, last = it.capture.names()
        if not first:
            raise NotExercised("it has one stream")
        whole = it.capture
        it.run(capture=whole.only(*first))
        it.settle()
        it.run(capture=whole.only(*first), hours=lab.subject.settling)
        session = it.run(capture=whole)
        again = {n: c for n, c in session.documents.items() if n != last and c and n not in it.part.restless}
        it.run(hours=lab.subject.settling)
        if again:
            raise Failed(f"{last!r} was added, and these streams sent documents again: {again}")
        it.check_equal()
    return f"{last} was added to {len(first)} others, which sent nothing again"


@check(
    _BINDINGS,
    "'Backfill' is the operator's way out; it must concern the one binding that was asked for.",
    "R17",
    "flow 12.10",
)
def a_backfill_concerns_one_binding(lab: Lab) -> str:
    with lab.world() as it, expecting("a backfill of one binding"):
        _quiet(it)
        name = next((each for each in it.capture.names() if len(it.rows[each])), None)
        if name is None:
            raise NotExercised("no stream has a record")
        held = len(it.rows[name])
        session = it.run(capture=it.capture.backfilled(name))
        others = {n: c for n, c in session.documents.items() if n != name and c and n not in it.part.restless}
        if session.documents[name] < held:
            raise Failed(f"{name} was backfilled: {session.documents[name]} documents, where it has {held} records")
        if others:
            raise Failed(f"{name} was backfilled, and these sent documents too: {others}")
    return f"{name} sent its {held:,} records again, the others nothing"


@check(_BINDINGS, "What is changed while a binding is off must be there once it is on again.", "R10", "R17")
def a_binding_that_was_off_catches_up(lab: Lab) -> str:
    with lab.world(seed=3) as it, expecting("a binding that is off for two days"):
        names = it.capture.names()
        if len(names) < 2:
            raise NotExercised("it has one stream")
        it.run()
        for _ in range(2):
            it.change(8)
            it.run(hours=24, capture=it.capture.only(*names[: len(names) // 2]))
        it.catch_up()
        it.check_equal()
    return f"{len(names) - len(names) // 2} bindings were off for two days, and caught up"


@check(
    _SHARDS,
    "An operator splits a task whose source is large; no record may be lost between the halves.",
    "R19",
    "flow 12.16",
)
def shards_share_the_work(lab: Lab) -> str:
    with lab.world() as it, expecting("two shards"):
        it.settle()
        whole = it.fresh()
        halves = [it.fresh(range=half) for half in KeyRange.split(2)]
        both = 0
        for name in it.capture.names():
            if name in it.part.restless:
                continue
            one, other = (half[name].committed for half in halves)
            twice = one.keys() & other.keys()
            both += bool(one) and bool(other)
            if twice:
                raise Failed(f"{name}: {len(twice)} records are captured by both shards")
            leave_out = [each.rpartition("/")[2] for each in lab.subject.volatile(name)]
            union, wanted = {**one, **other}, whole[name].committed
            if told := against_capture(name, union, wanted, deletes=True, leave_out=leave_out):
                raise Failed(f"two shards together: {told}")
    return f"the union of two shards is complete; {both} streams are shared between them"


@check(_SHARDS, "A split hands each half a copy of the state; from then on each goes its own way.", "R19", "flow 12.16")
def a_split_goes_on_from_copied_state(lab: Lab) -> str:
    with lab.world(seed=4) as it, expecting("a task that is split"):
        it.run()
        states: list[Any] = [copy.deepcopy(it.state), copy.deepcopy(it.state)]
        for hours in (1, lab.subject.settling, lab.subject.settling):
            if hours == 1 and hasattr(it.sandbox, "tick"):
                it.change(8)
            it.forward(hours)
            if hours != 1:
                it.settle()
            for number, half in enumerate(KeyRange.split(2)):
                states[number] = it.run(state=states[number], range=half).state
        it.check_equal()
    return "two shards went on from one state; nothing is lost, nothing is deleted by the one that the other reads"


@check(
    _STATE,
    "State is stored with every checkpoint; one that grows without end stops the task one day.",
    "R16",
    "R27",
    quick=True,
)
def state_and_transactions_are_bounded(lab: Lab) -> str:
    size = most_patch = most_bytes = 0
    for part in lab.parts:
        with lab.world(part) as it, it.open() as session:
            pending = 0
            with expecting("a whole session"):
                for event in session:
                    if isinstance(event, Captured):
                        pending += len(event.line)
                    elif isinstance(event, Checkpoint):
                        most_patch, most_bytes = max(most_patch, event.size), max(most_bytes, pending)
                        pending = 0
            size = max(size, len(json.dumps(session.state)))
    if most_patch > 1 << 20:
        raise Failed(f"one checkpoint has {most_patch:,} bytes")
    if most_bytes > 16 << 20:
        raise Failed(f"one transaction has {most_bytes:,} bytes")
    if size > 16 << 20:
        raise Failed(f"the state has {size:,} bytes")
    return f"state {size:,} bytes, the largest checkpoint {most_patch:,}, the largest transaction {most_bytes:,}"


@check(
    _STATE, "A connector that runs for a year makes half a million polls; its state must not hold one of each.", "R27"
)
def state_does_not_grow_with_time(lab: Lab) -> str:
    sizes = []
    with lab.world() as it, expecting("eight sessions over a quiet source"):
        for _ in range(9):
            it.run(hours=lab.subject.settling)
            sizes.append(len(json.dumps(it.state)))
    if sizes[-1] > sizes[4] * 1.2 + 500:
        raise Failed(f"the state of a quiet source grew from {sizes[4]:,} to {sizes[-1]:,} bytes in four sessions")
    return f"{sizes[-1]:,} bytes after nine sessions"


@check(_STATE, "Images are rolled back. An older one that misreads a newer state loses data without a word.", "R17")
def a_newer_state_is_refused(lab: Lab) -> str:
    with lab.world() as it:
        it.run()
        state = copy.deepcopy(it.state)
        layouts = (state or {}).get("bindingStateV1", {})
        newer = [each for each in layouts.values() if isinstance(each, dict) and isinstance(each.get("v"), int)]
        if not newer:
            raise NotExercised("its states have no version that could be newer")
        for each in newer:
            each["v"] += 1000
        rows = Collections()
        session = it.run(state=state, into=rows, ends_well=False)
        if session.exit_code == 0 or not session.error:
            raise Failed("a state of a layout that it cannot know was taken as if nothing were")
        written = sum(len(each) for each in rows.values())
        if written:
            raise Failed(f"it wrote {written} documents over a state that it cannot read")
    return session.error.splitlines()[0][:160]


@check(
    _STATE,
    "Retries, restarts and time lead to the same state; a stale one must lead to the same records.",
    "R15",
    "R17",
)
def an_old_state_catches_up(lab: Lab) -> str:
    with lab.world(seed=6) as it, expecting("a state from two days ago"):
        it.run()
        old = copy.deepcopy(it.state)
        for _ in range(2):
            if hasattr(it.sandbox, "tick"):
                it.change(8)
            it.run(hours=24)
        it.state = old  # its collections are newer: what comes again has to end in the same
        it.catch_up()
        it.check_equal()
    return "two days were read again, and the collections are what they should be"
