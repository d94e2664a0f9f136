"""Schemas: of what was seen, of what was declared, and places in them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from connector_sdk import GET, NEXT, SINCE, UNTIL, Incremental, Listed, Marked, Missing, NextToken, Snapshot, Stream
from connector_sdk.airbyte.dialect import cursor_of, path_of, stream_of, sync_modes, tells_deletions
from connector_sdk.airbyte.inference import Seen
from connector_sdk.airbyte.sampling import declared_schema

PAGES = NextToken("/next", stable=True)


def seen(*records: Any, keys: Any = ((["id"]),)) -> dict[str, Any]:
    it = Seen()
    for each in records:
        it.see(each)
    return it.record(keys)


def spans(**more: Any) -> Any:
    return GET("/x", params={"since": SINCE, "until": UNTIL, "cursor": NEXT}, records="/x", pages=PAGES, **more)


def stream(sync: Any, **more: Any) -> Stream:
    return Stream("x", key=more.pop("key", "/id"), read=more.pop("read", spans()), sync=sync, **more)


def test_what_was_seen_may_be_null_but_for_the_key() -> None:
    made = seen({"id": 1, "a": None, "b": True, "c": 1}, {"id": 2, "a": "x", "c": 1.5, "d": {"e": [1, "x"]}})
    assert made["properties"] == {
        "id": {"type": "integer"},
        "a": {"type": ["null", "string"]},
        "b": {"type": ["null", "boolean"]},
        "c": {"type": ["null", "number"]},
        "d": {
            "type": ["null", "object"],
            "additionalProperties": True,
            "properties": {
                "e": {"type": ["null", "array"], "items": {"type": ["null", "integer", "string"]}},
            },
        },
    }
    assert made["additionalProperties"] is True


def test_keys_within_objects_and_keys_that_were_never_seen() -> None:
    made = seen({"meta": {"id": "5", "x": 1}}, keys=[["meta", "id"], ["other", "id"]])
    assert made["properties"]["meta"]["type"] == "object"
    assert made["properties"]["meta"]["properties"]["id"] == {"type": "string"}
    assert made["properties"]["other"]["properties"]["id"] == {"type": "string"}


def test_a_map_has_no_columns() -> None:
    assert seen({"id": 1, "m": {str(n): n for n in range(400)}})["properties"]["m"] == {
        "type": ["null", "object"],
        "additionalProperties": True,
    }


def test_what_is_nested_without_end_is_left_open() -> None:
    deep: Any = {"id": 1}
    for _ in range(50):
        deep = {"id": 1, "inner": deep, "list": [deep]}
    assert len(str(seen(deep))) < 50_000


class Owner(BaseModel):
    name: str
    boss: Owner | None = None


class Deal(BaseModel):
    id: int
    owner: Owner


def test_a_declared_model_is_written_without_references() -> None:
    made = declared_schema(Deal)
    assert "$ref" not in str(made)
    assert made["properties"]["owner"]["properties"]["name"]["type"] == "string"


def test_places_are_paths() -> None:
    assert path_of("/a~1b/c~0d/0") == ["a/b", "c~d", "0"]


@pytest.mark.parametrize(
    ("made", "cursor", "deletions"),
    [
        (stream(Incremental("/at/updated")), ["at", "updated"], False),
        (stream(Incremental("/updated"), deletes=Marked("/gone")), ["updated"], True),
        (stream(Incremental("/made", moves=False, reread="7d")), ["_ab_cdc_cursor"], False),
        (stream(Incremental("/made", moves=False, reread="7d"), deletes=Missing()), ["_ab_cdc_cursor"], True),
        (stream(Incremental("/up"), deletes=Listed(spans(), "/at")), ["_ab_cdc_cursor"], True),
        (stream(Incremental("/up"), read=spans().then(GET("/y", records="/y"))), ["_ab_cdc_cursor"], True),
        (stream(Snapshot(), read=GET("/x", records="/x")), ["_ab_cdc_cursor"], True),
        (stream(Snapshot(), read=GET("/x", records="/x"), key="/_meta/row_id"), [], False),
    ],
)
def test_the_cursor_is_the_declared_one_only_where_it_tells_the_last_version(
    made: Stream, cursor: list[str], deletions: bool
) -> None:
    assert cursor_of(made) == cursor
    assert tells_deletions(made) is deletions
    offered = stream_of(made, {"type": "object", "properties": {}})
    assert offered.get("default_cursor_field", []) == cursor
    assert ("_ab_cdc_deleted_at" in offered["json_schema"]["properties"]) is deletions
    assert (sync_modes(made) == ["full_refresh"]) is made.numbered


def test_composite_keys_are_lists_of_paths() -> None:
    made = stream(Snapshot(), read=GET("/x", records="/x"), key=("/a/b", "/c"))
    offered = stream_of(made, {"type": "object", "properties": {}})
    assert offered["source_defined_primary_key"] == [["a", "b"], ["c"]]
    assert offered["json_schema"]["properties"]["a"]["properties"]["b"] == {"type": "string"}
