"""Records completed by further requests: one by one, and in batches."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
import time
from typing import Any

import pytest

from connector_sdk import ALL, ANSWER, EACH, GET, NEXT, POST, NextToken, On
from connector_sdk.engine.budget import ByteBudget
from connector_sdk.errors import AnswerError, RefusedError
from connector_sdk.http import Fill, NotReadable, Places, batch_size

PLACES = Places(["/id"])
KEYED = Fill(key=lambda record: PLACES.of(record)[0] or b"")


def offering(source: Any, *ids: Any) -> None:
    source.api.get("/i")(lambda request: {"i": [{"id": each} for each in ids]})


def test_each_record_is_completed_in_its_place(source: Any) -> None:
    offering(source, *range(40))
    source.api.get("/i/{id}")(lambda request: {"d": {"id": int(request.parts["id"]), "text": "full"}})
    one = GET(f"/i/{EACH['/id']}", records="/d", add={"from": EACH["/id"]})
    (page,) = source.pages(GET("/i", records="/i").then(one))
    assert list(page.records()) == [{"id": n, "text": "full", "from": n} for n in range(40)]
    assert page.gone == []
    assert page.stamp == 2  # of the oldest answer that its records came with


@pytest.mark.parametrize("how", ["404", "410", "rule", "empty list"])
def test_what_is_not_found_is_gone(source: Any, how: str) -> None:
    offering(source, 1, 2, 3)

    def handler(request: Any) -> Any:
        if request.parts["id"] != "2":
            return {"d": [{"id": int(request.parts["id"]), "full": True}]}
        if how == "empty list":
            return {"d": []}
        return source.refuse(int(how) if how.isdigit() else 400, "it was purged")

    source.api.get("/i/{id}")(handler)
    source.http = {"error": "/error"}
    one = GET(f"/i/{EACH['/id']}", records="/d", on=[On(400, error=re.compile("purged")).gone()])
    (page,) = source.pages(GET("/i", records="/i").then(one))
    assert page.values("/id") == [1, 3]
    assert page.gone == [b'{"id":2}']


def test_forbidden_is_never_gone(source: Any) -> None:
    offering(source, 1)
    source.api.get("/i/{id}")(lambda request: source.refuse(403, "no"))
    with pytest.raises(RefusedError) as caught:
        source.pages(GET("/i", records="/i").then(GET(f"/i/{EACH['/id']}", records="")))
    assert caught.value.status == 403


def test_not_found_by_a_listing_is_an_error(source: Any) -> None:
    with pytest.raises(RefusedError) as caught:
        source.pages(GET("/nothing", records="/i"))
    assert caught.value.status == 404


def test_a_signal_of_one_ends_the_page(source: Any) -> None:
    offering(source, *range(30))
    source.api.get("/i/{id}")(lambda request: source.refuse(403, "private"))
    one = GET(f"/i/{EACH['/id']}", records="", on=[On(403).skip()])
    with pytest.raises(NotReadable, match="private"):
        source.pages(GET("/i", records="/i").then(one))


def batch(source: Any, missing: Any = (), extra: Any = ()) -> list[list[int]]:
    asked: list[list[int]] = []

    def handler(request: Any) -> Any:
        ids = [each["id"] for each in request.json["inputs"]]
        asked.append(ids)
        found = [{"id": n, "full": True} for n in reversed(ids) if n not in missing]
        return {"r": [*found, *extra], "zone": "UTC"}

    source.api.post("/batch")(handler)
    return asked


BATCH = POST("/batch", json={"inputs": ALL({"id": EACH["/id"]}, at_most=4)}, records="/r")


def test_batches_keep_the_order_and_find_what_is_gone(source: Any) -> None:
    offering(source, *range(10))
    asked = batch(source, missing={3, 9})
    (page,) = source.pages(GET("/i", records="/i").then(BATCH), KEYED)
    assert sorted(asked) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert page.values("/id") == [0, 1, 2, 4, 5, 6, 7, 8]
    assert page.gone == [b'{"id":3}', b'{"id":9}']


def test_members_from_each_and_the_answer_are_added_to_a_batch(source: Any) -> None:
    offering(source, 1, 2)
    batch(source)
    (page,) = source.pages(GET("/i", records="/i").then(BATCH.plus(was=EACH["/id"], zone=ANSWER["/zone"])), KEYED)
    assert list(page.records()) == [{"id": n, "full": True, "was": n, "zone": "UTC"} for n in (1, 2)]


def test_a_record_under_a_new_key_is_kept_and_the_old_one_is_gone(source: Any) -> None:
    offering(source, 1, 2)
    batch(source, missing={1}, extra=[{"id": 7}])
    (page,) = source.pages(GET("/i", records="/i").then(BATCH), KEYED)
    assert page.values("/id") == [2, 7]
    assert page.gone == [b'{"id":1}']


def test_a_batch_of_strangers_is_an_error_not_a_deletion(source: Any) -> None:
    offering(source, 1, 2)
    batch(source, missing={1, 2}, extra=[{"id": "1"}, {"id": "2"}])
    with pytest.raises(AnswerError, match="none of the 2 records"):
        source.pages(GET("/i", records="/i").then(BATCH), KEYED)


def test_a_batch_that_is_not_found_is_halved_to_the_one_that_is_gone(source: Any) -> None:
    offering(source, 1, 2, 3, 4)

    def handler(request: Any) -> Any:
        ids = [each["id"] for each in request.json["inputs"]]
        return source.refuse(404, "one of them") if 3 in ids else {"r": [{"id": n} for n in ids]}

    source.api.post("/batch")(handler)
    (page,) = source.pages(GET("/i", records="/i").then(BATCH), KEYED)
    assert page.values("/id") == [1, 2, 4]
    assert page.gone == [b'{"id":3}']


def test_the_pages_behind_then_are_all_read(source: Any) -> None:
    offering(source, 1, 2)

    def handler(request: Any) -> Any:
        at = int(request.query.get("t", "0"))
        return {"r": [{"id": int(request.parts["id"]), "part": at}], "n": str(at + 1) if at < 2 else None}

    source.api.get("/i/{id}")(handler)
    parts = GET(f"/i/{EACH['/id']}", params={"t": NEXT}, records="/r", pages=NextToken("/n"))
    (page,) = source.pages(GET("/i", records="/i").then(parts))
    assert [(each["id"], each["part"]) for each in page.records()] == [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)]


def test_three_stages_follow_each_other(source: Any) -> None:
    offering(source, 1)
    source.api.get("/a/{id}")(lambda request: {"id": 1, "b": 5})
    source.api.get("/b/{id}")(lambda request: {"id": 1, "c": request.parts["id"]})
    chain = GET("/i", records="/i").then(GET(f"/a/{EACH['/id']}", records="")).then(
        GET(f"/b/{EACH['/b']}", records="", add={"b": EACH["/b"]}))  # fmt: skip
    assert source.records(chain) == [{"id": 1, "c": "5", "b": 5}]


def test_requests_run_side_by_side_within_the_clients_workers(source: Any) -> None:
    offering(source, *range(12))
    under_way, most = 0, 0
    lock = threading.Lock()

    def handler(request: Any) -> Any:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.01)
        with lock:
            under_way -= 1
        return {"id": 1}

    source.api.lock = contextlib.nullcontext()
    source.api.get("/i/{id}")(handler)
    source.options = {"at_once": 3}
    source.pages(GET("/i", records="/i").then(GET(f"/i/{EACH['/id']}", records="")))
    assert 1 < most <= 3


def test_a_small_budget_does_not_stop_a_page_from_being_completed(source: Any) -> None:
    offering(source, *range(5))
    source.api.get("/i/{id}")(lambda request: {"id": 1, "text": "x" * 5_000})
    budget = ByteBudget(1000)
    source.options = {"budget": budget}

    async def work(client: Any) -> None:
        async for page in client.read(GET("/i", records="/i").then(GET(f"/i/{EACH['/id']}", records="")), Fill()):
            assert budget.used > 25_000
            page.release()
            assert budget.used == 0

    source.run(lambda client: asyncio.wait_for(work(client), 10))


def test_a_failure_in_the_chain_gives_all_bytes_back(source: Any) -> None:
    offering(source, *range(5))
    source.api.get("/i/{id}")(lambda request: source.refuse(400, "no") if request.parts["id"] == "3" else {"id": 1})
    budget = ByteBudget(1 << 20)
    source.options = {"budget": budget}
    with pytest.raises(RefusedError):
        source.pages(GET("/i", records="/i").then(GET(f"/i/{EACH['/id']}", records="")))
    assert budget.used == 0


def test_the_size_of_a_batch_is_that_of_the_smallest_list() -> None:
    assert batch_size(BATCH) == 4
    assert batch_size(GET("/i", records="", params={"a": ALL(EACH["/x"], at_most=9), "b": ALL(1, at_most=7)})) == 7
    assert batch_size(GET("/i", records="")) is None
