"""An approved request goes on: building, candidate, submitted, registered, retired; its entry goes with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from connector_sdk.catalog._files import dump, read
from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.requests._deciding import Begin
from connector_sdk.catalog.requests._edit import add_step, allow, verified, written
from connector_sdk.catalog.requests._facts import LIFECYCLES, facts, unmet
from connector_sdk.catalog.requests._model import Request
from connector_sdk.catalog.requests._states import DECIDED, STATES
from connector_sdk.catalog.requests._store import Stored
from connector_sdk.errors import CatalogUsageError, EntryError, RequestFileError, did_you_mean

__all__ = ["move"]

_ELSEWHERE = {"draft": "new", "checked": "check", **dict.fromkeys(DECIDED, "decide")}
"""States that other commands lead to."""


def move(
    repository: Repository,
    stored: Stored,
    goal: str,
    by: str,
    today: date,
    *,
    note: str = "",
    reference: str = "",
    begin: Begin | None = None,
) -> Request:
    """A request in another state, and its connector's entry in the lifecycle that goes with it.

    ``reference`` is where Estuary answers (for submitted); ``begin`` begins the connector (for building, where nothing
    is begun). Raises CatalogUsageError for a state that is none or that another command leads to, RequestFileError
    where the state, the people or the repository do not allow the step.
    """
    request, data = stored.request, stored.document.data
    _known(goal)
    if request.state == goal:
        raise RequestFileError(f"{request.id} is {goal} already.", hint="request list shows what each waits for")
    allow(request, goal)
    if goal == "retired" and not note.strip():
        raise CatalogUsageError("What is retired has a reason.", hint="--note says why")
    if reference and goal != "submitted":
        raise CatalogUsageError("--reference goes with submitted.", hint=f"leave it out for {goal}")
    known = facts(repository, request.connector)
    if goal == "building" and begin is not None and not known.folder and not known.entry:
        note = note or begin(request)
        known = facts(repository, request.connector)
    wanted = replace(known, reference=reference) if reference else known
    for problem in unmet(request, goal, wanted, lifecycle=False):
        raise RequestFileError(f"{request.id}: {problem.message}", hint=problem.hint)
    add_step(data, goal, today, by, note or reference)
    verified(stored)
    if known.entry:
        _take_along(repository, request.connector, goal, today, reference)
    return written(stored)


def _known(goal: str) -> None:
    if goal not in STATES:
        raise CatalogUsageError(f"There is no state {goal!r}:", hint=did_you_mean(goal, STATES))
    if goal in _ELSEWHERE:
        raise CatalogUsageError(f"move does not lead to {goal}.", hint=f"connector-sdk request {_ELSEWHERE[goal]} does")


def _take_along(repository: Repository, name: str, goal: str, today: date, reference: str) -> None:
    """Write what a step means into the entry: its lifecycle, and what Estuary knows of it."""
    path = repository.entries / f"{name}.yaml"
    data = read(path, EntryError).data
    allowed = LIFECYCLES[goal]
    if data["metadata"].get("lifecycle") not in allowed:
        data["metadata"]["lifecycle"] = allowed[0]
    if reference:
        data["spec"].setdefault("estuary", {})["reference"] = reference
    if goal == "registered":
        data["spec"].setdefault("estuary", {}).update(registered=True, registeredOn=today)
    path.write_text(dump(data), "utf-8")
