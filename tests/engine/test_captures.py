"""Captures of the toy by its real process: exactness, deletes, order, shards, memory."""

from __future__ import annotations

import random
from typing import Any

import pytest

from connector_sdk.engine.clock import instant_text
from connector_sdk.testing.flow import Checkpoint, Collections, KeyRange

MEGABYTE = 1_000_000


def captured(rows: Collections, stream: str) -> dict[Any, Any]:
    found = rows[stream].committed
    return {
        key[0] if len(key) == 1 else key: {k: v for k, v in doc.items() if k != "_meta"} for key, doc in found.items()
    }


def keep(doc: Any) -> Any:
    return doc


def test_a_snapshot_sends_what_changed_and_deletes_what_is_gone(toy: Any) -> None:
    toy.items.put_all({"id": number, "name": f"n{number}"} for number in range(35))
    capture, rows = toy.capture("items"), Collections(keep=keep)
    first = toy.player().run(capture, into=rows)
    assert captured(rows, "items") == {number: {"id": number, "name": f"n{number}"} for number in range(35)}
    toy.items.delete(3)
    toy.items.edit(7, name="new")
    toy.jump(2)
    second = toy.player().run(capture, first.state, into=rows)
    assert sum(second.documents.values()) == 2
    assert captured(rows, "items") == toy.items.truth()


@pytest.mark.parametrize("seed", range(6))
def test_no_living_record_is_deleted_while_pages_shift(toy: Any, seed: int) -> None:
    """Records go and come between any two page requests of a listing by offsets."""
    draw = random.Random(seed)
    toy.items.put_all({"id": number} for number in range(60))
    capture, rows = toy.capture("items"), Collections(keep=keep)
    state = toy.player().run(capture, into=rows).state
    fresh = iter(range(1000, 9000))

    def disturb(request: Any) -> None:
        living = list(toy.items.truth())
        if draw.random() < 0.3:
            toy.items.delete(draw.choice(living))
        if draw.random() < 0.2:
            toy.items.put({"id": next(fresh)})

    hook = toy.api.before("GET /items", disturb)
    for _ in range(3):
        toy.jump(2)
        before = set(toy.items.truth())
        state = toy.player().run(capture, state, into=rows).state
        assert before & set(toy.items.truth()) & set(captured(rows, "items")) >= before & set(toy.items.truth()) - set(
            range(1000, 9000)
        )
    toy.api.calm()
    del hook
    toy.jump(2)
    toy.player().run(capture, state, into=rows)
    assert captured(rows, "items").keys() == toy.items.truth().keys()


def test_an_empty_listing_without_the_source_s_word_deletes_nothing(toy: Any) -> None:
    toy.items.put_all([{"id": 1}, {"id": 2}])
    capture, rows = toy.capture("items"), Collections(keep=keep)
    state = toy.player().run(capture, into=rows).state
    toy.items.delete(1)
    toy.items.delete(2)
    toy.jump(2)
    session = toy.player().run(capture, state, into=rows)
    assert captured(rows, "items").keys() == {1, 2}
    assert "nothing is deleted on that account" in str(session.logs)


def test_numbered_rows_shrink_exactly(toy: Any) -> None:
    toy.rows.put_all({"name": f"n{number}"} for number in range(1205))
    capture, rows = toy.capture("rows"), Collections(keep=keep)
    first = toy.player().run(capture, into=rows)
    assert len(rows["rows"].committed) == 1205
    for number in range(1100, 1205):
        toy.rows.delete(f"n{number}")
    toy.jump(2)
    second = toy.player().run(capture, first.state, into=rows)
    assert captured(rows, "rows") == {number: {"name": f"n{number}"} for number in range(1100)}
    toy.jump(2)
    assert sum(toy.player().run(capture, second.state).documents.values()) == 0


def test_a_page_that_was_overtaken_is_not_written(toy: Any) -> None:
    """A backfill page is held; its record is edited, and the tail shows the edit first; then the old page arrives."""
    toy.tickets.put({"id": 1, "updated": "2026-02-01T00:00:00.000Z", "text": "old"})
    capture, rows = toy.capture("tickets"), Collections(keep=keep)
    started = toy.clock.now()
    hold = toy.api.hold(
        "GET /tickets", where=lambda asked: (asked.instant("since", None) or 0) < started - 3_600_000_000
    )
    with toy.player(CONNECTOR_RUN="").open(capture, into=rows) as session:
        hold.wait()
        toy.tickets.edit(1, updated=instant_text(toy.clock.now()), text="new")  # after the cut-off
        session.run(until=lambda it: sum(it.documents.values()) >= 1, timeout=30)
        hold.release()
        session.run(until=lambda it: "Streaming" in str(it.logs), timeout=30)
        session.stop(within=5)
    assert captured(rows, "tickets")[1]["text"] == "new"


def test_a_late_record_is_found_after_an_outage(toy: Any) -> None:
    capture, rows = toy.capture("tickets"), Collections(keep=keep)
    state = toy.player().run(capture, into=rows).state
    toy.tickets.put({"id": 9, "updated": "2026-03-02T09:59:00.000Z"})  # behind the frontier already
    toy.jump(72)
    toy.player().run(capture, state, into=rows)
    assert captured(rows, "tickets").keys() == {9}


def test_two_shards_share_the_streams(toy: Any) -> None:
    toy.items.put_all({"id": number} for number in range(5))
    toy.rows.put_all({"name": f"n{number}"} for number in range(5))
    capture = toy.capture("items", "rows", "tickets")
    toy.tickets.put({"id": 1, "updated": "2026-02-01T00:00:00.000Z"})
    halves = [toy.player().run(capture, range=half).documents for half in KeyRange.split(2)]
    counts = [{name: count for name, count in half.items() if count} for half in halves]
    assert not counts[0].keys() & counts[1].keys()
    assert sum(sum(half.values()) for half in counts) == 11


def test_records_leave_as_they_came(toy: Any) -> None:
    toy.raw = b'{"id":1,"n":12345678901234567890123,"x":1.50,"e":1E3,"s":"\\u00e9\\u0041\xc3\xa9/","z":null}'
    session = toy.player().run(toy.capture("raw"), keep_output=True)
    assert toy.raw[1:] in session.stdout


@pytest.mark.slow
def test_half_a_million_records_take_constant_memory(toy: Any) -> None:
    page = [{"id": f"i{number}", "updated": "2026-02-01T00:00:00.000Z", "text": "x" * 150} for number in range(5_000)]

    @toy.api.get("/big")
    def big(request: Any) -> dict[str, Any]:
        number = int(request.query.get("cursor", "0"))
        found = page if number < 100 and request.query["since"].startswith("2026-01") else []
        return {"items": found, **({"next": str(number + 1)} if found and number < 99 else {})}

    resident: list[int] = []  # not the peak the system tells, which begins with that of the process that forked
    with toy.player().open(toy.capture("big")) as session:
        resident.extend(session.resident() for event in session if isinstance(event, Checkpoint))
    assert sum(session.documents.values()) == 500_000
    assert max(resident) < 100 * MEGABYTE
    early, late = resident[10 : len(resident) // 2], resident[len(resident) // 2 :]
    assert max(late) < max(early) + 10 * MEGABYTE
