"""The client: pages from endpoints, with the source's limits, retries, credentials and rules."""

from __future__ import annotations

import asyncio
import inspect
import random
from collections.abc import AsyncIterator, Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from connector_sdk.config import ApiKey, Auth, Basic, Bearer, Config, Credentials, reveal
from connector_sdk.declare import Endpoint, Http, Json, Lookup, Source, Step, micros, placeholders
from connector_sdk.errors import AnswerError, NotPerformedError, PagingError, SdkError, SourceError, UnreachableError

from .answers import date_of, judge, not_json
from .decode import encode
from .fill import Fill, Values, fill_request
from .limits import Budget, Clock, Limits, Trace
from .page import RawPage, checked, read_page

__all__ = ["Client", "ExpiredToken", "Lookups"]

_GUESS = 1 << 20
_LARGEST = 256 << 20
_TIMEOUT = httpx.Timeout(60.0, connect=10.0, pool=None)


class ExpiredToken(Exception):  # noqa: N818 - a signal to the engine, not a failure
    """The page token is dead: the step begins again with the same bounds."""


class Lookups:
    """The values of lookups: found once a session, again every ``every``, once for all who wait."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._found: dict[Lookup[Any], tuple[float, object]] = {}
        self._locks: dict[Lookup[Any], asyncio.Lock] = {}

    async def get(self, lookup: Lookup[Any]) -> Any:
        """The value. Raises SourceError that names the lookup."""
        async with self._locks.setdefault(lookup, asyncio.Lock()):
            now = self._client.clock.monotonic()
            if lookup in self._found and now < self._found[lookup][0]:
                return self._found[lookup][1]
            try:
                value = lookup.find(self._client.source)
                if inspect.isawaitable(value):
                    value = await value
            except SdkError:
                raise
            except Exception as wrong:
                raise SourceError(f"{lookup!r} failed: {type(wrong).__name__}: {wrong}.") from wrong
            self._found[lookup] = (now + micros(lookup.every) / 1e6, value)
            return value


class Client:
    """Requests to one source. ``patience``: seconds of failure after which a request is given up; ``first_patience``:
    the same while the source has never answered, which is more often a wrong address than an outage."""

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
    ) -> None:
        self.http = http
        self.clock = clock
        self.source: Source[Any] = Source(config, AuthorClient(self))
        self.lookups = Lookups(self)
        self._origin = getattr(getattr(config, "advanced", None), "base_url", None)
        self._budget = budget
        self._patience = patience
        self._first_patience = first_patience
        self._answered = False
        self._limits = Limits(clock)
        self._workers = asyncio.Semaphore(at_once)
        self._sizes: dict[int, int] = {}
        auth = http.auth.auth() if isinstance(http.auth, Credentials) else http.auth
        self._headers, self._params, basic = _login(auth)
        self._httpx = httpx.AsyncClient(
            timeout=_TIMEOUT, auth=basic, follow_redirects=True, max_redirects=5, trust_env=True,
            headers={"user-agent": f"connector-sdk/{_version()}", "accept": "application/json",
                     "accept-encoding": "gzip, deflate", **(http.headers or {}), **self._headers},
            limits=httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once),
        )  # fmt: skip

    async def aclose(self) -> None:
        """Close the connections."""
        await self._httpx.aclose()

    async def check(self, endpoint: Endpoint, fill: Fill | None = None) -> RawPage:
        """One page."""
        return await self.page(endpoint, fill or Fill(), None, None)

    async def read(
        self, reader: Any, fill: Fill, *, token: str | None = None, trace: Trace | None = None
    ) -> AsyncIterator[RawPage]:
        """All pages from ``token`` on, in order. Raises ExpiredToken and SourceErrors; see R1 to R6."""
        if not isinstance(reader, Endpoint):
            async for page in reader(self.source, Step(token=token)):
                yield page
            return
        used = {token}
        empty = 0
        while True:
            page = await self.page(reader, fill, token, trace)
            token = page.token
            empty = 0 if page.slices else empty + 1
            yield page
            if token is None:
                return
            if token in used:
                raise PagingError(
                    f"{reader}: the answer names a next page that was already read; the pages run in a circle."
                )
            if empty > 100:
                raise PagingError(f"{reader}: 100 pages in a row were empty and yet named a next one.")
            used.add(token)

    async def page(self, endpoint: Endpoint, fill: Fill, token: str | None, trace: Trace | None) -> RawPage:
        """One page: asked for until it is whole, or until the budget for that is spent."""
        found = {}
        for part in (endpoint.path, endpoint.params, endpoint.json, endpoint.headers, endpoint.add):
            for each in placeholders(part):
                if isinstance(each, Lookup):
                    found[each] = await self.lookups.get(each)
        values = Values(fill, token, found)
        since: float | None = None
        tries = 0
        while True:
            try:
                return await self._try(endpoint, values, trace)
            except _Again as again:
                tries += 1
                now = self.clock.monotonic()
                since = now if since is None or again.asked else since
                if now - since >= (self._patience if self._answered else self._first_patience):
                    raise again.error from again.error.__cause__
                pause = again.after if again.after is not None else min(60.0, 0.5 * 2 ** min(tries - 1, 10))
                pause *= 1 + random.random() * 0.1
                if trace is not None:
                    trace.retried(again.why)
                if again.asked:
                    self._limits.pause(endpoint.limits or self.http.limits, pause)
                await self._limits.wait(pause, again.why, trace)

    async def _try(self, endpoint: Endpoint, values: Values, trace: Trace | None) -> RawPage:
        limits = (*self.http.limits, *endpoint.limits)
        held = self._sizes.get(id(endpoint), _GUESS)
        await self._limits.take(limits, self._budget, held, trace)
        try:
            async with self._workers:
                stamp = trace.sent() if trace is not None else 0
                answer = await self._send(endpoint, values)
            body = answer.content
            self._sizes[id(endpoint)] = max(1 << 16, len(body))
            if self._budget is not None:
                self._budget.release(held - len(body))
            held = len(body)
            if trace is not None:
                trace.answered(date_of(answer))
            page = self._page(endpoint, values, answer, body, stamp)
        except BaseException:
            if self._budget is not None:
                self._budget.release(held)
            raise
        self._answered = True
        if (budget := self._budget) is not None:
            page._release = lambda: budget.release(held)
        return page

    async def _send(self, endpoint: Endpoint, values: Values) -> httpx.Response:
        request = fill_request(endpoint, values)
        url = request.path if "://" in request.path else self.http.base_url.rstrip("/") + "/" + request.path.lstrip("/")
        params: list[Any] = [*request.params, *self._params]
        try:
            async with asyncio.timeout(600):
                return await self._httpx.request(
                    request.method,
                    self._moved(url),
                    params=params or None,
                    headers=request.headers,
                    content=request.body,
                )
        except (httpx.TransportError, TimeoutError, httpx.DecodingError) as wrong:
            raise _Again(_unreachable(url, wrong), f"no answer ({type(wrong).__name__})") from wrong
        except httpx.TooManyRedirects as wrong:
            raise AnswerError(f"{endpoint} is redirected without end.", hint="check the base URL") from wrong
        except (httpx.InvalidURL, ValueError) as wrong:
            raise SourceError(
                f"{endpoint}: {url!r} is no address: {wrong}.", hint="check the base URL in the config"
            ) from wrong

    def _page(self, endpoint: Endpoint, values: Values, answer: httpx.Response, body: bytes, stamp: int) -> RawPage:
        verdict = judge(answer, body, self.http, endpoint)
        if verdict.error is not None:
            raise verdict.error
        if verdict.kind == "expired":
            raise ExpiredToken
        if verdict.kind in ("retry", "wait"):
            error = UnreachableError(
                f"{endpoint} kept failing ({verdict.why}).", hint="try again later", status=answer.status_code
            )
            raise _Again(error, verdict.why, verdict.after, asked=verdict.kind == "wait")
        if verdict.kind == "empty" or answer.status_code == 204:
            return RawPage([], explicit_empty=True, stamp=stamp, headers=answer.headers)
        if len(body) > _LARGEST:
            raise AnswerError(
                f"{endpoint} answered {len(body) >> 20} MiB in one page; at most {_LARGEST >> 20} are taken."
            )
        try:
            return read_page(endpoint, checked(body), values, stamp=stamp, headers=answer.headers)
        except ValueError as wrong:  # not UTF-8, not JSON, cut off: never an empty page (R1)
            raise _Again(not_json(endpoint, answer, body, wrong), "the answer is no JSON") from wrong

    def _moved(self, url: str) -> str:
        if not self._origin:
            return url
        to, parts = urlsplit(str(self._origin)), urlsplit(url)
        return urlunsplit((to.scheme, to.netloc, parts.path, parts.query, ""))


class _Again(Exception):  # noqa: N818
    """The same request again: ``asked`` where the source itself said so, which is no failure."""

    def __init__(self, error: SourceError, why: str, after: float | None = None, *, asked: bool = False) -> None:
        super().__init__(why)
        self.error, self.why, self.after, self.asked = error, why, after, asked


class AuthorClient:
    """The client as an author's own code sees it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def page(
        self, endpoint: Endpoint, step: Step | None = None, *, each: Any = None, next: str | None = None
    ) -> RawPage:
        """One page; an endpoint without ``records`` gives a page whose ``json`` is the body."""
        page = await self._client.page(endpoint, Fill(each=each), next, None)
        page.release()
        return page

    async def pages(
        self, endpoint: Endpoint, step: Step | None = None, *, each: Any = None, next: str | None = None
    ) -> AsyncIterator[RawPage]:
        """All pages from here to the end."""
        async for page in self._client.read(endpoint, Fill(each=each), token=next):
            page.release()
            yield page

    async def records(self, endpoint: Endpoint, step: Step | None = None, *, each: Any = None) -> AsyncIterator[Json]:
        """The records of all pages."""
        async for page in self.pages(endpoint, step, each=each):
            for record in page.records():
                yield record

    def make_page(self, records: Iterable[Json], token: str | None = None) -> RawPage:
        """A page of the author's own."""
        return RawPage([encode(record) for record in records], token=token)


