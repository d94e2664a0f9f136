"""Where the next page is: the token of each way of paging, and what NEXT is filled with.

A token is text that the engine keeps without looking into it:

=============  =========================================================  ===========================================
paging         token                                                      NEXT
=============  =========================================================  ===========================================
``NextToken``  the text of the answer's token; where the request's JSON   that text; in JSON a token that was a number
               body takes NEXT, a number, list or object as raw JSON;     or an object is one again; where it
               where pages go on ``below`` a record, a mark and its       begins with the mark nothing, and UNTIL
               value                                                      is the value
``NextLink``   the whole address, at the source's own origin, without    the address is asked for as it is, with them
               parameters that are secrets
``NextOffset`` the position of the next record, as decimal text           that number; 0 on the first page
``NextNumber`` the number of the next page, as decimal text               that number; ``first`` on the first page
``NextKey``    the raw JSON text of the last record's value               that value; ``start`` on the first page
=============  =========================================================  ===========================================
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, NoReturn
from urllib.parse import unquote_plus, urljoin

import msgspec

from connector_sdk.declare import (
    Endpoint,
    NextKey,
    NextLink,
    NextNumber,
    NextOffset,
    NextToken,
    Placeholder,
    placeholders,
)
from connector_sdk.errors import PagingError

from .decode import decode, resolve

__all__ = ["NO", "Seen", "below", "following", "mark", "next_value", "says_more", "without_secrets"]

_BELOW = "\x1fbelow:"
NO = {b"false", b"null", b"0", b'""', b'"false"', b'"False"', b'"0"', b"[]", b"{}"}
"""What says no, raw."""
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_LINK = re.compile(r"<([^>]*)>((?:\s*;\s*[^\s=;,]+\s*(?:=\s*(?:\"[^\"]*\"|[^\s;,\"]*))?)*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)


class Seen(NamedTuple):
    """What an answer tells about its pages, raw: what stands at the paging's places, the records, headers, address."""

    at: bytes | None
    more: bytes | None
    last: bytes | None
    total: int | None
    slices: Sequence[bytes | memoryview]
    headers: Mapping[str, str]
    url: str


def below(token: str | None) -> str | None:
    """The value that the pages go on below, where the source has said that there is more and not where."""
    return token.removeprefix(_BELOW) if token is not None and token.startswith(_BELOW) else None


def next_value(endpoint: Endpoint, token: str | None) -> object:
    """What NEXT is filled with: None leaves it out."""
    match endpoint.pages:
        case NextToken(below=place) if place is not None and below(token) is not None:
            return None
        case NextOffset():
            return _count(endpoint, token, 0)
        case NextNumber(first=first):
            return _count(endpoint, token, first)
        case NextKey(start=start):
            return start if token is None else msgspec.Raw(token.encode())
        case NextToken() if token is not None and _typed(endpoint) and _looks_like_json(token):
            return _value(token)
    return token


def following(endpoint: Endpoint, token: str | None, seen: Seen) -> str | None:
    """The token of the page after this one; None on the last. Raises PagingError where the answer says two things."""
    pages = endpoint.pages
    if pages is None:
        return None
    more = None if isinstance(pages, NextLink) else says_more(seen)
    hints = isinstance(pages, NextToken) and pages.below is not None
    if more is False and not hints:
        return None
    match pages:
        case NextToken(below=place) if place is not None:
            found = _token(endpoint, seen.at)
            return found if found is not None or not more else _go_on_below(endpoint, place, seen)
        case NextToken():
            found = _token(endpoint, seen.at)
            if found is None and more:
                _without_token(
                    endpoint, f"{pages.more or pages.end} says that there is more, but there is no token at {pages.at}"
                )
            return found
        case NextLink():
            return _link(pages, seen)
        case NextKey():
            if not seen.slices:
                if more:
                    _without_token(endpoint, f"{pages.more} says that there is more, but the page holds no record")
                return None
            return _last_key(endpoint, pages.at, seen)
        case NextOffset():
            begin = _count(endpoint, token, 0)
            return _counted(begin + len(seen.slices), pages, more, begin + len(seen.slices), seen)
    begin = _count(endpoint, token, pages.first)
    if more is None and seen.last is not None and (last := _number(seen.last)) is not None and begin >= last:
        return None
    read = None if pages.size is None else (begin - pages.first) * pages.size + len(seen.slices)
    return _counted(begin + 1, pages, more, read, seen)


