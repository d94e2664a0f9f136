"""Performing a Snapshot stream: sweeps that send what changed and delete what is certainly gone."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence

from connector_sdk.declare import Endpoint, Stream
from connector_sdk.http import Fill, RawPage, Trace
from connector_sdk.plan import Patch, Planned, SnapshotPlan, Step

from .documents import Document, Row, Shape, pieces
from .hashing import digest_text
from .ledger import Ledger
from .runtime import Runtime

__all__ = ["SnapshotLanes"]

_log = logging.getLogger("connector_sdk")
_BLOCK = 1_000
_KEYS = 4 << 20  # bytes of state for the keys of one binding (R13)
_ROW_COST = 14  # quotes, colon, comma and the digest beside a key
_PASSES = 3
_TOMBSTONES = 2_000


class _Sweep:
    """What one pass over the listing has seen."""

    def __init__(self, began: int) -> None:
        self.began = began
        self.keys: set[str] = set()
        self.rows = 0
        self.said_empty = False
        self.total: int | None = None

    def complete(self) -> bool:
        """Whether the source's own count, where it tells one, is what was read."""
        return self.total is None or len(self.keys) >= self.total


class SnapshotLanes:
    """The one lane of a Snapshot binding."""

    def __init__(self, stream: Stream, every: int, runtime: Runtime, ledger: Ledger, trace: Trace) -> None:
        assert stream.read is not None
        self.stream = stream
        self.reader = stream.read
        self.plan_ = SnapshotPlan(every)
        self.shape = Shape(stream)
        self.runtime = runtime
        self.ledger = ledger
        self.trace = trace
        self.size = 0
        self.full = False
        self.emptied = False
        self._at = ""

    async def prepare(self) -> None:
        """Take stock of the keys that are remembered."""
        self.size = sum(len(key) + _ROW_COST for key in self.ledger.state.data.get("rows", {}))

    def plan(self) -> Planned:
        """The sweep, if it is due."""
        return self.plan_.plan(self.ledger.state.data, self.runtime.time.now())

    def backfilling(self) -> bool:
        """Whether no sweep has been finished yet."""
        return not self.ledger.state.data.get("due")

    def where(self) -> str:
        """How far the sweep that is under way has come."""
        return self._at

    def warning(self) -> str:
        """What the user should know."""
        if self.full:
            return "it has more keys than can be remembered (4 MiB), so deletes are no longer captured"
        if self.size > _KEYS * 0.8:
            return f"the memory for its keys is {self.size * 100 // _KEYS} % full; beyond it deletes are not captured"
        if self.emptied:
            return "it had records before and the source now gives none; nothing is deleted on that account alone"
        return ""

    async def perform(self, step: Step) -> None:
        """Sweep the whole listing, then delete what is gone."""
        if self.stream.numbered:
            await self._numbered()
        else:
            await self._keyed()
        self._at = ""

    async def _pages(self, sweep: _Sweep) -> AsyncIterator[RawPage]:
        async for page in self.runtime.client.read(self.reader, Fill(), trace=self.trace):
            sweep.began = min(sweep.began, self.runtime.time.now())
            sweep.said_empty |= page.explicit_empty
            sweep.total = page.total if page.total is not None else sweep.total
            sweep.rows += len(page.slices)
            self._at = f"{sweep.rows:,} of {sweep.total:,}" if sweep.total else f"{sweep.rows:,} rows"
            yield page

    def _denied(self, sweep: _Sweep, known: bool) -> bool:
        """An empty listing of what had rows before, without the source's word for it, deletes nothing (R6)."""
        self.emptied = known and not sweep.rows and not sweep.said_empty
        return self.emptied

    # ---- records with a key of their own --------------------------------------------------------------------------

    async def _keyed(self) -> None:
        sweep = await self._pass()
        proven = self._exact()
        # Pages that shift may skip a record that lives. Two passes that read the very same keys prove the first: what
        # made it skip one was a deletion of a record it had read, and that record would be missing from the second.
        for _ in range(_PASSES - 1):
            if proven or not self._missing(sweep):
                break
            again = await self._pass()
            proven = again.keys == sweep.keys
            sweep = again
        gone = self._missing(sweep)
        if proven:
            await self._delete(gone)
        elif gone:
            _log.info(
                "%s: the listing changes too fast to tell what is gone; the next sweep tries again", self.stream.name
            )
        self.ledger.state.note(self.plan_.done(sweep.began))

    def _exact(self) -> bool:
        return isinstance(self.reader, Endpoint) and not self.reader.shifting

    def _missing(self, sweep: _Sweep) -> list[str]:
        rows = self.ledger.state.data.get("rows", {})
        if self.full or not sweep.complete() or self._denied(sweep, bool(rows)):
            return []
        return [key for key in rows if key not in sweep.keys]

    async def _pass(self) -> _Sweep:
        sweep = _Sweep(self.runtime.time.now())
        async for page in self._pages(sweep):
            found = [self.shape.row(body) for body in page.slices]
            cut = pieces(found) or [()]
            for at, piece in enumerate(cut):
                written = page.detach() if at == len(cut) - 1 else None
                size = sum(len(row.body) for row in piece)
                await self.ledger.commit(size, lambda piece=piece: self._news(piece, sweep), written=written)  # type: ignore[misc]
        return sweep

    def _news(self, piece: Sequence[Row], sweep: _Sweep) -> tuple[list[Document], Patch]:
        known = self.ledger.state.data.get("rows", {})
        documents: list[Document] = []
        changed: dict[str, str] = {}
        for row in piece:
            key = row.key.decode()
            digest = digest_text([self.shape.comparable(row.body)])
            before = changed.get(key) or known.get(key)
            sweep.keys.add(key)
            if before == digest:
                continue
            documents.append(Document("u", row.body))
            if before is None:
                if self.size + len(key) + _ROW_COST > _KEYS:
                    self.full = True
                    continue
                self.size += len(key) + _ROW_COST
            changed[key] = digest
        return documents, {"rows": changed} if changed else {}

    async def _delete(self, gone: Sequence[str]) -> None:
        for begin in range(0, len(gone), _TOMBSTONES):
            keys = gone[begin : begin + _TOMBSTONES]

            def make(keys: Sequence[str] = keys) -> tuple[list[Document], Patch]:
                return [self.shape.tombstone(key) for key in keys], {"rows": dict.fromkeys(keys)}

            await self.ledger.commit(100 * len(keys), make)
            self.size -= sum(len(key) + _ROW_COST for key in keys)

    # ---- rows that are known by their number ----------------------------------------------------------------------

    async def _numbered(self) -> None:
        sweep = _Sweep(self.runtime.time.now())
        block: list[Row] = []
        count = 0
        async for page in self._pages(sweep):
            for body in page.slices:
                block.append(self.shape.row(bytes(body)))  # a copy: a block outlives its pages
                if len(block) == _BLOCK:
                    await self._block(count, block)
                    count, block = count + _BLOCK, []
            page.release()
        if block:
            await self._block(count, block)
            count += len(block)
        if not self._denied(sweep, bool(self.ledger.state.data.get("n"))):
            await self._shorten(count)
        self.ledger.state.note(self.plan_.done(sweep.began))

    async def _block(self, first: int, block: Sequence[Row]) -> None:
        name = str(first // _BLOCK)
        digest = digest_text([self.shape.comparable(row.body) for row in block])
        if self.ledger.state.data.get("blocks", {}).get(name) == digest:
            return
        row_id = first
        cut = pieces(block)
        for at, piece in enumerate(cut):
            documents = [Document("u", row.body, row_id + number) for number, row in enumerate(piece)]
            row_id += len(piece)
            # the count rises with the rows: a crash followed by a shrink would leave ghosts behind it
            patch: Patch = {"n": max(self.ledger.state.data.get("n", 0), row_id)}
            if at == len(cut) - 1:
                patch["blocks"] = {name: digest}
            size = sum(len(row.body) for row in piece)
            await self.ledger.commit(size, lambda documents=documents, patch=patch: (documents, patch))  # type: ignore[misc]

    async def _shorten(self, count: int) -> None:
        state = self.ledger.state.data
        end = state.get("n", 0)
        while end > count:
            begin = max(count, end - _TOMBSTONES)
            documents = [Document("d", b"{}", row_id) for row_id in range(begin, end)]
            blocks = {name: None for name in state.get("blocks", {}) if int(name) * _BLOCK >= begin}
            patch: Patch = {"n": begin, **({"blocks": blocks} if blocks else {})}
            await self.ledger.commit(50 * len(documents), lambda documents=documents, patch=patch: (documents, patch))  # type: ignore[misc]
            end = begin
