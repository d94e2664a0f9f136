"""The client: pages from endpoints, jobs and authors' generators."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from connector_sdk.config import Config
from connector_sdk.declare import Endpoint, Http, Job, Reader, Source

from .asking import Ask, Asker
from .chain import complete
from .fill import Fill
from .given import AuthorClient, authored
from .jobs import read_job
from .limits import Budget, Clock, Trace
from .login import Hide
from .lookups import Lookups
from .page import RawPage
from .tokens import Keep
from .walk import walk
from .wire import Wire

__all__ = ["Client"]


class Client:
    """Requests to one source.

    ``patience``: seconds of failure after which a request is given up; ``first_patience``: the same while the source
    has never answered, which is more often a wrong address than an outage. ``at_once``: the most requests under way.
    ``share``: the part of the declared limits that this process may use. ``keep``: keeps a rotated refresh token before
    it is used; ``kept``: the one it was given last, which takes the place of the config's. ``hide``: told of the tokens
    that logins give, which no log may show. ``wire``: what carries requests in place of HTTP.
    """

    def __init__(
        self,
        http: Http,
        config: Config,
        *,
        clock: Clock,
        budget: Budget | None = None,
        patience: float = 600.0,
        first_patience: float = 30.0,
        at_once: int = 16,
        share: float = 1.0,
        keep: Keep | None = None,
        kept: str | None = None,
        hide: Hide | None = None,
        wire: Wire | None = None,
    ) -> None:
        self.http = http
        self.clock = clock
        self.budget = budget
        self.source: Source[Any] = Source(config, AuthorClient(self))
        self._asker = Asker(
            http, config, clock=clock, budget=budget, patience=patience, first_patience=first_patience,
            at_once=at_once, share=share, keep=keep, kept=kept, hide=hide, wire=wire,
        )  # fmt: skip
        self.scrub = self._asker.scrub
        self.lookups = self._asker.lookups = Lookups(self.source, clock, self.scrub)

    async def aclose(self) -> None:
        """End the lookups under way, and close the connections."""
        await self.lookups.aclose()
        await self._asker.aclose()

    async def check(self, endpoint: Endpoint, fill: Fill | None = None) -> RawPage:
        """The first page, of a large body the first piece. Raises what ``page`` raises."""
        async with aclosing(self.stream(endpoint, fill or Fill())) as pages:
            return await anext(pages)

    async def page(
        self, endpoint: Endpoint, fill: Fill, token: str | None = None, trace: Trace | None = None
    ) -> RawPage:
        """One page, from ``token`` on, its records completed by what stands behind ``.then``.

        It is asked for until it is whole, or until the patience for that has ended. Nothing is said about tokens that
        repeat: a change log asks with the token that it keeps. Raises SourceErrors and Signals.
        """
        ask = Ask(endpoint, fill, token, trace)
        return await complete(self._asker, ask, await self._asker.ask(ask))

    async def read(
        self, reader: Reader, fill: Fill, *, token: str | None = None, trace: Trace | None = None
    ) -> AsyncGenerator[RawPage, None]:
        """All pages of an endpoint, a job or an author's generator, from ``token`` on, in order.

        Raises PagingError for a token that was used before in this read and for more than 100 empty pages in a row
        (R3), SourceErrors, and Signals.
        """
        if isinstance(reader, Endpoint):
            pages = self._pages(Ask(reader, fill, token, trace))
        elif isinstance(reader, Job):
            pages = read_job(self._asker, reader, Ask(reader.create, fill, token, trace))
        else:
            pages = authored(self, reader, fill, token, trace)
        async with aclosing(pages):
            async for page in pages:
                yield page

    async def _pages(self, ask: Ask) -> AsyncGenerator[RawPage, None]:
        async with aclosing(walk(self._asker, ask)) as pages:
            async for page in pages:
                yield await complete(self._asker, ask, page)

    async def stream(
        self, endpoint: Endpoint, fill: Fill, token: str | None = None, trace: Trace | None = None
    ) -> AsyncGenerator[RawPage, None]:
        """What ``page`` gives, in as many pages as a large body that is not JSON needs. Raises what ``page`` raises,
        and AnswerError where the body turns out to be broken after some of its pages were given."""
        ask = Ask(endpoint, fill, token, trace)
        async with aclosing(self._asker.pieces(ask)) as pages:
            async for page in pages:
                yield await complete(self._asker, ask, page)
