"""What is checked: the collection is the source, nothing that lives was deleted, the state stays small."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from .declared import Declared
from .runtime import Collection
from .source import Source
from .wire import WorldWire

__all__ = ["Violation", "check_collection", "check_deleted", "check_state"]


class Violation(AssertionError):
    """What the engine promised and did not keep. ``what``: in a few words, the same for all stories of that sort."""

    def __init__(self, what: str, more: str = "") -> None:
        super().__init__(f"{what}: {more}" if more else what)
        self.what = what


def check_collection(declared: Declared, source: Source, collection: Collection, *, forgot: bool = False) -> None:
    """The collection holds what the source shows, and nothing that it could know to be gone. ``forgot``: a shard began
    without the state that was there, and could not know what had been sent."""
    found: dict[Any, bytes] = {key: body for (stream, key), body in collection.items() if stream == 0}
    truth = source.truth(source.now())
    if declared.kind == "numbered":
        if not truth and not (declared.total or declared.confirms_empty):
            return  # an empty page alone is no proof (R6)
        if forgot:  # rows beyond the listing were sent by somebody else
            found = {number: body for number, body in found.items() if number < len(truth)}
        if sorted(found) != list(range(len(found))) or sorted(found.values()) != sorted(truth.values()):
            raise Violation("the collection is not the listing", f"{found} is not {truth}")
        return
    if declared.kind == "entries":  # what a log that nothing is listed beside refuses to tell is not known
        told = {entry.key: entry.number >= source.refused for entry in source.log}
        truth = {key: body for key, body in truth.items() if told.get(key)}
        found = {key: body for key, body in found.items() if told.get(key)}
    _compare(found, truth)
    if not forgot and (ghosts := found.keys() - truth.keys() - _may_stay(declared, source, found)):
        raise Violation("a deleted row stayed", ", ".join(sorted(ghosts)))
    if declared.kind == "follow" and declared.both:
        there = source.threads_there(source.now()).items()
        threads = {key: version.body for key, version in there if key.startswith("t")}
        _compare({key: body for (stream, key), body in collection.items() if stream == 1}, threads)


def _compare(found: Mapping[Any, bytes], truth: Mapping[str, bytes]) -> None:
    for key, body in truth.items():
        if key not in found:
            raise Violation("a row was never found", key)
        if found[key] != body:
            raise Violation("an old version stayed", f"{found[key]!r} in place of {body!r}")


def _may_stay(declared: Declared, source: Source, found: Mapping[Any, bytes]) -> set[str]:
    """Deleted rows whose deletion nobody promised to find."""
    if declared.kind == "incremental" and not declared.deletes and not declared.orphans:
        return set(found)
    if declared.kind == "follow" and not declared.deletes and not declared.orphans:
        return set(found)
    if declared.per and declared.orphans and not source.boxes.visible(source.now()):
        return set(found)  # an empty listing of boxes alone is no proof either
    now = source.now()
    there, boxes = source.there(now), source.boxes.visible(now)
    stay = set()
    for key in found:
        where = source.rows.rows[key][-1].where
        if declared.per and not declared.orphans and any(box not in boxes for box in where):
            stay.add(key)  # it lay in a box that is gone
        if declared.kind == "incremental" and not declared.deletes and any(box in boxes for box in where):
            stay.add(key)
        if declared.kind == "follow" and not declared.orphans and not _under(source, where, now):
            stay.add(key)  # the thread is gone, so nothing tells what went from below it
        if declared.kind in ("snapshot", "log") and not (declared.total or declared.confirms_empty):
            full = {box for version in there.values() for box in version.where or ("",)}
            if any(box not in full for box in where or ("",)):
                stay.add(key)  # an empty page alone is no proof (R6)
    return stay


def _under(source: Source, where: tuple[str, ...], at: float) -> bool:
    """Whether everything that a row is below is there."""
    while where and where[0].startswith("k"):
        if source.rows.seen(where[0], at) is None:
            return False
        where = source.where(where[0], 0)
    return all(source.threads.seen(name, at) is not None for name in where)


def check_deleted(declared: Declared, source: Source, wire: WorldWire, key: str, held: int) -> None:
    """A row that is deleted now was not there at some instant since the listing was begun that misses it. ``held``: for
    how long an answer may have been under way (seconds)."""
    versions, now = source.rows.rows.get(key), source.now()
    if versions is None:
        raise Violation("a row was deleted that never was", key)
    since = 0.0
    if declared.kind in ("incremental", "snapshot") and declared.deletes in ("", "missing"):
        boxes = versions[-1].where or ("",)
        names = [f"/{'keys' if declared.keys else 'rows'} {box}" for box in boxes] + (
            ["/boxes "] if declared.orphans else []
        )
        back = 8 if declared.sweep and declared.moves else 3 if declared.shifts else 1
        since = min(
            (times[-min(back, len(times))] for name in names if (times := wire.first_pages.get(name))), default=0.0
        )
        since = min(since, now - held)
        if declared.shared:  # the other boxes are waited for
            since -= 4 * declared.every + 120
    was_gone = since > 0.0 and key not in source.there(since)
    if not was_gone and not any(since <= at <= now and key == gone for at, gone in source.went):
        raise Violation("a living row was deleted", key)


def check_state(declared: Declared, source: Source, state: object) -> None:
    """The state is as large as what it has to remember."""
    size = len(orjson.dumps(state, option=orjson.OPT_NON_STR_KEYS))
    parts = len(source.boxes.rows) + len(source.threads.rows)
    most = 600 + 90 * (len(source.rows.rows) + parts) + 4_000 * (len(declared.reread) + bool(declared.sweep))
    most += 1_000 * parts
    if size > most:
        raise Violation("the state is too large", f"{size} bytes: {state}")
