"""Offset pages kept exact while the set under them moves, by an overlap of one record (engine.md, 2.7).

Each page is asked for from one record earlier; its first record must be one that was read. Where it is not, records
before it went away and others slipped past: pages 1, 2, 4 ... further back are asked for until one begins with a
record that was read. In a stable order everything after such a record is read or repeated, and nothing is missed.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

from connector_sdk.errors import PagingError

from .asking import Ask, Asker
from .fill import Key
from .page import RawPage

__all__ = ["overlapping"]

_REMEMBERED = 20_000
_SLIPS = 20


class _Read:
    """The identities of the last records that were read, and the last one's text."""

    def __init__(self, key: Key) -> None:
        self._key = key
        self._hashes: dict[int, None] = {}
        self._last = 0
        self.known = False
        self.width = 1

    def holds(self, record: bytes | memoryview) -> bool:
        """Whether this record was read, and not so long ago that it is forgotten."""
        return hash(self._key(record)) in self._hashes

    def repeats(self, record: bytes | memoryview) -> bool:
        """Whether this is the last record again, unchanged."""
        return self.known and hash(bytes(record)) == self._last

    def add(self, slices: Sequence[bytes | memoryview]) -> None:
        """Remember the records of a page."""
        for each in slices:
            identity = hash(self._key(each))
            self._hashes.pop(identity, None)  # the latest stand last
            self._hashes[identity] = None
        for _ in range(len(self._hashes) - max(_REMEMBERED, 4 * len(slices))):
            del self._hashes[next(iter(self._hashes))]
        self.width = max(self.width, len(slices))
        if slices:
            self._last, self.known = hash(bytes(slices[-1])), True


async def overlapping(asker: Asker, ask: Ask, key: Key) -> AsyncGenerator[RawPage, None]:
    """The pages from ``ask.token`` on; a record may come twice, and none is left out. Raises PagingError where the
    order of records changes from request to request."""
    read = _Read(key)
    position, slips = int(ask.token or 0), 0
    while True:
        page, at, slipped = await _page_at(asker, ask, read, position)
        try:
            slips = slips + 1 if slipped else max(0, slips - 1)
            if slips > _SLIPS:
                raise PagingError(
                    f"{ask.endpoint}: the records come in another order with each request, so no offset is safe.",
                    hint="ask the source for a fixed order, such as by id",
                )
            after = at + len(page.slices)
            stands = not slipped and after <= position
            if stands and page.more:
                raise PagingError(f"{ask.endpoint}: the answer says that there is more, but holds no further record.")
            if page.slices and at == position - 1 and read.repeats(page.slices[0]):
                page.slices = page.slices[1:]
            read.add(page.slices)
        except BaseException:
            page.release()
            raise
        ended = page.token is None or stands
        position = after
        page.token = None if ended else str(position)
        yield page
        if ended:
            return


async def _page_at(asker: Asker, ask: Ask, read: _Read, position: int) -> tuple[RawPage, int, bool]:
    """The page that goes on after what was read, where it begins, and whether records had slipped."""
    at = max(0, position - 1) if read.known else position
    back, slipped = 1, False
    if read.known and read.width == 1:
        single = await _single(asker, ask, read, position)
        if single is not None:
            return single, position, False
        at, back, slipped = max(0, position - 2), 2, True
    while True:
        page = await asker.ask(replace(ask, token=str(at)))
        held = bool(page.slices) and read.holds(page.slices[0])
        if not read.known or at == 0 or held:
            return page, at, slipped or (read.known and bool(page.slices) and not held)
        page.release()
        slipped = True
        at, back = max(0, position - 1 - back * read.width), back * 2


async def _single(asker: Asker, ask: Ask, read: _Read, position: int) -> RawPage | None:
    """The next page, where pages hold one record and an overlap would be all of it; None where records have slipped.
    That the record before it is still there is asked for afterwards, so that it was there when the page was."""
    page = await asker.ask(replace(ask, token=str(position)))
    try:
        before = await asker.ask(replace(ask, token=str(max(0, position - 1))))
    except BaseException:
        page.release()
        raise
    stands = bool(before.slices) and read.holds(before.slices[0])
    before.release()
    if stands:
        return page
    page.release()
    return None
