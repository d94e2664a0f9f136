"""What one step has read so far, and whether that is all there is (R11, R13)."""

from __future__ import annotations

from collections.abc import Sequence

from connector_sdk.declare import Endpoint, Reader
from connector_sdk.http import RawPage

from .documents import Row
from .hashing import short

__all__ = ["Reading"]


class Reading:
    """The count of a step's records since the first page of its token chain. ``before``: rows that were read before a
    restart; what their keys were is not known any more."""

    def __init__(self, reader: Reader, before: int = 0) -> None:
        self._endpoint = reader if isinstance(reader, Endpoint) else None
        self._resumed = before > 0
        self._shifting = self._endpoint is None or self._endpoint.shifting
        self._distinct: set[int] = set()
        self.rows = before
        self.pages = 0
        self.total: int | None = None
        self.said_empty = False
        self.last: int | None = None

    def page(self, page: RawPage, rows: Sequence[Row]) -> None:
        """One more page."""
        self.pages += 1
        self.rows += len(rows)
        self.said_empty |= page.explicit_empty
        if self.total is None:
            self.total = page.total
        if self._shifting and self.total is not None:
            self._distinct.update(short(row.key) for row in rows)

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
        if self.total is None:
            return 0
        read = len(self._distinct) if self._shifting and not self._resumed else self.rows
        return max(0, self.total - read)

    @property
    def exact(self) -> bool:
        """Whether nothing can have slipped past between two pages: what was not read was not there."""
        if self._resumed or self.short_of or self.capped:
            return False
        if self._endpoint is None:
            return False
        return not self._shifting or self.pages == 1 or self.total is not None
