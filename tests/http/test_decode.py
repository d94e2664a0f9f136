"""Bytes stay bytes: what becomes of every oddity of JSON, and how places of a record are read and edited."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_sdk import ANSWER, EACH, GET, NEXT, Digest, NextToken
from connector_sdk.errors import AnswerError, RecordsNotFoundError
from connector_sdk.http import Fill, Places, as_text, without
from connector_sdk.http.decode import decode, encode, resolve
from connector_sdk.testing.fake import Answer

LIST = GET("/i", records="/i", params={"t": NEXT}, pages=NextToken("/n"), total="/total")


def serve(source: Any, body: bytes) -> None:
    source.api.get("/i")(lambda request: Answer(body))


@pytest.mark.parametrize(
    "text",
    [
        '{"id":12345678901234567890123456789}',
        '{"id":1.10}',
        '{"id":-0}',
        '{"id":1E400}',
        '{"id":1e-9}',
        '{"id":1,"id":2}',
        '{"id":"\\u0000"}',
        '{"id":"\\ud83d\\ude00"}',
        '{"id":"\\u00e9\\/"}',
        '{"id":"é漢😀"}',
        '{ "id" : 1 }',
        "{}",
        '{"id":{"n":[1,2.50,{"x":null}]}}',
        '{"":{"":1}}',
        '{"id":"' + "x" * 100_000 + '漢"}',
    ],
)
def test_a_record_leaves_as_it_came(source: Any, text: str) -> None:
    serve(source, b'{"i":[' + text.encode() + b"," + text.encode() + b'],"total":2,"n":null}')
    page = source.page(LIST)
    assert [bytes(each) for each in page.slices] == [text.encode()] * 2
    assert page.total == 2


@pytest.mark.parametrize("body", [
    b'{"i":[{"a":NaN}]}', b'{"i":[{"a":Infinity}]}', b'{"i":[{"a":01}]}', b'{"i":[{"a":"\xff"}]}', b'{"i":[{"a":1}',
    b'{"i":[{"a":"\t"}]}', b"{'i':[]}", b'{"i":[],}', b'{"i":[]} x', b"", b" ", b'{"i":[]/**/}', b'{"i":[{"a":.5}]}',
    b'{"i":[{"a":"\xed\xa0\x80"}]}', '{"i":[]}'.encode("utf-16"), b'{"i":[{"a":"' + b"x" * 70_000 + b'\xc3"}]}',
    b'{"i":[{"a":"\\u12"}]}', b'{"other":[1,}', b'{"i":[{"a":"\\x"}]}',
])  # fmt: skip
def test_what_is_no_json_is_asked_for_again_and_never_an_empty_page(source: Any, body: bytes) -> None:
    serve(source, body)
    with pytest.raises(AnswerError, match="answered 200 with"):
        source.page(LIST)
    assert len(source.api.requests) > 3


@pytest.mark.parametrize("text, left", [
    ('"\\ud800"', '"\\ufffd"'), ('"a\\udc00b\\ud83d\\ude00"', '"a\\ufffdb\\ud83d\\ude00"'),
    ('"\\\\ud800\\ud800"', '"\\\\ud800\\ufffd"'), ('"\\ud800\\ud83d\\ude00"', '"\\ufffd\\ud83d\\ude00"'),
])  # fmt: skip
def test_half_a_pair_of_surrogates_becomes_the_replacement(source: Any, caplog: Any, text: str, left: str) -> None:
    serve(source, f'{{"i":[{{"a":{text}}}]}}'.encode())
    (each,) = source.page(LIST).slices
    assert bytes(each).decode() == f'{{"a":{left}}}'
    assert "half a surrogate pair" in caplog.text


def test_a_pretty_body_is_made_compact(source: Any) -> None:
    serve(source, b'\xef\xbb\xbf{\r\n  "i": [\n    {"a": 1.10,\n "b": "x\\ny"}\n  ],\n "n": "t"\n}\n')
    page = source.page(LIST)
    assert [bytes(each) for each in page.slices] == [b'{"a":1.10,"b":"x\\ny"}']
    assert page.token == "t"


def test_a_body_nested_too_deeply_is_refused(source: Any) -> None:
    serve(source, b'{"i":[{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}]}")
    with pytest.raises(AnswerError, match="nested too deeply"):
        source.page(LIST)


@pytest.mark.parametrize("body, count", [
    ({"i": [{"a": 1}]}, 1), ({"i": None}, 0), ({"i": {"a": 1}}, 1), ({"i": []}, 0),
])  # fmt: skip
def test_an_array_gives_its_items_an_object_one_and_null_none(source: Any, body: Any, count: int) -> None:
    serve(source, json.dumps(body).encode())
    assert len(source.page(LIST).slices) == count


@pytest.mark.parametrize(
    "records, body, count",
    [
        ("", [{"a": 1}, {"a": 2}], 2),
        ("", {"a": 1}, 1),
        ("/0/x", [{"x": [{"a": 1}]}], 1),
        ("/a~1b/c~0d", {"a/b": {"c~d": [{}]}}, 1),
        ("/a/b/c", {"a": {"b": {"c": [{}, {}]}}}, 2),
        ('/"', {'"': [{}]}, 1),
    ],
)
def test_where_records_may_be(source: Any, records: str, body: Any, count: int) -> None:
    serve(source, json.dumps(body).encode())
    assert len(source.page(GET("/i", records=records)).slices) == count


def test_a_pointer_that_finds_nothing_names_what_was_there(source: Any) -> None:
    serve(source, b'{"calls":[1,2],"meta":{"errors":[]}}')
    with pytest.raises(RecordsNotFoundError, match=r"/calls \(2\), /meta/errors \(0\)\. Did you mean records='/calls'"):
        source.page(GET("/i", records="/call"))


def test_an_envelope_of_another_shape_still_tells_what_was_there(source: Any) -> None:
    serve(source, b'[{"id":1}]')
    with pytest.raises(RecordsNotFoundError, match=r"the whole body \(1\)"):
        source.page(LIST)


def test_records_that_are_no_objects_are_refused(source: Any) -> None:
    serve(source, b'{"i":[{"a":1},7]}')
    with pytest.raises(AnswerError, match="a number at 1"):
        source.page(LIST)


def test_members_are_added_and_replaced(source: Any) -> None:
    serve(source, b'{"i":[{"a":1.10,"z":0}],"zone":"UTC"}')
    endpoint = LIST.plus(zone=ANSWER["/zone"], z=EACH["/id"], none=EACH["/none"], key=Digest("/a", "/z"), all=Digest())
    (one,) = source.page(endpoint, Fill(each=b'{"id":5}')).records()
    assert {name: value for name, value in one.items() if name not in ("key", "all")} == {
        "a": Decimal("1.10"), "z": 5, "zone": "UTC"}  # fmt: skip
    assert len(one["key"]) == len(one["all"]) == 16


def test_a_function_makes_records_of_a_body(source: Any) -> None:
    serve(source, b'{"i":{"a":1.10,"b":12345678901234567890}}')
    endpoint = GET("/i", records=lambda body: [{"name": name, "value": value} for name, value in body["i"].items()])
    assert [bytes(each) for each in source.page(endpoint).slices] == [
        b'{"name":"a","value":1.10}', b'{"name":"b","value":12345678901234567890}']  # fmt: skip
    with pytest.raises(AnswerError, match=r"test_decode\.py, line \d+\) failed: KeyError"):
        source.page(GET("/i", records=lambda body: body["none"]))
    with pytest.raises(AnswerError, match="gave a int, and a record is an object"):
        source.page(GET("/i", records=lambda body: [1]))


def test_the_whole_body_and_the_headers_can_be_had(source: Any) -> None:
    source.api.get("/i")(lambda request: Answer({"i": [{"a": 1}], "x": 2}, headers={"X-Y": "z"}))
    page = source.page(LIST)
    assert page.json == {"i": [{"a": 1}], "x": 2}
    assert page.headers["x-y"] == "z"


# ---- places of a record


@pytest.mark.parametrize(
    "record, at, found",
    [
        (b'{"a":1}', "/a", b"1"),
        (b'{"a":1}', "/b", None),
        (b'{"a":{"b":"x"}}', "/a/b", b'"x"'),
        (b'{"a":[]}', "/a/b", None),
        (b'{"a":null}', "/a", b"null"),
        (b'{"a":null}', "/a/b", None),
        (b'{"a":[1,2]}', "/a/1", b"2"),
        (b'{"a":[1]}', "/a/2", None),
        (b'{"a":1,"a":2}', "/a", b"2"),
        (b'{"a":{"b":1},"a":{}}', "/a/b", None),
        (b'{"a/b":{"~":1}}', "/a~1b/~0", b"1"),
        (b'{"":5}', "/", b"5"),
        (b'{"a": 1.10 }', "/a", b"1.10"),
        (b'{"a":1}', "", b'{"a":1}'),
        (b'{"\\u0061":1}', "/a", b"1"),
    ],
)
def test_a_place_is_read_raw(record: bytes, at: str, found: bytes | None) -> None:
    assert resolve(record, at) == found
    assert Places([at]).of(record) == (found,)
    assert Places([at, "/zz"]).of(memoryview(record)) == (found, None)
    assert Places(["/zz", at, at, "/yy"]).of(record) == (None, found, found, None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)
POINTERS = st.lists(st.lists(st.sampled_from(["a", "b", "c", "0", "1"]), max_size=3).map(
    lambda path: "".join(f"/{name}" for name in path)), min_size=1, max_size=4)  # fmt: skip


@given(st.dictionaries(st.sampled_from("abc"), JSON, max_size=3), POINTERS)
def test_places_agree_with_walking_there(value: Any, pointers: list[str]) -> None:
    record = json.dumps(value).encode()
    assert Places(pointers).of(record) == tuple(resolve(record, at) for at in pointers)


@given(JSON)
def test_what_is_decoded_is_written_as_it_was(value: Any) -> None:
    text = json.dumps(value)
    assert json.loads(encode(decode(text.encode()))) == json.loads(text)


@pytest.mark.parametrize(
    "record, at, edited",
    [
        (b'{"a":12345678901234567890}', "/a", b'{"a":"12345678901234567890"}'),
        (b'{"a":"x"}', "/a", b'{"a":"x"}'),
        (b'{"a":[1,"b",{"c":2.50}]}', "/a/*", b'{"a":["1","b",{"c":2.50}]}'),
        (b'{"a":[{"c":1},{"c":2}]}', "/a/*/c", b'{"a":[{"c":"1"},{"c":"2"}]}'),
        (b'{"a":1}', "/b", b'{"a":1}'),
        (b'{"a":{"b":-1e5}}', "/a/b", b'{"a":{"b":"-1e5"}}'),
    ],
)
def test_numbers_become_text_where_that_is_asked(record: bytes, at: str, edited: bytes) -> None:
    assert as_text(record, [at]) == edited


@pytest.mark.parametrize("record, at, left", [
    (b'{"a":1,"b":2}', "/a", b'{"b":2}'), (b'{"a":[{"b":1,"c":2},{"b":3}]}', "/a/*/b", b'{"a":[{"c":2},{}]}'),
    (b'{"a":[1,2]}', "/a/0", b'{"a":[2]}'), (b'{"a": 1}', "/b", b'{"a":1}'),
])  # fmt: skip
def test_places_are_left_out_of_comparisons(record: bytes, at: str, left: bytes) -> None:
    assert without(record, [at]) == left