def mark(endpoint: Endpoint, raw: bytes | None) -> str | None:
    """The token that an answer holds at its place, whether or not there is more."""
    return _token(endpoint, raw) if isinstance(endpoint.pages, NextToken) else None


def says_more(seen: Seen) -> bool | None:
    """What ``more`` says, which has the last word; None where the answer has nothing there."""
    return None if seen.more is None or seen.more == b"null" else seen.more not in NO


def _counted(after: int, pages: NextOffset | NextNumber, more: bool | None, read: int | None, seen: Seen) -> str | None:
    ended = not seen.slices or (pages.size is not None and len(seen.slices) < pages.size)
    if read is not None and seen.total is not None and read >= seen.total:
        ended = True
    return None if ended and not more else str(after)


def _count(endpoint: Endpoint, token: str | None, first: int) -> int:
    try:
        return first if token is None else int(token)
    except ValueError:
        raise PagingError(f"{endpoint}: {token!r} is no token of pages that are counted.") from None


def _number(raw: bytes) -> int | None:
    text = raw.strip(b'"')
    return int(text) if text.isdigit() and len(text) < 19 else None


def _token(endpoint: Endpoint, raw: bytes | None) -> str | None:
    if raw is None or raw in (b"null", b"false", b'""'):
        return None
    if raw[:1] != b'"':
        return raw.decode()
    text = str(decode(raw))
    # where a type matters, a text that could be taken for a number or an object is kept in its quotes
    return raw.decode() if _typed(endpoint) and _looks_like_json(text) else text


@functools.lru_cache(maxsize=1024)
def _typed(endpoint: Endpoint) -> bool:
    """Whether NEXT stands where a number differs from its text."""
    return any(isinstance(each, Placeholder) and each.what == "next" for each in placeholders(endpoint.json))


def _looks_like_json(text: str) -> bool:
    return text[:1] in '"{[' or text in ("true", "false", "null") or bool(_NUMBER.fullmatch(text))


def _value(token: str) -> object:
    try:
        return decode(token.encode())
    except ValueError:  # an author's own text that only begins like JSON
        return token


def _go_on_below(endpoint: Endpoint, place: str, seen: Seen) -> str:
    if not seen.slices:
        _without_token(endpoint, "the answer says that there is more, but holds no token and no record")
    return f"{_BELOW}{decode(_last_key(endpoint, place, seen).encode())}"


def _last_key(endpoint: Endpoint, at: str, seen: Seen) -> str:
    raw = resolve(seen.slices[-1], at)
    if raw is None or raw == b"null":
        raise PagingError(
            f"{endpoint}: the last record of a page has nothing at {at}, after which the next page would begin.",
            hint="correct pages= in the stream's definition",
        )
    return raw.decode()


def _link(pages: NextLink, seen: Seen) -> str | None:
    if pages.at is not None:
        if seen.at is None or seen.at in (b"null", b"false", b'""'):
            return None
        return urljoin(seen.url, str(decode(seen.at)))
    for target, parameters in _LINK.findall(seen.headers.get("link", "")):
        rel = _REL.search(parameters)
        if rel is not None and "next" in (rel[1] or rel[2] or "").lower().split():
            return urljoin(seen.url, str(target))
    return None


def without_secrets(link: str, secret: Callable[[str], bool]) -> str:
    """The address without the parameters that are secrets, which some sources put there: a token is kept in state."""
    address, mark, query = link.partition("?")
    kept = [part for part in query.split("&") if not secret(unquote_plus(part.partition("=")[2]))]
    return address + mark + "&".join(kept) if kept else address


def _without_token(endpoint: Endpoint, what: str) -> NoReturn:
    raise PagingError(f"{endpoint}: {what}.", hint="correct pages= in the stream's definition")
