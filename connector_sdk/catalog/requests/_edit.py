"""How a request's file is changed: fields set where people look for them, a step added, the whole checked, written."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from connector_sdk.catalog._files import Document, dump, plain
from connector_sdk.catalog._written import Change, like, replace
from connector_sdk.catalog.requests import _store
from connector_sdk.catalog.requests._model import Request
from connector_sdk.catalog.requests._schema import misfits
from connector_sdk.catalog.requests._states import STATES, route
from connector_sdk.catalog.requests._store import Stored
from connector_sdk.catalog.requests._transitions import problems
from connector_sdk.errors import CatalogUsageError, RequestFileError

__all__ = ["add_step", "ahead", "allow", "fresh", "own", "put", "verified", "written"]


def fresh(data: dict[str, Any], path: Path) -> Request:
    """A request that was not there before, written to its file. Raises CatalogUsageError where a field does not fit."""
    request = _parsed(data, path)
    _store.write(path, data, fresh=True)
    return request


def put(data: Any, name: str, value: Any) -> None:
    """Set a field; a new one stands above the state, so that history stays last."""
    if name in data:
        data[name] = value
    else:
        data.insert(list(data).index("state"), name, value)


def add_step(data: Any, state: str, today: date, by: str, note: str = "") -> None:
    """Add a line to the history, and set the state that it leads to."""
    data["state"] = state
    data["history"].append({"state": state, "date": own(today), "by": by, **({"note": note} if note else {})})


def own(day: date) -> date:
    """The same day as an object of its own: YAML writes one that stands twice as an anchor and an alias."""
    return day.replace()


def verified(stored: Stored) -> Request:
    """The request as its data are now. Raises RequestFileError where no step leads from what it was to that."""
    now = _parsed(stored.document.data, stored.request.path)
    for problem in problems(stored.request, now):
        raise RequestFileError(f"{now.id}: {problem.message}", hint=problem.hint)
    return now


def written(stored: Stored, *first: Change) -> Request:
    """The same, written to its file, with other files that change with it: all of them, or none."""
    now = verified(stored)
    text = dump(stored.document.data, fold=False)
    replace(*first, (now.path, like(now.path.read_bytes(), text)))
    return now


def allow(request: Request, goal: str) -> None:
    """Raise RequestFileError where a request's state does not lead to another."""
    if goal in STATES[request.state].then:
        return
    between = route(request.state, goal)[:-1]
    hint = (
        f"it becomes {', then '.join(between)} first" if between else f"{request.state} does not lead there: ask anew"
    )
    raise RequestFileError(f"{request.id} is {request.state}, which cannot become {goal}.", hint=hint)


def ahead(until: date | None, today: date) -> None:
    """Raise CatalogUsageError for a day that has come already."""
    if until is not None and until <= today:
        raise CatalogUsageError(f"{until} is not after {today}.", hint="--until is the day to look again")


def _parsed(data: Any, path: Path) -> Request:
    for each in misfits(plain(data, path, RequestFileError)):
        raise CatalogUsageError(each.message, hint=each.hint)
    return _store.loaded(Document(path, data)).request
