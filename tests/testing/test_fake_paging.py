"""Pages of results that move: what each kind of token gives when rows come and go between the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from connector_sdk.testing.fake import Collection, FakeApi, HandClock, JsonObject, Request, next_link, numbered, offsets
from connector_sdk.testing.fake._paging import Paging

Read = Callable[..., list[Any]]


class Source:
    """Ten rows, two or so a page, on a clock that a test moves."""

    def __init__(self, paging: Paging = "offset", **options: Any) -> None:
        self.clock = HandClock()
        self.api = FakeApi("acme", clock=self.clock)
        self.api.error_body = lambda status, message, request: {"error": message}
        self.rows: Collection = self.api.collection("rows", order="/n")
        self.rows.put_all({"id": n, "n": n} for n in range(10))
        self.pages = self.api.pager(paging, size=3, order=("/n", "/id"), **options)
        self.api.get("/rows")(self.get)
        self.api.post("/rows")(self.post)

    def answer(self, request: Request, at: str) -> JsonObject:
        page = self.pages.page(request, self.rows.select(), at=at)
        return {"rows": page.records, "next": page.next, "total": page.total, "number": page.number, "more": page.more}

    def get(self, request: Request) -> JsonObject:
        return self.answer(request, "cursor")

    def post(self, request: Request) -> JsonObject:
        return self.answer(request, "/cursor")

    def __enter__(self) -> Source:
        self.api.start()
        self.client = httpx.Client(base_url=self.api.url, trust_env=False)
        return self

    def __exit__(self, *exc: object) -> None:
        self.client.close()
        self.api.stop()

    def page(self, token: str | None = None, **query: Any) -> Any:
        return self.client.get("/rows", params={**query, **({"cursor": token} if token else {})}).json()

    def read(self, between: Callable[[int], object] = lambda number: None) -> list[int]:
        """The ids of all pages, with something done after each."""
        found: list[int] = []
        token, number = None, 0
        while True:
            body = self.page(token)
            assert body["number"] == number
            found += [row["id"] for row in body["rows"]]
            between(number)
            token, number = body["next"], number + 1
            assert body["more"] == (token is not None)
            if token is None:
                return found


@pytest.mark.parametrize("paging", ["offset", "frozen", "keyset"])
def test_a_quiet_result_is_read_whole(paging: Paging) -> None:
    with Source(paging) as source:
        assert source.read() == list(range(10))
        assert [entry.records for entry in source.api.requests] == [3, 3, 3, 1]
        assert source.page()["total"] == 10


def deleting(source: Source) -> Callable[[int], object]:
    return lambda number: source.rows.delete(0) if number == 0 else None


def adding(source: Source) -> Callable[[int], object]:
    return lambda number: source.rows.put({"id": 99, "n": -1}) if number == 0 else None


def test_offsets_skip_what_moved_forward_and_repeat_what_moved_back() -> None:
    with Source("offset") as source:
        assert source.read(deleting(source)) == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    with Source("offset") as source:
        assert source.read(adding(source)) == [0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9]


def test_a_frozen_result_neither_skips_nor_repeats_and_grows_old() -> None:
    with Source("frozen") as source:
        assert source.read(deleting(source)) == list(range(10))
        assert source.read() == list(range(1, 10))


def test_keyset_tokens_skip_nothing_that_stays() -> None:
    for change in (deleting, adding):
        with Source("keyset") as source:
            assert source.read(change(source)) == list(range(10))


def test_keyset_tokens_go_past_ties_by_key() -> None:
    with Source("keyset") as source:
        source.rows.clear()
        source.rows.put_all({"id": n, "n": None if n < 5 else 1} for n in range(10))
        assert source.read() == list(range(10))


def test_the_end_of_the_result_is_the_end_of_the_tokens() -> None:
    with Source("offset") as source:
        token = source.page()["next"]
        source.rows.clear()
        assert source.page(token) == {"rows": [], "next": None, "total": 0, "number": 1, "more": False}


def refused(source: Source, token: str, **query: Any) -> tuple[int, str]:
    answer = source.client.get("/rows", params={**query, "cursor": token})
    return answer.status_code, answer.json().get("error", "")


def test_tokens_expire_on_the_clock() -> None:
    with Source(life="1d") as source:
        token = source.page()["next"]
        source.clock.advance(86_399)
        assert source.page(token)["rows"][0]["id"] == 3
        source.clock.advance(1)
        assert refused(source, token) == (400, "cursor has expired")


def test_tokens_die_after_so_many_uses_or_when_a_test_says_so() -> None:
    with Source(uses=2, refused=410) as source:
        token = source.page()["next"]
        assert source.page(token)["number"] == 1
        assert source.page(token)["number"] == 1
        assert refused(source, token) == (410, "cursor has been used before")
        other = source.page()["next"]
        source.pages.expire()
        assert refused(source, other) == (410, "cursor has expired")
        assert refused(source, source.page()["next"])[0] == 200


def test_tokens_are_bound_to_the_other_inputs() -> None:
    with Source() as source:
        token = source.page(a=1)["next"]
        assert refused(source, token, a=1)[0] == 200
        for query in ({}, {"a": 2}, {"a": 1, "b": 1}):
            assert refused(source, token, **query) == (
                400,
                "cursor does not belong to the other inputs of this request",
            )


def test_tokens_in_a_body_are_bound_to_the_rest_of_it() -> None:
    with Source() as source:

        def post(body: JsonObject) -> httpx.Response:
            return source.client.post("/rows", json=body)

        token = post({"filter": {"a": 1}}).json()["next"]
        assert post({"filter": {"a": 1}, "cursor": token}).json()["rows"][0]["id"] == 3
        assert post({"filter": {"a": 2}, "cursor": token}).status_code == 400


@pytest.mark.parametrize("token", ["x", "a.b.c", "..", "é", "eyJhbGciOiJIUzI1NiJ9.e30."])
def test_made_up_tokens_are_refused(token: str) -> None:
    with Source() as source:
        assert refused(source, token) == (400, "cursor is invalid")
        assert not source.api.errors


def test_keyset_needs_an_order() -> None:
    with pytest.raises(ValueError, match="order"):
        FakeApi().pager("keyset")


# ---- the plain forms


@pytest.fixture
def plain() -> Iterator[httpx.Client]:
    api = FakeApi()
    rows = [{"id": n} for n in range(5)]

    @api.get("/numbered")
    def by_number(request: Request) -> JsonObject:
        page = numbered(request, rows, size=2)
        return {"rows": page.records, "next": page.next, "total": page.total, "page": page.number}

    @api.get("/offsets")
    def by_offset(request: Request) -> JsonObject:
        page = offsets(request, rows, limit_at="limit", most=3)
        return {"rows": page.records, "next": page.next}

    @api.get("/links")
    def by_link(request: Request) -> JsonObject:
        page = numbered(request, rows, size=2)
        return {"rows": page.records, "next": next_link(request, page, base=api.url, at="page")}

    with api, httpx.Client(base_url=api.url, trust_env=False) as client:
        yield client


def test_page_numbers(plain: httpx.Client) -> None:
    assert plain.get("/numbered").json() == {"rows": [{"id": 0}, {"id": 1}], "next": "2", "total": 5, "page": 1}
    assert plain.get("/numbered?page=3").json() == {"rows": [{"id": 4}], "next": None, "total": 5, "page": 3}
    assert plain.get("/numbered?page=9").json()["rows"] == []
    assert plain.get("/numbered?page=0").status_code == 400
    assert plain.get("/numbered?page=x").status_code == 400


def test_offset_and_limit(plain: httpx.Client) -> None:
    assert plain.get("/offsets?offset=1&limit=3").json() == {"rows": [{"id": 1}, {"id": 2}, {"id": 3}], "next": "4"}
    assert plain.get("/offsets?offset=4&limit=3").json()["next"] is None
    assert plain.get("/offsets?limit=4").status_code == 400


def test_next_links_keep_the_other_inputs(plain: httpx.Client) -> None:
    found, url = [], "/links?a=1&a=2"
    while url:
        body = plain.get(url).json()
        found += [row["id"] for row in body["rows"]]
        url = body["next"]
        assert not url or parse_qs(urlsplit(url).query)["a"] == ["1", "2"]
    assert found == list(range(5))
