"""Pages that are too large for the source are asked for with fewer records, and nothing is lost on the way."""

from __future__ import annotations

from typing import Any

import pytest

from connector_sdk import GET, NEXT, POST, SIZE, NextKey, NextLink, NextNumber, NextOffset, NextToken, On
from connector_sdk.errors import DefinitionError, RefusedError
from connector_sdk.http import Fill

TOO_MUCH = On(500, error="too much data").smaller()


def listing(source: Any, most: int, status: int = 500) -> list[int]:
    """``/i`` counts from ``after`` and refuses more than ``most`` records; the sizes it was asked for."""
    asked: list[int] = []

    def handler(request: Any) -> Any:
        place = "/limit" if request.method == "POST" else "limit"
        asked.append(request.integer(place))
        if asked[-1] > most:
            source.refuse(status, "too much data")
        begin = request.integer("after", -1, least=-1) + 1
        return {"i": [{"id": number} for number in range(begin, min(40, begin + asked[-1]))]}

    source.api.get("/i")(handler)
    source.api.post("/i")(handler)
    return asked


@pytest.mark.parametrize("status, on", [(500, [TOO_MUCH]), (413, [])])
def test_a_page_that_is_too_large_is_halved_and_the_session_stays_with_that(source: Any, status: int, on: Any) -> None:
    asked = listing(source, 15, status)
    endpoint = GET("/i", params={"limit": SIZE(50), "after": NEXT}, records="/i", pages=NextKey("/id"), on=on)
    assert [each["id"] for each in source.records(endpoint)] == list(range(40))
    assert asked == [50, 25, 12, 12, 12, 12, 12]
    assert source.clock.slept == 0


def test_a_size_stands_in_a_body_as_a_number(source: Any) -> None:
    asked = listing(source, 30, 413)
    assert len(source.page(POST("/i", json={"limit": SIZE(40)}, records="/i")).slices) == 20
    assert asked == [40, 20]


def test_offsets_are_counted_by_what_came(source: Any) -> None:
    asked: list[Any] = []

    def handler(request: Any) -> Any:
        asked.append((request.integer("skip"), request.integer("limit")))
        if asked[-1][1] > 4:
            source.refuse(413, "too large")
        return {"i": [{"id": each} for each in range(10)[asked[-1][0] :][: asked[-1][1]]]}

    source.api.get("/i")(handler)
    endpoint = GET("/i", params={"skip": NEXT, "limit": SIZE(8)}, records="/i", pages=NextOffset())
    assert [each["id"] for each in source.records(endpoint, Fill())] == list(range(10))
    assert asked == [(0, 8), (0, 4), (4, 4), (8, 4), (10, 4)]


def test_the_least_size_that_is_too_large_is_an_error(source: Any) -> None:
    asked = listing(source, 3, 413)
    with pytest.raises(RefusedError, match=r"too large even with 5 records \(413 .*\)\. Ask for fewer fields"):
        source.page(GET("/i", params={"limit": SIZE(20, least=5)}, records="/i"))
    assert asked == [20, 10, 5]


def test_without_a_size_the_word_is_named(source: Any) -> None:
    listing(source, 3)
    with pytest.raises(RefusedError, match=r"Write SIZE\(100\)"):
        source.page(GET("/i", params={"limit": 20}, records="/i", on=[TOO_MUCH]))


@pytest.mark.parametrize("make, said", [
    (lambda: SIZE(0), "no numbers of records"), (lambda: SIZE(5, least=9), "no numbers of records"),
    (lambda: GET("/i", params={"p": NEXT, "n": SIZE(9)}, records="", pages=NextNumber()), "cannot change their size"),
    (lambda: GET("/i", params={"p": NEXT, "n": SIZE(9)}, records="", pages=NextOffset(size=9)), "cannot change"),
    (lambda: GET("/i", params={"n": SIZE(9)}, records="", pages=NextLink()), "pages that are links"),
])  # fmt: skip
def test_what_cannot_be_made_smaller_is_refused_on_import(make: Any, said: str) -> None:
    with pytest.raises(DefinitionError, match=said):
        make()


def test_a_first_page_asks_for_fewer_and_those_after_it_for_the_most(source: Any) -> None:
    asked = listing(source, 100)
    endpoint = GET("/i", params={"limit": SIZE(20, first=5), "after": NEXT}, records="/i", pages=NextToken("/next"))

    def handler(request: Any) -> Any:
        asked.append(request.integer("limit"))
        begin = request.integer("after", 0)
        found = [{"id": number} for number in range(begin, min(50, begin + asked[-1]))]
        return {"i": found, "next": str(begin + len(found)) if begin + len(found) < 50 else None}

    source.api.get("/i")(handler)
    assert [each["id"] for each in source.records(endpoint)] == list(range(50))
    assert asked == [5, 20, 20, 20]


def test_a_first_page_that_is_too_large_is_halved_too(source: Any) -> None:
    asked = listing(source, 3)
    sized = {"limit": SIZE(20, first=5), "after": NEXT}
    endpoint = GET("/i", params=sized, records="/i", on=[TOO_MUCH], pages=NextKey("/id"))
    source.records(endpoint)
    assert asked[:3] == [5, 2, 2]
