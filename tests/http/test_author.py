"""An author's generator: what it is given, and that its requests are like any other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from connector_sdk import EACH, GET, NEXT, SINCE, UNTIL, NextToken, On, lookup
from connector_sdk.declare import Day, Span, Step
from connector_sdk.engine.budget import ByteBudget
from connector_sdk.errors import DefinitionError, SourceError
from connector_sdk.http import ExpiredToken, Fill

LIST = GET(f"/of/{EACH['/id']}", params={"from": SINCE, "to": UNTIL.inclusive, "t": NEXT}, records="/i",
           pages=NextToken("/n"))  # fmt: skip
FILL = Fill(
    bound=lambda bound: {"since": "S", "until": "U"}[bound.what] + ("!" if bound.flipped else ""),
    each=b'{"id":12345678901234567890}',
    step=Step(each={"id": 12345678901234567890}, span=Span("a", "b")),
)


def serve(source: Any) -> list[Any]:
    asked: list[Any] = []

    def handler(request: Any) -> Any:
        asked.append((request.parts["id"], request.query))
        return {"i": [{"id": len(asked)}], "n": "x" if len(asked) < 2 else None}

    source.api.get("/of/{id}")(handler)
    return asked


def test_a_step_fills_what_varies(source: Any) -> None:
    asked = serve(source)
    steps = []

    async def read(it: Any, step: Step) -> AsyncIterator[Any]:
        steps.append(step)
        async for page in it.http.pages(LIST, step):
            yield page

    assert source.records(read, FILL) == [{"id": 1}, {"id": 2}]
    assert asked == [("12345678901234567890", {"from": "S", "to": "U!"}),
                     ("12345678901234567890", {"from": "S", "to": "U!", "t": "x"})]  # fmt: skip
    assert (steps[0].each, steps[0].span, steps[0].token) == ({"id": 12345678901234567890}, Span("a", "b"), None)
    assert source.told.stamps == 2


def test_each_and_next_take_the_place_of_the_steps(source: Any) -> None:
    asked = serve(source)

    async def read(it: Any, step: Step) -> AsyncIterator[Any]:
        page = await it.http.page(LIST, step, each={"id": "other"}, next="mine")
        yield it.http.make_page([{"n": record["id"]} for record in page.records()], token="later")

    (page,) = source.pages(read, FILL, token="earlier")
    assert asked == [("other", {"from": "S", "to": "U!", "t": "mine"})]
    assert (page.json, page.token) == ([{"n": 1}], "later")


def test_a_resumed_step_goes_on_from_its_token(source: Any) -> None:
    asked = serve(source)

    async def read(it: Any, step: Step) -> AsyncIterator[Any]:
        yield await it.http.page(LIST, step)

    source.pages(read, FILL, token="resumed")
    assert asked[0][1]["t"] == "resumed"


def test_a_step_of_the_authors_own(source: Any) -> None:
    asked = serve(source)
    plain = GET(f"/of/{EACH['/id']}", params={"from": SINCE, "to": UNTIL}, records="/i")
    odd = GET("/of/1", params={"from": SINCE.format(Day())}, records="/i")

    async def read(it: Any, step: Step) -> AsyncIterator[Any]:
        own = Step(each={"id": 5}, span=Span(1, 2))
        yield await it.http.page(plain, own)
        with pytest.raises(DefinitionError, match="needs the step"):
            await it.http.page(odd, own)
        with pytest.raises(DefinitionError, match="Hand the step on"):
            await it.http.page(plain)

    source.pages(read, FILL)
    assert asked == [("5", {"from": "1", "to": "2"})]


def test_followed_records_are_given_decoded(source: Any) -> None:
    async def read(it: Any, step: Step) -> AsyncIterator[Any]:
        yield it.http.make_page(list(step.batch))

    assert source.records(read, Fill(batch=[b'{"a":1.10}', b'{"a":2}']))[0]["a"] == Decimal("1.10")


def test_records_of_all_pages(source: Any) -> None:
    serve(source)

    async def read(it: Any, step: Step) -> AsyncIterator[Any]:
        yield it.http.make_page([record async for record in it.http.records(LIST, step)])

    assert source.records(read, FILL) == [{"id": 1}, {"id": 2}]


def test_a_mistake_is_told_with_its_line(source: Any) -> None:
    async def broken(it: Any, step: Step) -> AsyncIterator[Any]:
        yield it.http.make_page([{}["nothing"]])

    with pytest.raises(SourceError, match=r"^broken \(http/test_author\.py, line \d+\) failed: KeyError: 'nothing'"):
        source.pages(broken)


def test_what_is_no_page_is_refused(source: Any) -> None:
    async def broken(it: Any, step: Step) -> AsyncIterator[Any]:
        yield [{"id": 1}]

    with pytest.raises(DefinitionError, match="yielded a list"):
        source.pages(broken)


def test_a_signal_passes_through(source: Any) -> None:
    source.api.get("/x")(lambda request: source.refuse(410, "old"))

    async def read(it: Any, step: Step) -> AsyncIterator[Any]:
        yield await it.http.page(GET("/x", records="", on=[On(410).expired()]))

    with pytest.raises(ExpiredToken):
        source.pages(read)


def test_a_page_of_the_authors_own_waits_for_its_bytes(source: Any) -> None:
    budget = ByteBudget(100)
    source.options = {"budget": budget}

    async def read(it: Any, step: Step) -> AsyncIterator[Any]:
        for n in range(3):
            yield it.http.make_page([{"text": "x" * 90, "n": n}])

    async def work(client: Any) -> None:
        pages = client.read(read, Fill())
        first = await anext(pages)
        assert budget.used > 90
        waiting = asyncio.ensure_future(anext(pages))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        first.release()
        (await waiting).release()
        await pages.aclose()
        assert budget.used == 0

    source.run(work)


def test_a_lookup_is_found_once_for_all_and_again_after_its_time(source: Any) -> None:
    found: list[int] = []

    @lookup(every="1h")
    async def name(it: Any) -> str:
        page = await it.http.page(GET("/name"))
        found.append(1)
        return str(page.json["name"])

    source.api.get("/name")(lambda request: {"name": "n"})
    source.api.get("/i/{name}")(lambda request: {"i": []})
    endpoint = GET(f"/i/{name}", records="/i")

    async def work(client: Any) -> None:
        await asyncio.gather(*(client.page(endpoint, Fill()) for _ in range(5)))
        assert len(found) == 1
        source.clock.advance("2h")
        await client.page(endpoint, Fill())
        assert len(found) == 2

    source.run(work)


def test_a_lookup_that_needs_itself_and_one_that_fails_are_errors(source: Any) -> None:
    @lookup()
    async def circle(it: Any) -> str:
        return str((await it.http.page(GET("/x", params={"c": circle}))).json)

    @lookup()
    def broken(it: Any) -> str:
        return str({}["nothing"])

    with pytest.raises(DefinitionError, match="needs its own value"):
        source.page(GET("/x", params={"c": circle}))
    with pytest.raises(SourceError, match=r"lookup broken: broken .* KeyError"):
        source.page(GET("/x", params={"c": broken}))
