"""Where the next page is, and how the last one is known."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ._word import Duration, check_duration, check_pointer, fail, word
from .values import Scalar

__all__ = ["PAGINGS", "Header", "NextKey", "NextLink", "NextNumber", "NextOffset", "NextToken", "Paging", "check_place"]


@dataclass(frozen=True)
class Header:
    """A header of the answer, where a place in its body could stand: ``NextToken(Header("X-Next-Page"))``,
    ``total=Header("X-Total-Count")``. One that is empty, ``null`` or not there is like null."""

    name: str

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", self.name):
            fail("Header", f"{self.name!r} is no name of a header", "write a name such as 'X-Total-Count'")

    def __str__(self) -> str:
        return f"the header {self.name}"


@word
class NextToken:
    """The answer names the next page at ``at``. The pages end where that is absent, null or empty.

    ``more``: the place that says whether there is more; it then has the last word. ``end``: one that says that there is
    none, instead, such as Zendesk's ``/end_of_stream``, whose cursor stands there at the end too.
    ``below``: for listings that come newest first, and whose ``more`` is no more than a hint: the token then has the
    last word, and where ``more`` says so and there is no token, the pages go on below what the last record holds at
    this place, which is sent as UNTIL.
    ``stable``: pages do not shift when records before them change or go (keyset, or a frozen result).
    ``lives``: a token may be used again after a restart, for so long, and then shows what is there at that time. A
    result that is frozen at its first page would bring back old versions: leave ``lives`` out for it.
    """

    at: str | Header
    more: str | Header | None = None
    stable: bool = False
    lives: Duration | None = None
    below: str | None = None
    end: str | Header | None = None

    def __post_init__(self) -> None:
        check_place(self.at, "NextToken", "at")
        _check_more(self.more, "NextToken")
        if self.end is not None:
            check_place(self.end, "NextToken", "end")
            if self.more is not None:
                fail("NextToken", "more= and end= say the same thing, or two", "keep one of them")
        if self.below is not None:
            check_pointer(self.below, "NextToken", "below")
            if self.more is None:
                fail("NextToken", "below= says where to go on, and nothing says that there is more", "say more=")
        if self.lives is not None:
            check_duration(self.lives, "NextToken", "lives")


@word
class NextLink:
    """The answer holds the whole address of the next page: in the body at ``at``, or in the ``Link`` header.

    ``stable`` and ``lives`` mean what they mean for ``NextToken``.
    """

    at: str | None = None
    stable: bool = False
    lives: Duration | None = None

    def __post_init__(self) -> None:
        if self.at is not None:
            check_pointer(self.at, "NextLink", "at")
        if self.lives is not None:
            check_duration(self.lives, "NextLink", "lives")


@word
class NextOffset:
    """Counts records. Ends at the endpoint's ``total``, where ``more`` says no, on a page shorter than ``size``, or on
    an empty one."""

    more: str | Header | None = None
    size: int | None = None
    stable: bool = False

    def __post_init__(self) -> None:
        _check_more(self.more, "NextOffset")
        _check_size(self.size, "NextOffset")


@word
class NextNumber:
    """Counts pages from ``first``. Ends at the number found at ``last``, or as ``NextOffset`` does."""

    first: int = 1
    last: str | Header | None = None
    more: str | Header | None = None
    size: int | None = None
    stable: bool = False

    def __post_init__(self) -> None:
        if self.last is not None:
            check_place(self.last, "NextNumber", "last")
        _check_more(self.more, "NextNumber")
        _check_size(self.size, "NextNumber")


@word
class NextKey:
    """Asks for the records after the last one's ``at``, a place in the record as ``records=`` gives it. Ends where
    ``more`` says no, or on an empty page. A restart goes on behind the key that was reached."""

    at: str
    start: Scalar = None
    more: str | Header | None = None

    def __post_init__(self) -> None:
        check_pointer(self.at, "NextKey", "at")
        _check_more(self.more, "NextKey")

    @property
    def stable(self) -> bool:
        """Always: a key is no position."""
        return True

    @property
    def lives(self) -> bool:
        """Always: after a restart the records behind a key are those that are there then."""
        return True


Paging = NextToken | NextLink | NextOffset | NextNumber | NextKey
PAGINGS = (NextToken, NextLink, NextOffset, NextNumber, NextKey)


def check_place(value: object, where: str, what: str) -> None:
    """Refuse what is neither a pointer into the body nor a header."""
    if not isinstance(value, Header):
        check_pointer(value, where, what)


def _check_more(more: str | Header | None, where: str) -> None:
    if more is not None:
        check_place(more, where, "more")


def _check_size(size: int | None, where: str) -> None:
    if size is not None and (not isinstance(size, int) or size < 1):
        fail(where, f"size={size!r} is no number of records")
