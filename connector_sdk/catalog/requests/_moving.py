"""An approved request goes on: building, candidate, submitted, registered, retired; its entry goes with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from connector_sdk.catalog._files import dump, read
from connector_sdk.catalog._findings import Finding
from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.requests._deciding import Begin
from connector_sdk.catalog.requests._edit import add_step, allow, own, verified, written
from connector_sdk.catalog.requests._facts import LIFECYCLES, facts, unmet
from connector_sdk.catalog.requests._model import Request
from connector_sdk.catalog.requests._states import DECIDED, STATES
from connector_sdk.catalog.requests._store import Stored
from connector_sdk.errors import CatalogUsageError, EntryError, RequestFileError, did_you_mean

__all__ = ["Move", "Verify", "move"]

_ELSEWHERE = {"draft": "new", "checked": "check", **dict.fromkeys(DECIDED, "decide")}
"""States that other commands lead to."""
_TAKES = {"reference": ("submitted", "registered"), "tag": ("registered",)}
"""What is said of the entry, and with which states."""
Verify = Callable[[str], list[Finding]]
"""What is wrong with the entry of a connector, as it stands."""


@dataclass(frozen=True)
class Move:
    """A step: to which state, by whom, and what is said of it.

    ``reference`` is where Estuary answers, ``tag`` the one under which it runs the image.
    """

    goal: str
    by: str
    note: str = ""
    reference: str = ""
    tag: str = ""


def move(
    repository: Repository,
    stored: Stored,
    step: Move,
    today: date,
    *,
    begin: Begin | None = None,
    verify: Verify | None = None,
) -> Request:
    """A request in another state, and its connector's entry in the lifecycle that goes with it.

    ``begin`` begins the connector (for building, where nothing is begun); ``verify`` judges the entry as the step
    leaves it. Raises CatalogUsageError for a state that is none or that another command leads to, RequestFileError
    where the state, the people or the repository do not allow the step; then nothing has changed.
    """
    request, goal, note = stored.request, step.goal, step.note.strip()
    _sensible(request, step)
    allow(request, goal)
    known = facts(repository, request.connector)
    if goal == "building" and begin is not None and not known.folder and not known.entry:
        add_step(stored.document.data, goal, today, step.by, note)
        verified(stored)
        stored.document.data["history"][-1]["note"] = note or begin(request)
        return written(stored)
    wanted = replace(known, reference=step.reference or known.reference)
    for problem in unmet(request, goal, wanted, lifecycle=False):
        raise RequestFileError(f"{request.id}: {problem.message}", hint=problem.hint)
    add_step(stored.document.data, goal, today, step.by, note or step.reference)
    verified(stored)
    if known.entry:
        _take_along(repository.entries / f"{request.connector}.yaml", step, today, verify)
    return written(stored)


def _sensible(request: Request, step: Move) -> None:
    goal = step.goal
    if goal not in STATES:
        raise CatalogUsageError(f"There is no state {goal!r}:", hint=did_you_mean(goal, STATES))
    if goal in _ELSEWHERE:
        raise CatalogUsageError(f"move does not lead to {goal}.", hint=f"connector-sdk request {_ELSEWHERE[goal]} does")
    if request.state == goal:
        raise RequestFileError(f"{request.id} is {goal} already.", hint="request list shows what each waits for")
    if goal == "retired" and not step.note.strip():
        raise CatalogUsageError("What is retired has a reason.", hint="--note says why")
    for name, goals in _TAKES.items():
        if getattr(step, name) and goal not in goals:
            raise CatalogUsageError(f"--{name} goes with {' and '.join(goals)}.", hint=f"leave it out for {goal}")


def _take_along(path: Path, step: Move, today: date, verify: Verify | None) -> None:
    """Write what a step means into the entry: its lifecycle, and what Estuary knows of it. Where the entry is not good
    for it, nothing is written."""
    before = path.read_text("utf-8")
    data = read(path, EntryError).data
    _change(data, step, today)
    after = dump(data, fold=False)
    if after == before:
        return
    path.write_text(after, "utf-8")
    wrong = [each for each in verify(path.stem) if each.severity == "error"] if verify is not None else []
    if wrong:
        path.write_text(before, "utf-8")
        raise RequestFileError(
            f"The entry {path.stem} is not ready to be {data['metadata']['lifecycle']}: {wrong[0].message}",
            hint=wrong[0].hint or "connector-sdk entry validate shows all",
        )


def _change(data: Any, step: Move, today: date) -> None:
    allowed = LIFECYCLES[step.goal]
    if data["metadata"].get("lifecycle") not in allowed:
        data["metadata"]["lifecycle"] = allowed[0]
    told: dict[str, Any] = {name: getattr(step, name) for name in _TAKES if getattr(step, name)}
    if step.goal == "registered":
        told |= {"registered": True, "registeredOn": own(today)}
    if told:
        data["spec"].setdefault("estuary", {}).update(told)
