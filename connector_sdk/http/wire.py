"""Requests on the wire: whole bodies or errors, redirects that keep credentials at home, and failures in words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit, urlunsplit

from connector_sdk.errors import AnswerError, PagingError, SourceError, UnreachableError

from . import transport
from .fill import Request, address_of, with_query
from .inflate import Body, Damaged
from .login import Grant
from .spool import Spool
from .transport import Head, NoAnswer, Unwritable, base

__all__ = ["Broken", "Reply", "Wire"]

LARGEST = 128 << 20
"""The most bytes that a page may have, decompressed."""
WHOLE = 600.0
"""The most seconds, of real time, for a whole answer."""
WHOLE_FILE = 6 * 3600.0
"""The same for one that is kept in a file."""
_HOPS = 5

_Origin = tuple[str, str | None, int | None]


class Reply(NamedTuple):
    """An answer whose whole body arrived, decompressed. ``spool`` keeps it as it came, in place of ``body``."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes
    url: str
    spool: Spool | None = None

    def close(self) -> None:
        """Forget what was kept of it."""
        if self.spool is not None:
            self.spool.close()


class Broken(Exception):  # noqa: N818 - tells the client to try again
    """No whole answer; ``error`` is what is said when the patience for that has ended."""

    def __init__(self, error: SourceError, why: str) -> None:
        super().__init__(why)
        self.error, self.why = error, why


class _Trip(NamedTuple):
    """A request on its way through redirects. ``homes``: the origins that may see its credentials."""

    request: Request
    grant: Grant
    where: object
    largest: int
    homes: set[_Origin]
    spooled: bool

    def at_home(self, url: str) -> bool:
        """Whether this address may see the credentials."""
        origin = _origin(url)
        return any(_same(home, origin) for home in self.homes)


class Wire:
    """Sends requests to the source at ``base_url``, or all of them to the origin of ``moved_to``.

    Credentials and the client's own headers go to the source's own origin only, whoever names another.
    """

    def __init__(self, base_url: str, moved_to: str, headers: Mapping[str, str], at_once: int) -> None:
        self._base = base_url.rstrip("/")
        self._moved_to = urlsplit(moved_to) if moved_to else None
        self._homes = {_origin(self._base), *([_origin(moved_to)] if moved_to else [])}
        self._headers = {name.lower(): value for name, value in headers.items()}
        self._own = {
            "user-agent": f"connector-sdk/{_version()}",
            "accept": "application/json",
            "accept-encoding": "gzip, deflate",
        }
        self._transport = transport.transport(at_once)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def send(self, request: Request, grant: Grant, where: object, largest: int = LARGEST) -> Reply:
        """The answer. Raises Broken where the request should be repeated, and SourceErrors where that is no use."""
        return await self._send(request, grant, where, largest, spooled=False)

    async def download(self, request: Request, grant: Grant, where: object) -> Reply:
        """The answer; the body of a good one is in its ``spool``, for whoever asked to close. Raises as ``send``."""
        return await self._send(request, grant, where, LARGEST, spooled=True)

    async def _send(self, request: Request, grant: Grant, where: object, largest: int, *, spooled: bool) -> Reply:
        base = self._base_of(grant)
        url = address_of(request, base)
        homes = {*self._homes, _origin(base), *([_origin(request.home)] if request.home else [])}
        most = WHOLE_FILE if spooled else WHOLE
        try:
            async with asyncio.timeout(most):
                return await self._follow(_Trip(request, grant, where, largest, homes, spooled), url)
        except Unwritable:
            raise SourceError(
                f"{where} cannot be written as a request: its address or a header holds characters that HTTP has not.",
                hint="check the base URL and the credentials in the config",
            ) from None
        except (NoAnswer, TimeoutError, Damaged) as wrong:
            raise _broken(self._moved(url), wrong, most) from wrong

    def _base_of(self, grant: Grant) -> str:
        """The declared base, at the customer's own host where the login told one."""
        if grant.base_url is None:
            return self._base
        base = grant.base_url.rstrip("/")
        return base if urlsplit(base).path else base + urlsplit(self._base).path

    async def _follow(self, trip: _Trip, url: str) -> Reply:
        request, grant = trip.request, trip.grant
        method, content = request.method, request.body
        trusted = True
        for _ in range(_HOPS + 1):
            headers = dict(request.headers) if trusted else {}
            here = url
            if trusted and trip.at_home(url):
                headers = {**self._headers, **dict(grant.headers), **headers}  # what an endpoint says has the last word
                query = urlsplit(url).query
                here = with_query(url, tuple(pair for pair in grant.params if f"{pair[0]}=" not in query))
            reply = (await self._once(method, self._moved(here), headers, content, trip))._replace(url=url)
            if reply.status not in (301, 302, 303, 307, 308) or "location" not in reply.headers:
                return reply
            target = urljoin(url, reply.headers["location"])
            trusted = trusted and (_same(_origin(url), _origin(target)) or (trip.at_home(url) and trip.at_home(target)))
            url = target
            if reply.status in (301, 302, 303):
                method, content = "GET", None
            elif content is not None and not trusted:
                raise AnswerError(
                    f"{trip.where} is redirected to another host, {urlsplit(url).hostname!r}, which must not be sent "
                    "what the request holds.",
                    hint="check the base URL in the config", status=reply.status,
                )  # fmt: skip
        raise AnswerError(
            f"{trip.where} is redirected more than {_HOPS} times.", hint="check the base URL in the config",
            status=reply.status,
        )  # fmt: skip

    async def _once(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None, trip: _Trip
    ) -> Reply:
        body: Body | Spool | None = None

        def receive(head: Head) -> Callable[[bytes], object]:
            nonlocal body
            spooled = trip.spooled and 200 <= head.status < 300
            body = Spool(head, trip.where) if spooled else Body(head, trip.where, trip.largest)
            return body.add

        own = {**self._own, "accept": "*/*"} if trip.spooled else self._own
        carried = {**own, **{name.lower(): value for name, value in headers.items()}}
        try:
            head = await self._transport.send(method, url, carried, content, receive)
            assert body is not None
            return Reply(*head, body.whole(), url, body if isinstance(body, Spool) else None)
        except BaseException:
            if body is not None:
                body.close()
            raise

    def linked(self, where: object, url: str, link: str) -> str:
        """The address of a next page that the answer of ``url`` named, at the source's own origin.

        Raises PagingError for one at another host: it would be sent the credentials.
        """
        parts, here = urlsplit(link)._replace(fragment=""), urlsplit(url)
        origin, home = _origin(link), _origin(url)
        moved = self._moved_to is not None and origin == _origin(self._moved_to.geturl())
        if moved or (origin[1] == home[1] and _standard(origin) and _standard(home)):
            return parts._replace(scheme=here.scheme, netloc=here.netloc).geturl()
        if origin in (home, _origin(self._base)):
            return parts.geturl()
        raise PagingError(
            f"{where}: the answer names a next page at another host, {parts.netloc.rpartition('@')[2]!r}, which is "
            "not asked with these credentials.",
            hint="check the base URL in the config",
        )

    def _moved(self, url: str) -> str:
        if self._moved_to is None:
            return url
        parts = urlsplit(url)
        return urlunsplit((self._moved_to.scheme, self._moved_to.netloc, parts.path, parts.query, ""))


