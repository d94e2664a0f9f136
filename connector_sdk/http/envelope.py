r"""The envelope of an answer: one decode gives the slices of its records, the next token and the totals.

What becomes of a JSON text on its way through (R18):

=============================================  ==================================================================
the source writes                              what leaves
=============================================  ==================================================================
integers of any size, ``1.10``, ``-0``,        the same text, digit for digit; decoded for an author, a number with
``1E400``                                      a fraction or an exponent is a ``Decimal``
one name twice in an object                    both, as they came; whoever reads a place gets the last
escapes, ``\u0000`` and real pairs of          as they came
surrogates among them
half a pair of surrogates                      U+FFFD, and a warning: it is no character, and no strict reader takes it
raw newlines between values                    the same without the space between values
a byte order mark                              nothing
bytes that are no UTF-8, NaN, Infinity,        nothing: no JSON; the page is asked for again, and then refused (R1)
``01``, comments, raw control characters,
text cut off
more than some hundred levels of nesting       nothing: AnswerError
=============================================  ==================================================================
"""

from __future__ import annotations

import codecs
import functools
import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

import msgspec

from connector_sdk.declare import Endpoint, Header, Json, NextKey, NextLink, NextNumber, NextOffset, NextToken
from connector_sdk.errors import AnswerError, RecordsNotFoundError

from .blame import failed_at
from .decode import NOTHING, decode, encode, getter, members_of, parts, resolve, slices_of, struct_of
from .paging import NO

__all__ = ["Opened", "checked", "heard", "made_records", "mended", "open_envelope", "records_of", "says_empty"]

_log = logging.getLogger("connector_sdk.http")
_whole = msgspec.json.Decoder(msgspec.Raw)
_PIECE = 1 << 16
_BRACE = 0x7B


class Opened(NamedTuple):
    """The raw parts of an envelope. ``records``: the slices, None for null, ``msgspec.UNSET`` where the place is not
    there; the others, of which ``at`` is the next page's token or address: their raw text, None where there is none."""

    records: Any = None
    at: bytes | None = None
    more: bytes | None = None
    last: bytes | None = None
    total: bytes | None = None
    failed: bytes | None = None
    ok: bytes | None = None

    @property
    def counted(self) -> int | None:
        """How many records all pages hold, where the answer tells it as a number, or as text that is one."""
        text = (self.total or b"").strip(b'"')
        return int(text) if text.isdigit() and len(text) < 19 else None


def checked(body: bytes, endpoint: Endpoint) -> bytes:
    """A body in valid UTF-8 without raw newlines. Raises ValueError for any other, and for what is no JSON."""
    if body[:3] == b"\xef\xbb\xbf":
        body = body[3:]
    if not body.isascii():
        _check_utf8(body)
    if b"\n" in body or b"\r" in body:
        try:
            return msgspec.json.format(body, indent=-1)
        except msgspec.DecodeError:
            return msgspec.json.format(mended(body, endpoint), indent=-1)
    return body


def _check_utf8(body: bytes) -> None:
    """Raises UnicodeDecodeError. In pieces that fit into the processor's cache: three times as fast as all at once."""
    at, end = 0, len(body)
    while at < end:
        piece = body[at : at + _PIECE]
        if piece.isascii():
            at += len(piece)
        else:
            at += codecs.utf_8_decode(piece, "strict", at + len(piece) >= end)[1]


_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u([dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)


def mended(body: bytes, endpoint: Endpoint) -> bytes:
    r"""The body with each half of a surrogate pair that stands alone as ``\ufffd``: it is no character, and neither
    Flow nor any strict reader takes it. Anything else is left as it is."""
    fixed = _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], body)
    if fixed != body:
        _log.warning("%s: half a surrogate pair, which is no character, was replaced by U+FFFD", endpoint)
    return fixed


