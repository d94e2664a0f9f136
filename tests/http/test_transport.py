"""What carries requests: libcurl and httpx send the same, and tell the same of what comes."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from connector_sdk.errors import ConfigError
from connector_sdk.http import transport as transports
from connector_sdk.http.transport import Head, NoAnswer, Unwritable, base, transport

OK = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi"


@pytest.fixture(autouse=True, params=["curl", "httpx"])
def carried_by(request: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("CONNECTOR_TRANSPORT", request.param)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


class Sender:
    """One transport, and what it received."""

    def __init__(self) -> None:
        self.transport = transport(4)

    async def send(
        self, url: str, method: str = "GET", headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> tuple[Head, bytes]:
        chunks: list[bytes] = []
        heads: list[Head] = []

        def receive(head: Head) -> Any:
            heads.append(head)
            return chunks.append

        head = await self.transport.send(method, url, headers or {}, content, receive)
        assert heads == [head]  # told once, whether or not there is a body
        return head, b"".join(chunks)


def sent(*args: Any, **kwargs: Any) -> tuple[Head, bytes]:
    async def work() -> tuple[Head, bytes]:
        sender = Sender()
        try:
            return await sender.send(*args, **kwargs)
        finally:
            await sender.transport.aclose()

    return asyncio.run(work())


def test_nothing_is_sent_but_what_was_given(raw: Any) -> None:
    server = raw(OK)
    sent(f"{server.url}/a/../b?x=%41&y=[1]", headers={"X-One": "1", "X-Empty": ""})
    first, *lines = server.requests[0].decode().split("\r\n")
    assert first == "GET /b?x=%41&y=[1] HTTP/1.1"
    assert {line.partition(":")[0].lower() for line in lines if line} <= {"host", "x-one", "x-empty", "connection"}


@pytest.mark.parametrize("method, content, length", [
    ("POST", b'{"a":1}', "7"), ("PUT", b"x" * 2_000_000, "2000000"), ("POST", None, "0"), ("DELETE", None, None),
])  # fmt: skip
def test_bodies_are_sent_whole_and_at_once(raw: Any, method: str, content: bytes | None, length: str | None) -> None:
    def answer(connection: Any) -> None:
        left = int(length or 0) - len(server.requests[-1].partition(b"\r\n\r\n")[2])
        while left > 0:
            left -= len(connection.recv(1 << 16))
        connection.sendall(OK)

    server = raw(answer)
    assert sent(server.url, method, {"Content-Type": "application/json"}, content)[1] == b"hi"
    head = server.requests[0].partition(b"\r\n\r\n")[0].decode().lower()
    assert head.startswith(f"{method.lower()} / ")
    assert "expect:" not in head
    assert ("content-length: " in head) == (length is not None)
    if length is not None:
        assert f"content-length: {length}" in head


@pytest.mark.parametrize("answer, status, reason, body", [
    (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", 200, "OK", b"hi"),
    (b"HTTP/1.0 200 Fine\r\n\r\nhi", 200, "Fine", b"hi"),
    (b"HTTP/1.1 204 No Content\r\n\r\n", 204, "No Content", b""),
    (b"HTTP/1.1 500 \r\ncontent-length: 0\r\n\r\n", 500, "", b""),
    (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi", 200, "OK", b"hi"),
    (b"HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n", 302, "Found", b""),
    (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nhi", 200, "OK", b"hi"),
])  # fmt: skip
def test_answers_arrive_as_they_came(raw: Any, answer: bytes, status: int, reason: str, body: bytes) -> None:
    head, got = sent(raw(answer).url)
    assert (head.status, head.reason, got) == (status, reason, body)


def test_headers_are_found_whatever_their_case_and_joined(raw: Any) -> None:
    head, _ = sent(raw(b"HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a:  2 \r\nSet-Cookie: a=b\r\ncontent-length: 0\r\n\r\n").url)
    assert head.headers["X-a"] == "1, 2"
    assert head.headers.get_list("x-A") == ["1", "2"]
    assert "set-cookie" in head.headers
    assert head.headers.get("nothing") is None


def test_no_cookie_is_kept_and_no_redirect_followed(raw: Any) -> None:
    moved = b"HTTP/1.1 302 Found\r\nset-cookie: a=b\r\nlocation: /x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    server = raw(moved, OK)

    async def work() -> None:
        sender = Sender()
        await sender.send(server.url)
        await sender.send(server.url)
        await sender.transport.aclose()

    asyncio.run(work())
    assert len(server.requests) == 2
    assert b"cookie" not in server.requests[1].lower()


@pytest.mark.parametrize("answer, failure", [
    (b"", "broken"), (b"nonsense\r\n\r\n", "broken"), (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi", "broken"),
    (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nhi", "broken"),
])  # fmt: skip
def test_half_an_answer_is_none(raw: Any, answer: bytes, failure: str) -> None:
    with pytest.raises(NoAnswer) as caught:
        sent(raw(answer).url)
    assert caught.value.failure == failure


@pytest.mark.parametrize("url, headers", [
    ("http://127.0.0.1:9/", {"X": "two\nlines"}), ("http://127.0.0.1:9/", {"X": "zero\0"}), ("ftp://127.0.0.1/", {}),
    ("http://127.0.0.1:9/", {"X": "ü"}), ("http://127.0.0.1:9/", {"a b": "1"}), ("http:///x", {}),
])  # fmt: skip
def test_what_http_cannot_carry_is_not_sent(url: str, headers: dict[str, str]) -> None:
    with pytest.raises(Unwritable):
        sent(url, headers=headers)


def test_addresses_are_written_in_ascii(raw: Any) -> None:
    server = raw(OK)
    sent(f"{server.url}/ü/a b?q=東京&p=a|b")
    assert server.requests[0].startswith(b"GET /%C3%BC/a%20b?q=%E6%9D%B1%E4%BA%AC&p=a%7Cb HTTP/1.1\r\n")


def test_what_receiving_raises_ends_the_transfer(raw: Any) -> None:
    server = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi")

    async def work() -> None:
        carrier = transport(1)

        def refuse(chunk: bytes) -> None:
            raise LookupError("enough")

        with pytest.raises(LookupError, match="enough"):
            await carrier.send("GET", server.url, {}, None, lambda head: refuse)
        with pytest.raises(LookupError, match="no"):
            await carrier.send("GET", server.url, {}, None, lambda head: (_ for _ in ()).throw(LookupError("no")))
        await carrier.aclose()

    asyncio.run(work())


def test_a_cancelled_request_leaves_nothing_behind(raw: Any) -> None:
    held = threading.Event()

    def hold(connection: Any) -> None:
        held.set()
        server.end.wait(10)

    server, other = raw(hold), raw(OK)

    async def work() -> None:
        sender = Sender()
        asked = asyncio.ensure_future(sender.send(server.url))
        await asyncio.to_thread(held.wait, 10)
        asked.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asked
        for _ in range(3):
            assert (await sender.send(other.url))[1] == b"hi"
        await sender.transport.aclose()

    asyncio.run(work())


def test_a_kept_connection_that_was_closed_meanwhile_is_no_failure(source: Any) -> None:
    source.api.get("/i")(lambda request: [{"id": 1}])

    async def work() -> None:
        sender = Sender()
        for _ in range(3):
            assert (await sender.send(f"{source.api.url}/i"))[0].status == 200
            source.api.stop()
            source.api.start()
        await sender.transport.aclose()

    asyncio.run(work())


def test_many_side_by_side(raw: Any) -> None:
    server = raw(OK)

    async def work() -> None:
        sender = Sender()
        found = await asyncio.gather(*(sender.send(f"{server.url}/{number}") for number in range(40)))
        assert {body for _, body in found} == {b"hi"}
        await sender.transport.aclose()

    asyncio.run(work())
    assert len(server.requests) == 40


def test_silence_ends_after_so_many_seconds(raw: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(base, "BETWEEN", 0.05)
    server = raw(lambda connection: server.end.wait(10))
    with pytest.raises(NoAnswer) as caught:
        sent(server.url)
    assert caught.value.failure == "silent"


def test_a_transport_that_there_is_not_is_told(monkeypatch: Any) -> None:
    monkeypatch.setenv("CONNECTOR_TRANSPORT", "pigeon")
    with pytest.raises(ConfigError, match="CONNECTOR_TRANSPORT='pigeon' is no transport: write curl or httpx"):
        transport(1)


def test_httpx_takes_the_place_of_a_libcurl_that_is_not_there(monkeypatch: Any) -> None:
    monkeypatch.delenv("CONNECTOR_TRANSPORT")
    monkeypatch.setattr(transports.importlib.util, "find_spec", lambda name: None)

    async def work() -> str:
        carrier = transport(1)
        await carrier.aclose()
        return type(carrier).__name__

    assert asyncio.run(work()) == "HttpxTransport"
