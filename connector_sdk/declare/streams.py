"""Streams: keyed sets of records."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

from ._word import Duration, as_tuple, check_pointer, check_type, fail, micros, word
from .endpoints import Endpoint, Job
from .formats import Day, Number
from .source import Page, Source, Step
from .syncs import (
    DELETES,
    SYNCS,
    ChangeLog,
    Deletes,
    Follow,
    Incremental,
    Listed,
    Marked,
    Missing,
    Snapshot,
    Sync,
)
from .values import Json, Lookup, Scalar

__all__ = ["ROW_ID", "Partitions", "Reader", "Stream", "interval"]

ROW_ID = "/_meta/row_id"
"""The key of a snapshot whose records have none: the row's number in the listing."""

D = TypeVar("D", Missing, Marked, Listed)

Reader = Endpoint | Job | Callable[[Source[Any], Step], AsyncIterator[Page]]
"""How pages are read: an endpoint, an export job, or an async generator of the author's own."""


@dataclass(frozen=True)
class Partitions:
    """The records of a stream that are partitions of another; made by ``stream.where(...)``."""

    of: Stream
    only: Callable[[Json], Any]


@word
class Stream:
    """A keyed set of records that changes with time.

    ``key``: the place, or places, that identify a record. ``read``: how its pages are asked for. ``per``: for which
    parts: a parent stream, ``parent.where(...)``, constants, or a lookup. ``sync``: when. ``deletes``: how absence is
    learned; a list where there are several ways. ``scopes``: what the credentials need. ``optional``: off by default:
    offered to Flow as disabled, and captured only when chosen. ``schema``: what documents are checked against.
    ``volatile``: places that change on every read, left out of comparisons. ``text``: places whose numbers leave as
    text, digit for digit. In these two a ``*`` stands for every item of a list. ``shared``: one key may occur in
    several partitions. ``about``: one sentence for the user. ``accepts``: what may lose records and is accepted all
    the same, by name, such as ``"shifting pages"``.
    """

    name: str
    key: str | Sequence[str]
    sync: Sync
    read: Reader | None = None
    per: Stream | Partitions | Sequence[Scalar] | Lookup[Any] | None = None
    deletes: Deletes | Sequence[Deletes] | None = None
    scopes: Sequence[str] = ()
    optional: bool = False
    schema: type[BaseModel] | Mapping[str, Any] | None = None
    volatile: Sequence[str] = ()
    text: Sequence[str] = ()
    shared: bool = False
    about: str = ""
    accepts: Sequence[str] = ()

    def __post_init__(self) -> None:
        where = f"stream {self.name!r}"
        if not isinstance(self.name, str) or not self.name or "/" in self.name:
            fail(where, "is no name for a stream", "write letters, digits and '_'")
        if not self.keys:
            fail(where, "key is empty", f"name the place, or say key={ROW_ID!r}")
        for at in self.keys:
            check_pointer(at, where, "key")
            if not at:
                fail(where, "key is the whole record", "name a place, such as '/id'")
        check_type(self.sync, SYNCS, where, "sync", "Snapshot(), Incremental(...), ChangeLog(...) or Follow(...)")
        for name in ("volatile", "text"):
            for at in getattr(self, name):
                check_pointer(at, where, name, items=True)
        self._check_deletes(where)
        self._check_read(where)
        self._check_sync(where)

    @property
    def keys(self) -> tuple[str, ...]:
        """The places of the key, in order."""
        return as_tuple(self.key)

    @property
    def numbered(self) -> bool:
        """Whether rows are identified by their number in the listing."""
        return self.keys == (ROW_ID,)

    def learns(self, how: type[D]) -> D | None:
        """How absence is learned in this way: ``stream.learns(Missing)``; None where it is not."""
        return next((each for each in self._ways if isinstance(each, how)), None)

    @property
    def _ways(self) -> Sequence[Deletes]:
        if self.deletes is None:
            return ()
        return (self.deletes,) if isinstance(self.deletes, DELETES) else self.deletes

    def where(self, only: Callable[[Json], Any]) -> Partitions:
        """Those of this stream's records, as partitions of another stream, that ``only`` is true of."""
        return Partitions(self, only)

    def readers(self) -> list[Reader]:
        """Everything that this stream's pages are asked for by."""
        changes = self.sync.changes if isinstance(self.sync, Incremental | ChangeLog) else None
        return [reader for reader in (self.read, changes) if reader is not None]

    def _check_deletes(self, where: str) -> None:
        if self.deletes is not None and not isinstance(self.deletes, Sequence):
            check_type(self.deletes, DELETES, where, "deletes", "Missing(), Marked(...) or Listed(...)")
        for each in self._ways:
            check_type(each, DELETES, where, "deletes", "Missing(), Marked(...) or Listed(...)")
        if len({type(each) for each in self._ways}) < len(self._ways):
            fail(where, "deletes= names one way twice", "name each once: [Marked('/isDeleted'), Listed(...)]")

    def _check_read(self, where: str) -> None:
        if self.read is None:
            listed = ", and everything has to be listed once, and whenever the log's token has expired"
            why = listed if isinstance(self.sync, ChangeLog) and self.sync.changes is not None else ""
            fail(where, f"does not say how it is read{why}", "say read=GET(...)")
        for reader in self.readers():
            if not isinstance(reader, Endpoint | Job) and not callable(reader):
                fail(
                    where, f"read is a {type(reader).__name__}", "it takes GET(...), POST(...), Job(...) or a generator"
                )
            if isinstance(reader, Endpoint) and not any(_tells_records(each) for each in reader.chain()):
                fail(where, f"{reader} does not say where the records are", "say records='/...' ('' is the whole body)")
            for endpoint in _endpoints(reader):
                part = isinstance(reader, Job) and reader.parts is not None and endpoint is reader.result
                first = endpoint is reader or (isinstance(reader, Job) and not part)  # a part's EACH is the part
                self._check_endpoint(where, endpoint, first=first)

    def _check_endpoint(self, where: str, endpoint: Endpoint, *, first: bool) -> None:
        used = endpoint.uses()
        if first and "each" in used and self.per is None and not isinstance(self.sync, Follow):
            fail(where, "EACH of what?", "say per=..., or sync=Follow(...)")
        if used & {"since", "until"} and not isinstance(self.sync, Incremental):
            fail(where, "SINCE and UNTIL need a cursor", "say sync=Incremental('/updatedAt')")
        if first and "all" in used and not isinstance(self.sync, Follow):
            fail(where, "ALL of what?", "say sync=Follow(...), or use it in an endpoint behind .then")

    def _check_sync(self, where: str) -> None:
        if (missing := self.learns(Missing)) and missing.of and not isinstance(self.sync, Follow):
            fail(where, "Missing(of=) tells the parent of what follows it", "leave of= out, or say sync=Follow(...)")
        if missing and missing.listing and not isinstance(self.sync, Incremental):
            fail(where, "Missing(listing=) is for the sweeps of an increment", "leave it out, or say Incremental(...)")
        if self.numbered and self.per is not None:
            fail(where, "rows are numbered over the whole listing, which per= divides", "name a key, or leave per= out")
        if self.numbered and not isinstance(self.sync, Snapshot):
            fail(where, f"key={ROW_ID!r} numbers the rows of a listing", "say sync=Snapshot(), or name a key")
        if any(at.startswith("/_meta") for at in self.keys) and not self.numbered:
            fail(where, "/_meta is written by the SDK and cannot be part of a key", f"only {ROW_ID!r} can")
        if isinstance(self.sync, Snapshot) and self.learns(Missing) and self.numbered:
            fail(
                where, "rows without a key cannot be missing", "leave deletes= out: a shorter listing deletes its tail"
            )
        if isinstance(self.sync, Incremental):
            self._check_increment(where, self.sync)
        if isinstance(self.sync, ChangeLog) and self.sync.changes is None:
            self._check_log_alone(where, self.sync)

    def _check_log_alone(self, where: str, sync: ChangeLog) -> None:
        if isinstance(self.read, Job):
            fail(where, "an export is no log: it has no token to go on from", "say sync=Snapshot()")
        if isinstance(self.read, Endpoint) and "next" not in self.read.uses():
            fail(where, f"{self.read} has no NEXT, and a log goes on from its token",
                 "say where the request takes it; or ChangeLog(changes=GET(...)) if read= is a listing")  # fmt: skip
        if self.learns(Missing) or self.learns(Listed):
            fail(where, "nothing is listed beside the log, so that Missing and Listed have nothing to be compared with",
                 "say Marked('/...'), or ChangeLog(changes=GET(...)) if read= is a listing")  # fmt: skip
        if sync.sweep is not None or micros(sync.lag):
            fail(where, "sweep= and lag= are about a listing beside the log, and there is none", "leave them out")

    def _check_increment(self, where: str, sync: Incremental) -> None:
        missing = self.learns(Missing)
        listed = missing is not None and missing.listing is not None
        if listed and (sync.sweep is None or sync.changes is not None):
            fail(where, "Missing(listing=) is what a sweep reads in place of what else is read",
                 "say sweep='1d', and leave changes= out")  # fmt: skip
        if missing and sync.moves and not listed and (sync.sweep is None or sync.changes is None):
            fail(where, "a cursor that moves takes records out of a window: missing there is not deleted",
                 "say moves=False if edits leave the cursor alone; sweep='7d' with a whole listing as read= and the "
                 "filter as changes=, or with Missing(listing=...); or learn deletes otherwise")  # fmt: skip
        if self.learns(Missing) and self.shared:
            fail(where, "a record that moves to another partition is missing where it was, and is not deleted",
                 "leave shared=True out, or learn deletes otherwise")  # fmt: skip
        if self.learns(Missing) and not sync.reread and sync.sweep is None:
            fail(where, "nothing is read twice, so nothing can be missing", "say reread='7d', or sweep='7d'")
        if not sync.moves and not sync.reread and not isinstance(sync.format, Number):
            fail(where, "moves=False without reread= never sees an edit", "say reread='7d', or how long edits matter")
        reader = sync.changes or self.read
        uses = reader.uses() if isinstance(reader, Endpoint) else {"since"}
        if sync.order is None and "since" not in uses:
            fail(where, f"{reader} has no SINCE: every poll would read everything", "use SINCE, or sync=Snapshot()")
        if isinstance(sync.format, Day) and sync.format.until_today:
            fail(
                where,
                "until_today is about a filter, not about the cursor",
                "say SINCE.format(Day(..., until_today=True))",
            )
        if isinstance(sync.format, Number) and (sync.order != "rising" or "until" in uses or sync.reread):
            fail(where, "a Number() has no clock: it is read upwards, without an end",
                 "say order='rising', and leave UNTIL and reread= out")  # fmt: skip


def interval(stream: Stream) -> Duration:
    """How often a stream is asked, where the operator does not say: by its own sync, or by that of what it follows."""
    sync = stream.sync
    if not isinstance(sync, Follow):
        return sync.every
    return min((interval(parent) for parent in sync.streams if isinstance(parent, Stream)), key=micros)


def _tells_records(endpoint: Endpoint) -> bool:
    """Whether it is said where the records are; a body that is not JSON is nothing but records."""
    return endpoint.records is not None or endpoint.body is not None


def _endpoints(reader: Reader) -> list[Endpoint]:
    if isinstance(reader, Endpoint):
        return list(reader.chain())
    if not isinstance(reader, Job):
        return []
    parts = [reader.parts] if isinstance(reader.parts, Endpoint) else []
    return [reader.create, reader.poll, *parts, reader.result]
