"""Performing a ChangeLog stream: the log is followed, and everything is listed beside it when that is needed."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from connector_sdk import declare
from connector_sdk.declare import ChangeLog, Stream, micros
from connector_sdk.errors import PagingError
from connector_sdk.http import ExpiredToken, Fill, RawPage, decode
from connector_sdk.plan import FULL, LOG, ChangeLogPlan, Patch, Planned, Step, TailPass

from .documents import Row, Shape
from .emission import OVERTAKEN
from .keys import Keys
from .partitions import Partition
from .snapshot import KeyedListing
from .work import Page, Sink, Work

__all__ = ["ChangeLogLanes"]

_log = logging.getLogger("connector_sdk")


class ChangeLogLanes:
    """The two lanes of a ChangeLog stream, in every partition: the log, and the full read beside it."""

    listing: KeyedListing

    def __init__(self, stream: Stream, work: Work, keys: Keys, sink: Sink) -> None:
        assert isinstance(stream.sync, ChangeLog)
        self.stream = stream
        assert stream.sync.changes is not None
        self.sync = stream.sync
        self.changes = stream.sync.changes
        self.work = work
        self.keys = keys
        self.sink = sink
        sweep = None if self.sync.sweep is None else micros(self.sync.sweep)
        self.plan_ = ChangeLogPlan(work.every, micros(self.sync.lag), sweep)
        self.shape = Shape(stream)
        self._passes: dict[str, TailPass] = {}
        self._opened = work.runtime.time.now()
        self._heard: set[str] = set()  # partitions whose token has been good in this session
        self._touched: dict[str, dict[bytes, int]] = {}  # key -> when the log told of it, while a listing may trail

    async def prepare(self) -> None:
        """Nothing has to be found first."""
        self.listing = KeyedListing(self.stream, self.work, self.shape, FULL, self.keys, self.sink)

    def begin(self, part: Partition) -> Patch | None:
        """The cut-off is a token, which only the source can give: the log's first step takes it."""
        return None

    def plan(self, part: Partition) -> Planned:
        """The next look at the log, and the full read if one is due."""
        log, now = self._passes.setdefault(part.id, TailPass(once=self.work.runtime.once)), self.work.runtime.time.now()
        self._opened = min(self._opened, now)  # our clock was ahead until the source's was heard
        if self.work.runtime.once and self.listing.elsewhere.waits_for(part.id):
            log.began = None  # it is not caught up while deletions wait for this partition
        return self.plan_.plan(self._state, now, log, self._opened, part.id)

    @property
    def _state(self) -> Patch:
        return self.work.ledger.state.data

    def known(self) -> set[str]:
        """The partitions that something is remembered of."""
        keys = self._state.get(self.keys.kind, {})
        return {*self._state.get("token", {}), *(id for id, found in keys.items() if found)}

    def restart(self, partition: str, before: str) -> Patch:
        """A log has no start that could be moved."""
        return {}

    def forget(self, part: Partition, *, keys: bool = True) -> Patch:
        """The change that removes a partition; with or without the keys of its records."""
        self._passes.pop(part.id, None)
        self._touched.pop(part.id, None)
        self._heard.discard(part.id)
        kinds = ["token", "full", "due"]
        if keys:
            self.keys.drop(part.id, list(self.keys.of(part.id)))
            self.keys.take()
            kinds.append(self.keys.kind)
        return {kind: {part.id: None} for kind in kinds if part.id in self._state.get(kind, {})}

    async def looked(self) -> None:
        """Delete what waited for that."""
        await self.listing.looked(Page(Partition(""), LOG, self.work.overtaken.stamp))

    async def orphan(self, part: Partition) -> None:
        """Delete the records of a partition whose parent is gone."""
        origin = Page(part, LOG, self.work.overtaken.stamp)
        await self.listing.delete(sorted(self.keys.of(part.id)), origin, None)

    def backfilling(self) -> bool:
        """Whether everything is still being listed."""
        return bool(self._state.get("full")) or not self._state.get("token")

    def where(self) -> str:
        """How far the full read has come."""
        return self.listing.at if hasattr(self, "listing") else ""

    def warning(self) -> str:
        """What the user should know."""
        return self.listing.warning() if hasattr(self, "listing") else ""

    async def perform(self, step: Step, part: Partition) -> None:
        """Follow the log until it has no more, or list everything."""
        if step.lane != LOG:
            return await self._full(step, part)
        try:
            await self._follow(step, part)
        except ExpiredToken as dead:
            await self._expired(step, part, dead.token)

    # ---- the log --------------------------------------------------------------------------------------------------

    async def _follow(self, step: Step, part: Partition) -> None:
        trace = self.work.trace.step(step.key, LOG)
        token = step.page or None
        try:
            if token is None:
                token = await self._begin(step, part)
            began = self.work.runtime.time.now()
            for _ in range(10_000):
                page = await self._ask(part, token, trace)
                more = page.token is not None and (page.token != token or bool(page.slices))
                if page.token == token and (page.slices or page.more):
                    what = "entries" if page.slices else "no entries, says that there are more"
                    raise PagingError(f"stream {self.stream.name!r}: the change log gave {what}, but its old token.")
                token = page.token or page.mark or token
                self._heard.add(part.id)
                await self._write(page, part, token)
                trace.written()
                if not more:
                    if self.stream.shared:
                        await self.listing.was_read(Page(part, LOG, page.stamp), began)
                    return
        finally:
            trace.ended()

    async def _ask(self, part: Partition, token: str | None, trace: object) -> RawPage:
        step = declare.Step(each=None if part.each is None else decode(part.each), token=token)
        fill = Fill(each=part.each, step=step, key=self.shape.key_of)
        return await self.work.runtime.client.page(self.changes, fill, token, trace)  # type: ignore[arg-type]

    async def _begin(self, step: Step, part: Partition) -> str:
        """Take the log's present token, and commit it, alone, before anything is listed (R14)."""
        trace = self.work.trace.step(step.key, LOG)
        page = await self._ask(part, None, trace)
        page.release()
        token = page.token or page.mark
        if token is None:
            raise PagingError(
                f"stream {self.stream.name!r}: the change log gave no token to go on from.",
                hint="correct the place in pages=NextToken(...)",
            )
        await self._commit(self.plan_.init(token, self.work.runtime.time.now(), part.id))
        return token

    async def _commit(self, patch: Patch) -> None:
        await self.work.ledger.commit(0, lambda: ((), patch), lazy=False)

    async def _write(self, page: RawPage, part: Partition, token: str | None) -> None:
        rows = self.shape.rows(page)
        gone = [self.shape.key_of(body) for body in page.gone]
        self._touch([row.key for row in rows] + gone, part)
        self.listing.elsewhere.found(part.id, [row.key.decode() for row in rows if not row.deleted])
        origin = Page(part, LOG, self._stamp(page))
        if gone:
            await self.sink.gone([key.decode() for key in gone], origin)
        moved: Patch = {} if token is None else {"token": {part.id: token}}
        await self.sink.write(rows, origin, lambda: moved, page.detach())
        last = {row.key: row.deleted for row in rows}
        deleted = [key.decode() for key, gone in last.items() if gone]
        # what a listing has shown since is there again, and may be missing from the next one
        deleted = [key for key in deleted if not self.keys.same(part.id, key, OVERTAKEN)]
        if deleted:  # what the log told to be gone is not compared with any listing
            self.keys.drop(part.id, deleted)
            self.work.ledger.state.note(self.keys.take())

    def _stamp(self, page: RawPage) -> int:
        """How new a page of the log is: a listing that trails it is never newer, whichever was asked first."""
        return self.work.overtaken.stamp if self.plan_.lag else page.stamp

    def _touch(self, keys: Sequence[bytes], part: Partition) -> None:
        """The log has told of these. A listing that is read now, or before ``lag`` has passed, may not show it yet."""
        now = self.work.runtime.time.now()
        touched = self._touched.setdefault(part.id, {})
        if part.id not in self._state.get("full", {}):
            for key in [key for key, at in touched.items() if at < now - self.plan_.lag]:
                del touched[key]
        touched |= dict.fromkeys(keys, now)

    async def _expired(self, step: Step, part: Partition, token: str | None) -> None:
        if not step.page and token is not None:  # the token came with the refusal itself
            await self._commit(self.plan_.init(token, self.work.runtime.time.now(), part.id))
            return
        if token is None:
            trace = self.work.trace.step(step.key, LOG)
            try:
                page = await self._ask(part, None, trace)
                page.release()
                token = page.token or page.mark
            except ExpiredToken as dead:
                token = dead.token
            finally:
                trace.ended()
        if token is None:
            raise PagingError(f"stream {self.stream.name!r}: the change log refuses its token, and gives no new one.")
        _log.warning("%s: the change log's token expired; everything is listed again", self.stream.name)
        self._touched.pop(part.id, None)
        served = part.id in self._heard  # else it expired while nobody asked, which says nothing of its life
        await self._commit(self.plan_.expired(self._state, token, self.work.runtime.time.now(), served, part.id))

    # ---- everything -----------------------------------------------------------------------------------------------

    async def _full(self, step: Step, part: Partition) -> None:
        touched = self._touched.setdefault(part.id, {})
        owed = dict(self._state.get("full", {}).get(part.id) or {})

        def passed(row: Row) -> bool:
            # what the log told of since the listing may have last been true is newer there
            return row.key in touched

        due = self._state.get("due", {}).get(part.id)
        once = due is None or owed.get("t", 0) < due  # else another one follows, as this one has
        sweep, missing = await self.listing.sweep(part, step.key, passed, once=once)
        if (self._state.get("full", {}).get(part.id) or {}) != owed:
            return  # the log's token expired meanwhile: this listing may lack what happened in the gap
        missing = [key for key in missing if key.encode() not in touched]
        await self.listing.delete(missing, Page(part, FULL, sweep.stamp), sweep.began)
        await self._commit(self.plan_.listed(sweep.began, part.id))
        self._touch((), part)
