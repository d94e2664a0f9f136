"""Exports: created, polled until they are done, and fetched, part by part."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import msgspec

from connector_sdk.declare import Endpoint, Job, Json, micros
from connector_sdk.errors import AnswerError, ExportFailedError, RefusedError, SourceError

from .asking import Ask, Asker
from .blame import failed_at
from .chain import complete
from .decode import resolve, slices_of
from .page import RawPage
from .signals import ExpiredToken, Gone
from .walk import walk

__all__ = ["read_job"]

_SLOWER = 1.5
_SLOWEST = 300.0
_EXPIRED = (400, 403, 404, 410)  # what stores of files answer to an address whose time is over


async def read_job(asker: Asker, job: Job, ask: Ask) -> AsyncGenerator[RawPage, None]:
    """The pages of a job's result. The first page is empty, and its token is the raw JSON of what ``create`` answered:
    reading from that token goes on polling the same job. The result's pages carry it too, the last one None.

    Raises ExpiredToken where the job of a token, or its result, is not there any more, or where it has failed; for a
    new job ExportFailedError where it failed or was not done in ``job.at_most``; and what asking raises.
    """
    fresh = ask.token is None
    if ask.token is None:
        created = await asker.ask(replace(ask, endpoint=job.create))
        if created.explicit_empty:  # a rule says that there is nothing to export
            yield created
            return
        created.release()
        answer = _compact(created)
        yield RawPage([], token=answer.decode())
    else:
        answer = ask.token.encode()
    try:
        polled = await _done(asker, job, replace(ask, endpoint=job.poll, token=None, answers=(answer,)), fresh)
        result = replace(ask, endpoint=job.result, token=None, answers=(polled, answer))
        async with aclosing(_pages(asker, job, result)) as pages:
            async for page in pages:
                if page.token is not None:
                    page.token = answer.decode()
                yield page
    except (Gone, SourceError) as wrong:
        if not fresh and _over(wrong):
            raise ExpiredToken(str(wrong)) from wrong
        raise


def _over(wrong: Gone | SourceError) -> bool:
    """Whether a job that was begun before a restart can give nothing any more, so that a new one is needed."""
    if isinstance(wrong, RefusedError):
        return wrong.status in _EXPIRED
    return isinstance(wrong, Gone | ExportFailedError)


async def _pages(asker: Asker, job: Job, result: Ask) -> AsyncGenerator[RawPage, None]:
    """The pages of the result, of all its parts. Only the last one has no token."""
    asks = [result]
    if job.parts is not None:
        asks = [replace(result, fill=replace(result.fill, each=part)) for part in await _parts(asker, job, result)]
        if not asks:
            yield RawPage([], explicit_empty=True)
    for each in asks:
        async with aclosing(walk(asker, each)) as pages:
            async for page in pages:
                page = await complete(asker, each, page)
                if each is not asks[-1] and page.token is None:
                    page.token = ""
                page.explicit_empty = page.explicit_empty and len(asks) == 1
                yield page


async def _parts(asker: Asker, job: Job, result: Ask) -> list[bytes]:
    """The parts of the result, each as raw JSON. Raises AnswerError where there is no list of them."""
    if isinstance(job.parts, Endpoint):
        ask = replace(result, endpoint=job.parts)
        parts: list[bytes] = []
        async with aclosing(walk(asker, ask)) as pages:
            async for page in pages:
                page = await complete(asker, ask, page)
                parts += map(bytes, page.slices)
                page.release()
        return parts
    assert job.parts is not None
    listed = resolve(result.answers[0], job.parts)
    if listed is None or listed[:1] != b"[":
        raise AnswerError(
            f"{job.poll}: there is no list at parts={job.parts!r} in the answer of a job that is done.",
            hint="correct Job(parts=) in the stream's definition",
        )
    return [bytes(each) for each in slices_of(listed)]


async def _answer(asker: Asker, ask: Ask) -> bytes:
    page = await asker.ask(ask)
    page.release()
    return _compact(page)


def _compact(page: RawPage) -> bytes:
    return msgspec.json.format(page.body, indent=-1)


async def _done(asker: Asker, job: Job, ask: Ask, fresh: bool) -> bytes:
    """Poll until the job is done; its last answer. A ``fresh`` one is first given the time it is polled ``every``."""
    every = micros(job.every) / 1e6
    until = asker.clock.monotonic() + micros(job.at_most) / 1e6
    pause = every if fresh else 0.0
    while True:
        if asker.clock.monotonic() + pause > until:
            raise ExportFailedError(
                f"{job.create}: the export was not done within {job.at_most}.",
                hint="ask for less at once, or say Job(at_most=) if the source needs longer",
            )
        await asker.wait(pause, f"the export of {job.create}", ask.trace)
        answer = await _answer(asker, ask)
        decoded = msgspec.json.decode(answer)
        if _says(job, "failed", job.failed, decoded):
            raise ExportFailedError(f"{job.create}: the export failed: {asker.scrub(answer[:300].decode())}.")
        if _says(job, "done", job.done, decoded):
            return answer
        pause = max(every, min(_SLOWEST, pause * _SLOWER))


def _says(job: Job, name: str, ask: Callable[[Json], bool], answer: Any) -> bool:
    try:
        return bool(ask(answer))
    except Exception as wrong:
        raise AnswerError(
            f"{job.poll}: {failed_at(ask, wrong)}.", hint=f"correct Job({name}=) in the stream's definition"
        ) from wrong
