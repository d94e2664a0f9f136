"""What can happen on the way: connections, time-outs, redirects, compressed bodies, and sizes."""

from __future__ import annotations

import gzip
import re
import zlib
from typing import Any

import pytest

from connector_sdk import ANSWER, GET, POST, Bearer, Job
from connector_sdk.errors import AnswerError, RefusedError, SourceError, UnreachableError
from connector_sdk.http import wire
from connector_sdk.http.transport import base
from connector_sdk.testing.fake import Answer

LIST = GET("/i", records="")
TOKEN = "a-token-that-stays-at-home"


def http(body: bytes, status: str = "200 OK", **headers: Any) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    if "content_length" not in headers:
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "connection: close", "", ""]).encode() + body


@pytest.fixture(autouse=True, params=["curl", "httpx"])
def transport(request: Any, monkeypatch: Any) -> None:
    """Whatever carries the bytes, all that is said here holds."""
    monkeypatch.setenv("CONNECTOR_TRANSPORT", request.param)


@pytest.fixture
def at(source: Any) -> Any:
    """Lets the source's client ask another server, with a token."""

    def point(url: str, **options: Any) -> Any:
        source.http = {"base_url": url, "auth": Bearer(TOKEN), "headers": {"X-Own": "own"}}
        source.options = {"first_patience": 2.0, **options}
        return source

    return point


def test_a_name_that_is_not_known(at: Any) -> None:
    with pytest.raises(
        UnreachableError,
        match=r"^nothing\.invalid cannot be reached: its name is not known \(DNS\)\. Check the base URL",
    ):
        at("http://nothing.invalid").page(LIST)


def test_a_port_where_nothing_answers(at: Any, raw: Any) -> None:
    server = raw(b"")
    server.close()
    with pytest.raises(
        UnreachableError, match=r"reached: nothing answers there \(the connection was refused\)\. Check"
    ):
        at(server.url).page(LIST)


def test_a_secure_connection_to_a_server_that_has_none(at: Any, raw: Any) -> None:
    server = raw(http(b"[]"))
    with pytest.raises(
        UnreachableError, match=r"^127\.0\.0\.1:\d+ cannot be reached: no secure connection \([A-Z_]+\)\. Check"
    ):
        at(server.url.replace("http:", "https:")).page(LIST)


