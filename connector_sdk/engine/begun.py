"""A listing whose page token has died on the way is begun again, from its first page (R3)."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from connector_sdk.errors import PagingError
from connector_sdk.http import ExpiredToken

__all__ = ["begun_again"]

_log = logging.getLogger("connector_sdk")
_TRIES = 4

T = TypeVar("T")


async def begun_again(stream: str, read: Callable[[], Awaitable[T]]) -> T:
    """What ``read`` gives, which begins at the first page each time; what has left before is known, and leaves once.
    Raises PagingError where the tokens die every time."""
    why = ""
    for _ in range(_TRIES):
        try:
            return await read()
        except ExpiredToken as dead:
            why = dead.why
            _log.info("%s: a page token has died, so that its listing begins again (%s)", stream, why)
    raise PagingError(
        f"stream {stream!r}: its page tokens die before the listing has been read to its end ({why}).",
        hint="narrow the stream (per=), or raise the source's limits",
    )
