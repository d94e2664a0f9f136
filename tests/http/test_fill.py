"""Requests from endpoints: what stands where, and with which type."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from connector_sdk import ALL, ANSWER, EACH, GET, NEXT, POST, SINCE, NextToken
from connector_sdk.errors import DefinitionError, SourceError
from connector_sdk.http import Fill
from connector_sdk.http.fill import Values, as_query, fill_request

EACH_TEXT = (
    b'{"id":12345678901234567890,"name":"a/b c","price":1.10,"tags":["x","y"],"no":null,"yes":true,"in":{"a":1}}'
)


def request(endpoint: Any, fill: Fill = Fill(each=EACH_TEXT), next: Any = None, answers: Any = ()) -> Any:  # noqa: B008
    return fill_request(endpoint, Values(fill, next, {}, tuple(answers)))


def test_a_value_in_a_body_is_the_text_it_was() -> None:
    made = request(POST("/x", json={"id": EACH["/id"], "p": EACH["/price"], "t": EACH["/tags"], "in": EACH["/in"]}))
    assert made.body == b'{"id":12345678901234567890,"p":1.10,"t":["x","y"],"in":{"a":1}}'
    assert made.headers == {"content-type": "application/json"}


def test_all_of_each_may_stand_in_a_body() -> None:
    assert request(POST("/x", json=EACH)).body == EACH_TEXT


def test_what_is_not_there_is_left_out_and_a_constant_null_stays() -> None:
    made = request(
        POST(
            "/x",
            params={"a": EACH["/no"], "b": EACH["/none"], "c": NEXT},
            json={"a": EACH["/no"], "l": [EACH["/none"], 1], "null": None},
            headers={"H": EACH["/no"]},
            pages=NextToken("/n"),
        )
    )
    assert made.params == ()
    assert made.body == b'{"l":[1],"null":null}'
    assert "h" not in made.headers


def test_values_in_a_query() -> None:
    made = request(GET("/x", params={"t": EACH["/tags"], "y": EACH["/yes"], "p": EACH["/price"], "c": [1, "z"],
                                     "f": f"<{EACH['/name']}>", "b": False, "o": EACH["/in"]}))  # fmt: skip
    assert made.params == (("t", "x"), ("t", "y"), ("y", "true"), ("p", "1.10"), ("c", "1"), ("c", "z"),
                           ("f", "<a/b c>"), ("b", "false"), ("o", '{"a":1}'))  # fmt: skip


def test_values_in_a_path_are_encoded_and_may_not_change_its_shape() -> None:
    assert request(GET(f"/x/{EACH['/name']}/{EACH['/id']}")).path == "/x/a%2Fb%20c/12345678901234567890"
    for value in (b'{"id":".."}', b'{"id":""}', b'{"id":null}', b"{}"):
        with pytest.raises(SourceError, match="cannot stand in a path"):
            request(GET(f"/x/{EACH['/id']}"), Fill(each=value))


def test_a_constant_partition() -> None:
    assert request(GET(f"/x/{EACH}", params={"p": EACH}), Fill(each=b'"a b"')).path == "/x/a%20b"
    assert request(GET("/x", params={"p": EACH}), Fill(each=b"5")).params == (("p", "5"),)


def test_a_batch_is_a_list_of_items() -> None:
    fill = Fill(batch=[b'{"id":1,"t":"a"}', b'{"t":"b"}', b'{"id":"3"}'], each=b'{"id":9}')
    made = request(POST("/x", json={"i": ALL({"id": EACH["/id"]}, at_most=5), "p": EACH["/id"]}), fill)
    assert made.body == b'{"i":[{"id":1},{},{"id":"3"}],"p":9}'
    assert request(GET("/x", params={"i": ALL(EACH["/id"], at_most=5)}), fill).params == (("i", "1"), ("i", "3"))


def test_an_answer_is_looked_up_in_the_latest_that_has_it() -> None:
    made = request(
        GET(f"/x/{ANSWER['/id']}/{ANSWER['/file']}"), answers=[b'{"file":"f","id":null}', b'{"id":7,"file":"no"}']
    )
    assert made.path == "/x/7/f"


def test_an_address_that_is_not_there_is_an_error() -> None:
    with pytest.raises(SourceError, match="the address, is not there"):
        request(GET(ANSWER["/url"]), answers=[b"{}"])


def test_what_has_no_value_is_told() -> None:
    with pytest.raises(DefinitionError, match="SINCE has no value"):
        request(GET("/x", params={"s": SINCE}))
    with pytest.raises(DefinitionError, match=r"EACH\['/id'\] has no value"):
        request(GET("/x", params={"s": EACH["/id"]}), Fill())


def test_a_link_is_asked_for_as_it_is() -> None:
    endpoint = POST("/x", params={"a": 1, "n": NEXT}, json={"b": 2}, pages=NextToken("/n"))
    made = fill_request(endpoint, Values(Fill(), None, {}), "https://h/y?z=1")
    assert (made.path, made.params, made.body) == ("https://h/y?z=1", (), b'{"b":2}')


@pytest.mark.parametrize("value, text", [
    ("a", "a"), (1, "1"), (True, "true"), (1.5, "1.5"), ([1], "[1]"), (msgspec.Raw(b'"q\\u00e9"'), "qé"),
    (msgspec.Raw(b"1e400"), "1e400"),
])  # fmt: skip
def test_a_value_as_text(value: Any, text: str) -> None:
    assert as_query(value) == text