def _login(auth: Auth | None) -> tuple[Mapping[str, str], list[tuple[str, str]], httpx.BasicAuth | None]:
    match auth:
        case None:
            return {}, [], None
        case Basic():
            return {}, [], httpx.BasicAuth(reveal(auth.user), reveal(auth.password))
        case Bearer():
            return {"authorization": f"Bearer {reveal(auth.token)}"}, [], None
        case ApiKey():
            if auth.header:
                return {auth.header: reveal(auth.key)}, [], None
            return {}, [(str(auth.param), reveal(auth.key))], None
    raise NotPerformedError(
        f"This version does not perform {type(auth).__name__} yet.", hint="choose another way to log in"
    )


def _unreachable(url: str, wrong: Exception) -> UnreachableError:
    host = urlsplit(url).netloc
    text = str(wrong).lower()
    if "name or service" in text or "getaddrinfo" in text or "nodename" in text or "name resolution" in text:
        what = "its name is not known"
    elif "certificate" in text or "ssl" in text:
        what = f"the secure connection failed: {wrong}"
    elif isinstance(wrong, httpx.ConnectError):
        what = "nothing answers there (the connection was refused)"
    elif isinstance(wrong, httpx.TimeoutException | TimeoutError):
        what = "it did not answer in time"
    else:
        what = f"the answer broke off ({wrong or type(wrong).__name__})"
    return UnreachableError(
        f"{host} cannot be reached: {what}.", hint="check the base URL in the config, and the network"
    )


def _version() -> str:
    try:
        return version("estuary-connector-sdk")
    except PackageNotFoundError:
        return "0"
