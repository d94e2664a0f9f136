"""All pages of one endpoint, with the guards of R3, and offset pages kept from slipping."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from hashlib import blake2b

from connector_sdk.declare import Endpoint, NextLink, NextNumber, NextOffset, NextToken
from connector_sdk.errors import PagingError

from .asking import Ask, Asker
from .inner import with_inner
from .overlap import overlapping
from .page import RawPage

__all__ = ["walk"]

_EMPTY_IN_A_ROW = 100


class _Guards:
    """Refuses pages that run in a circle, and empty pages without end."""

    def __init__(self, endpoint: Endpoint, token: str | None) -> None:
        self._endpoint = endpoint
        self._used: set[bytes] = set()
        self._empty = 0
        if token is not None:
            self._used.add(_short(token))

    def passed(self, token: str, empty: bool) -> None:
        """Raises PagingError where the page of ``token`` must not be asked for after this one."""
        self._empty = self._empty + 1 if empty else 0
        short = _short(token)
        if short in self._used:
            raise PagingError(
                f"{self._endpoint}: the answer names a next page that was already read; the pages run in a circle.",
                hint="correct pages= in the stream's definition, or ask the vendor",
            )
        if self._empty > _EMPTY_IN_A_ROW:
            raise PagingError(
                f"{self._endpoint}: more than {_EMPTY_IN_A_ROW} pages in a row were empty and yet named a next one."
            )
        self._used.add(short)


def _short(token: str) -> bytes:
    return blake2b(token.encode(), digest_size=12).digest()


async def walk(asker: Asker, ask: Ask) -> AsyncGenerator[RawPage, None]:
    """The pages from ``ask.token`` on, not completed yet. Raises what asking raises, and PagingError."""
    pages = ask.endpoint.pages
    if isinstance(pages, NextOffset) and not pages.stable and ask.fill.key is not None and not ask.completing:
        async for page in overlapping(asker, ask, ask.fill.key):
            yield page
        return
    told = pages is None or isinstance(pages, NextLink | NextToken)  # else the next page hangs on the records of this
    if ask.endpoint.body is not None and told and not ask.completing:
        async with aclosing(_large(asker, ask)) as large:
            async for page in large:
                yield page
        return
    guards = _Guards(ask.endpoint, ask.token)
    read = 0 if ask.token is None else None
    while True:
        page = await _asked(asker, ask)
        if read is not None and isinstance(pages, NextNumber):
            read += len(page.slices)
            if pages.more is None and page.total is not None and read >= page.total:
                page.token = None
        token, empty = page.token, not page.slices
        yield page
        if token is None:
            return
        guards.passed(token, empty)
        ask = replace(ask, token=token)


async def _asked(asker: Asker, ask: Ask) -> RawPage:
    page = await asker.ask(ask)
    inner = ask.endpoint.inner
    return page if inner is None else await with_inner(ask, page, inner, lambda further: walk(asker, further))


async def _large(asker: Asker, ask: Ask) -> AsyncGenerator[RawPage, None]:
    """The same for bodies that may be larger than memory: each answer comes in several pages."""
    guards = _Guards(ask.endpoint, ask.token)
    while True:
        token: str | None = None
        empty = True
        async with aclosing(asker.pieces(ask)) as pieces:
            async for page in pieces:
                token, empty = page.token, empty and not page.slices
                yield page
        if token is None:
            return
        guards.passed(token, empty)
        ask = replace(ask, token=token)
