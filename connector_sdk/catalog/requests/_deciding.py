"""A request is decided, and a decision is looked at again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from connector_sdk.catalog.known import GAP_KINDS
from connector_sdk.catalog.requests._ask import ask
from connector_sdk.catalog.requests._edit import add_step, ahead, allow, own, put, verified, written
from connector_sdk.catalog.requests._filled import filled
from connector_sdk.catalog.requests._model import Request, slug
from connector_sdk.catalog.requests._states import DECIDED, ENDED
from connector_sdk.catalog.requests._store import Stored
from connector_sdk.catalog.requests._transitions import unfounded
from connector_sdk.errors import CatalogUsageError, RequestFileError, did_you_mean

if TYPE_CHECKING:
    from connector_sdk.catalog.known import Catalog

__all__ = ["HOLDS", "Begin", "Verdict", "decide", "renew"]

HOLDS = timedelta(days=183)
"""How long an approval holds where nobody says until when."""


class Begin(Protocol):
    """Begins the connector of an approved request: its folder, and its entry."""

    def __call__(self, request: Request) -> AbstractContextManager[str]:
        """Make both, and tell of them; what was made is taken back where the block does not write the request."""

    def left(self, request: Request, connector: str) -> bool:
        """Whether both are there for this very request, left by a process that was killed."""


@dataclass(frozen=True)
class Verdict:
    """What somebody decides: ``answer`` is approve, reject or use-existing.

    ``connector`` is the one to use, or the name of the one to build; ``none_fits`` says that the connectors of similar
    names were looked at.
    """

    answer: str
    by: str
    reason: str
    connector: str = ""
    gap: tuple[str, ...] = ()
    none_fits: bool = False
    until: date | None = None


def decide(stored: Stored, verdict: Verdict, today: date, *, catalog: Catalog, begin: Begin | None = None) -> Request:
    """A request with a decision in it; ``begin`` begins an approved one's connector, and it is building then.

    Raises RequestFileError where the state, the catalog's answer or the people do not allow it, CatalogUsageError for
    a gap of no kind, a connector that does not exist, or a day that is over.
    """
    request, data = stored.request, stored.document.data
    goal = next(state for state, answer in DECIDED.items() if answer == verdict.answer)
    _gaps(verdict.gap)
    ahead(verdict.until, today)
    if not verdict.reason.strip():
        raise CatalogUsageError("A decision has a reason.", hint="--reason says why")
    allow(request, goal)
    _current(request, catalog)
    approved = verdict.answer == "approve"
    seen = request.catalog_check.candidates if request.catalog_check and verdict.none_fits and approved else ()
    if approved and (problem := unfounded(request, verdict.gap, seen)):
        raise RequestFileError(f"{request.id}: {problem.message}", hint=problem.hint)
    if approved:
        _missing(request, verdict.gap, seen, catalog)
    if connector := _connector(request, verdict, catalog, begin):
        put(data, "connector", connector)
    put(data, "decision", _written_down(verdict, today, seen))
    add_step(data, goal, today, verdict.by)
    decided = verified(stored)
    if not approved or begin is None:
        return written(stored)
    with begin(decided) as made:
        add_step(data, "building", today, verdict.by, made)
        written(stored)
    return verified(stored)


def _written_down(verdict: Verdict, today: date, seen: Sequence[str]) -> dict[str, Any]:
    until = verdict.until or (today + HOLDS if verdict.answer == "approve" else None)
    return {
        "answer": verdict.answer,
        "by": verdict.by,
        "date": own(today),
        "reason": verdict.reason.strip(),
        "gap": list(verdict.gap),
        **({"noneFits": list(seen)} if seen else {}),
        **({"until": until} if until else {}),
    }


def _gaps(gaps: Sequence[str]) -> None:
    for each in gaps:
        kind, _, what = each.partition(":")
        if kind not in GAP_KINDS:
            raise CatalogUsageError(f"There is no gap of the kind {kind!r}:", hint=did_you_mean(kind, GAP_KINDS))
        if ":" in each and not what.strip():
            raise CatalogUsageError(f"The gap {each!r} says nothing.", hint=f"name it, as in {kind}:WHAT")


def _missing(request: Request, gaps: Sequence[str], seen: Sequence[str], catalog: Catalog) -> None:
    """What a connector is known to have is no gap, whoever says so."""
    for name, had in filled(request, gaps, seen, catalog):
        raise RequestFileError(
            f"{request.id}: {name} has {', '.join(had)}, so that is no gap.",
            hint=f"request decide {request.id} --use-existing {name}; if it lacks something else, name that with --gap",
        )


def _current(request: Request, catalog: Catalog) -> None:
    """A decision is about what the catalog says today."""
    if ask(request, catalog) != request.catalog_check:
        raise RequestFileError(
            f"{request.id} was checked against another catalog, or what it asks for was changed since.",
            hint=f"connector-sdk request check {request.id}, then decide",
        )


def _connector(request: Request, verdict: Verdict, catalog: Catalog, begin: Begin | None) -> str:
    """The connector that a decision names, which is there or is not, as the decision says."""
    from connector_sdk.catalog.known import nearest

    if verdict.answer == "reject":
        return ""
    if verdict.answer == "approve":
        name = verdict.connector or f"source-{slug(request.system)}"
        left = begin is not None and begin.left(request, name)
        if catalog.get(name) is not None and not left and not (verdict.connector and verdict.gap):
            hint = f"the new one has a name of its own: --name {name}-custom"
            raise CatalogUsageError(f"{name} is in the catalog already.", hint=hint)
        return name
    found = catalog.get(verdict.connector)
    if found is None:
        near = nearest(catalog, verdict.connector)
        hint = f"did you mean {' or '.join(near)}?" if near else "catalog search finds what there is"
        raise CatalogUsageError(f"There is no connector {verdict.connector!r} in the catalog.", hint=hint)
    if found.kind != request.connector_kind:
        raise CatalogUsageError(
            f"{found.name} is a {found.kind}, and {request.id} asks for a {request.connector_kind}.",
            hint="catalog search finds others",
        )
    if found.replaced_by:
        raise CatalogUsageError(f"{found.name} is {found.lifecycle}.", hint=f"use {found.replaced_by}")
    return found.name


def renew(stored: Stored, until: date, by: str, today: date, *, note: str = "") -> Request:
    """A request whose decision somebody looked at again: it holds until another day.
    Raises RequestFileError where it is not approved, CatalogUsageError for a day that is over."""
    request, data = stored.request, stored.document.data
    if request.decision is None or request.decision.answer != "approve" or request.state in ENDED:
        raise RequestFileError(
            f"{request.id} is {request.state}: it has no decision to renew.",
            hint="approvals are renewed, until retired",
        )
    ahead(until, today)
    data["decision"]["until"] = until
    add_step(data, request.state, today, by, note or f"looked at again; holds until {until}")
    return written(stored)
