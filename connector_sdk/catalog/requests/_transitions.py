"""Whether a request may be what it is: a pure function over what it was and what it is now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from connector_sdk.catalog.requests._model import Decision, Request, Step, same_person
from connector_sdk.catalog.requests._states import DECIDED, STATES, reached, route

__all__ = ["Problem", "late", "problems", "unfounded"]

_FIXED = {"id": "id", "system": "system", "connector_kind": "connectorKind", "requester": "requester", "date": "date"}


@dataclass(frozen=True)
class Problem:
    """Why a request cannot be as it is; ``where`` is the place in its file (keys and indexes)."""

    rule: str
    message: str
    hint: str = ""
    where: tuple[str | int, ...] = ()


def problems(old: Request | None, new: Request) -> list[Problem]:
    """What the states, and who may take which step, forbid of ``new``; ``old`` is what it was (None: not there).

    Empty where every step from the one to the other was allowed. Looks at nothing but the two.
    """
    found = [*_walk(new), *_decided(new), *_filled(new)]
    if old is not None:
        found += [*_kept(old, new), *_asked_again(old, new), *_decided_again(old, new)]
    return found


def _walk(new: Request) -> Iterator[Problem]:
    """The history is a way through the states, each step taken by who may, on days in order."""
    first, last = new.history[0], new.history[-1]
    if first.state != "draft" or not same_person(first.by, new.requester) or first.date != new.date:
        yield Problem(
            "request-history",
            "The history does not begin with the draft that the requester wrote.",
            "take the edit back: request new writes its first line",
            ("history", 0),
        )
    for at, (before, step) in enumerate(pairwise(new.history), 1):
        yield from _stepped(new, before, step, ("history", at))
    if last.state != new.state:
        yield Problem(
            "request-state",
            f"The state is {new.state}, but the history ends with {last.state}.",
            f"take the edit back, then: {_command(new, last.state, new.state)}",
            ("state",),
        )


def _stepped(new: Request, before: Step, step: Step, where: tuple[str | int, ...]) -> Iterator[Problem]:
    if step.state not in STATES[before.state].then:
        yield Problem(
            "request-state", f"{before.state} cannot become {step.state}.", _way(before.state, step.state), where
        )
    if step.date < before.date:
        yield Problem(
            "request-date",
            f"{step.state} ({step.date}) is older than the step before it ({before.date}).",
            "the days of a history are in order; take the edit back",
            where,
        )
    taken_back = step.state == "retired" and reached(before.state, "approved")
    renewed = step.state == before.state != "checked"
    if (step.state in DECIDED or taken_back or renewed) and same_person(step.by, new.requester):
        yield Problem(
            "request-decider",
            f"{step.by} asked for this, and cannot decide it.",
            "another person decides",
            (*where, "by"),
        )


def _decided(new: Request) -> Iterator[Problem]:
    """A decision is there exactly where a step decided, and says the same."""
    steps = [step for step in new.history if step.state in DECIDED]
    decision = new.decision
    if decision is None:
        if steps:
            yield Problem(
                "request-decision",
                f"It is {steps[-1].state} without a decision.",
                "request decide writes it",
                ("state",),
            )
        return
    where = ("decision",)
    if not steps:
        yield Problem(
            "request-decision", "There is a decision, but no step decided.", "request decide writes both", where
        )
        return
    first = next(step for step in steps if step.state == steps[-1].state)
    if (decision.answer, decision.date) != (DECIDED[first.state], first.date) or not same_person(decision.by, first.by):
        yield Problem(
            "request-decision",
            f"The decision ({decision.answer} by {decision.by} on {decision.date}) is not what the history tells "
            f"({first.state} by {first.by} on {first.date}).",
            "request decide writes both",
            where,
        )
    if same_person(decision.by, new.requester):
        yield Problem(
            "request-decider",
            f"{decision.by} asked for this, and cannot decide it.",
            "another person decides",
            (*where, "by"),
        )
    if decision.until is not None and decision.until <= decision.date:
        yield Problem(
            "request-date",
            f"The decision of {decision.date} holds until {decision.until}, which is not after it.",
            "name a later day",
            (*where, "until"),
        )
    yield from _grounds(new, decision)


def _grounds(new: Request, decision: Decision) -> Iterator[Problem]:
    """An approval has a ground: nothing in the catalog, or a gap that is named."""
    if decision.answer == "approve" and (problem := unfounded(new, decision.gap, decision.none_fits)):
        yield problem
    if decision.answer != "reject" and not new.connector:
        yield Problem(
            "request-decision", "The decision names no connector.", "add connector: with its name", ("decision",)
        )


def unfounded(request: Request, gap: tuple[str, ...], none_fits: tuple[str, ...]) -> Problem | None:
    """Why a request cannot be approved on these grounds; None where it can."""
    check = request.catalog_check
    where = ("decision", "answer")
    if request.connector_kind != "capture":
        return Problem(
            "request-decision",
            "This SDK builds captures; a materialization cannot be approved.",
            "decide --use-existing or --reject, and ask Estuary for it",
            where,
        )
    if check is None or check.answer == "request-custom" or gap:
        return None  # without a check the walk is wrong already
    if check.answer == "needs-choice":
        left = [name for name in check.candidates if name not in none_fits]
        if not left:
            return None
        return Problem(
            "request-decision",
            f"For {request.system} the catalog has {_listed(left)}: look at them first.",
            "decide --use-existing NAME; or --none-fits, if none is that system's; or --gap, if all lack something",
            where,
        )
    if check.answer == "gap":
        return Problem(
            "request-decision",
            f"The catalog has {check.connector} for {request.system}, with a gap that the decision does not name.",
            "name what it lacks: " + " ".join(f'--gap "{each}"' for each in check.gaps),
            where,
        )
    return Problem(
        "request-decision",
        f"The catalog has {check.connector} for {request.system}: use it.",
        f"request decide {request.id} --use-existing {check.connector}; if it lacks something, name it: "
        "--gap stream:NAME",
        where,
    )


def _filled(new: Request) -> Iterator[Problem]:
    """What a state needs in the file itself."""
    past = {step.state for step in new.history}
    if "checked" in past and new.catalog_check is None:
        yield Problem(
            "request-state", "It was checked, but catalogCheck is missing.", "request check writes it", ("state",)
        )
    if "checked" not in past and new.catalog_check is not None:
        yield Problem(
            "request-history",
            "catalogCheck is there, but no step checked it.",
            f"take it out, then request check {new.id}",
            ("catalogCheck",),
        )
    for at, step in enumerate(new.history):
        if step.state == "retired" and not step.note:
            yield Problem(
                "request-history", "It was retired without a reason.", "add a note that says why", ("history", at)
            )


def _kept(old: Request, new: Request) -> Iterator[Problem]:
    """What was asked, by whom and when, and every step, stays."""
    for attribute, name in _FIXED.items():
        if (was := getattr(old, attribute)) != (now := getattr(new, attribute)):
            yield Problem(
                "request-changed",
                f"{name} was {was}, and is {now} now; it never changes.",
                "take the edit back, or ask anew: connector-sdk request new",
                (name,),
            )
    if new.history[: len(old.history)] != old.history:
        yield Problem(
            "request-history",
            "The history was rewritten; steps are only added to it.",
            "take the edit back: the lines that were there stay as they were",
            ("history",),
        )


def _asked_again(old: Request, new: Request) -> Iterator[Problem]:
    """What was asked may change until it is decided, and is checked again then."""
    steps = {step.state for step in new.history[len(old.history) :]}
    if "checked" in steps or (old.state == "draft" and new.state in ("draft", "retired")):
        return
    if old.question != new.question:
        yield Problem(
            "request-changed",
            "What is asked for has changed since it was checked.",
            f"request check {new.id}"
            if new.state == "checked"
            else "it is decided: take the edit back, or ask anew with request new",
            ("need",),
        )
    if old.catalog_check != new.catalog_check:
        yield Problem(
            "request-changed",
            "catalogCheck was edited; only request check writes it.",
            "take the edit back",
            ("catalogCheck",),
        )


def _decided_again(old: Request, new: Request) -> Iterator[Problem]:
    """A decision stays; only its last day may be moved, by a step that says so."""
    if old.decision is None:
        return
    was, now = _terms(old), _terms(new)
    if was != now:
        yield Problem(
            "request-changed",
            "The decision was edited after it was made.",
            "take the edit back; to decide otherwise, retire this request and ask anew",
            ("decision",),
        )
    until = new.decision.until if new.decision else None
    if until != old.decision.until:
        added = new.history[len(old.history) :]
        before = [old.state, *(step.state for step in added)]
        renewed = any(one == other for one, other in pairwise(before))
        if not renewed:
            yield Problem(
                "request-changed",
                f"The decision held until {old.decision.until}, and holds until {until} now, without a step.",
                f"request renew {new.id} --until DATE writes both",
                ("decision", "until"),
            )


def _terms(request: Request) -> tuple[object, ...]:
    decision = request.decision
    if decision is None:
        return ()
    return (
        decision.answer,
        decision.by,
        decision.date,
        decision.reason,
        decision.gap,
        decision.none_fits,
        request.connector,
    )


def _way(start: str, goal: str) -> str:
    """How one comes from a state to another, in words."""
    if not STATES[start].then:
        return f"{start} is an end; ask anew with request new"
    way = route(start, goal)
    if not way:
        return f"nothing leads from {start} to {goal}"
    between = way[:-1]
    return f"it becomes {', then '.join(between)} first" if between else ""


def _command(new: Request, start: str, goal: str) -> str:
    commands = {"checked": "request check", "draft": "request new", **dict.fromkeys(DECIDED, "request decide")}
    step = (route(start, goal) or [goal])[0]
    return f"{commands[step]} {new.id}" if step in commands else f"request move {new.id} {step}"


def _listed(names: list[str]) -> str:
    shown = names[:5]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def late(request: Request, today: date) -> Iterator[Problem]:
    """Days of a request that have not come yet."""
    for at, step in enumerate(request.history):
        if step.date > today:
            told = f"{step.state} is dated {step.date}, which has not come yet."
            yield Problem("request-date", told, "the tool writes the day of a step", ("history", at, "date"))
