"""What can be promised of a stream, computed from its declaration alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ._word import as_tuple, fail
from .endpoints import Endpoint
from .paging import NextKey, NextOffset
from .streams import Stream
from .syncs import ChangeLog, Follow, Incremental, Listed, Marked, Missing, Snapshot
from .values import Lookup

__all__ = ["Verdict", "check_verdict", "verdict"]

Word = Literal["exact", "exact within re-read", "complete at the next snapshot", "exact but for shifting pages"]
_WORDS: list[Word] = ["exact", "exact within re-read", "complete at the next snapshot", "exact but for shifting pages"]
SHIFTING = "shifting pages"


@dataclass(frozen=True)
class Verdict:
    """``word``: how completely the stream is captured. ``deletes``: when a deletion in the source is captured; empty
    where it is not. ``why``: the sentence behind it. ``splits``: whether shards can share the stream."""

    word: Word
    deletes: str
    why: str
    splits: bool

    def __str__(self) -> str:
        return f"{self.word}; {'deletes ' + self.deletes if self.deletes else 'deletes not captured'}"


def verdict(stream: Stream) -> Verdict:
    """What the engine promises for this stream once its source is quiet (docs/engine.md has the reasons)."""
    sync = stream.sync
    splits = _partitioned(stream) and not stream.numbered and not stream.shared
    if isinstance(sync, Snapshot):
        why = f"all of it is read every {_text(sync.every)}"
        return Verdict("complete at the next snapshot", "at the next snapshot", why, splits)
    if isinstance(sync, ChangeLog) and sync.changes is None:
        deletes = "as the log tells them" if stream.learns(Marked) else ""
        return Verdict("exact", deletes, "the log's own entries, for as long as the source keeps them", splits)
    if isinstance(sync, ChangeLog):
        deletes = "as the log tells them" if stream.learns(Marked) or _completed(sync) else ""
        if sync.sweep is not None:
            deletes = deletes or "at the next sweep"
        return Verdict("exact", deletes, "the log tells of every change, and everything is listed beside it", splits)
    if isinstance(sync, Follow):
        parents = [verdict(parent) for parent in sync.streams if isinstance(parent, Stream)]
        words: list[Word] = [parent.word for parent in parents]
        worst = max(words, key=_WORDS.index)
        deletes = "when the parent is read" if stream.learns(Missing) else ""
        why = "it is read whenever a record of its parent is read"
        if sync.sweep is not None:
            why += f"; all parents are looked at again every {_text(sync.sweep)}"
        return Verdict(worst, deletes, why, splits)
    return _increment(stream, sync, splits)


def _increment(stream: Stream, sync: Incremental, splits: bool) -> Verdict:
    windows = [_text(window) for window in as_tuple(sync.reread)]
    word: Word = "exact within re-read" if windows or not sync.moves else "exact"
    why = "every change moves the cursor" if sync.moves else "the cursor does not move with an edit"
    if windows:
        why += f"; the last {' and '.join(windows)} are read again"
    if _slips_unread(stream, sync) and sync.sweep is None:
        word = "exact but for shifting pages"
        why += "; its pages shift while they are read, and what slips past is not read again, which the author accepts"
    return Verdict(word, " and ".join(_deletes(stream, windows)), why, splits)


def _deletes(stream: Stream, windows: list[str]) -> Iterator[str]:
    if stream.learns(Marked):
        yield "as their records say"
    if listed := stream.learns(Listed):
        yield f"every {_text(listed.every)}, as they are listed"
    if stream.learns(Missing):
        sync = stream.sync
        swept = not windows or (isinstance(sync, Incremental) and sync.moves)
        yield "at the next sweep" if swept else "within re-read"


def check_verdict(stream: Stream) -> None:
    """Refuse what can lose silently, unless the author accepts it by name."""
    sync, where = stream.sync, f"stream {stream.name!r}"
    if isinstance(stream.per, Stream) and isinstance(stream.per.sync, Follow):
        fail(where, f"per={stream.per.name}: a stream that follows cannot be listed", "say sync=Follow(...) instead")
    if isinstance(sync, Follow) and (missing := stream.learns(Missing)) and missing.orphans:
        _check_orphans(sync, where)
    if not isinstance(sync, Incremental):
        return
    readers = [reader for reader in stream.readers() if isinstance(reader, Endpoint)]
    if stream.learns(Missing) and len(readers) < len(stream.readers()):
        fail(where, "what its own code does not find may be there all the same", "leave deletes= out, or read=GET(...)")
    if _slips_unread(stream, sync) and SHIFTING not in stream.accepts:
        own = len(readers) < len(stream.readers())  # what its own code reads, nobody can vouch for with a total
        fail(where, "its pages shift while they are read, and records that slip past are never read again",
             f"say reread='1h'{'' if own else ', total= at the endpoint, stable=True if its pages do not shift,'} "
             f"or accepts=({SHIFTING!r},)")  # fmt: skip


def _slips_unread(stream: Stream, sync: Incremental) -> bool:
    """Whether records may slip past between two pages, and nothing reads them again."""
    exact = all(isinstance(reader, Endpoint) and _exact(reader) for reader in stream.readers())
    return not exact and not as_tuple(sync.reread)


def _check_orphans(sync: Follow, where: str) -> None:
    for parent in sync.streams:
        if not isinstance(parent, Stream):
            continue
        if isinstance(parent.sync, Incremental) and not (parent.learns(Marked) or parent.learns(Listed)):
            fail(where, f"an increment ({parent.name}) does not tell that a parent is gone, so there are no orphans",
                 "leave orphans=True out, or say deletes=Marked(...) or Listed(...) there")  # fmt: skip
        if isinstance(parent.sync, Follow):
            _check_orphans(parent.sync, where)


def _exact(endpoint: Endpoint) -> bool:
    return not endpoint.shifting or endpoint.total is not None or isinstance(endpoint.pages, NextKey | NextOffset)


def _completed(sync: ChangeLog) -> bool:
    return sync.changes is not None and sync.changes.next is not None


def _partitioned(stream: Stream) -> bool:
    if isinstance(stream.sync, Follow):
        return any(_partitioned(parent) for parent in stream.sync.streams if isinstance(parent, Stream))
    return stream.per is not None


def _text(duration: object) -> str:
    """A length of time for people: of one that the user chooses, its name."""
    return duration.name.replace("_", " ") if isinstance(duration, Lookup) else str(duration)
