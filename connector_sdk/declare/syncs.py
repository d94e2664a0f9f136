"""When a stream is read, and how absence is learned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from connector_sdk.errors import DefinitionError

from ._word import Duration, as_tuple, check_duration, check_pointer, check_type, fail, word
from .endpoints import Endpoint
from .formats import FORMATS, Format, Iso, Number
from .values import Json, Lookup, Window, check_window

if TYPE_CHECKING:
    from .streams import Reader, Stream

__all__ = [
    "DELETES",
    "SELF",
    "SYNCS",
    "ChangeLog",
    "Deletes",
    "Follow",
    "Incremental",
    "Listed",
    "Marked",
    "Missing",
    "Snapshot",
    "Sync",
]


@word
class Snapshot:
    """All of it, every so often: what changed is sent, what is gone is deleted.

    With the key ``"/_meta/row_id"`` a stream needs no key of its own: its rows are numbered in the listing's order.
    """

    every: Duration = "1h"

    def __post_init__(self) -> None:
        check_duration(self.every, "Snapshot", "every")


@word
class Incremental:
    """What is new or changed since last time, by the record's ``cursor``.

    ``changes``: how changes are asked for, where that differs from ``read``. ``format``: how the source writes the
    cursor. ``moves``: whether an edit moves the cursor (False for ``created_at``-like ones; edits are then found only
    within ``reread``). ``lag``: how late a record may become visible. ``reread``: the window, or windows, in which a
    record may still come late or change; each is read again every seventh of its length, at most once an hour. One
    that the user chooses is a lookup.
    ``every``: how often changes are asked for. ``step``: the widest span of one request. ``sweep``: how often all is
    compared. ``order``: the order of records within a span, where the source promises one; a feed that may tell several
    times of a record needs it, or ``.then``. ``start``: where history begins, instead of the config's start date.
    """

    cursor: str
    changes: Reader | None = None
    format: Format = Iso()
    moves: bool = True
    lag: Duration = "0s"
    reread: Window | Sequence[Window] = ()
    every: Duration = "30s"
    step: Duration = "30d"
    sweep: Duration | None = None
    order: Literal["rising", "falling"] | None = None
    start: str | int | None = None

    def __post_init__(self) -> None:
        check_pointer(self.cursor, "Incremental", "cursor")
        if not self.cursor:
            fail("Incremental", "cursor is empty", "name the place, such as '/updatedAt'")
        check_type(self.format, FORMATS, "Incremental", "format", "Iso(), Epoch(), Day() or Number()")
        for name in ("lag", "step", "every"):
            check_duration(getattr(self, name), "Incremental", name)
        if self.sweep is not None:
            check_duration(self.sweep, "Incremental", "sweep")
        for window in as_tuple(self.reread):
            check_window(window, "Incremental", "reread")
        if self.order not in (None, "rising", "falling"):
            fail("Incremental", f"order={self.order!r} is no order", "it takes 'rising' or 'falling'")
        if isinstance(self.format, Number):
            if not isinstance(self.start, int | None):
                fail("Incremental", f"start={self.start!r} is no number", "its cursor is a Number()")
        elif self.start is not None:
            if not isinstance(self.start, str):
                fail("Incremental", f"start={self.start!r} is no instant", "write '2024-01-01T00:00:00Z'")
            try:
                datetime.fromisoformat(self.start)
            except ValueError as wrong:
                raise DefinitionError(f"Incremental: start={self.start!r} is no instant: {wrong}") from None


@word
class ChangeLog:
    """Follows a feed whose page token outlives the pass; when it expires, ``read`` lists everything again.

    Without ``changes``, ``read`` is the feed: an endpoint with NEXT, or a generator that goes on from ``step.token``
    and gives each page its token. Its entries are the records, from the first one that the source still has; when the
    token expires it begins there again, and warns that entries may be missing.
    ``lag``: how far the listing may trail the feed. ``sweep``: how often all is compared, for feeds that may lose.
    """

    changes: Endpoint | None = None
    lag: Duration = "0s"
    sweep: Duration | None = None
    every: Duration = "30s"

    def __post_init__(self) -> None:
        for name in ("lag", "every"):
            check_duration(getattr(self, name), "ChangeLog", name)
        if self.sweep is not None:
            check_duration(self.sweep, "ChangeLog", "sweep")
        check_type(self.changes, (Endpoint, type(None)), "ChangeLog", "changes", "GET(...) or POST(...)")
        if self.changes is not None and "next" not in self.changes.uses():
            fail("ChangeLog", f"{self.changes} has no NEXT", "a change log goes on from its token")


class _Self:
    def __repr__(self) -> str:
        return "SELF"


SELF: Final = _Self()
"""This stream itself, in ``Follow``: records that have records of the same kind below them."""


class Follow:
    """Read whenever a record of one of these streams is read.

    ``where`` picks the records to follow. ``changed`` is the place, or places, that tell whether there is something
    new below; ``fresh``: of parents whose cursor is younger than that, or was when they were read last, what is below
    is read again whenever they are, for changes that these places do not show. ``sweep``: how often all parents of an
    increment are looked at once more, beyond the windows in which it reads again by itself. ``as_listed``: what is
    followed is only listed, without the requests behind ``.then`` that would complete it, where this stream reads its
    parents itself.
    """

    def __init__(
        self,
        *streams: Stream | _Self,
        where: Callable[[Json], Any] | None = None,
        changed: str | Sequence[str] = (),
        fresh: Duration | None = None,
        sweep: Duration | None = None,
        as_listed: bool = False,
    ) -> None:
        from .streams import Stream

        if not any(isinstance(stream, Stream) for stream in streams):
            fail("Follow", "names no stream to follow", "say Follow(calls)")
        for stream in streams:
            check_type(stream, (Stream, _Self), "Follow", "a stream", "streams, or SELF")
        self.streams = streams
        self.where = where
        self.changed: tuple[str, ...] = (changed,) if isinstance(changed, str) else tuple(changed)
        self.fresh = fresh
        self.sweep = sweep
        self.as_listed = as_listed
        for at in self.changed:
            check_pointer(at, "Follow", "changed")
        if fresh is not None and not self.changed:
            fail("Follow", "fresh= without changed=: everything is read again anyway", "say changed=, or leave it out")
        for name, given in (("fresh", fresh), ("sweep", sweep)):
            if given is None:
                continue
            check_duration(given, "Follow", name)
            if not any(isinstance(root, Incremental) for root in _roots(self)):
                fail("Follow", f"{name}= is about the cursor of an increment, and no parent is one", "leave it out")


def _roots(sync: Follow) -> Iterator[Sync]:
    """How the streams are read that a following stream hangs on."""
    for parent in sync.streams:
        if not isinstance(parent, _Self):
            yield from _roots(parent.sync) if isinstance(parent.sync, Follow) else (parent.sync,)


Sync = Snapshot | Incremental | ChangeLog | Follow
SYNCS = (Snapshot, Incremental, ChangeLog, Follow)


@word
class Missing:
    """Gone from a window, or a sweep, that was read completely.

    ``retention``: what is older than that may be missing without being deleted; where the user knows it, a lookup,
    which may find None. ``required``: the binding fails rather than lose its deletes when the memory for keys is full.
    ``orphans``: when a parent is gone from a complete listing, or told to be deleted, what was below it is deleted with
    it; otherwise it stays. ``of``: in a ``Follow`` that asks for batches (ALL), the place in a record that holds the
    key of its parent, where its own key does not tell. ``listing``: an endpoint that lists all records, with little
    more than their keys, where the source charges for whole ones: what the sweeps of an ``Incremental`` are then
    compared with, while history and changes are read by ``read``. None of its records leaves.
    """

    retention: Window | Lookup[Duration | None] | None = None
    required: bool = False
    orphans: bool = False
    of: str | None = None
    listing: Endpoint | None = None

    def __post_init__(self) -> None:
        check_type(self.listing, (Endpoint, type(None)), "Missing", "listing", "GET(...) or POST(...)")
        if self.listing is not None and self.listing.uses() & {"since", "until"}:
            fail("Missing", f"{self.listing} lists a span, and what is elsewhere is not missing",
                 "leave SINCE and UNTIL out")  # fmt: skip
        if self.retention is not None:
            check_window(self.retention, "Missing", "retention")
        if self.of is not None:
            check_pointer(self.of, "Missing", "of")


@word
class Marked:
    """The record itself says at this place that it is deleted."""

    at: str

    def __post_init__(self) -> None:
        check_pointer(self.at, "Marked", "at")


@word
class Listed:
    """Another endpoint lists the deleted ones, by a ``cursor`` of its own.

    Whatever it lists is deleted: a record that is restored, or made anew under its old key, must leave the list.
    """

    endpoint: Endpoint
    cursor: str
    every: Duration = "1d"

    def __post_init__(self) -> None:
        check_type(self.endpoint, Endpoint, "Listed", "endpoint", "GET(...) or POST(...)")
        check_pointer(self.cursor, "Listed", "cursor")
        check_duration(self.every, "Listed", "every")


Deletes = Missing | Marked | Listed
DELETES = (Missing, Marked, Listed)
