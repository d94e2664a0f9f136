"""Pages of an answer whose body is not JSON: the first, and what is left of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from .envelope import Opened, heard
from .fill import Values
from .held import Held
from .page import RawPage, added
from .paging import Seen, mark, says_more
from .pieces import PIECE, Pieces
from .wire import LARGEST, Reply

if TYPE_CHECKING:
    from .asking import Ask

__all__ = ["Rest"]


class Rest:
    """What is left of an answer whose body is not JSON, to be closed by whoever has it.

    ``following``: gives the token of the page after this answer; ``broken``: makes an error of a body that turns out to
    be broken when some of it has been read. ``stamp``: of the request. ``ended``: nothing is left.
    """

    def __init__(
        self, ask: Ask, values: Values, reply: Reply, pieces: Pieces, held: Callable[[], Held],
        following: Callable[[Seen], str | None], broken: Callable[[Exception], Exception],
    ) -> None:  # fmt: skip
        self.stamp = 0
        self._ask = ask
        self._values = values
        self._reply = reply
        self._pieces = pieces
        self._held = held
        self._following = following
        self._broken = broken
        self._told = heard(ask.endpoint, Opened(), reply.headers)

    @property
    def ended(self) -> bool:
        """Whether the last record has been given."""
        return self._pieces.ended

    async def first(self, held: Held) -> RawPage:
        """The first page; its bytes are held by ``held``. Raises ValueError for a body that is broken."""
        return self._page(await self._pieces.next(), held)

    async def next(self, *, wait: bool = True) -> RawPage:
        """One more page, which holds its bytes of the budget; ``wait``: until they are free."""
        held = self._held()
        try:
            if wait:
                await held.take(PIECE)
            page = self._page(await self._pieces.next(), held)
        except ValueError as wrong:
            held.release()
            raise self._broken(wrong) from wrong
        except BaseException:
            held.release()
            raise
        page.hold(held.release)
        page.stamp = self.stamp
        return page

    async def gather(self, page: RawPage) -> bool:
        """Put what is left into ``page``, the first. Whether all is there: a page holds at most ``LARGEST`` bytes."""
        slices = list(page.slices)
        size = sum(map(len, slices))
        while not self.ended and size <= LARGEST:
            more = await self.next(wait=False)
            page.hold(more.detach())
            slices += more.slices
            size += sum(map(len, more.slices))
        page.slices = slices
        page.listed = len(slices)
        page.token = self.token(slices)
        return size <= LARGEST

    def token(self, slices: Sequence[bytes | memoryview]) -> str | None:
        """The token of the page after this answer, of which these are the records, or the last of them."""
        return self._following(self._seen(slices))

    def close(self) -> None:
        """Forget what is left."""
        self._pieces.close()

    def _seen(self, slices: Sequence[bytes | memoryview]) -> Seen:
        told = self._told
        return Seen(told.at, told.more, told.last, told.counted, slices, self._reply.headers, self._reply.url)

    def _page(self, slices: Sequence[bytes], held: Held) -> RawPage:
        held.resize(sum(map(len, slices)))
        ask = self._ask
        if ask.endpoint.add and slices and not ask.bare:
            slices = added(ask.endpoint, slices, Values(ask.fill, None, self._values.lookups, ask.answers))
        return RawPage(
            slices, headers=self._reply.headers, total=self._told.counted, more=says_more(self._seen(())),
            mark=mark(ask.endpoint, self._told.at),
        )  # fmt: skip
