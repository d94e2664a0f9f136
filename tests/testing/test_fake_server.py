"""A fake is a real HTTP server: answers, and every way to break one, as httpx sees them."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from connector_sdk.engine.clock import SystemClock, parse_instant
from connector_sdk.testing.fake import Answer, FakeApi, Fault, HandClock, JsonObject, Refuse, Request

RECORDS = [{"id": str(n), "title": "naïve “quotes” 👍" * 20} for n in range(50)]


@pytest.fixture
def api() -> Iterator[FakeApi]:
    fake = FakeApi("acme", clock=SystemClock(parse_instant("2026-01-03T00:00:00Z"), 1000))
    fake.error_body = lambda status, message, request: {"requestId": f"r{request.n}", "errors": [message]}

    @fake.get("/v2/calls")
    def calls(request: Request) -> JsonObject:
        return {"calls": RECORDS}

    @fake.post("/v2/echo")
    def echo(request: Request) -> JsonObject:
        return {"json": request.json, "query": request.query, "many": request.queries}

    @fake.get("/v2/users/{id}/calls/{call}")
    def nested(request: Request) -> JsonObject:
        return dict(request.parts)

    with fake:
        yield fake


@pytest.fixture
def client(api: FakeApi) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=api.url, trust_env=False) as client:
        yield client


def test_answers_json_over_a_kept_connection(api: FakeApi, client: httpx.Client) -> None:
    for _ in range(5):
        answer = client.get("/v2/calls")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.json() == {"calls": RECORDS}
    assert not api.errors


def test_gives_query_json_and_path_parameters(client: httpx.Client) -> None:
    answer = client.post("/v2/echo?a=1&a=2&b=%C3%A9%20x", json={"n": 12345678901234567890123})
    assert answer.json() == {
        "json": {"n": 12345678901234567890123},
        "query": {"a": "2", "b": "é x"},
        "many": {"a": ["1", "2"], "b": ["é x"]},
    }
    assert client.get("/v2/users/7/calls/a%20b").json() == {"id": "7", "call": "a b"}


def test_a_chunked_body_is_read(client: httpx.Client) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'{"a":'
        yield b"1}"

    assert client.post("/v2/echo", content=pieces()).json()["json"] == {"a": 1}


def test_unknown_paths_and_methods_have_the_vendors_error_body(client: httpx.Client) -> None:
    missing = client.get("/v2/nothing")
    assert (missing.status_code, missing.json()["errors"]) == (404, ["/v2/nothing does not exist"])
    assert client.delete("/v2/calls").status_code == 405
    assert client.post("/v2/echo", content=b"{").json()["errors"] == ["the request body is not JSON"]


def test_an_answer_may_be_bytes_headers_or_nothing(api: FakeApi, client: httpx.Client) -> None:
    api.get("/raw")(lambda request: b'{"n": 1.50}')
    api.get("/none")(lambda request: None)
    api.get("/csv")(lambda request: Answer("a,b\n1,2\n", 201, {"X-More": "1"}, "text/csv"))
    assert client.get("/raw").text == '{"n": 1.50}'
    assert (client.get("/none").status_code, client.get("/none").content) == (204, b"")
    csv = client.get("/csv")
    assert (csv.status_code, csv.text, csv.headers["x-more"], csv.headers["content-type"]) == (
        201,
        "a,b\n1,2\n",
        "1",
        "text/csv",
    )


def test_a_handler_that_fails_is_a_500_and_is_remembered(
    api: FakeApi, client: httpx.Client, capsys: pytest.CaptureFixture[str]
) -> None:
    @api.get("/broken")
    def broken(request: Request) -> JsonObject:
        raise RuntimeError("the fake's own defect")

    answer = client.get("/broken")
    assert answer.status_code == 500
    assert "defect" not in answer.text
    assert "the fake's own defect" in api.errors[0]
    assert "the fake's own defect" in capsys.readouterr().err


def test_a_handler_may_refuse(api: FakeApi, client: httpx.Client) -> None:
    @api.get("/private")
    def private(request: Request) -> JsonObject:
        raise Refuse(403, "scope missing", headers={"X-Scope": "api:calls"})

    answer = client.get("/private")
    assert (answer.status_code, answer.json()["errors"], answer.headers["x-scope"]) == (
        403,
        ["scope missing"],
        "api:calls",
    )
    assert not api.errors


def test_gzip_where_it_is_accepted(api: FakeApi, client: httpx.Client) -> None:
    api.gzipped = True
    answer = client.get("/v2/calls")
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json() == {"calls": RECORDS}
    assert "content-encoding" not in client.get("/v2/calls", headers={"Accept-Encoding": "identity"}).headers


def test_date_header_follows_the_clock_and_its_skew() -> None:
    clock = HandClock("2026-03-08T09:59:59Z")
    with FakeApi(clock=clock) as api, httpx.Client(base_url=api.url, trust_env=False) as client:

        def shown() -> int:
            return int(parsedate_to_datetime(client.get("/").headers["date"]).timestamp())

        assert shown() == clock.now() // 1_000_000
        clock.advance("1h")
        assert shown() == clock.now() // 1_000_000
        api.date_skew = -86_400
        assert shown() == clock.now() // 1_000_000 - 86_400
        api.date_skew = None
        assert "date" not in client.get("/").headers


def test_the_clock_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_CLOCK", "2026-01-03T00:00:00Z*60")
    api = FakeApi()
    assert api.clock.factor == 60
    assert abs(api.now() - parse_instant("2026-01-03T00:00:00Z")) < 600_000_000
    assert api.clock.spec().endswith("*60")


def test_url_needs_a_started_api_and_a_second_start_serves_again() -> None:
    api = FakeApi("acme")
    with pytest.raises(RuntimeError, match="call start"):
        _ = api.url
    for _ in range(2):
        with api:
            assert httpx.get(api.url, trust_env=False).status_code == 404


def test_a_given_port_is_used_and_a_taken_one_is_an_error() -> None:
    with FakeApi() as first:
        port = int(first.url.rsplit(":", 1)[1])
        with pytest.raises(OSError, match="in use"):
            FakeApi(port=port).start()
    with FakeApi(port=port) as again:
        assert again.url == f"http://127.0.0.1:{port}"


def test_stop_leaves_no_thread(api: FakeApi) -> None:
    before = {thread for thread in threading.enumerate() if thread.name.startswith("fake-api")}
    other = FakeApi("other")
    other.every("1s", lambda: None)
    with other, httpx.Client(base_url=other.url, trust_env=False) as client:
        client.get("/")
    left = {thread for thread in threading.enumerate() if thread.name.startswith("fake-api")} - before
    for thread in left:  # a connection's ends when it hears that the other side has gone
        thread.join(10)
    assert not [thread for thread in left if thread.is_alive()]


# ---- faults, each as httpx meets it


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_status_fault(api: FakeApi, client: httpx.Client, code: int) -> None:
    api.fault(Fault.status(code, "later", retry_after=7), "/v2/calls")
    answer = client.get("/v2/calls")
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["errors"]) == (code, "7", ["later"])
    assert client.get("/v2/calls").status_code == 200


def test_retry_after_as_date_as_text_and_absent(api: FakeApi, client: httpx.Client) -> None:
    api.fault(Fault.status(429, retry_after=90, as_date=True), nth=1)
    api.fault(Fault.status(429, retry_after="soon"), nth=2)
    api.fault(Fault.status(429), nth=3)
    first = client.get("/v2/calls")
    waits = parsedate_to_datetime(first.headers["retry-after"]) - parsedate_to_datetime(first.headers["date"])
    assert 60 < waits.total_seconds() <= 90, "the clock ran on between the two"
    assert client.get("/v2/calls").headers["retry-after"] == "soon"
    assert "retry-after" not in client.get("/v2/calls").headers


def test_reset_before_the_headers(api: FakeApi, client: httpx.Client) -> None:
    api.fault(Fault.reset())
    with pytest.raises(httpx.ReadError):
        client.get("/v2/calls")
    assert client.get("/v2/calls").status_code == 200
    assert [entry.status for entry in api.requests] == [0, 200]


def test_reset_in_the_middle_of_the_body(api: FakeApi, client: httpx.Client) -> None:
    api.fault(Fault.reset_midway())
    with pytest.raises(httpx.ReadError), client.stream("GET", "/v2/calls") as answer:
        assert answer.status_code == 200
        answer.read()


def test_a_body_shorter_than_its_length(api: FakeApi, client: httpx.Client) -> None:
    api.fault(Fault.cut())
    with pytest.raises(httpx.RemoteProtocolError, match="complete message"):
        client.get("/v2/calls")
    assert client.get("/v2/calls").status_code == 200


def test_json_that_ends_too_early(api: FakeApi, client: httpx.Client) -> None:
    api.fault(Fault.cut_json())
    answer = client.get("/v2/calls")
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == len(answer.content)
    with pytest.raises(ValueError):
        json.loads(answer.content)


def test_html_not_json_empty_and_wrong_type_with_status_200(api: FakeApi, client: httpx.Client) -> None:
    for nth, fault in enumerate((Fault.html(), Fault.not_json(), Fault.empty(), Fault.wrong_type()), 1):
        api.fault(fault, nth=nth)
    page, garbage, nothing, mistyped = (client.get("/v2/calls") for _ in range(4))
    assert {answer.status_code for answer in (page, garbage, nothing, mistyped)} == {200}
    assert page.headers["content-type"].startswith("text/html")
    assert page.text.startswith("<!DOCTYPE html>")
    assert garbage.headers["content-type"] == "application/json"
    with pytest.raises(UnicodeDecodeError):
        garbage.content.decode()
    assert nothing.content == b""
    assert mistyped.headers["content-type"] == "text/plain"
    assert mistyped.json() == {"calls": RECORDS}


def test_slow_bytes_and_delay_take_their_time_on_the_clock(api: FakeApi, client: httpx.Client) -> None:
    for fault in (Fault.slow("2m"), Fault.delay("2m")):
        api.fault(fault)
        begun, real = api.now(), time.monotonic()
        assert client.get("/v2/calls").json() == {"calls": RECORDS}
        assert api.now() - begun >= 110_000_000
        assert time.monotonic() - real < 5


def test_slow_bytes_run_into_a_read_time_out(api: FakeApi) -> None:
    api.fault(Fault.slow("1d"))
    with httpx.Client(base_url=api.url, timeout=0.05, trust_env=False) as client, pytest.raises(httpx.ReadTimeout):
        client.get("/v2/calls")


def test_garbage_on_the_socket_harms_nothing(api: FakeApi, client: httpx.Client) -> None:
    port = int(api.url.rsplit(":", 1)[1])
    for data in (b"\x16\x03\x01\x00\r\n\r\n", b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b""):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as raw:
            raw.sendall(data)
            raw.shutdown(socket.SHUT_WR)
            assert raw.recv(100) == b""
    assert client.get("/v2/calls").status_code == 200
    assert not api.errors


def test_many_connections_at_once(api: FakeApi) -> None:
    failures: list[Any] = []

    def work() -> None:
        with httpx.Client(base_url=api.url, trust_env=False) as client:
            failures.extend(client.get("/v2/calls").status_code for _ in range(20))

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [200] * 240
    assert sorted(entry.n for entry in api.requests) == list(range(1, 241))
