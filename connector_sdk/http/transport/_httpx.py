"""Requests carried by httpx."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping

import httpx

from . import base
from .base import Head, Headers, NoAnswer, Receive, Unwritable, address_of, checked

__all__ = ["HttpxTransport"]


class HttpxTransport:
    """See Transport. Made within the loop it is used in."""

    def __init__(self, at_once: int) -> None:
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(base.BETWEEN, connect=base.CONNECT, pool=None),
            follow_redirects=False,
            limits=httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once),
        )
        self._client.headers.clear()

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None, receive: Receive
    ) -> Head:
        try:
            answer = await self._client.send(
                self._client.build_request(method, address_of(url), headers=checked(headers), content=content),
                stream=True,
            )
            try:
                pairs = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers.raw)
                head = Head(answer.status_code, answer.reason_phrase, Headers(pairs))
                add = receive(head)
                async for chunk in answer.aiter_raw():
                    add(chunk)
            finally:
                await answer.aclose()
                self._client.cookies.clear()
        except (httpx.LocalProtocolError, httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):
            raise Unwritable from None  # the text of these errors may hold what the request carries
        except httpx.TransportError as wrong:
            raise _no_answer(wrong) from wrong
        return head

    async def aclose(self) -> None:
        await self._client.aclose()


def _no_answer(wrong: httpx.TransportError) -> NoAnswer:
    chain = list(_chain(wrong))
    if any(isinstance(each, socket.gaierror) for each in chain):
        return NoAnswer("name")
    if tls := next((each for each in chain if isinstance(each, ssl.SSLError)), None):
        return NoAnswer("tls", getattr(tls, "verify_message", "") or tls.reason or "TLS")
    if any(isinstance(each, ConnectionRefusedError) for each in chain):
        return NoAnswer("refused")
    if isinstance(wrong, httpx.ConnectTimeout):
        return NoAnswer("connecting")
    if isinstance(wrong, httpx.TimeoutException):
        return NoAnswer("silent")
    if isinstance(wrong, httpx.ConnectError | httpx.ProxyError):
        return NoAnswer("unconnected", "a proxy between refused it" if isinstance(wrong, httpx.ProxyError) else "")
    return NoAnswer("broken")


def _chain(wrong: BaseException | None) -> Iterator[BaseException]:
    """The error, and all that it came from."""
    left, met = [wrong], set[int]()
    while left:
        each = left.pop()
        if each is None or id(each) in met:
            continue
        met.add(id(each))
        yield each
        left += [each.__cause__, each.__context__]
        if isinstance(each, BaseExceptionGroup):
            left += each.exceptions
