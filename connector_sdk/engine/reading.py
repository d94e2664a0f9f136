"""What one step has read so far, and whether that is all there is (R11, R13)."""

from __future__ import annotations

from collections.abc import Sequence

from connector_sdk.declare import Endpoint, NextOffset, Reader
from connector_sdk.http import RawPage

from .documents import Row
from .hashing import short

__all__ = ["Reading", "may_slip"]


def may_slip(reader: Reader) -> bool:
    """Whether records may slip past between two pages of what is read.

    Offsets overlap, so what goes shows; what an edit moves to the front of its listing does not.
    """
    if not isinstance(reader, Endpoint):
        return True
    return reader.shifting or (isinstance(reader.pages, NextOffset) and not reader.pages.stable)


class Reading:
    """The count of a step's records since the first page of its token chain. ``before``: rows that were read before a
    restart, what their keys were is not known any more; ``total``: how many the first page told of. ``keyed``: whether
    records have keys to be told apart by. ``early``: it was ended before the last page, since no more was needed."""

    def __init__(self, reader: Reader, before: int = 0, total: int | None = None, *, keyed: bool = True) -> None:
        self._endpoint = reader if isinstance(reader, Endpoint) else None
        self.resumed = before > 0
        self._shifting = self._endpoint is None or self._endpoint.shifting
        self._slipping = may_slip(reader)
        self.early = False
        self._keyed = keyed
        self._distinct: set[int] = set()
        self.rows = before
        self.pages = 0
        self.total = total
        self.said_empty = False
        self.last: int | None = None

    def page(self, page: RawPage, rows: Sequence[Row]) -> None:
        """One more page. What was listed and then found to be gone (.then) counts: the source's total counts it too."""
        self.pages += 1
        self.rows += page.listed
        self.said_empty |= page.explicit_empty
        if self.total is None:
            self.total = page.total
        if self._slipping and self._keyed and self.total is not None:
            self._distinct.update(short(row.key) for row in rows)
            self._distinct.update(short(bytes(body)) for body in page.gone)

    @property
    def told_too_many(self) -> bool:
        """Whether the first page has told that the source will not give everything."""
        cap = self._endpoint.cap if self._endpoint else None
        return cap is not None and self.total is not None and self.total > cap and self.pages == 1

    @property
    def capped(self) -> bool:
        """Whether the source has cut its answer short, now that its last page is there."""
        cap = self._endpoint.cap if self._endpoint else None
        return cap is not None and self.rows >= cap

    @property
    def short_of(self) -> int:
        """How many records the source told of, but did not give."""
        if self.total is None or self.early:
            return 0
        read = len(self._distinct) if self._slipping and self._keyed and not self.resumed else self.rows
        return max(0, self.total - read)

    @property
    def slips(self) -> bool:
        """Whether records may have slipped past between two pages. The source's own count is no proof against it: one
        may have gone and another come, of which only the first was read."""
        if self._endpoint is None:
            return True
        return self._slipping and (self.pages > 1 or self.resumed)

    @property
    def doubtful(self) -> bool:
        """Whether records may have slipped past, and nothing would tell: there is not even a count."""
        return self._shifting and self.slips and self._endpoint is not None and self.total is None

    @property
    def whole(self) -> bool:
        """Whether what was not read was not there, where nothing slips."""
        return not (self.resumed or self.short_of or self.capped)

    @property
    def exact(self) -> bool:
        """Whether one pass alone proves that what was not read was not there."""
        return self.whole and not self.slips
