"""Requests on the wire: whole bodies or errors, redirects that keep credentials at home, and failures in words."""

from __future__ import annotations

import asyncio
import socket
import ssl
import zlib
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

import httpx

from connector_sdk.errors import AnswerError, PagingError, SourceError, UnreachableError

from .fill import Request
from .login import Grant

__all__ = ["Broken", "Reply", "Wire"]

LARGEST = 256 << 20
"""The most bytes that a body may have, decompressed."""
WHOLE = 600.0
"""The most seconds that an answer may take, of real time."""
_HOPS = 5
_TIMEOUT = httpx.Timeout(60.0, connect=10.0, pool=None)

_Origin = tuple[str, str | None, int | None]


class Reply(NamedTuple):
    """An answer whose whole body arrived, decompressed."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes
    url: str


class Broken(Exception):  # noqa: N818 - tells the client to try again
    """No whole answer; ``error`` is what is said when the patience for that has ended."""

    def __init__(self, error: SourceError, why: str) -> None:
        super().__init__(why)
        self.error, self.why = error, why


class Wire:
    """Sends requests to the source at ``base_url``, or all of them to the origin of ``moved_to``.

    Credentials and the client's own headers go to the source's own origin only, whoever names another.
    """

    def __init__(self, base_url: str, moved_to: str, headers: Mapping[str, str], at_once: int) -> None:
        self._base = base_url.rstrip("/")
        self._moved_to = urlsplit(moved_to) if moved_to else None
        self._homes = {_origin(self._base), *([_origin(moved_to)] if moved_to else [])}
        self._headers = {name.lower(): value for name, value in headers.items()}
        self._httpx = httpx.AsyncClient(
            timeout=_TIMEOUT,
            follow_redirects=False,
            headers={
                "user-agent": f"connector-sdk/{_version()}",
                "accept": "application/json",
                "accept-encoding": "gzip, deflate",
            },
            limits=httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once),
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._httpx.aclose()

    async def send(self, request: Request, grant: Grant, where: object) -> Reply:
        """The answer. Raises Broken where the request should be repeated, and SourceErrors where that is no use."""
        url = request.path if "://" in request.path else f"{self._base}/{request.path.lstrip('/')}"
        url = _with_query(url, request.params)
        try:
            async with asyncio.timeout(WHOLE):
                return await self._follow(request, url, grant, where)
        except (httpx.LocalProtocolError, httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):
            # the text of these errors may hold what the request carries
            raise SourceError(
                f"{where} cannot be written as a request: its address or a header holds characters that HTTP has not.",
                hint="check the base URL and the credentials in the config",
            ) from None
        except (httpx.TransportError, TimeoutError, zlib.error) as wrong:
            raise _broken(self._moved(url), wrong) from wrong

    async def _follow(self, request: Request, url: str, grant: Grant, where: object) -> Reply:
        method, content = request.method, request.body
        trusted = True
        for _ in range(_HOPS + 1):
            headers = dict(request.headers) if trusted else {}
            here = url
            if trusted and self._at_home(url):
                headers = {**self._headers, **headers, **dict(grant.headers)}
                here = _with_query(
                    url, tuple(pair for pair in grant.params if f"{pair[0]}=" not in urlsplit(url).query)
                )
            if content is not None and "content-type" in request.headers:
                headers["content-type"] = request.headers["content-type"]
            reply = (await self._once(method, self._moved(here), headers, content, where))._replace(url=url)
            if reply.status not in (301, 302, 303, 307, 308) or "location" not in reply.headers:
                return reply
            target = urljoin(url, reply.headers["location"])
            trusted = trusted and (_same(url, target) or (self._at_home(url) and self._at_home(target)))
            url = target
            if reply.status in (301, 302, 303):
                method, content = "GET", None
        raise AnswerError(
            f"{where} is redirected more than {_HOPS} times.",
            hint="check the base URL in the config",
            status=reply.status,
        )

    async def _once(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None, where: object
    ) -> Reply:
        request = self._httpx.build_request(method, url, headers=headers, content=content)
        answer = await self._httpx.send(request, stream=True)
        try:
            body = await _body(answer, where)
        finally:
            await answer.aclose()
        return Reply(answer.status_code, answer.reason_phrase, answer.headers, body, url)

    def linked(self, where: object, url: str, link: str) -> str:
        """The address of a next page that the answer of ``url`` named, at the source's own origin.

        Raises PagingError for one at another host: it would be sent the credentials.
        """
        parts, base = urlsplit(link)._replace(fragment=""), urlsplit(self._base)
        origin, home = _origin(link), _origin(self._base)
        moved = self._moved_to is not None and origin == _origin(self._moved_to.geturl())
        if moved or (origin[1] == home[1] and _standard(origin) and _standard(home)):
            return parts._replace(scheme=base.scheme, netloc=base.netloc).geturl()
        if origin in (home, _origin(url)):
            return parts.geturl()
        raise PagingError(
            f"{where}: the answer names a next page at another host, {parts.netloc.rpartition('@')[2]!r}, which is "
            "not asked with these credentials.",
            hint="check the base URL in the config",
        )

    def _at_home(self, url: str) -> bool:
        return _origin(url) in self._homes

    def _moved(self, url: str) -> str:
        if self._moved_to is None:
            return url
        parts = urlsplit(url)
        return urlunsplit((self._moved_to.scheme, self._moved_to.netloc, parts.path, parts.query, ""))


async def _body(answer: httpx.Response, where: object) -> bytes:
    encoding = answer.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise AnswerError(f"{where} answered in the encoding {encoding!r}, which was not asked for.")
    plain = encoding in ("", "identity")
    if plain and int(answer.headers.get("content-length", "0")) > LARGEST:
        raise _too_large(where)
    inflate = None if plain else _Inflate(raw_too=encoding == "deflate")
    chunks: list[bytes] = []
    size = 0
    async for chunk in answer.aiter_raw():
        data = chunk if inflate is None else inflate.add(chunk, LARGEST - size + 1)
        size += len(data)
        if size > LARGEST:
            raise _too_large(where)
        chunks.append(data)
    if inflate is not None:
        inflate.end()
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large(where: object) -> AnswerError:
    return AnswerError(
        f"{where} answered more than {LARGEST >> 20} MiB in one page.", hint="ask the source for smaller pages"
    )


class _Inflate:
    """Decompresses gzip with all of its members, and deflate with or without zlib's frame; knows a body cut off."""

    def __init__(self, *, raw_too: bool) -> None:
        self._raw_too = raw_too
        self._inner = zlib.decompressobj(wbits=47)
        self._first = b""
        self._began = False

    def add(self, chunk: bytes, most: int) -> bytes:
        """What this much of the body holds, at most ``most`` bytes of it."""
        if not self._began:
            chunk, self._first = self._first + chunk, b""
            if len(chunk) < 2:
                self._first = chunk
                return b""
            self._began = True
            if self._raw_too and (chunk[0] & 15 != 8 or (chunk[0] << 8 | chunk[1]) % 31):
                self._inner = zlib.decompressobj(wbits=-15)
        data = self._inner.decompress(chunk, most)
        while self._inner.eof and (rest := self._inner.unused_data.lstrip(b"\0")) and len(data) < most:
            self._inner = zlib.decompressobj(wbits=47)
            data += self._inner.decompress(rest, most - len(data))
        return data

    def end(self) -> None:
        """Raises zlib.error where the body was cut off."""
        if self._first or (self._began and not self._inner.eof):
            raise zlib.error("the compressed body was cut off")


