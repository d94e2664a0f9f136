"""Transactions as lines: a page that is framed at once is framed as its documents are one by one."""

from __future__ import annotations

import json

import pytest

from connector_sdk import GET, SINCE, Incremental, Stream
from connector_sdk.engine import Document, Upserts
from connector_sdk.flow.encode import FlowEncoder

STREAM = Stream("deals", key="/id", read=GET("/deals", params={"since": SINCE}, records=""), sync=Incremental("/at"))
BODIES: list[bytes | memoryview] = [b'{"id":1,"name":"m\xc3\xbcller"}', memoryview(b'{ "id":2}'), b'{"id":3,"at":null}']


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_page_framed_at_once_is_what_its_documents_are(count: int) -> None:
    bodies, patch = BODIES[:count], {"fill": {"done": 7}}
    one, other = (FlowEncoder([(4, STREAM, "deals.v1")]) for _ in range(2))
    for _ in range(2):  # the first transaction tells the schema too
        at_once = one.transaction(4, Upserts(bodies), patch)
        assert at_once == other.transaction(4, [Document("u", body, None, False) for body in bodies], patch)
    captured = [json.loads(line)["captured"]["doc"] for line in at_once.splitlines()[:-1]]
    assert captured == [{"_meta": {"op": "u"}, **json.loads(bytes(body))} for body in bodies]
    assert json.loads(at_once.splitlines()[-1])["checkpoint"]["state"]["mergePatch"]


def test_no_documents_are_a_checkpoint_alone() -> None:
    encoder = FlowEncoder([(0, STREAM, "deals.v1")])
    assert encoder.transaction(0, Upserts([]), {"a": 1}) == encoder.transaction(0, (), {"a": 1})
    assert encoder.transaction(0, Upserts([]), {"a": 1}).count(b"\n") == 1


def test_upserts_are_documents_to_whoever_looks_at_each() -> None:
    page = Upserts(BODIES)
    assert len(page) == 3
    assert list(page) == [Document("u", body, None, False) for body in BODIES]
    assert list(page[1:]) == list(page)[1:]
    assert page[-1].body == BODIES[-1]
