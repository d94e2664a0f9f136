"""Asking for one page: until it is whole, or until the patience for that has ended (R1, R2, R4)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any

from connector_sdk.config import Config
from connector_sdk.declare import Endpoint, Http, NextLink, NextToken
from connector_sdk.errors import AnswerError, CredentialsError, UnreachableError

from .answers import Judge, Verdict, date_of
from .bodies import check_kind, failure_in, records_in
from .decode import resolve
from .envelope import Opened, open_envelope, records_of
from .fill import Fill, Request, Values, fill_request, lookups_of
from .gate import Gate
from .held import Held
from .limits import Budget, Clock, Limits, Ticket, Trace, told_sleep
from .login import Grant, Hide, Scrub
from .lookups import Lookups
from .page import RawPage, added
from .paging import Seen, following, mark, next_value, says_more, without_secrets
from .patience import Patience
from .pieces import SIZE, Pieces
from .quota import quota_spent, resets_after
from .signals import ExpiredToken
from .spool import Spool
from .tokens import Keep, login_of
from .wire import LARGEST, Broken, Reply, Wire

__all__ = ["Ask", "Asker"]

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


class _Asked(Exception):  # noqa: N818
    """The source asks to wait, ``after`` seconds where it says how long."""

    def __init__(self, after: float | None, why: str) -> None:
        self.after, self.why = after, why


class _Refused(Exception):  # noqa: N818
    """The source refused these credentials."""

    def __init__(self, grant: Grant, why: str, status: int) -> None:
        self.grant, self.why, self.status = grant, why, status


class _Paused(Exception):  # noqa: N818
    """The source asked for a pause while this request was on its way out: it goes back into the line."""


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
        self._judge = Judge(http, self.scrub, clock.now)
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
            slices = list(page.slices)
            size = sum(map(len, slices))
            while not rest.ended:
                more = await rest.next(wait=False)
                page.hold(more.detach())
                slices += more.slices
                size += sum(map(len, more.slices))
                if size > LARGEST:
                    raise AnswerError(
                        f"{ask.endpoint} answered more than {LARGEST >> 20} MiB in one page.",
                        hint="ask the source for smaller pages; an author's generator reads it by source.http.stream",
                    )
            page.slices = slices
            page.listed = len(slices)
            page.token = rest.token(slices)
        except BaseException:
            page.release()
            raise
        finally:
            rest.close()
        return page

    async def pieces(self, ask: Ask) -> AsyncGenerator[RawPage, None]:
        """One answer in pages of about ``SIZE`` bytes, the first of which is given once all of it has arrived whole.
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
        values = Values(ask.fill, next_value(ask.endpoint, ask.token), found, ask.answers)
        link = ask.token if isinstance(ask.endpoint.pages, NextLink) else None
        request = fill_request(ask.endpoint, values, link, self.scrub.knows)
        ticket = self._limits.ticket((*self.http.limits, *ask.endpoint.limits), ask.trace)
        patience = Patience(self.clock, self._most, ask.trace)
        renewed: float | None = None
        while True:
            try:
                return await self._once(ask, request, values, ticket, patience)
            except _Paused:
                continue
            except Broken as broken:
                await patience.failed(broken.error, broken.why)
            except _Asked as asked:
                seconds = patience.asked(asked.after, ask.endpoint, asked.why)
                self._limits.pause(ask.endpoint.limits or self.http.limits, seconds, asked.why)
            except _Refused as refused:
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
                size = len(reply.body) if reply.spool is None else min(SIZE, reply.spool.size)
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
                raise _Paused
            stamp = ask.trace.sent() if ask.trace is not None else 0
            patience.begin()
            if ask.endpoint.body is None:
                reply = await self._wire.send(request, grant, ask.endpoint, LARGEST)
            else:
                reply = await self._wire.download(request, grant, ask.endpoint)
        finally:
            self._gate.leave()
        if reply.status == 429:
            self._gate.refused(round)
        else:
            self._gate.passed()
        if 200 <= reply.status < 300 and quota_spent(reply.headers):
            seconds = resets_after(reply.headers, self.clock.now())
            if seconds is not None and 0 < seconds <= _BELIEVED:
                limits = ask.endpoint.limits or self.http.limits
                self._limits.pause(limits, seconds, "the source's quota, of which nothing is left")
        return stamp, reply

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
                if _says_failed(opened.failed):
                    verdict = self._judge.failed(endpoint, reply, completing=ask.completing)
        else:
            verdict = self._judge.failed(endpoint, reply, completing=ask.completing)
        if verdict.kind == "ok":
            return self._made(ask, values, reply, body, opened)
        return self._otherwise(endpoint, reply, grant, verdict)

    def _otherwise(self, endpoint: Endpoint, reply: Reply, grant: Grant, verdict: Verdict) -> RawPage:
        """The page without records of an answer that is not read; what it means otherwise is raised."""
        match verdict.kind:
            case "empty":
                return RawPage([], explicit_empty=True, headers=reply.headers)
            case "wait":
                raise _Asked(verdict.after, verdict.why)
            case "refused":
                raise _Refused(grant, verdict.why, reply.status)
            case "retry":
                error = UnreachableError(
                    f"{endpoint} kept failing ({verdict.why}).", hint="try again later", status=reply.status
                )
                raise Broken(error, verdict.why)
        assert verdict.error is not None
        if isinstance(verdict.error, ExpiredToken) and isinstance(endpoint.pages, NextToken):
            verdict.error.token = _new_token(endpoint, endpoint.pages.at, reply.body)
        raise verdict.error

    async def _first(
        self, ask: Ask, values: Values, reply: Reply, spool: Spool, grant: Grant, held: Held
    ) -> tuple[RawPage, Rest | None]:
        """The first page of a body that is not JSON, once the body is known to be whole, and what is left of it."""
        endpoint = ask.endpoint
        verdict = self._judge.good(endpoint, reply)
        pieces = Pieces(spool, lambda: records_in(endpoint, spool))
        try:
            if verdict.kind == "ok":
                begin = await pieces.prove(lambda: check_kind(spool, reply.headers, endpoint.body))
                reply = reply._replace(body=begin)
                if _says_failed(failure_in(begin, self.http.failed)):
                    verdict = self._judge.failed(endpoint, reply, completing=ask.completing)
            if verdict.kind != "ok":
                page = self._otherwise(endpoint, reply, grant, verdict)
                pieces.close()
                return page, None
            rest = Rest(self, ask, values, reply, pieces)
            return await rest.first(held), rest
        except ValueError as wrong:
            pieces.close()
            raise Broken(self._judge.unusable(endpoint, reply, wrong), "the answer cannot be read") from wrong
        except BaseException:
            pieces.close()
            raise

    def _opened(self, endpoint: Endpoint, reply: Reply) -> tuple[bytes, Opened]:
        """A whole body, opened. What is no JSON, or cut off, is asked for again: it is never an empty page (R1)."""
        try:
            return open_envelope(endpoint, reply.body, self.http.failed)
        except ValueError as wrong:
            raise Broken(self._judge.unusable(endpoint, reply, wrong), "the answer cannot be read") from wrong

    def _made(self, ask: Ask, values: Values, reply: Reply, body: bytes, opened: Opened) -> RawPage:
        endpoint = ask.endpoint
        slices: Sequence[Any] = records_of(endpoint, body, opened)
        seen = Seen(opened.at, opened.more, opened.last, opened.counted, slices, reply.headers, reply.url)
        token = self.next_token(ask, seen)
        if endpoint.add and slices and not ask.bare:
            slices = added(endpoint, slices, Values(ask.fill, None, values.lookups, (body, *ask.answers)))
        more = says_more(seen)
        return RawPage(
            slices, body=body, token=token, total=opened.counted, headers=reply.headers, more=more,
            mark=mark(endpoint, opened.at),
        )  # fmt: skip

    def next_token(self, ask: Ask, seen: Seen) -> str | None:
        """The token of the page after this one."""
        token = following(ask.endpoint, ask.token, seen)
        if token is not None and isinstance(ask.endpoint.pages, NextLink):
            return without_secrets(self._wire.linked(ask.endpoint, seen.url, token), self.scrub.knows)
        return token

    def unusable(self, endpoint: Endpoint, reply: Reply, wrong: Exception) -> AnswerError:
        """The error for a body that turns out to be broken when some of it has been read."""
        return self._judge.unusable(endpoint, reply, wrong)


