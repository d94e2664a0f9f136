"""What the catalog says of a request: by its system's name first, then by its addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connector_sdk.catalog.requests._model import CatalogCheck, Request

if TYPE_CHECKING:
    from connector_sdk.catalog.known import Answer, Catalog, Gap

__all__ = ["ask", "needs", "without_own"]

# an exact hit by an address is worth more than a choice of similar names, which is worth more than nothing
_WORTH = {"use-existing": 2, "use-replacement": 2, "gap": 2, "needs-choice": 1, "request-custom": 0}


def ask(request: Request, catalog: Catalog) -> CatalogCheck:
    """The catalog's answer to a request, as it is recorded in it.

    The first answer that names one connector counts, else the first that offers a choice, else that there is none.
    Raises CatalogUsageError for a need that the catalog does not know.
    """
    from connector_sdk.catalog.known import check, parse_need

    wanted = tuple(parse_need(each) for each in needs(request))
    catalog = without_own(request, catalog)
    best: tuple[str, Answer] | None = None
    for query in _queries(request):
        answer = check(catalog, query, kind=request.connector_kind, needs=wanted)
        if best is None or _WORTH[answer.answer] > _WORTH[best[1].answer]:
            best = query, answer
    assert best is not None  # a request has a system
    return _recorded(catalog, *best)


def without_own(request: Request, catalog: Catalog) -> Catalog:
    """The catalog without what came of this very request, which does not answer it."""
    own = f"requests/{request.path.name}"
    return catalog.with_ours([each for each in catalog.ours if each.request != own])


def needs(request: Request) -> Iterator[str]:
    """What a request needs, as ``catalog check --needs`` takes it."""
    need = request.need
    yield from (f"stream:{each}" for each in need.streams)
    if request.auth:
        yield f"auth:{request.auth}"
    if need.deletes:
        yield "deletes"
    for kind in ("freshness", "licence", "hosting"):
        if text := getattr(need, kind):
            yield f"{kind}:{text}"


def _queries(request: Request) -> Iterator[str]:
    yield request.system
    yield from dict.fromkeys(urlsplit(each).hostname or each for each in request.urls)


def _recorded(catalog: Catalog, query: str, answer: Answer) -> CatalogCheck:
    return CatalogCheck(
        query=query,
        catalog_version=catalog.version,
        answer=answer.answer,
        candidates=tuple(each.name for each in answer.candidates),
        connector=answer.entry.name if answer.entry is not None else "",
        gaps=_gaps(answer.gaps),
        unknown=_gaps(answer.unknown),
    )


def _gaps(gaps: Iterable[Gap]) -> tuple[str, ...]:
    return tuple(f"{each.kind}:{each.what}" if each.what else each.kind for each in gaps)