def open_envelope(endpoint: Endpoint, body: bytes, failed: str | None) -> tuple[bytes, Opened]:
    """The body as it is used, and its parts. Raises ValueError for what is no JSON, AnswerError for what is nested too
    deep."""
    try:
        body = checked(body, endpoint)
        plan = _plan_of(endpoint, failed)
        try:
            return body, plan.open(body)
        except msgspec.DecodeError:
            fixed = mended(body, endpoint)
            if fixed is body or fixed == body:
                raise
            return fixed, plan.open(fixed)
    except RecursionError:
        raise AnswerError(
            f"{endpoint} gave an answer that is nested too deeply to be read.", hint="ask the source for fewer fields"
        ) from None


def _places(endpoint: Endpoint) -> tuple[str | Header | None, ...]:
    """Where the next page, whether there is more, the last page and the total are told: as ``Opened`` has them."""
    pages = endpoint.pages
    at = pages.at if isinstance(pages, NextToken | NextLink) else None
    more = pages.more if isinstance(pages, NextToken | NextOffset | NextNumber | NextKey) else None
    if isinstance(pages, NextToken) and pages.end is not None:
        more = pages.end  # the other way round, which is put right when it is heard
    last = pages.last if isinstance(pages, NextNumber) else None
    return at, more, last, endpoint.total


def _plan_of(endpoint: Endpoint, failed: str | None) -> _Plan:
    records = endpoint.records if isinstance(endpoint.records, str) else None
    ok = endpoint.ok if isinstance(endpoint.ok, str) else None
    return _plan(records, *(at if isinstance(at, str) else None for at in _places(endpoint)), failed, ok)


def heard(endpoint: Endpoint, opened: Opened, headers: Mapping[str, str]) -> Opened:
    """What was opened, with what the headers tell where the endpoint says so."""
    for name, at in zip(("at", "more", "last", "total"), _places(endpoint), strict=True):
        if isinstance(at, Header):
            opened = opened._replace(**{name: _as_json(headers.get(at.name, "").strip())})
    if isinstance(endpoint.pages, NextToken) and endpoint.pages.end is not None and opened.more not in (None, b"null"):
        opened = opened._replace(more=b"true" if opened.more in NO else b"false")
    return opened


def _as_json(text: str) -> bytes | None:
    if text.isdecimal() or text.lower() in ("true", "false", "null"):
        return text.lower().encode()
    return encode(text) if text else None


class _Plan:
    """How an envelope with these places is read: through a type made for them, or step by step where that refuses."""

    def __init__(self, records: str | None, *rest: str | None) -> None:
        self._at = (records, *rest)
        self._decoder: msgspec.json.Decoder[Any] | None = None
        leaves: dict[tuple[str, ...], tuple[Any, Any]] = {}
        if records:
            leaves[parts(records)] = (list[msgspec.Raw] | None | msgspec.UnsetType, msgspec.UNSET)
        for at in rest:
            if at is not None and parts(at) not in leaves:
                leaves[parts(at)] = (msgspec.Raw, NOTHING)
        self._list = records == "" and not leaves
        made = None if records == "" or (records and records in rest) else struct_of(leaves)
        if made is not None:
            self._decoder = msgspec.json.Decoder(made[0])
            names = dict(zip(leaves, made[1], strict=True))
            self._get = getter([names[parts(at)] for at in self._at if at is not None])

    def open(self, body: bytes) -> Opened:
        if self._list and body[:1] == b"[":
            return Opened(slices_of(body))
        if self._decoder is not None:
            try:
                values = iter(self._get(self._decoder.decode(body)))
            except msgspec.ValidationError:  # another shape than the usual: a list on the way, an object for an array
                return self._step_by_step(body)
            found = [None if at is None else next(values) for at in self._at]
            records = [memoryview(raw) for raw in found[0]] if isinstance(found[0], list) else found[0]
            return Opened(records, *[raw if raw is None else bytes(raw) or None for raw in found[1:]])
        return self._step_by_step(body)

    def _step_by_step(self, body: bytes) -> Opened:
        body = bytes(_whole.decode(body))
        found = [None if at is None else resolve(body, at) for at in self._at]
        records: Any = None
        if self._at[0] is not None:
            records = msgspec.UNSET if found[0] is None else _slices(found[0])
        return Opened(records, *found[1:])


_plan = functools.lru_cache(maxsize=512)(_Plan)


