"""Records of bodies that are not JSON: each as the text of a JSON object, one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from connector_sdk.declare import Csv, Endpoint, Xml
from connector_sdk.errors import AnswerError, SdkError

from .blame import failed_at
from .decode import decode, encode, resolve
from .documents import elements
from .lines import json_lines
from .spool import Spool
from .tables import table
from .unpack import beginning, files_of

__all__ = ["check_kind", "failure_in", "records_in"]

_HTML = re.compile(rb"\s*(<!--.*?-->\s*)*<(!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_BRACE = 0x7B


def records_in(endpoint: Endpoint, spool: Spool) -> Iterator[bytes]:
    """The records of a body, in order, none of them read before it is asked for.

    Raises ValueError for a body that is broken or cut off, AnswerError for one that is whole and yet makes no sense,
    RecordTooLargeError, and what an author's function in ``records`` makes of them.
    """
    slices = _slices(endpoint, spool)
    if callable(endpoint.records):
        return _made(endpoint, endpoint.records, slices)
    return slices


def check_kind(spool: Spool, headers: Mapping[str, str], kind: object) -> bytes:
    """How the body begins. Raises ValueError where that is what a proxy, a login page or an API's error looks like."""
    begin = beginning(spool)
    if _HTML.match(begin.removeprefix(b"\xef\xbb\xbf")):
        raise ValueError("it is a page of HTML")
    if isinstance(kind, Csv | Xml) and "json" in headers.get("content-type", "") and begin.lstrip()[:1] in (b"{", b"["):
        raise ValueError("it is JSON")
    return begin


def failure_in(begin: bytes, failed: str | None) -> bytes | None:
    """What stands at the place that only failed answers have, where the body is one JSON object."""
    if failed is None or begin.lstrip()[:1] != b"{":
        return None
    try:
        return resolve(begin.strip(), failed)
    except msgspec.DecodeError:
        return None


def _slices(endpoint: Endpoint, spool: Spool) -> Iterator[bytes]:
    kind = endpoint.body
    for file in files_of(spool):
        if isinstance(kind, Csv):
            yield from table(endpoint, kind, file)
        elif isinstance(kind, Xml):
            yield from elements(endpoint, kind, file)
        else:
            yield from json_lines(endpoint, file)


class _Records:
    """The records as an author's function is given them; ``wrong`` is what reading them raised, which is not his."""

    def __init__(self, slices: Iterator[bytes]) -> None:
        self.wrong: Exception | None = None
        self._slices = slices

    def __iter__(self) -> Iterator[Any]:
        try:
            for each in self._slices:
                yield decode(each)
        except Exception as wrong:
            self.wrong = wrong
            raise


def _made(endpoint: Endpoint, make: Any, slices: Iterator[bytes]) -> Iterator[bytes]:
    records = _Records(slices)
    try:
        made: Iterable[Any] = make(iter(records))
        for record in made:
            each = encode(record)
            if each[0] != _BRACE:
                name = getattr(make, "__name__", "in records=")
                raise AnswerError(
                    f"{endpoint}: the function {name} gave a {type(record).__name__}, and a record is an object."
                )
            yield each
    except SdkError:
        raise
    except Exception as wrong:
        if wrong is records.wrong:
            raise
        raise AnswerError(f"{endpoint}: {failed_at(make, wrong)}.", hint="correct the function in records=") from wrong
