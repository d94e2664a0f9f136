"""The records of a page, read all at once: exactly what reading them one by one gives."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from connector_sdk import GET, SINCE, UNTIL, Incremental, Iso, Marked, Snapshot, Stream
from connector_sdk.engine.documents import Row, Shape
from connector_sdk.errors import MissingCursorError, MissingKeyError, RecordTooLargeError
from connector_sdk.http import RawPage
from connector_sdk.http.decode import resolve, slices_of
from connector_sdk.plan import cursor_of

VALUES = [0, -1, 17, 1.50, "a", 'q"uo\\te', "ü", "", True, "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.678901+02:00"]
STREAMS = [
    Stream("plain", key="/id", read=GET("/x", records="/items"), sync=Snapshot()),
    Stream("two", key=["/a/b", "/id"], read=GET("/x", records="/items"), sync=Snapshot()),
    Stream("marked", key="/id", deletes=Marked("/gone"), read=GET("/x", records="/items"), sync=Snapshot()),
    Stream("odd", key="/a~1b", read=GET("/x", records="/items"), sync=Snapshot()),
]


def page(records: list[Any], at: str = "/items") -> RawPage:
    body = json.dumps(records if not at else {"next": None, "items": records}, ensure_ascii=False).encode()
    listed = resolve(body, at)
    assert listed is not None
    return RawPage(slices_of(listed), body=body, at=at)


def one_by_one(shape: Shape, page: RawPage) -> Any:
    try:
        return [(*map(bytes, row[:2]), *row[2:4]) for row in map(shape.row, page.slices)]
    except (MissingKeyError, MissingCursorError, RecordTooLargeError) as wrong:
        return str(wrong)


def at_once(shape: Shape, page: RawPage) -> Any:
    try:
        return [(*map(bytes, row[:2]), *row[2:4]) for row in shape.rows(page)]
    except (MissingKeyError, MissingCursorError, RecordTooLargeError) as wrong:
        return str(wrong)


def drawn(draw: random.Random) -> dict[str, Any]:
    odd = [None, {}, [], {"b": None}, [1]]
    record: dict[str, Any] = {"id": draw.choice(VALUES), "a/b": draw.choice(VALUES), "a": {"b": draw.choice(VALUES)}}
    record["at"] = draw.choice(VALUES[-2:])
    record["gone"] = draw.choice([None, True, False, 0, 1, "", "2026"])
    for name in [*record, "_meta"]:
        if draw.random() < 0.03:
            record[name] = draw.choice(odd)
        if draw.random() < 0.02:
            record.pop(name, None)
    return record


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: str(stream.name))
def test_all_at_once_is_what_one_by_one_is(stream: Stream) -> None:
    draw = random.Random(stream.name)
    shape = Shape(stream)
    for _ in range(300):
        for at in ("/items", ""):
            there = page([drawn(draw) for _ in range(draw.randrange(6))], at)
            assert at_once(shape, there) == one_by_one(shape, there)


def test_cursors_too() -> None:
    sync = Incremental("/at", format=Iso("1us"))
    stream = Stream(
        "moving", key="/id", read=GET("/x", params={"since": SINCE, "until": UNTIL}, records="/items"), sync=sync
    )
    shape = Shape(stream, "/at", cursor_of(Iso("1us")))
    draw = random.Random(7)
    for _ in range(500):
        there = page([drawn(draw) for _ in range(draw.randrange(6))])
        assert at_once(shape, there) == one_by_one(shape, there)


def test_a_meta_of_its_own_is_known() -> None:
    rows = Shape(STREAMS[0]).rows(page([{"id": 1}, {"id": 2, "_meta": {"x": 1}}]))
    assert [row.meta for row in rows] == [False, True]
    assert Row(b"{}", b"1", 0).meta  # of what is not known


def test_records_that_are_not_those_of_the_body_are_read_one_by_one() -> None:
    there = page([{"id": 1}, {"id": 2}])
    there.slices = [b'{"id":3}']
    assert [row.key for row in Shape(STREAMS[0]).rows(there)] == [b"3"]


def test_a_record_that_is_too_large_is_told_with_its_key() -> None:
    there = page([{"id": 1}, {"id": 2, "text": "x" * 16_000_001}])
    with pytest.raises(RecordTooLargeError, match=r"key 2 is 16\.0 MB"):
        Shape(STREAMS[0]).rows(there)
