"""Performing a Snapshot whose rows have no key: they are known by their number in the listing."""

from __future__ import annotations

from collections.abc import Sequence

from connector_sdk import declare
from connector_sdk.declare import Stream
from connector_sdk.plan import SWEEP, Patch, Planned, SnapshotPlan, Step

from .begun import begun_again
from .documents import Document, Row, Shape, pieces, size_of
from .hashing import digest_text
from .partitions import Partition
from .reading import Reading
from .snapshot import Listing, Sweep
from .work import Work

__all__ = ["NumberedLanes"]

_BLOCK = 1_000
_TOMBSTONES = 2_000


class NumberedLanes:
    """The one lane of a numbered listing: a digest for every thousand rows, and their count. Exact for any number."""

    def __init__(self, stream: Stream, work: Work) -> None:
        assert isinstance(stream.sync, declare.Snapshot)
        self.stream = stream
        self.work = work
        self.plan_ = SnapshotPlan(work.every)
        self.shape = Shape(stream)
        self.listing: Listing
        self._swept = False

    async def prepare(self) -> None:
        """Nothing has to be found first."""
        self.listing = Listing(self.stream, self.work, self.shape, SWEEP)

    def begin(self, part: Partition) -> Patch | None:
        """A listing has no cut-off."""
        return None

    def plan(self, part: Partition) -> Planned:
        """The sweep, if it is due."""
        if self.work.runtime.once and self._swept:  # a sweep may take longer than the pause between two
            return Planned(caught_up=True)
        return self.plan_.plan(self.work.ledger.state.data, self.work.runtime.time.now(), part.id)

    def known(self) -> set[str]:
        """The partitions that something is remembered of."""
        return {""} if self._state.keys() & {"due", "blocks", "n"} else set()

    def restart(self, partition: str, before: str) -> Patch:
        """A listing has no start."""
        return {}

    def forget(self, part: Partition, *, keys: bool = True) -> Patch:
        """The change that removes the listing, which another shard reads."""
        return {kind: None for kind in ("due", "blocks", "n") if kind in self._state}

    async def looked(self) -> None:
        """Nothing waits for that."""

    async def orphan(self, part: Partition) -> None:
        """A numbered listing has no parent."""

    def backfilling(self) -> bool:
        """Whether no sweep has been finished yet."""
        return not self.work.ledger.state.data.get("due")

    def where(self) -> str:
        """How far the sweep that is under way has come."""
        return self.listing.at if hasattr(self, "listing") else ""

    def warning(self) -> str:
        """What the user should know."""
        return self.listing.warning() if hasattr(self, "listing") else ""

    async def perform(self, step: Step, part: Partition) -> None:
        """Send the blocks that changed, then delete the rows beyond the last one."""
        await begun_again(self.listing.stream.name, lambda: self._sweep(step, part))

    async def _sweep(self, step: Step, part: Partition) -> None:
        sweep = Sweep(Reading(self.listing.reader, keyed=False), self.work.runtime.time.now())
        block: list[Row] = []
        count = 0
        async for page, rows in self.listing.pages(sweep, part, step.key):
            for row in rows:
                block.append(row._replace(body=bytes(row.body)))  # a copy: a block outlives its pages
                if len(block) == _BLOCK:
                    await self._block(count, block)
                    count, block = count + _BLOCK, []
            page.release()
        if block:
            await self._block(count, block)
            count += len(block)
        if not self.listing.denied(sweep, part, bool(self._state.get("n"))) and not sweep.reading.short_of:
            await self._shorten(count)
        self.work.ledger.state.note(self.plan_.done(sweep.began))
        self._swept = True

    @property
    def _state(self) -> Patch:
        return self.work.ledger.state.data

    async def _block(self, first: int, block: Sequence[Row]) -> None:
        name = str(first // _BLOCK)
        digest = digest_text([self.shape.comparable(row.body) for row in block])
        if self._state.get("blocks", {}).get(name) == digest:
            return
        row_id = first
        cut = pieces(block)
        for at, piece in enumerate(cut):
            documents = [Document("u", row.body, row_id + number) for number, row in enumerate(piece)]
            row_id += len(piece)
            # the count rises with the rows: a crash followed by a shrink would leave ghosts behind it
            patch: Patch = {"n": max(self._state.get("n", 0), row_id)}
            if at == len(cut) - 1:
                patch["blocks"] = {name: digest}
            await self._commit(documents, patch, size_of(piece))

    async def _shorten(self, count: int) -> None:
        end = self._state.get("n", 0)
        while end > count:
            begin = max(count, end - _TOMBSTONES)
            documents = [Document("d", b"{}", row_id) for row_id in range(begin, end)]
            blocks = {name: None for name in self._state.get("blocks", {}) if int(name) * _BLOCK >= begin}
            patch: Patch = {"n": begin, **({"blocks": blocks} if blocks else {})}
            await self._commit(documents, patch, 50 * len(documents))
            end = begin

    async def _commit(self, documents: Sequence[Document], patch: Patch, size: int) -> None:
        await self.work.ledger.commit(size, lambda: (documents, patch))
