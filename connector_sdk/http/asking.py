"""Asking for one page: until it is whole, or until the patience for that has ended (R1, R2, R4)."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from connector_sdk.config import Config
from connector_sdk.declare import SIZE, Endpoint, Header, Http, NextLink, NextToken
from connector_sdk.errors import AnswerError, CredentialsError, RefusedError, UnreachableError

from .again import Asked, Paused, Refused, Smaller
from .answers import Judge, Verdict, date_of
from .bodies import check_kind, failure_in, records_in
from .decode import resolve
from .envelope import Opened, heard, open_envelope, records_of, says_empty
from .fill import Fill, Request, Values, address_of, fill_request, lookups_of, sizes_of
from .gate import Gate
from .held import Held
from .limits import Budget, Clock, Limits, Ticket, Trace, told_sleep
from .login import Grant, Hide, Scrub
from .lookups import Lookups
from .page import RawPage, added
from .paging import Seen, below, following, mark, next_value, says_more, without_secrets
from .patience import Patience
from .pieces import PIECE, Pieces
from .quota import quota_spent, resets_after
from .rest import Rest
from .signals import ExpiredToken
from .spool import Spool
from .tokens import Keep, login_of
from .wire import LARGEST, Broken, Reply, Wire

__all__ = ["Ask", "Asker"]

_log = logging.getLogger("connector_sdk.http")
_GUESS = 1 << 18
_ONCE = 60.0  # a refusal so soon after a renewal means that renewing does not help
_BELIEVED = 900.0  # a quota that is said to come back later is not believed before the source refuses
_NOT_FAILED = {b"null", b"false", b'""', b"[]", b"{}", b"0"}


@dataclass(frozen=True)
class Ask:
    """What is asked for: a page of ``endpoint`` from ``token`` on.

    ``answers`` fill ANSWER. ``completing``: behind ``.then``; what is not found is gone then, and bytes are taken
    without waiting, since the page that is completed holds some already. ``bare``: ``add`` is left to the caller.
    """

    endpoint: Endpoint
    fill: Fill
    token: str | None = None
    trace: Trace | None = None
    answers: tuple[bytes, ...] = ()
    completing: bool = False
    bare: bool = False


class Asker:
    """Requests to one source, with its limits, retries, credentials and rules."""

    def __init__(
        self,
        http: Http,
        config: Config,
        *,
        clock: Clock,
        budget: Budget | None,
        patience: float,
        first_patience: float,
        at_once: int,
        share: float,
        keep: Keep | None,
        kept: str | None,
        hide: Hide | None,
        wire: Wire | None,
    ) -> None:
        self.http = http
        self.clock = clock
        self.lookups: Lookups
        self.scrub = Scrub(config, http.auth, hide)
        self.budget = budget
        self._patience = patience
        self._first_patience = first_patience
        self._answered = False
        self._limits = Limits(clock, share)
        self._gate = Gate(at_once)
        self._sizes: dict[Endpoint, int] = {}
        self._page_sizes: dict[SIZE, int] = {}
        self._judge = Judge(http, self.scrub, clock.now)
        self._warned: set[tuple[str, str]] = set()
        moved_to = getattr(getattr(config, "advanced", None), "base_url", None)
        self._wire = wire or Wire(http.base_url, str(moved_to or ""), http.headers or {}, at_once)
        self._login = login_of(http.auth, self._for_login, clock, self.scrub, keep, kept)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._login.aclose()
        self._limits.close()
        await self._wire.aclose()

    async def ask(self, ask: Ask) -> RawPage:
        """The page: all that one answer holds. Raises SourceErrors, and Signals where a rule of the author says what
        the answer means."""
        page, rest = await self._asked(ask)
        if rest is None:
            return page
        try:
            if await rest.gather(page):
                return page
            raise AnswerError(
                f"{ask.endpoint} answered more than {LARGEST >> 20} MiB in one page.",
                hint="ask the source for smaller pages; an author's generator reads it by source.http.stream",
            )
        except BaseException:
            page.release()
            raise
        finally:
            rest.close()

    async def pieces(self, ask: Ask) -> AsyncGenerator[RawPage, None]:
        """One answer in pages of about ``PIECE`` bytes, the first of which is given once all of it has arrived whole.
        The token of those before the last is empty: there is no going on from them. Raises what ``ask`` raises."""
        page, rest = await self._asked(ask)
        if rest is None:
            yield page
            return
        try:
            while True:
                page.token = rest.token(page.slices) if rest.ended else ""
                yield page
                if rest.ended:
                    return
                page = await rest.next()
        finally:
            rest.close()

    async def _asked(self, ask: Ask) -> tuple[RawPage, Rest | None]:
        found = {each: await self.lookups.get(each) for each in lookups_of(ask.endpoint)}
        values = Values(
            ask.fill.below(below(ask.token)),
            next_value(ask.endpoint, ask.token),
            found,
            ask.answers,
            self._asked_for(ask),
        )
        link = ask.token if isinstance(ask.endpoint.pages, NextLink) else None
        request = fill_request(ask.endpoint, values, link, self.scrub.knows)
        ticket = self._limits.ticket((*self.http.limits, *ask.endpoint.limits), ask.trace)
        patience = Patience(self.clock, self._most, ask.trace)
        renewed: float | None = None
        while True:
            try:
                return await self._once(ask, request, values, ticket, patience)
            except Paused:
                continue
            except Broken as broken:
                await patience.failed(broken.error, broken.why)
            except Smaller as refused:
                self._make_smaller(ask, refused)
                values = replace(values, sizes=self._asked_for(ask))
                request = fill_request(ask.endpoint, values, link, self.scrub.knows)
            except Asked as asked:
                seconds = patience.asked(asked.after, ask.endpoint, asked.why)
                self._limits.pause(ask.endpoint.limits or self.http.limits, seconds, asked.why, refused=True)
            except Refused as refused:
                again = renewed is not None and self.clock.monotonic() - renewed < _ONCE
                if again or not await self._login.renew(refused.grant):
                    raise CredentialsError(
                        f"The source refused {self._login.name} ({refused.why}).",
                        hint="check that it is complete, active, and of this account",
                        status=refused.status,
                    ) from None
                renewed = self.clock.monotonic()

    async def wait(self, seconds: float, what: str, trace: Trace | None) -> None:
        """Wait that long on the clock, told as status where it takes longer than people would not notice."""
        if seconds > 0:
            await told_sleep(self.clock, seconds, what, trace)

    def _asked_for(self, ask: Ask) -> dict[SIZE, int]:
        """How many records this page is asked for, by what says so in the request."""
        sizes, first = self._page_sizes, ask.token is None
        return {each: each.asked(sizes.get(each, each.most), first=first) for each in sizes_of(ask.endpoint)}

    def _make_smaller(self, ask: Ask, refused: Smaller) -> None:
        """Half as many records a page from now on. Raises RefusedError where that is too few, or not declared."""
        sizes = self._asked_for(ask)
        large = {each: size for each, size in sizes.items() if size > each.least}
        if not large:
            few = f" even with {min(sizes.values()):,} records" if sizes else ""
            raise RefusedError(
                f"The source refused {ask.endpoint}: a page is too large{few} ({refused.why}).",
                hint="ask for fewer fields" if sizes else "write SIZE(100) where the request says how many records",
                status=refused.status,
            )
        self._page_sizes.update({each: max(each.least, size // 2) for each, size in large.items()})
        if ask.trace is not None:
            ask.trace.retried(refused.why)

    def _most(self) -> float:
        return self._patience if self._answered else self._first_patience

    async def _once(
        self, ask: Ask, request: Request, values: Values, ticket: Ticket, patience: Patience
    ) -> tuple[RawPage, Rest | None]:
        grant = await self._login.grant()
        await self._limits.enter(ticket)
        held = Held(self.budget)
        try:
            guess = self._sizes.get(ask.endpoint, _GUESS)
            if ask.completing:
                held.resize(guess)
            else:
                await held.take(guess)
            stamp, reply = await self._sent(ask, request, ticket, patience, grant)
            try:
                size = len(reply.body) if reply.spool is None else min(PIECE, reply.spool.size)
                self._sizes[ask.endpoint] = max(1 << 14, size)
                held.resize(size)
                if ask.trace is not None:
                    ask.trace.answered(date_of(reply.headers))
                if reply.spool is None:
                    page, rest = self._page(ask, values, reply, grant), None
                else:
                    page, rest = await self._first(ask, values, reply, reply.spool, grant, held)
            except BaseException:
                reply.close()
                raise
        except BaseException:
            self._limits.leave(ticket)
            held.release()
            raise
        self._answered = True
        page.stamp = stamp
        page.hold(held.release)
        if rest is not None:
            rest.stamp = stamp
        return page, rest

    async def _sent(
        self, ask: Ask, request: Request, ticket: Ticket, patience: Patience, grant: Grant
    ) -> tuple[int, Reply]:
        """The answer, and the stamp of its request. Refusals for being too many make the gate narrower."""
        round = await self._gate.enter()
        try:
            if not self._limits.commit(ticket):
                raise Paused
            stamp = ask.trace.sent() if ask.trace is not None else 0
            patience.begin()
            address = address_of(request, self.http.base_url)
            grant = self._login.signed(grant, request.method, address, request.headers, request.body or b"")
            began = time.monotonic()
            try:
                if ask.endpoint.body is None:
                    reply = await self._wire.send(request, grant, ask.endpoint, LARGEST)
                else:
                    reply = await self._wire.download(request, grant, ask.endpoint)
            except Broken:
                self._gate.failed(round)
                raise
            # a file takes as long as it is large, which says nothing about the source
            took = time.monotonic() - began if reply.spool is None else 0.0
            self._noted(round, ask.endpoint, reply.status, took)
        finally:
            self._gate.leave()
        self._limits.answered(ticket)
        self._limits.told((*self.http.limits, *ask.endpoint.limits), reply.headers)
        if 200 <= reply.status < 300 and quota_spent(reply.headers):
            seconds = resets_after(reply.headers, self.clock.now())
            if seconds is not None and 0 < seconds <= _BELIEVED:
                limits = ask.endpoint.limits or self.http.limits
                self._limits.pause(limits, seconds, "the source's quota, of which nothing is left")
        return stamp, reply

    def _noted(self, round: int, endpoint: Endpoint, status: int, seconds: float) -> None:
        """Tell the gate how glad the source was. ``seconds`` are real ones: a clock of tests says nothing of that."""
        if status == 429:
            self._gate.refused(round)
        elif status >= 500:
            self._gate.failed(round)
        else:
            self._gate.passed(round, endpoint, seconds)

    async def _for_login(self, request: Request, what: str) -> Reply:
        """The provider's answer, whatever it says; asked again while there is none."""
        patience = Patience(self.clock, self._most, None)
        while True:
            patience.begin()
            try:
                reply = await self._wire.send(request, Grant(), what)
            except Broken as broken:
                await patience.failed(broken.error, broken.why)
                continue
            if reply.status not in (408, 425, 429) and reply.status < 500:
                return reply
            why = f"{reply.status} {reply.reason}"
            await patience.failed(UnreachableError(f"{what} kept failing ({why}).", status=reply.status), why)

    def _page(self, ask: Ask, values: Values, reply: Reply, grant: Grant) -> RawPage:
        """The page that an answer holds; what it means otherwise is raised."""
        endpoint = ask.endpoint
        body, opened = reply.body, Opened()
        if 200 <= reply.status < 300:
            verdict = self._judge.good(endpoint, reply)
            if verdict.kind == "ok":
                body, opened = self._opened(endpoint, reply)
                opened = heard(endpoint, opened, reply.headers)
                if _says_failed(opened.failed):
                    verdict = self._judge.failed(endpoint, reply, completing=ask.completing)
        else:
            verdict = self._judge.failed(endpoint, reply, completing=ask.completing)
        if verdict.kind == "ok":
            if self.http.warns:
                self._warn(endpoint, body)
            return self._made(ask, values, reply, body, opened)
        return self._otherwise(endpoint, reply, grant, verdict)

    def _warn(self, endpoint: Endpoint, body: bytes) -> None:
        """Log what a good answer warns of, each warning once."""
        for text in self._judge.warnings(body):
            if (str(endpoint), text) not in self._warned:
                self._warned.add((str(endpoint), text))
                _log.warning("%s warns: %s", endpoint, text)

    async def _first(
        self, ask: Ask, values: Values, reply: Reply, spool: Spool, grant: Grant, held: Held
    ) -> tuple[RawPage, Rest | None]:
        """The first page of a body that is not JSON, once the body is known to be whole, and what is left of it."""
        endpoint = ask.endpoint
        verdict = self._judge.good(endpoint, reply)
        pieces = Pieces(spool, lambda: records_in(endpoint, spool))
        try:
            if verdict.kind == "ok":
                reply = reply._replace(body=await pieces.prove(lambda: check_kind(spool, reply.headers, endpoint.body)))
                if _says_failed(failure_in(reply.body, self.http.failed)):
                    verdict = self._judge.failed(endpoint, reply, completing=ask.completing)
            if verdict.kind != "ok":
                page = self._otherwise(endpoint, reply, grant, verdict)
                pieces.close()
                return page, None
            rest = Rest(
                ask, values, reply, pieces, lambda: Held(self.budget), lambda seen: self._following(ask, seen),
                lambda wrong: self._judge.unusable(endpoint, reply, wrong),
            )  # fmt: skip
            return await rest.first(held), rest
        except ValueError as wrong:
            pieces.close()
            raise Broken(self._judge.unusable(endpoint, reply, wrong), "the answer cannot be read") from wrong
        except BaseException:
            pieces.close()
            raise

    def _otherwise(self, endpoint: Endpoint, reply: Reply, grant: Grant, verdict: Verdict) -> RawPage:
        """The page without records of an answer that is not read; what it means otherwise is raised."""
        match verdict.kind:
            case "empty":
                return RawPage([], explicit_empty=True, headers=reply.headers)
            case "wait":
                raise Asked(verdict.after, verdict.why)
            case "refused":
                raise Refused(grant, verdict.why, reply.status)
            case "smaller":
                raise Smaller(verdict.why, reply.status)
            case "retry":
                error = UnreachableError(
                    f"{endpoint} kept failing ({verdict.why}).", hint="try again later", status=reply.status
                )
                raise Broken(error, verdict.why)
        assert verdict.error is not None
        if isinstance(verdict.error, ExpiredToken) and isinstance(endpoint.pages, NextToken):
            verdict.error.token = _new_token(endpoint, endpoint.pages.at, reply)
        raise verdict.error

    def _opened(self, endpoint: Endpoint, reply: Reply) -> tuple[bytes, Opened]:
        """A whole body, opened. What is no JSON, or cut off, is asked for again: it is never an empty page (R1)."""
        try:
            return open_envelope(endpoint, reply.body, endpoint.failed or self.http.failed)
        except ValueError as wrong:
            raise Broken(self._judge.unusable(endpoint, reply, wrong), "the answer cannot be read") from wrong

    def _made(self, ask: Ask, values: Values, reply: Reply, body: bytes, opened: Opened) -> RawPage:
        endpoint = ask.endpoint
        slices: Sequence[Any] = records_of(endpoint, body, opened)
        seen = Seen(opened.at, opened.more, opened.last, opened.counted, slices, reply.headers, reply.url)
        token = self._following(ask, seen)
        at = endpoint.records if isinstance(endpoint.records, str) else None
        if endpoint.add and slices and not ask.bare:
            at = None
            slices = added(endpoint, slices, Values(ask.fill, None, values.lookups, (body, *ask.answers)))
        more = says_more(seen)
        return RawPage(
            slices, body=body, token=token, total=opened.counted, headers=reply.headers, more=more,
            mark=mark(endpoint, opened.at), at=at, explicit_empty=not slices and says_empty(endpoint, body, opened),
        )  # fmt: skip

    def _following(self, ask: Ask, seen: Seen) -> str | None:
        """The token of the page after this one."""
        token = following(ask.endpoint, ask.token, seen)
        if token is not None and isinstance(ask.endpoint.pages, NextLink):
            return without_secrets(self._wire.linked(ask.endpoint, seen.url, token), self.scrub.knows)
        return token


def _says_failed(raw: bytes | None) -> bool:
    return raw is not None and raw not in _NOT_FAILED


def _new_token(endpoint: Endpoint, at: str | Header, reply: Reply) -> str | None:
    """The token that came with the refusal of the old one."""
    try:
        found = heard(endpoint, Opened(), reply.headers).at if isinstance(at, Header) else resolve(reply.body, at)
        return mark(endpoint, found)
    except ValueError:
        return None
