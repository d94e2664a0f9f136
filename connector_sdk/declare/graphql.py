"""GraphQL: one address, a query, and a connection whose pages its cursor leads through."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ._word import check_pointer, check_type, fail
from .answers import Limit, On
from .endpoints import POST, Endpoint, Inner, Records
from .paging import NextToken
from .values import NEXT, Json, Value

__all__ = ["GraphQL"]

_FAILED = "/errors"
_MEANING = (
    On(error=re.compile(r"(?i)\bthrottled\b|rate[ _-]?limit|too many requests")).wait("10s"),
    On(error=re.compile(r"\bUNAUTHENTICATED\b")).refresh(),
    On(error=re.compile(r"\bINTERNAL_SERVER_ERROR\b")).retry(),
)


def GraphQL(
    path: str,
    query: str,
    *,
    at: str,
    variables: Mapping[str, Value] | None = None,
    cursor: str = "after",
    add: Mapping[str, Value] | None = None,
    total: str | None = None,
    edges: bool = False,
    stable: bool = False,
    records: Records | None = None,
    inner: Inner | None = None,
    on: Sequence[On] = (),
    limits: Sequence[Limit] = (),
) -> Endpoint:
    """An endpoint that reads the connection ``at`` of a GraphQL API, such as ``"/data/issues"``, page by page.

    ``query`` is the document, with a variable for whatever varies: ``variables`` fill them as ``json=`` is filled, and
    the one called ``cursor`` (``$after``) gets the cursor. The connection must select ``nodes { ... }`` (or, with
    ``edges=True``, ``edges { node { ... } }``) and ``pageInfo { hasNextPage endCursor }``. ``stable``: its cursor is a
    key, so pages do not shift. ``records``: what is made of the nodes, where they are not the records themselves.
    ``inner``: connections inside the nodes that have more pages of their own.

    An answer with ``errors`` is a failed one, whatever its status, and data beside them is not used: a part that is
    missing must not look like records that are gone. Throttled requests wait and are repeated, those that are not
    authenticated renew the login, and internal errors are tried again, unless ``on=`` says otherwise.
    """
    where = f"GraphQL {path}"
    check_type(query, str, where, "query", "the text of a query")
    check_pointer(at, where, "at")
    if f"${cursor}" not in query:
        fail(where, f"the query has no variable ${cursor} for the cursor", "declare and use it, or say cursor='...'")
    for name in ("edges" if edges else "nodes", "hasNextPage", "endCursor"):
        if not re.search(rf"\b{name}\b", query):
            fail(where, f"the query does not select {name}", "say nodes { ... } pageInfo { hasNextPage endCursor }")
    return POST(
        path,
        json={"query": query, "variables": {**(variables or {}), cursor: NEXT}},
        records=records or (_nodes_of(at) if edges else f"{at}/nodes"),
        pages=NextToken(f"{at}/pageInfo/endCursor", more=f"{at}/pageInfo/hasNextPage", stable=stable),
        add=add or {},
        total=total,
        on=[*on, *_MEANING],
        limits=limits,
        failed=_FAILED,
        inner=inner,
    )


def _nodes_of(at: str) -> Callable[[Any], Iterator[Json]]:
    def nodes(body: Any) -> Iterator[Json]:
        for name in at.split("/")[1:]:
            body = body[name]
        yield from (edge["node"] for edge in body["edges"])

    return nodes
