"""Requests carried by libcurl, in asyncio's own loop: no thread, and hardly any Python between socket and page."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Mapping
from errno import ECONNREFUSED
from time import monotonic
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import pycurl

from . import base
from .base import Head, Headers, NoAnswer, Receive, Unwritable, address_of, checked

__all__ = ["CurlTransport"]

_PROXY = 97  # CURLE_PROXY
_BUFFER = 512 << 10  # of bytes read from a socket at once
_TLS = {
    pycurl.E_SSL_CONNECT_ERROR, pycurl.E_PEER_FAILED_VERIFICATION, pycurl.E_SSL_CERTPROBLEM, pycurl.E_SSL_CIPHER,
    pycurl.E_SSL_CACERT_BADFILE, pycurl.E_SSL_ISSUER_ERROR, pycurl.E_SSL_INVALIDCERTSTATUS, pycurl.E_USE_SSL_FAILED,
}  # fmt: skip


class CurlTransport:
    """See Transport. Made within the loop it is used in."""

    def __init__(self, at_once: int) -> None:
        self._multi = pycurl.AsyncCurlMulti()
        self._multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, at_once)
        self._multi.setopt(pycurl.M_MAXCONNECTS, at_once)
        self._idle: list[pycurl.Curl] = []
        self._proxies = getproxies()

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None, receive: Receive
    ) -> Head:
        lines, address = _lines(checked(headers)), address_of(url)
        curl = self._idle.pop() if self._idle else _curl()
        answer = _Answer(receive)
        curl.setopt(pycurl.URL, address)
        curl.setopt(pycurl.HTTPHEADER, lines)
        curl.setopt(pycurl.PROXY, self._proxy(url))
        curl.setopt(pycurl.CONNECTTIMEOUT_MS, max(1, int(base.CONNECT * 1000)))
        curl.setopt(pycurl.HEADERFUNCTION, answer.header)
        curl.setopt(pycurl.WRITEFUNCTION, answer.body)
        if content is None and method not in ("POST", "PUT", "PATCH"):
            curl.setopt(pycurl.HTTPGET, 1)
        else:
            curl.setopt(pycurl.POST, 1)
            curl.setopt(pycurl.POSTFIELDS, content or b"")
        curl.setopt(pycurl.CUSTOMREQUEST, method)
        try:
            await self._performed(curl, answer)
        except pycurl.error as wrong:
            if answer.wrong is not None:
                raise answer.wrong from None
            raise _no_answer(curl, *wrong.args) from None
        head = answer.ended()
        curl.setopt(pycurl.HEADERFUNCTION, _nothing)  # the handle is kept, the body is not
        curl.setopt(pycurl.WRITEFUNCTION, _nothing)
        self._idle.append(curl)
        return head

    async def _performed(self, curl: pycurl.Curl, answer: _Answer) -> None:
        """Raises NoAnswer where nothing comes for ``BETWEEN`` seconds: what libcurl has for it counts whole ones."""
        done = self._multi.add_handle(curl)
        watch = _Watch(answer, done)
        try:
            await done
        except asyncio.CancelledError:
            if watch.silent:
                raise NoAnswer("silent") from None
            raise
        finally:
            watch.stop()

    def _proxy(self, url: str) -> str:
        if not self._proxies:
            return ""
        parts = urlsplit(url)
        found = self._proxies.get(parts.scheme) or self._proxies.get("all", "")
        return "" if not found or proxy_bypass(parts.netloc.rpartition("@")[2]) else found

    async def aclose(self) -> None:
        await self._multi.aclose()
        while self._idle:
            self._idle.pop().close()


def _curl() -> pycurl.Curl:
    curl = pycurl.Curl()
    for option, value in (
        (pycurl.NOSIGNAL, 1),
        (pycurl.FOLLOWLOCATION, 0),
        (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
        (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
        (pycurl.BUFFERSIZE, _BUFFER),
        (pycurl.CAINFO, os.environ.get("SSL_CERT_FILE") or certifi.where()),
        (pycurl.NOPROXY, ""),
    ):
        curl.setopt(option, value)
    if folder := os.environ.get("SSL_CERT_DIR"):
        curl.setopt(pycurl.CAPATH, folder)
    return curl


def _nothing(data: bytes) -> None:
    """Takes what does not come."""


class _Answer:
    """What has come of an answer. ``heard``: when something came last; ``wrong``: what receiving it raised."""

    def __init__(self, receive: Receive) -> None:
        self.wrong: BaseException | None = None
        self.heard = monotonic()
        self._receive = receive
        self._lines: list[bytes] = []
        self._head: Head | None = None
        self._add: Callable[[bytes], object] | None = None

    def header(self, line: bytes) -> None:
        self.heard = monotonic()
        if line.startswith(b"HTTP/"):  # an answer of another kind came before: 100 Continue
            self._lines.clear()
        self._lines.append(line)

    def body(self, chunk: bytes) -> int:
        self.heard = monotonic()
        try:
            if self._add is None:
                self._add = self._begun()
            self._add(chunk)
        except BaseException as wrong:
            self.wrong = wrong  # pycurl would print it; ``send`` raises it
            return -1
        return len(chunk)

    def _begun(self) -> Callable[[bytes], object]:
        first, *rest = (line.decode("latin-1").rstrip("\r\n") for line in self._lines)
        _, _, status = first.partition(" ")
        code, _, reason = status.partition(" ")
        pairs = (line.partition(":") for line in rest if ":" in line)
        headers = Headers((name.strip(), value.strip()) for name, _, value in pairs)
        self._head = Head(int(code), reason, headers)
        return self._receive(self._head)

    def ended(self) -> Head:
        if self._head is None:
            self._begun()
        assert self._head is not None
        return self._head


class _Watch:
    """Cancels a transfer of which nothing was heard for ``BETWEEN`` seconds."""

    def __init__(self, answer: _Answer, done: asyncio.Future[pycurl.Curl]) -> None:
        self.silent = False
        self._answer = answer
        self._done = done
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(base.BETWEEN, self._look)

    def _look(self) -> None:
        left = self._answer.heard + base.BETWEEN - monotonic()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        else:
            self.silent = True
            self._done.cancel()

    def stop(self) -> None:
        self._timer.cancel()


def _lines(headers: Mapping[str, str]) -> list[str]:
    lines = []
    for name, value in headers.items():
        lines.append(f"{name}: {value}" if value else f"{name};")
    names = {name.lower() for name in headers}
    # what libcurl would add of its own
    lines += [f"{name}:" for name in ("accept", "expect", "content-type", "user-agent") if name not in names]
    return lines


def _no_answer(curl: pycurl.Curl, code: int, text: str = "") -> NoAnswer:
    if code in (pycurl.E_URL_MALFORMAT, pycurl.E_BAD_FUNCTION_ARGUMENT):
        raise Unwritable from None
    if code == _PROXY or "CONNECT tunnel failed" in text:
        return NoAnswer("unconnected", "a proxy between refused it")
    if code in _TLS:
        return NoAnswer("tls", _reason(text))
    if code == pycurl.E_COULDNT_CONNECT:
        number = curl.getinfo(pycurl.OS_ERRNO)
        if number == ECONNREFUSED:
            return NoAnswer("refused")
        return NoAnswer("unconnected", os.strerror(number) if number else "")
    if code in (pycurl.E_COULDNT_RESOLVE_HOST, pycurl.E_COULDNT_RESOLVE_PROXY):
        return NoAnswer("name")
    return NoAnswer("connecting" if code == pycurl.E_OPERATION_TIMEDOUT else "broken")


def _reason(text: str) -> str:
    """OpenSSL's word in libcurl's text: ``...:SSL routines::wrong version number``, or what a certificate lacks."""
    if "subject name" in text:
        return "the certificate is not valid for this host"
    if found := text.rpartition("::")[2] if "::" in text else "":
        return re.sub(r"\W+", "_", found.strip()).upper()
    return text.rpartition("problem: ")[2].rpartition("failed: ")[2] or "TLS"
