"""What an author's own code is given: the client with the limits, retries, credentials and rules of every request."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connector_sdk.declare import SINCE, UNTIL, Bound, Endpoint, Json, Source, Step
from connector_sdk.errors import DefinitionError, SdkError, SourceError

from .blame import failed_at
from .decode import decode, encode
from .fill import Fill, Key
from .held import Held
from .limits import Trace
from .page import RawPage
from .signals import Signal

if TYPE_CHECKING:
    from .client import Client

__all__ = ["AuthorClient", "authored"]


@dataclass(frozen=True)
class _FilledStep(Step):
    """A step as a generator gets it, with how the engine writes its borders."""

    bound: Callable[[Bound], object] | None = field(default=None, repr=False, compare=False)
    key: Key | None = field(default=None, repr=False, compare=False)


def _step_of(fill: Fill, token: str | None) -> Step:
    """What a generator is given: the engine's step, else one made of what the requests are filled with."""
    step = fill.step
    if step is None:
        each = None if fill.each is None else decode(fill.each)
        step = Step(each, tuple(decode(one) for one in fill.batch))
    return _FilledStep(step.each, step.batch, step.span, token, fill.bound, fill.key)


def _fill_of(step: Step | None, each: Any) -> Fill:
    """What an author's request is filled with: by the step, and ``each`` instead of its partition."""
    step = step or Step()
    each = step.each if each is None else each
    own = step if isinstance(step, _FilledStep) else _FilledStep()
    return Fill(
        own.bound or _written(step),
        None if each is None else encode(each),
        tuple(map(encode, step.batch)),
        step,
        own.key,
    )


def _written(step: Step) -> Callable[[Bound], object] | None:
    """The borders of a step that an author made: as they are, for SINCE and UNTIL without any change."""
    span = step.span
    if span is None:
        return None

    def bound(which: Bound) -> object:
        if which not in (SINCE, UNTIL):
            raise DefinitionError(
                f"{which.what.upper()} in another format or form needs the step that the generator was given."
            )
        return span.since if which == SINCE else span.until

    return bound


class AuthorClient:
    """The client as an author's own code sees it. Its requests are told to ``trace``.

    ``step`` fills SINCE, UNTIL, EACH and NEXT; ``each`` and ``next`` take their place where they are given.
    """

    def __init__(self, client: Client, trace: Trace | None = None) -> None:
        self._client = client
        self._trace = trace

    async def page(
        self, endpoint: Endpoint, step: Step | None = None, *, each: Any = None, next: str | None = None
    ) -> RawPage:
        """One page; an endpoint without ``records`` gives a page whose ``json`` is the body."""
        token = next if next is not None or step is None else step.token
        page = await self._client.page(endpoint, _fill_of(step, each), token, self._trace)
        page.release()
        return page

    async def pages(
        self, endpoint: Endpoint, step: Step | None = None, *, each: Any = None, next: str | None = None
    ) -> AsyncGenerator[RawPage, None]:
        """All pages from here to the end."""
        token = next if next is not None or step is None else step.token
        found = self._client.read(endpoint, _fill_of(step, each), token=token, trace=self._trace)
        async with aclosing(found):
            async for page in found:
                page.release()
                yield page

    async def stream(
        self, endpoint: Endpoint, step: Step | None = None, *, each: Any = None, next: str | None = None
    ) -> AsyncGenerator[RawPage, None]:
        """One answer in pages of about half a megabyte, however large its body; see ``declare.Client``."""
        token = next if next is not None or step is None else step.token
        found = self._client.stream(endpoint, _fill_of(step, each), token, self._trace)
        async with aclosing(found):
            async for page in found:
                page.release()
                yield page

    async def records(
        self, endpoint: Endpoint, step: Step | None = None, *, each: Any = None
    ) -> AsyncGenerator[Json, None]:
        """The records of all pages."""
        found = self.pages(endpoint, step, each=each)
        async with aclosing(found):
            async for page in found:
                for record in page.records():
                    yield record

    def make_page(self, records: Iterable[Json], token: str | None = None) -> RawPage:
        """A page of the author's own; with a ``token`` it may be resumed from."""
        return RawPage([encode(record) for record in records], token=token)


async def authored(
    client: Client, reader: Any, fill: Fill, token: str | None, trace: Trace | None
) -> AsyncGenerator[RawPage, None]:
    """The pages that an author's generator yields. What it raises by mistake becomes a SourceError that names it."""
    source = Source(client.source.config, AuthorClient(client, trace))
    pages = reader(source, _step_of(fill, token))
    try:
        async for page in pages:
            if not isinstance(page, RawPage):
                raise DefinitionError(
                    f"{_name(reader)} yielded a {type(page).__name__}, which is no page.",
                    hint="yield source.http.make_page(records), or a page that source.http gave",
                )
            held = Held(client.budget)
            await held.take(sum(map(len, page.slices)))
            page.hold(held.release)
            yield page
    except (SdkError, Signal):
        raise
    except Exception as wrong:
        raise SourceError(f"{client.scrub(failed_at(reader, wrong))}.") from wrong
    finally:
        await pages.aclose()


def _name(reader: Any) -> str:
    return f"the generator {getattr(reader, '__name__', type(reader).__name__)}"
