"""Records completed by further requests: ``endpoint.then(endpoint)``."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from connector_sdk.errors import AnswerError

from .asking import Ask, Asker
from .fill import Values, batch_size, lookups_of
from .page import RawPage, added, adds_each
from .signals import Gone, TooLarge
from .walk import walk

__all__ = ["complete"]

_Slices = Sequence[bytes | memoryview]
_Part = tuple[_Slices, bytes]


class _Found(NamedTuple):
    """What one request, or one batch, made of the records it was asked for. ``stamp``: of its oldest answer."""

    slices: list[bytes | memoryview]
    gone: list[bytes | memoryview]
    stamp: int | None = None


async def complete(asker: Asker, ask: Ask, page: RawPage) -> RawPage:
    """The page, with its records completed by the endpoints behind ``ask.endpoint``, in the same order.

    What is not found any more goes to ``page.gone``, as it stood before. Raises what asking raises.
    """
    stage = ask.endpoint.next
    try:
        while stage is not None and page.slices:
            await _complete(asker, replace(ask, endpoint=stage, token=None, completing=True), page)
            stage = stage.next
    except BaseException:
        page.release()
        raise
    return page


async def _complete(asker: Asker, ask: Ask, page: RawPage) -> None:
    """The page's records, completed by ``ask.endpoint``; the page holds their bytes from then on."""
    size = batch_size(ask.endpoint)
    records = [bytes(each) for each in page.slices]
    if size is None:
        tasks = [_one(asker, ask, page, record) for record in records]
    else:
        tasks = [_batch(asker, ask, page, records[at : at + size]) for at in range(0, len(records), size)]
    found = await _side_by_side(tasks)
    page.slices = list(itertools.chain.from_iterable(each.slices for each in found))
    page.gone += itertools.chain.from_iterable(each.gone for each in found)
    # those that are gone have none: what is left is as new as what completed it
    page.stamp = min((each.stamp for each in found if each.stamp is not None), default=page.stamp)


async def _side_by_side(tasks: Sequence[Coroutine[Any, Any, _Found]]) -> list[_Found]:
    """The results in order. The first failure ends the others and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(each) for each in tasks]
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from failed.exceptions[0].__cause__
    return [each.result() for each in running]


async def _one(asker: Asker, ask: Ask, into: RawPage, record: bytes) -> _Found:
    """One record, by a request of its own."""
    try:
        parts, stamp = await _all(asker, replace(ask, fill=replace(ask.fill, each=record)), into)
    except Gone:
        return _Found([], [record])
    slices = [each for slices, _ in parts for each in slices]
    return _Found(slices, [] if slices else [record], stamp)


async def _batch(asker: Asker, ask: Ask, into: RawPage, records: list[bytes]) -> _Found:
    """Some records by one request. Where that is too many, or one of them is gone, by two with half of them each."""
    asked = replace(ask, fill=replace(ask.fill, batch=records), bare=True)
    try:
        parts, stamp = await _all(asker, asked, into)
    except (Gone, TooLarge) as signal:
        if len(records) > 1:
            half = len(records) // 2
            first = await _batch(asker, ask, into, records[:half])
            second = await _batch(asker, ask, into, records[half:])
            stamps = [each.stamp for each in (first, second) if each.stamp is not None]
            return _Found(first.slices + second.slices, first.gone + second.gone, min(stamps, default=None))
        if isinstance(signal, TooLarge):
            raise
        return _Found([], list(records))
    found = {each: await asker.lookups.get(each) for each in lookups_of(ask.endpoint)}
    return _matched(asked, records, parts, stamp, Values(asked.fill, None, found))


async def _all(asker: Asker, ask: Ask, into: RawPage) -> tuple[list[_Part], int | None]:
    """All pages of an answer, each as its records and its body, and the oldest stamp. ``into`` holds the bytes."""
    parts: list[_Part] = []
    stamps: list[int] = []
    async for page in walk(asker, ask):
        into.hold(page.detach())
        parts.append((page.slices, page.body))
        stamps.append(page.stamp)
    return parts, min(stamps, default=None)


def _matched(ask: Ask, records: Sequence[bytes], parts: Sequence[_Part], stamp: int | None, values: Values) -> _Found:
    """The records of a batch's answer in the order in which they were asked for; what it lacks is gone."""

    def plus(slices: _Slices, body: bytes, each: bytes | None) -> _Slices:
        filled = replace(values, fill=replace(ask.fill, each=each), answers=(body,))
        return added(ask.endpoint, slices, filled) if ask.endpoint.add else slices

    key = ask.fill.key
    if key is None:
        return _Found([each for slices, body in parts for each in plus(slices, body, ask.fill.each)], [], stamp)
    late = adds_each(ask.endpoint)
    there: dict[bytes, list[tuple[bytes | memoryview, bytes]]] = {}
    for slices, body in parts:
        for each in slices if late else plus(slices, body, None):
            there.setdefault(key(each), []).append((each, body))
    made: list[bytes | memoryview] = []
    gone: list[bytes | memoryview] = []
    for record in records:
        here = there.pop(key(record), [])
        made += itertools.chain.from_iterable(plus([each], body, record) if late else [each] for each, body in here)
        gone += [] if here else [record]
    if there and not made and len(records) > 1:
        raise AnswerError(
            f"{ask.endpoint}: the answer holds none of the {len(records)} records that were asked for, but others.",
            hint="the key must be written alike in the listing and in the answer to the batch",
        )
    if not late:  # asked for under an old key, such as one that was merged into another
        made += (each for here in there.values() for each, _ in here)
    return _Found(made, gone, stamp)
