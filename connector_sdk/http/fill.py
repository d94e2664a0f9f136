"""Requests from endpoints: every placeholder filled where it stands."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast
from urllib.parse import quote, urlencode

import msgspec

from connector_sdk.declare import ALL, SIZE, Bound, Endpoint, Lookup, Place, Placeholder, Step, in_text, placeholders
from connector_sdk.errors import DefinitionError, SourceError

from .decode import decode, encode, resolve, slices_of

__all__ = [
    "Fill",
    "Key",
    "Request",
    "Values",
    "address_of",
    "batch_size",
    "fill_request",
    "lookups_of",
    "sizes_of",
    "with_query",
]

Key = Callable[[bytes | memoryview], bytes]


@dataclass(frozen=True)
class Fill:
    """What a step's requests are filled with.

    ``bound`` writes SINCE and UNTIL. ``each`` is the partition, as raw JSON text: the parent's record or the constant.
    ``batch`` are the records followed, as raw JSON text. ``step`` is what an author's generator is given. ``key``
    gives a record's identity as raw text: for the overlap of offset pages, and for finding what a batch lacks.
    """

    bound: Callable[[Bound], object] | None = None
    each: bytes | None = None
    batch: Sequence[bytes] = ()
    step: Step | None = None
    key: Key | None = None

    def below(self, end: str | None) -> Fill:
        """The same with this end in place of the span's own, where there is one."""
        since = self.bound
        if end is None or since is None:
            return self
        return replace(self, bound=lambda border: end if border.what == "until" else since(border))


@dataclass(frozen=True)
class Request:
    """A request as it leaves: the path or whole address, the query, headers and body. ``home``: another origin than the
    client's own that the author has written down, and that credentials may therefore go to."""

    method: str
    path: str
    params: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes | None
    home: str | None = None


def address_of(request: Request, base: str) -> str:
    """The whole address of a request, with its query, as it is before the login adds parameters of its own."""
    url = request.path if "://" in request.path else f"{base.rstrip('/')}/{request.path.lstrip('/')}"
    return with_query(url, request.params)


_encoded = functools.lru_cache(maxsize=64)(urlencode)  # an address is made to be compared, and to be sent


def with_query(url: str, params: tuple[tuple[str, str], ...]) -> str:
    """The address with these parameters behind those that it has."""
    return f"{url}{'&' if '?' in url else '?'}{_encoded(params)}" if params else url


@dataclass(frozen=True)
class Values:
    """The values of placeholders for one request.

    ``next`` fills NEXT. ``lookups`` have been found before. ``answers``: the bodies that ANSWER may mean, the latest
    first; a place that the latest lacks is looked up in the one before. ``sizes``: what this page is asked for.
    """

    fill: Fill
    next: object
    lookups: Mapping[Lookup[object], object]
    answers: tuple[bytes, ...] = ()
    sizes: Mapping[SIZE, int] = field(default_factory=dict)

    def of(self, value: object) -> object:
        """The value with everything that varies put in; members and items that turn out None are left out."""
        match value:
            case Bound():
                return self._bound(value)
            case Lookup():
                return self.lookups[value]
            case Place():
                return self._answer(value) if value.what == "answer" else self._each(value)
            case Placeholder():
                return self.next
            case str():
                return self._text(value)
            case ALL():
                items = (replace(self, fill=replace(self.fill, each=each)).of(value.item) for each in self.fill.batch)
                return [item for item in items if item is not None]
            case SIZE():
                return self.sizes.get(value, value.most)
            case Mapping():
                pairs = ((name, item, self.of(item)) for name, item in value.items())
                return {name: new for name, item, new in pairs if new is not None or item is None}
            case list() | tuple():
                return [new for item in value if (new := self.of(item)) is not None or item is None]
        return value

    def _bound(self, value: Bound) -> object:
        if self.fill.bound is None:
            raise DefinitionError(
                f"{value.what.upper()} has no value in this request.",
                hint="hand the step on: source.http.page(endpoint, step)",
            )
        return self.fill.bound(value)

    def _text(self, value: str) -> str | None:
        """A text with placeholders in its f-string; None when one of them is."""
        found = [part if isinstance(part, str) else self.of(part) for part in in_text(value)]
        return None if any(part is None for part in found) else "".join(map(as_query, found))

    def _each(self, place: Place) -> object:
        if self.fill.each is None:
            raise DefinitionError(
                f"{place!r} has no value in this request.",
                hint="hand the step on, or say each=: source.http.page(endpoint, each=record)",
            )
        return _raw(resolve(self.fill.each, place.at))

    def _answer(self, place: Place) -> object:
        found = (_raw(resolve(body, place.at)) for body in self.answers)
        return next((raw for raw in found if raw is not None), None)


