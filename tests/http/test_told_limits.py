"""What answers tell of limits: the count that holds for an account, and a window without an end."""

from __future__ import annotations

from typing import Any

import pytest

from connector_sdk.config import Bearer
from connector_sdk.declare import GET, NEXT, Limit, NextToken
from connector_sdk.http.quota import quota_spent, resets_after
from connector_sdk.testing.fake import Answer

PAGES = GET("/p", params={"at": NEXT}, records="/a", pages=NextToken("/next"))


def times(source: Any, told: str | None, pages: int = 10) -> list[float]:
    @source.api.get("/p")
    def page(request: Any) -> Answer:
        at = int(request.query.get("at", 0))
        headers = {"X-Limit": told} if told is not None else {}
        return Answer({"a": [], "next": str(at + 1) if at + 1 < pages else None}, headers=headers)

    with source.api:
        source.pages(PAGES)
        first = source.api.requests[0].time
        return [(each.time - first) / 1_000_000 for each in source.api.requests]


@pytest.mark.parametrize(
    ("told", "at_once"),
    [(None, 2), ("5", 5), ("1", 1), ("nonsense", 2), ("0", 2)],
    ids=["none", "more", "fewer", "text", "0"],
)
def test_the_count_that_an_answer_tells_takes_the_place_of_the_declared_one(
    source: Any, told: str | None, at_once: int
) -> None:
    source.http["limits"] = [Limit(2, per="10s", told="X-Limit")]
    found = times(source, told)
    assert sum(1 for each in found if each < 10) == at_once


def test_a_told_count_is_divided_among_shards(source: Any) -> None:
    source.http["limits"] = [Limit(2, per="10s", told="X-Limit")]
    source.options["share"] = 0.5
    assert sum(1 for each in times(source, "6") if each < 10) == 3


def test_hubspots_headers_of_a_quota() -> None:
    headers = {"x-hubspot-ratelimit-remaining": "0", "x-hubspot-ratelimit-interval-milliseconds": "10000"}
    assert quota_spent(headers)
    assert resets_after(headers, 0) == 10.0
    assert not quota_spent(headers | {"x-hubspot-ratelimit-remaining": "7"})


def test_of_quotas_beside_each_other_the_last_of_those_that_are_spent_counts() -> None:
    headers = {
        "x-ratelimit-requests-remaining": "2400", "x-ratelimit-requests-reset": "3600000",
        "x-ratelimit-complexity-remaining": "0", "x-ratelimit-complexity-reset": "1767398460000",
        "x-ratelimit-endpoint-requests-remaining": "0", "x-ratelimit-endpoint-requests-reset": "1767398430000",
    }  # fmt: skip
    now = 1_767_398_400_000_000
    assert quota_spent(headers)
    assert resets_after(headers, now) == 60.0
    whole = headers | {"x-ratelimit-complexity-remaining": "7", "x-ratelimit-endpoint-requests-remaining": "1"}
    assert not quota_spent(whole)
    assert resets_after(whole, now) is None, "those that are healthy may be whole in an hour"


def test_a_header_that_an_endpoint_names_has_the_last_word(source: Any) -> None:
    source.http["auth"] = Bearer("of-the-account")
    source.api.get("/p")(lambda request: {"a": [{"auth": request.headers["authorization"]}]})
    with source.api:
        own = GET("/p", records="/a", headers={"Authorization": "Bearer of-the-app"})
        assert source.records(own) == [{"auth": "Bearer of-the-app"}]
        assert source.records(GET("/p", records="/a")) == [{"auth": "Bearer of-the-account"}]
