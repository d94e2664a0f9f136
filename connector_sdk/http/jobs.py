"""Exports: created, polled until they are done, and fetched."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from typing import Any

import msgspec

from connector_sdk.declare import Job, Json, micros
from connector_sdk.errors import AnswerError, ExportFailedError, RefusedError

from .asking import Ask, Asker
from .blame import failed_at
from .chain import complete
from .page import RawPage
from .signals import ExpiredToken, Gone
from .walk import walk

__all__ = ["read_job"]

_SLOWER = 1.5
_SLOWEST = 300.0


async def read_job(asker: Asker, job: Job, ask: Ask) -> AsyncGenerator[RawPage, None]:
    """The pages of a job's result. The first page is empty, and its token is the raw JSON of what ``create`` answered:
    reading from that token goes on polling the same job. The result's pages carry it too, the last one None.

    Raises ExpiredToken where the job of a token is not there any more, ExportFailedError where it failed or was not
    done in ``job.at_most``, and what asking raises.
    """
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
    polled = await _done(asker, job, replace(ask, endpoint=job.poll, token=None, answers=(answer,)), ask.token is None)
    result = replace(ask, endpoint=job.result, token=None, answers=(polled, answer))
    async for page in walk(asker, result):
        last = page.token is None
        page = await complete(asker, result, page)
        page.token = None if last else answer.decode()
        yield page


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
        try:
            answer = await _answer(asker, ask)
        except (Gone, RefusedError) as wrong:
            if not fresh and (isinstance(wrong, Gone) or wrong.status in (404, 410)):
                raise ExpiredToken(str(wrong)) from wrong
            raise
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