def test_a_server_that_accepts_and_says_nothing(at: Any, raw: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(base, "BETWEEN", 0.05)
    server = raw(lambda connection: server.end.wait(5))
    with pytest.raises(UnreachableError, match="sent nothing for 0 s"):
        at(server.url, first_patience=0.0).page(LIST)


def test_an_answer_that_drips_for_ever(at: Any, raw: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(wire, "WHOLE", 0.1)

    def drip(connection: Any) -> None:
        connection.sendall(http(b"", content_length=1000))
        while not server.end.wait(0.01):
            connection.sendall(b" ")

    server = raw(drip)
    with pytest.raises(UnreachableError, match="did not finish its answer in 0 s"):
        at(server.url, first_patience=0.0).page(LIST)


def size(value: object) -> str | None:
    """A name for a body in a test's name; compressed ones hold the time, and xdist wants the same name everywhere."""
    return f"{len(value)} bytes" if isinstance(value, bytes) else None


@pytest.mark.parametrize("answer", [
    http(b'[{"a":1}]', content_length=20), http(b"", content_length=5), b"", b"HTTP/1.1 200 OK\r\ncontent-le",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n[{\"a\"\r\n", b"nonsense\r\n\r\n",
    http(gzip.compress(b'[{"a":1}]')[:-6], content_encoding="gzip"), http(b"no gzip", content_encoding="gzip"),
], ids=size)  # fmt: skip
def test_a_broken_answer_is_asked_for_again(at: Any, raw: Any, answer: bytes) -> None:
    server = raw(answer, answer, http(b'[{"a":1}]'))
    assert at(server.url, first_patience=30.0).records(LIST) == [{"a": 1}]
    assert len(server.requests) == 3


def raw_deflate(body: bytes) -> bytes:
    maker = zlib.compressobj(wbits=-15)
    return maker.compress(body) + maker.flush()


@pytest.mark.parametrize("body, encoding", [
    (gzip.compress(b"[{}]"), "gzip"), (gzip.compress(b"[{") + gzip.compress(b"}]"), "x-gzip"), (b"[{}]", "identity"),
    (zlib.compress(b"[{}]"), "deflate"), (raw_deflate(b"[{}]"), "deflate"),
], ids=size)  # fmt: skip
def test_bodies_are_unpacked(at: Any, raw: Any, body: bytes, encoding: str) -> None:
    assert at(raw(http(body, content_encoding=encoding)).url).records(LIST) == [{}]


def test_an_encoding_that_was_not_asked_for(at: Any, raw: Any) -> None:
    with pytest.raises(AnswerError, match="'br', which was not asked for"):
        at(raw(http(b"x", content_encoding="br")).url).page(LIST)


def test_a_compressed_bomb_is_bounded(at: Any, raw: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("connector_sdk.http.asking.LARGEST", 1 << 20)
    bomb = gzip.compress(b"[" + b" " * (64 << 20) + b"]")
    with pytest.raises(AnswerError, match="more than 1 MiB in one page"):
        at(raw(http(bomb, content_encoding="gzip")).url).page(LIST)


def test_a_record_of_two_hundred_megabytes_is_refused_before_it_is_read(at: Any, raw: Any) -> None:
    with pytest.raises(AnswerError, match="more than 128 MiB in one page"):
        at(raw(http(b'[{"a":"', content_length=200 << 20)).url).page(LIST)


def test_a_large_answer_without_a_length_is_cut_off_at_the_bound(at: Any, raw: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("connector_sdk.http.asking.LARGEST", 1 << 20)

    def endless(connection: Any) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
        while True:
            connection.sendall(b" " * 65536)

    with pytest.raises(AnswerError, match="more than 1 MiB in one page"):
        at(raw(endless).url).page(LIST)


# ---- redirects


def moved(to: str, status: str = "302 Found") -> bytes:
    return http(b"", status, location=to)


def test_a_redirect_at_home_keeps_the_credentials(at: Any, raw: Any) -> None:
    server = raw(moved("/there?x=1"), http(b"[{}]"))
    assert at(server.url).records(LIST) == [{}]
    assert b"GET /there?x=1 " in server.requests[1]
    assert TOKEN.encode() in server.requests[1]


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_a_redirect_to_another_host_does_not(at: Any, raw: Any, status: str) -> None:
    there = raw(http(b"[{}]"))
    here = raw(moved(f"{there.url}/x", status))
    assert at(here.url).records(LIST) == [{}]
    assert TOKEN.encode() in here.requests[0]
    assert b"X-Own" in here.requests[0] or b"x-own" in here.requests[0]
    assert TOKEN.encode() not in there.requests[0]
    assert b"x-own" not in there.requests[0].lower()


def test_nor_does_one_that_comes_back_home(at: Any, raw: Any) -> None:
    there = raw(lambda connection: connection.sendall(moved(f"{here.url}/back")))
    here = raw(moved(f"{there.url}/x"), http(b"[{}]"))
    assert at(here.url).records(LIST) == [{}]
    assert TOKEN.encode() not in here.requests[1]


def test_a_body_is_not_sent_to_another_host(at: Any, raw: Any) -> None:
    there = raw(http(b"[{}]"))
    here = raw(moved(f"{there.url}/x", "307 Temporary Redirect"))
    with pytest.raises(AnswerError, match="redirected to another host"):
        at(here.url).page(POST("/i", json={"password": "x"}, records=""))
    assert there.requests == []


def test_redirects_end(at: Any, raw: Any) -> None:
    with pytest.raises(AnswerError, match="redirected more than 5 times"):
        at(raw(moved("/again")).url).page(LIST)


def test_an_address_that_an_answer_names_gets_no_credentials(at: Any, raw: Any) -> None:
    there = raw(http(b"[{}]"))
    here = raw(http(b"{}"), http(f'{{"url":"{there.url}/file"}}'.encode()))
    job = Job(create=POST("/j"), poll=GET("/j"), done=lambda answer: True, result=GET(ANSWER["/url"], records=""))
    assert at(here.url).records(job) == [{}]
    assert TOKEN.encode() not in there.requests[0]


def test_an_address_that_the_author_wrote_does(at: Any, raw: Any) -> None:
    there = raw(http(b"[{}]"))
    assert at("http://127.0.0.1:9").records(GET(f"{there.url}/i", records="")) == [{}]
    assert TOKEN.encode() in there.requests[0]


def test_all_requests_go_to_the_origin_of_the_config(source: Any) -> None:
    source.http = {"base_url": "https://api.vendor.example/v2", "auth": Bearer(TOKEN)}
    source.config = type(source.config).model_validate({"advanced": {"base_url": source.api.url}})
    seen: list[Any] = []

    def handler(request: Any) -> Any:
        seen.append((request.path, request.headers["authorization"]))
        return Answer([{}])

    source.api.get("/v2/i")(handler)
    assert source.records(LIST) == [{}]
    assert seen == [("/v2/i", f"Bearer {TOKEN}")]


@pytest.mark.parametrize("token", ["two\nlines", "umläut", "zero\0"])
def test_a_token_that_no_header_can_hold_is_told_without_it(source: Any, token: str) -> None:
    source.http = {"auth": Bearer(token)}
    with pytest.raises(SourceError) as caught:
        source.page(LIST)
    assert "characters that cannot be sent" in str(caught.value)
    assert token not in str(caught.value)


def test_space_around_a_token_is_dropped(source: Any) -> None:
    source.api.get("/i")(lambda request: [{"got": request.headers["authorization"]}])
    source.http = {"auth": Bearer(f" {TOKEN}\n")}
    assert source.records(LIST) == [{"got": f"Bearer {TOKEN}"}]


def test_an_error_page_in_another_charset_is_told(at: Any, raw: Any) -> None:
    server = raw(http("Zugriff für Unbefugte gesperrt".encode("latin-1"), "403 Forbidden"))
    with pytest.raises(RefusedError, match=re.escape("403 Forbidden: Zugriff f")):
        at(server.url).page(LIST)
