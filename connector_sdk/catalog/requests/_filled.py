"""Gaps that somebody names, compared with what the catalog knows: one that is none is no ground to build."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from connector_sdk.catalog.requests._ask import without_own
from connector_sdk.catalog.requests._model import Request
from connector_sdk.errors import CatalogUsageError

if TYPE_CHECKING:
    from connector_sdk.catalog.known import Catalog, Need

__all__ = ["filled"]


def filled(
    request: Request, gaps: Sequence[str], seen: Sequence[str], catalog: Catalog
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The connectors that a request may mean, each with those of the gaps that it is known not to have.

    ``seen`` are connectors that somebody looked at, and that are of other systems. What the catalog does not tell is
    for who decides to answer.
    """
    from connector_sdk.catalog.known import judge

    check = request.catalog_check
    if check is None:
        return
    named = [check.connector] if check.connector else check.candidates
    streams = [need for each in request.need.streams if (need := _need(f"stream:{each}"))]
    listed = {each.name: each for each in reversed(list(without_own(request, catalog)))}
    for name in named:
        entry = listed.get(name)
        if entry is None or name in seen:
            continue
        told = []
        for each in gaps:
            need = _need(each)
            if need is None:
                continue
            judged = judge(entry, [need, *streams])
            open_still = {(gap.kind, gap.what) for gap in (*judged.gaps, *judged.unknown)}
            if (need.kind, need.what) not in open_still:
                told.append(each)
        if told:
            yield name, tuple(told)


def _need(gap: str) -> Need | None:
    """The gap as a need that can be compared; None for one that only a person understands."""
    from connector_sdk.catalog.known import parse_need

    try:
        return parse_need(gap)
    except CatalogUsageError:
        return None
