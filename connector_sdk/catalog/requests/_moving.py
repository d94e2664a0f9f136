"""An approved request goes on: building, candidate, submitted, registered, retired; its entry goes with it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from connector_sdk.catalog._files import dump, read
from connector_sdk.catalog._findings import Finding
from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog._written import Change, like
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
Verify = Callable[[Path], list[Finding]]
"""What is wrong with an entry that is written to a file elsewhere first, under its own name."""


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
        with begin(request) as made:
            stored.document.data["history"][-1]["note"] = note or made
            written(stored)
        return verified(stored)
    wanted = replace(known, reference=step.reference or known.reference)
    for problem in unmet(request, goal, wanted, lifecycle=False):
        raise RequestFileError(f"{request.id}: {problem.message}", hint=problem.hint)
    add_step(stored.document.data, goal, today, step.by, note or step.reference)
    verified(stored)
    if not known.entry:
        return written(stored)
    # the entry first: where the process is killed between the two, the step can be taken again
    return written(stored, *_taken_along(repository.entries / f"{request.connector}.yaml", step, today, verify))


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


def _taken_along(path: Path, step: Move, today: date, verify: Verify | None) -> list[Change]:
    """What a step means for the entry: its lifecycle, and what Estuary knows of it. Nothing is written here; where the
    entry is not good for the step, it is refused."""
    document = read(path, EntryError)
    before = document.plain(EntryError)
    _change(document.data, step, today)
    if document.plain(EntryError) == before:
        return []
    after = like(path.read_bytes(), dump(document.data, fold=False))
    wrong = [each for each in _judged(path.name, after, verify) if each.severity == "error"]
    if wrong:
        raise RequestFileError(
            f"The entry {path.stem} is not ready to be {document.data['metadata']['lifecycle']}: {wrong[0].message}",
            hint=wrong[0].hint or "connector-sdk entry validate shows all",
        )
    return [(path, after)]


def _judged(name: str, text: bytes, verify: Verify | None) -> list[Finding]:
    """What is wrong with an entry that is not in its place yet: what ends us while we look leaves that as it was."""
    if verify is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / name
        draft.write_bytes(text)
        return verify(draft)


def _change(data: Any, step: Move, today: date) -> None:
    allowed = LIFECYCLES[step.goal]
    if data["metadata"].get("lifecycle") not in allowed:
        data["metadata"]["lifecycle"] = allowed[0]
    told: dict[str, Any] = {name: getattr(step, name) for name in _TAKES if getattr(step, name)}
    if step.goal == "registered":
        told |= {"registered": True, "registeredOn": own(today)}
    if told:
        data["spec"].setdefault("estuary", {}).update(told)