def _raw(found: bytes | None) -> msgspec.Raw | None:
    return None if found is None or found == b"null" else msgspec.Raw(found)


def batch_size(endpoint: Endpoint) -> int | None:
    """How many records one request of this endpoint takes: the least of its ALLs; None where it has none."""
    return min((each.at_most for each in endpoint.varying() if isinstance(each, ALL)), default=None)


@functools.lru_cache(maxsize=1024)
def lookups_of(endpoint: Endpoint) -> tuple[Lookup[object], ...]:
    """The lookups that must be found before this endpoint can be asked."""
    varying = (*endpoint.varying(), *placeholders(endpoint.add))
    return tuple(each for each in varying if isinstance(each, Lookup))


@functools.lru_cache(maxsize=1024)
def sizes_of(endpoint: Endpoint) -> tuple[SIZE, ...]:
    """What says in a request of this endpoint how many records a page may hold."""
    return tuple(endpoint.sizes())


def fill_request(
    endpoint: Endpoint, values: Values, link: str | None = None, secret: Callable[[str], bool] | None = None
) -> Request:
    """The endpoint with its placeholders filled. ``link`` is a whole address that already holds its parameters, but
    for those that ``secret`` is true of: a token never holds them.

    Raises SourceError where the path lacks a value.
    """
    params = _pairs(endpoint.params, values)
    if link is not None:
        params = [(name, text) for name, text in params if secret is not None and secret(text)]
    headers = {
        name.lower(): as_query(new) for name, value in endpoint.headers.items() if (new := values.of(value)) is not None
    }
    body = None
    if endpoint.json is not None:
        headers.setdefault("content-type", "application/json")
        body = encode(values.of(endpoint.json))
    elif endpoint.form is not None:
        headers.setdefault("content-type", "application/x-www-form-urlencoded")
        body = urlencode(_pairs(endpoint.form, values)).encode()
    return Request(endpoint.method, link or _path(endpoint, values), tuple(params), headers, body, _home(endpoint))


def _home(endpoint: Endpoint) -> str | None:
    """The origin that the author wrote into the path, where nothing in it varies."""
    start = next(in_text(endpoint.path), "") if isinstance(endpoint.path, str) else ""
    found = re.match(r"https?://[^/?#]+(?=[/?#])", start) if isinstance(start, str) else None
    return found[0] if found else None


def _pairs(given: Mapping[str, object], values: Values) -> list[tuple[str, str]]:
    """Names and values as a query or a form has them."""
    return [
        (name, as_query(item))
        for name, value in given.items()
        for item in _listed(values.of(value))
        if item is not None
    ]


def _listed(value: object) -> Sequence[object]:
    """The values of a parameter that is sent several times."""
    if isinstance(value, msgspec.Raw) and bytes(value)[:1] == b"[":
        return [_raw(bytes(item)) for item in slices_of(bytes(value))]
    return value if isinstance(value, list | tuple) else [value]


def _path(endpoint: Endpoint, values: Values) -> str:
    if not isinstance(endpoint.path, str):
        found = values.of(endpoint.path)
        if found is None:
            raise SourceError(f"{endpoint}: {endpoint.path!r}, which is the address, is not there.")
        return as_query(found)
    path = ""
    for part in in_text(endpoint.path):
        if isinstance(part, str):
            path += part
            continue
        found = values.of(part)
        text = "" if found is None else as_query(found)
        if text in ("", ".", ".."):  # would ask for another resource than was meant
            raise SourceError(f"{endpoint}: {part!r} gives {text!r}, which cannot stand in a path.")
        path += quote(text, safe="")
    return path


def as_query(value: object) -> str:
    """A value as it stands in a query, a path or a header: text as it is, anything else as JSON writes it."""
    if isinstance(value, str):
        return value
    text = bytes(value) if isinstance(value, msgspec.Raw) else encode(value)
    return cast("str", decode(text)) if text[:1] == b'"' else text.decode()
