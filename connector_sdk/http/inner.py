"""Parts of an answer that have more pages of their own (``inner=``)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import replace

from connector_sdk.declare import Inner
from connector_sdk.errors import PagingError

from .asking import Ask
from .decode import decode, resolve, slices_of
from .page import RawPage
from .signals import Gone

__all__ = ["with_inner"]

_NO = (None, b"null", b"false", b'""')
_Walk = Callable[[Ask], AsyncGenerator[RawPage, None]]


async def with_inner(ask: Ask, page: RawPage, inner: Inner, walk: _Walk) -> RawPage:
    """The page, with the records of the further pages of its parts. A part that is gone meanwhile has none."""
    found = resolve(page.body, inner.items)
    slices = list(page.slices)
    try:
        for raw in slices_of(found) if found is not None and found[:1] == b"[" else ():
            part = bytes(raw)
            token = resolve(part, inner.at)
            says = None if inner.more is None else resolve(part, inner.more)
            said = says is not None and says != b"null"  # else the token has the last word, as elsewhere
            if said and says in _NO:
                continue
            if token in _NO:
                if not said:
                    continue
                raise PagingError(
                    f"{ask.endpoint}: a part says that it has more, and names no page at {inner.at!r}.",
                    hint="correct at= of Inner in the stream's definition",
                )
            text = str(decode(token)) if token[:1] == b'"' else token.decode()
            further = replace(ask, endpoint=inner.read, token=text, fill=replace(ask.fill, each=part), completing=True)
            try:
                async for more in walk(further):
                    page.hold(more.detach())
                    slices += more.slices
                    page.stamp = min(page.stamp, more.stamp)
            except Gone:
                continue
    except BaseException:
        page.release()
        raise
    page.slices = slices
    return page