def _origin(url: str) -> _Origin:
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(scheme)


def _standard(origin: _Origin) -> bool:
    return origin[::2] in (("http", 80), ("https", 443))


def _same(url: str, target: str) -> bool:
    """Whether what was meant for one address may go to the other: the same origin, or the same host made secure."""
    here, there = _origin(url), _origin(target)
    return here == there or (here[1] == there[1] and here[::2] == ("http", 80) and there[::2] == ("https", 443))


def _with_query(url: str, params: tuple[tuple[str, str], ...]) -> str:
    if not params:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(params)}"


def _broken(url: str, wrong: Exception) -> Broken:
    host = urlsplit(url).netloc.rpartition("@")[2]
    chain = list(_chain(wrong))
    hint = "check the base URL in the config, and the network"
    if any(isinstance(each, socket.gaierror) for each in chain):
        what, why = f"the name {host} is not known (DNS)", "its name is not known"
    elif tls := next((each for each in chain if isinstance(each, ssl.SSLError)), None):
        reason = getattr(tls, "verify_message", "") or tls.reason or "TLS"
        what, why = f"no secure connection to {host}: {reason}", "TLS failed"
        hint = "check the base URL in the config, the certificate, and a proxy between"
    elif any(isinstance(each, ConnectionRefusedError) for each in chain):
        what, why = f"nothing answers at {host} (the connection was refused)", "the connection was refused"
    elif isinstance(wrong, httpx.ConnectTimeout):
        what, why = f"no connection to {host} within 10 s", "a time-out"
    elif isinstance(wrong, httpx.TimeoutException):
        what, why = f"{host} sent nothing for 60 s", "a time-out"
    elif isinstance(wrong, TimeoutError):
        what, why = f"{host} did not finish its answer in {WHOLE:.0f} s", "a time-out"
    elif isinstance(wrong, httpx.ConnectError | httpx.ProxyError):
        what, why = f"{host} cannot be reached ({type(wrong).__name__})", "no connection"
    else:
        what, why = f"the answer of {host} broke off before its end", "the answer broke off"
        hint = "try again later; if it stays so, ask for smaller pages"
    return Broken(UnreachableError(f"{what[:1].upper()}{what[1:]}.", hint=hint), why)


def _chain(wrong: BaseException | None) -> list[BaseException]:
    chain: list[BaseException] = []
    while wrong is not None and wrong not in chain:
        chain.append(wrong)
        if isinstance(wrong, BaseExceptionGroup):
            chain += wrong.exceptions
        wrong = wrong.__cause__ or wrong.__context__
    return chain


def _version() -> str:
    try:
        return version("estuary-connector-sdk")
    except PackageNotFoundError:
        return "0"