def _slices(raw: bytes) -> Sequence[bytes | memoryview] | None:
    if raw == b"null":
        return None
    return slices_of(raw) if raw[:1] == b"[" else [raw]


def records_of(endpoint: Endpoint, body: bytes, opened: Opened) -> Sequence[bytes | memoryview]:
    """The records' slices. Raises RecordsNotFoundError, and AnswerError where they are no objects."""
    if callable(endpoint.records):
        return made_records(endpoint, endpoint.records, _decoded(endpoint, body))
    if endpoint.records is None or opened.records is None:
        return []
    if opened.records is msgspec.UNSET:
        raise _not_found(endpoint, body)
    slices: Sequence[bytes | memoryview] = opened.records
    for at, each in enumerate(slices):
        if each[0] != _BRACE:
            raise AnswerError(
                f"{endpoint}: records={endpoint.records!r} holds {_kind(bytes(each))} at {at}, and a record is an "
                f"object: {bytes(each[:80]).decode(errors='replace')}.",
                hint="point at the list of objects, or give a function that makes records of the body",
            )
    return slices


def says_empty(endpoint: Endpoint, body: bytes, opened: Opened) -> bool:
    """Whether an answer that lists nothing says that it is good. Raises AnswerError where the author's function
    fails."""
    if not callable(endpoint.ok):
        return opened.ok == b"true"
    try:
        return bool(endpoint.ok(_decoded(endpoint, body)))
    except Exception as wrong:
        raise AnswerError(
            f"{endpoint}: {failed_at(endpoint.ok, wrong)}.", hint="correct the function in ok="
        ) from wrong


def _not_found(endpoint: Endpoint, body: bytes) -> RecordsNotFoundError:
    there: dict[str, int] = {}
    body = bytes(_whole.decode(body))
    _find_lists(body, "", 0, there)
    near = get_close_matches(str(endpoint.records), there, 1, 0.5) or list(there)[: len(there) == 1]
    told = ", ".join(f"{at or 'the whole body'} ({count})" for at, count in list(there.items())[:12])
    return RecordsNotFoundError(
        f"{endpoint}: there is nothing at records={endpoint.records!r} in the answer; "
        + (f"the lists in it: {told}." if told else f"it holds no list, only {_kind(body)}."),
        hint=f"did you mean records={near[0]!r}?" if near else "correct records= in the stream's definition",
    )


def _find_lists(raw: bytes, at: str, depth: int, there: dict[str, int]) -> None:
    if raw[:1] == b"[":
        there[at] = len(slices_of(raw))
    elif raw[:1] == b"{" and depth < 4:
        for name, inner in members_of(raw).items():
            _find_lists(bytes(inner), f"{at}/{name.replace('~', '~0').replace('/', '~1')}", depth + 1, there)


def _kind(raw: bytes) -> str:
    kinds = {b"{": "an object", b"[": "a list", b'"': "a text", b"t": "true", b"f": "false", b"n": "null"}
    if raw[:1] == b"{":
        names = ", ".join(list(members_of(raw))[:8])
        return f"an object with {names}" if names else "an empty object"
    return kinds.get(raw[:1], "a number")


def _decoded(endpoint: Endpoint, body: bytes) -> Any:
    try:
        return decode(body)
    except (ValueError, ArithmeticError) as wrong:
        raise AnswerError(f"{endpoint} holds a number that cannot be decoded: {wrong}.") from None


def made_records(endpoint: Endpoint, make: Callable[[Any], Iterable[Json]], decoded: Any) -> list[bytes]:
    """The records that an author's function makes of a body. Raises AnswerError where it fails or gives no objects."""
    try:
        records = list(make(decoded))
        slices = [encode(record) for record in records]
    except Exception as wrong:
        raise AnswerError(f"{endpoint}: {failed_at(make, wrong)}.", hint="correct the function in records=") from wrong
    for record, each in zip(records, slices, strict=True):
        if each[0] != _BRACE:
            raise AnswerError(
                f"{endpoint}: the function {getattr(make, '__name__', 'in records=')} gave a {type(record).__name__}, "
                f"and a record is an object."
            )
    return slices
