"""Pages: what one answer held."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import msgspec
import orjson

from connector_sdk.declare import Digest, Endpoint, Json, NextToken
from connector_sdk.errors import AnswerError, PagingError, RecordsNotFoundError

from .decode import Places, decode, encode, lists_in, resolve, slices_of, with_members
from .fill import Values

__all__ = ["RawPage", "read_page"]


class RawPage:
    """A page as bytes: ``slices`` are its records, each the text it came as.

    ``token``: of the next page, None on the last. ``total``: how many records all pages hold, where the source tells.
    ``explicit_empty``: the source said that there is nothing. ``stamp``: of the request that was answered. ``release``
    gives the bytes that were reserved for it back; the engine calls it when the page has been written.
    """

    def __init__(
        self,
        slices: Sequence[bytes | memoryview],
        *,
        body: bytes = b"null",
        token: str | None = None,
        total: int | None = None,
        explicit_empty: bool = False,
        stamp: int = 0,
        headers: Mapping[str, str] | None = None,
        release: Callable[[], None] | None = None,
    ) -> None:
        self.slices = slices
        self.token = token
        self.total = total
        self.explicit_empty = explicit_empty or total == 0
        self.stamp = stamp
        self.headers = headers or {}
        self._body = body
        self._release = release

    @property
    def json(self) -> Any:
        """The whole body, decoded."""
        return decode(self._body)

    def records(self) -> Iterator[Json]:
        """The records, decoded one by one."""
        return (decode(each) for each in self.slices)

    def values(self, at: str) -> list[Any]:
        """What each record holds at a place; None where there is nothing."""
        places = Places([at])
        return [None if (raw := places.of(each)[0]) is None else decode(raw) for each in self.slices]

    def detach(self) -> Callable[[], None]:
        """What gives the reserved bytes back, without holding the page itself in memory."""
        release, self._release = self._release, None
        return release or _nothing

    def release(self) -> None:
        """Give the reserved bytes back; again does nothing."""
        self.detach()()


def _nothing() -> None: ...


def checked(body: bytes) -> bytes:
    """A body that is whole, valid JSON in UTF-8, without raw newlines. Raises ValueError for any other."""
    if not body.isascii():
        body.decode()
    if b"\n" in body or b"\r" in body:
        body = msgspec.json.format(body, indent=-1)
    return body


def read_page(endpoint: Endpoint, body: bytes, values: Values, **rest: Any) -> RawPage:
    """The page that a checked body holds. Raises RecordsNotFoundError, PagingError, AnswerError, and ValueError for
    what is no JSON."""
    slices = _records(endpoint, body) if endpoint.records is not None else []
    if endpoint.add:
        slices = [_added(endpoint, each, Values(values.fill, None, values.lookups, body)) for each in slices]
    return RawPage(slices, body=body, token=_token(endpoint, body), total=_total(endpoint, body), **rest)


def _records(endpoint: Endpoint, body: bytes) -> Sequence[bytes | memoryview]:
    if callable(endpoint.records):
        return _made(endpoint, endpoint.records, body)
    assert endpoint.records is not None
    raw = resolve(body, endpoint.records)
    if raw is None:
        orjson.loads(body)
        raise RecordsNotFoundError(
            f"{endpoint}: there is nothing at records={endpoint.records!r} in the answer; "
            f"it holds these lists: {lists_in(body)}.",
            hint="correct records= in the stream's definition",
        )
    if bytes(raw[:4]) == b"null":
        return []
    slices = slices_of(raw) if bytes(raw[:1]) == b"[" else [memoryview(raw)]
    for each in slices:
        if bytes(each[:1]) != b"{":
            raise AnswerError(f"{endpoint}: a record is no object: {bytes(each[:80]).decode(errors='replace')}.")
    return slices


def _made(endpoint: Endpoint, made: Callable[[Any], Iterable[Json]], body: bytes) -> list[bytes | memoryview]:
    decoded = decode(body)
    try:
        return [encode(record) for record in made(decoded)]
    except Exception as wrong:
        name = getattr(made, "__name__", "records")
        raise AnswerError(
            f"{endpoint}: the function {name} failed on this answer: {type(wrong).__name__}: {wrong}."
        ) from wrong


def _token(endpoint: Endpoint, body: bytes) -> str | None:
    pages = endpoint.pages
    if not isinstance(pages, NextToken):
        return None
    raw = resolve(body, pages.at)
    value = None if raw is None else decode(raw)
    token = None if value is None or value == "" else value if isinstance(value, str) else bytes(raw or b"").decode()
    if pages.more is not None:
        more = resolve(body, pages.more)
        if more is None or not decode(more):
            return None
        if token is None:
            raise PagingError(f"{endpoint}: {pages.more} says that there is more, but there is no token at {pages.at}.")
    return token


def _total(endpoint: Endpoint, body: bytes) -> int | None:
    raw = resolve(body, endpoint.total) if endpoint.total else None
    text = bytes(raw or b"").strip(b'"')
    return int(text) if text.isdigit() else None


def _added(endpoint: Endpoint, record: bytes | memoryview, values: Values) -> bytes:
    for name, value in endpoint.add.items():
        if isinstance(value, Digest):
            parts = [part or b"" for part in Places(value.at).of(record)] if value.at else [bytes(record)]
            raw = encode(blake2b(b"\n".join(parts), digest_size=8).hexdigest())
        else:
            raw = encode(values.of(value))
        record = with_members(record, {name: raw})
    return bytes(record)