class Rest:
    """What is left of an answer whose body is not JSON, to be closed by whoever has it. ``ended``: nothing."""

    def __init__(self, asker: Asker, ask: Ask, values: Values, reply: Reply, pieces: Pieces) -> None:
        self.stamp = 0
        self._asker = asker
        self._ask = ask
        self._values = values
        self._reply = reply
        self._pieces = pieces

    @property
    def ended(self) -> bool:
        """Whether the last record has been given."""
        return self._pieces.ended

    async def first(self, held: Held) -> RawPage:
        """The first page; its bytes are held by ``held``. Raises ValueError for a body that is broken."""
        return self._page(await self._pieces.next(), held)

    async def next(self, *, wait: bool = True) -> RawPage:
        """One more page, which holds its bytes of the budget; ``wait``: until they are free."""
        held = Held(self._asker.budget)
        try:
            if wait:
                await held.take(SIZE)
            page = self._page(await self._pieces.next(), held)
        except ValueError as wrong:
            held.release()
            raise self._asker.unusable(self._ask.endpoint, self._reply, wrong) from wrong
        except BaseException:
            held.release()
            raise
        page.hold(held.release)
        page.stamp = self.stamp
        return page

    def token(self, slices: Sequence[bytes | memoryview]) -> str | None:
        """The token of the page after this answer, of which these are the records, or the last of them."""
        seen = Seen(None, None, None, None, slices, self._reply.headers, self._reply.url)
        return self._asker.next_token(self._ask, seen)

    def close(self) -> None:
        """Forget what is left."""
        self._pieces.close()

    def _page(self, slices: Sequence[bytes], held: Held) -> RawPage:
        held.resize(sum(map(len, slices)))
        ask = self._ask
        if ask.endpoint.add and slices and not ask.bare:
            slices = added(ask.endpoint, slices, Values(ask.fill, None, self._values.lookups, ask.answers))
        return RawPage(slices, headers=self._reply.headers)


def _says_failed(raw: bytes | None) -> bool:
    return raw is not None and raw not in _NOT_FAILED


def _new_token(endpoint: Endpoint, at: str, body: bytes) -> str | None:
    """The token that came with the refusal of the old one."""
    try:
        return mark(endpoint, resolve(body, at))
    except ValueError:
        return None