def _origin(url: str) -> _Origin:
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(scheme)


def _standard(origin: _Origin) -> bool:
    return origin[::2] in (("http", 80), ("https", 443))


def _same(here: _Origin, there: _Origin) -> bool:
    """Whether what was meant for one origin may go to the other: the same, or the same host made secure."""
    return here == there or (here[1] == there[1] and here[::2] == ("http", 80) and there[::2] == ("https", 443))


def _broken(url: str, why: NoAnswer | Damaged | TimeoutError, most: float) -> Broken:
    host = urlsplit(url).netloc.rpartition("@")[2]
    detail = why.detail if isinstance(why, NoAnswer) else ""
    failure = why.failure if isinstance(why, NoAnswer) else "late" if isinstance(why, TimeoutError) else "broken"
    what, short = {
        "name": ("its name is not known (DNS)", "its name is not known"),
        "tls": (f"no secure connection ({detail or 'TLS'})", "TLS failed"),
        "refused": ("nothing answers there (the connection was refused)", "the connection was refused"),
        "connecting": (f"no connection within {base.CONNECT:.0f} s", "a time-out"),
        "silent": (f"it sent nothing for {base.BETWEEN:.0f} s", "a time-out"),
        "late": (f"it did not finish its answer in {most:.0f} s", "a time-out"),
        "unconnected": (f"no connection{f' ({detail})' if detail else ''}", "no connection"),
        "broken": ("the answer broke off before its end", "the answer broke off"),
    }[failure]
    hint = {
        "tls": "check the base URL in the config, the certificate, and a proxy between",
        "broken": "try again later; if it stays so, ask for smaller pages",
    }.get(failure, "check the base URL in the config, and the network")
    return Broken(UnreachableError(f"{host} cannot be reached: {what}.", hint=hint), short)


def _version() -> str:
    try:
        return version("estuary-connector-sdk")
    except PackageNotFoundError:
        return "0"
