"""What varies in a request, as typed placeholders that stand where the value goes."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast, overload

from ._word import Duration, check_duration, check_pointer, check_type, fail, word

if TYPE_CHECKING:
    from connector_sdk.config import Config

    from .formats import Format
    from .source import Source

__all__ = [
    "ALL",
    "ANSWER",
    "EACH",
    "NEXT",
    "SINCE",
    "SIZE",
    "UNTIL",
    "Bound",
    "Digest",
    "Json",
    "Lookup",
    "Place",
    "Placeholder",
    "Value",
    "Window",
    "check_value",
    "check_window",
    "in_text",
    "lookup",
    "placeholders",
]

Json = dict[str, Any]
"""A JSON object, decoded. Numbers with a fraction are ``Decimal``, so that they leave as they came."""

Value = object
"""JSON, with placeholders where something varies. Checked on import: a precise type would refuse shared constants."""

Scalar = str | int | float | bool | None

C = TypeVar("C", bound="Config")
T = TypeVar("T")
B = TypeVar("B", bound="Bound")
T_co = TypeVar("T_co", covariant=True)

# Placeholders may stand in an f-string path; their text is then a mark that leads back to them.
_MARK = re.compile("\ue000(\\d+)\ue001")
_in_paths: list[Placeholder | Lookup[Any]] = []


class _Formats:
    def __format__(self, spec: str) -> str:
        if spec:
            fail("path", f"{self!r} takes no format {spec!r}", "write SINCE.format(Day()) in the braces")
        _in_paths.append(cast("Placeholder | Lookup[Any]", self))
        return f"\ue000{len(_in_paths) - 1}\ue001"


def in_text(text: str) -> Iterator[str | Placeholder | Lookup[Any]]:
    """The parts of a path: plain text and the placeholders that stood in its f-string."""
    for at, part in enumerate(_MARK.split(text)):
        if at % 2:
            yield _in_paths[int(part)]
        elif part:
            yield part


@dataclass(frozen=True)
class Placeholder(_Formats):
    """Something that varies from request to request."""

    what: str

    def __repr__(self) -> str:
        return self.what.upper()


@dataclass(frozen=True)
class Place(Placeholder):
    """A place in something that varies: ``EACH["/id"]``. ``EACH`` alone is all of it."""

    at: str = ""

    def __getitem__(self, at: str) -> Place:
        check_pointer(at, self.what.upper(), "the place")
        return replace(self, at=at)

    def __repr__(self) -> str:
        return self.what.upper() + (f"[{self.at!r}]" if self.at else "")


@dataclass(frozen=True)
class Bound(Placeholder):
    """One border of the span that is asked for.

    The source's filter includes ``SINCE`` and excludes ``UNTIL`` unless ``.exclusive`` or ``.inclusive`` says
    otherwise, and takes them in the cursor's own format unless ``.format(...)`` says otherwise.
    """

    flipped: bool = False
    written: Format | None = None

    def format(self: B, format: Format) -> B:
        """The same border, written in another format (and with that format's unit)."""
        from .formats import FORMATS

        check_type(format, FORMATS, repr(self), "format", "Iso(), Epoch(), Day() or Number()")
        return replace(self, written=format)


@dataclass(frozen=True)
class Since(Bound):
    """Where the span begins; the source's filter includes it unless ``.exclusive``."""

    @property
    def exclusive(self) -> Since:
        """The source's filter leaves this value itself out."""
        return replace(self, flipped=True)


@dataclass(frozen=True)
class Until(Bound):
    """Where the span ends; the source's filter excludes it unless ``.inclusive``."""

    @property
    def inclusive(self) -> Until:
        """The source's filter takes this value itself in."""
        return replace(self, flipped=True)


SINCE = Since("since")
"""Where the span that is asked for begins."""
UNTIL = Until("until")
"""Where the span that is asked for ends."""
NEXT = Placeholder("next")
"""The token of the next page. On the first page nothing at all, or where pages are counted or have a start, that."""
EACH = Place("each")
"""This partition: the parent's record, or the constant. After ``.then``, the record before."""
ANSWER = Place("answer")
"""The envelope of this answer (in ``add``), or of the answer before (in a ``Job``)."""


@word
class ALL:
    """A list with one ``item`` for every record of a batch of at most ``at_most``."""

    item: Value
    at_most: int

    def __post_init__(self) -> None:
        check_value(self.item, "ALL: item")
        if not isinstance(self.at_most, int) or self.at_most < 1:
            fail("ALL", f"at_most={self.at_most!r} is no number of records")


@word
class SIZE:
    """How many records a page is asked for: ``params={"limit": SIZE(100)}``. Where a rule says ``smaller()``, and for a
    413, the same page is asked for with half as many, down to ``least``; the session stays with that. ``first``: so
    many on a first page, for a source where a request costs what it asks for, not what it gets: most polls find little.
    """

    most: int
    least: int = 1
    first: int | None = None

    def __post_init__(self) -> None:
        if not all(type(each) is int for each in (self.most, self.least)) or not 1 <= self.least <= self.most:
            fail("SIZE", f"most={self.most!r} and least={self.least!r} are no numbers of records", "say SIZE(100)")
        if self.first is not None and (type(self.first) is not int or not 1 <= self.first <= self.most):
            fail("SIZE", f"first={self.first!r} is no number of records up to {self.most}", "say SIZE(250, first=50)")

    def asked(self, most: int, *, first: bool) -> int:
        """How many records a page is asked for, the first one or another, where none may have more than ``most``."""
        return most if self.first is None or not first else min(most, self.first)


class Digest(_Formats):
    """A short hash of these places of the record (of all of it, when none is named), for keys that a source lacks."""

    def __init__(self, *at: str) -> None:
        for place in at:
            check_pointer(place, "Digest", "a place")
        self.at = at

    def __repr__(self) -> str:
        return f"Digest({', '.join(map(repr, self.at))})"


@dataclass(frozen=True, eq=False)
class Lookup(_Formats, Generic[T_co]):
    """A value that is found once a session and again every ``every``; made by ``@lookup()``."""

    find: Callable[[Any], Any]
    every: Duration
    name: str = field(default="")

    def __repr__(self) -> str:
        return f"lookup {self.name}"


class _Lookup(Protocol):
    @overload
    def __call__(self, find: Callable[[Source[C]], Awaitable[T]]) -> Lookup[T]: ...
    @overload
    def __call__(self, find: Callable[[Source[C]], T]) -> Lookup[T]: ...


def lookup(*, every: Duration = "1h") -> _Lookup:
    """Decorator: a value to be found once a session, and again every ``every``; used where the value goes.

    A lookup that finds ``None`` leaves its parameter or member out of the request.
    """
    check_duration(every, "lookup", "every")

    def made(find: Callable[[Any], Any]) -> Lookup[Any]:
        return Lookup(find, every, getattr(find, "__name__", "lookup"))

    return cast("_Lookup", made)


Window = Duration | Lookup[Duration]
"""A length of time, or a lookup that finds one: for what the user knows better than the author."""


def check_window(value: object, where: str, what: str) -> None:
    """Refuse what is neither a length of time nor a lookup that may find one."""
    if not isinstance(value, Lookup):
        check_duration(value, where, what)


def check_value(value: object, where: str) -> None:
    """Refuse what cannot stand in a request, wherever it is nested."""
    match value:
        case str() | int() | float() | None | Placeholder() | Digest() | Lookup() | ALL() | SIZE():
            pass
        case Mapping():
            for name, item in value.items():
                check_type(name, str, where, "a name", "text")
                check_value(item, f"{where}[{name!r}]")
        case list() | tuple():
            for item in value:
                check_value(item, where)
        case _:
            fail(
                where,
                f"a {type(value).__name__} is no value",
                "a constant, SINCE, UNTIL, EACH, NEXT, ANSWER or a lookup is",
            )


def placeholders(value: object) -> Iterator[Placeholder | Lookup[Any] | Digest | ALL | SIZE]:
    """Everything that varies in a value, wherever it is nested, f-strings included."""
    match value:
        case ALL():
            yield value
            yield from placeholders(value.item)
        case Placeholder() | Lookup() | Digest() | SIZE():
            yield value
        case str():
            yield from (part for part in in_text(value) if not isinstance(part, str))
        case Mapping():
            for item in value.values():
                yield from placeholders(item)
        case list() | tuple():
            for item in value:
                yield from placeholders(item)
