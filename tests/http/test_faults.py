"""Whatever goes wrong on the way, a page counts only when it is whole (R1), and nothing is lost or sent twice over."""

from __future__ import annotations

from typing import Any

import pytest

from connector_sdk.testing.fake import TRANSIENT, Fault
from connector_sdk.testing.flow import Collections


def capture(toy: Any) -> tuple[Any, set[Any]]:
    rows = Collections(keep=lambda doc: doc)
    session = toy.player().run(toy.capture("items"), into=rows)
    return session, {key[0] for key in rows["items"].committed}


@pytest.mark.parametrize("fault", TRANSIENT, ids=str)
def test_a_fault_is_met_by_the_same_request_again(toy: Any, fault: Fault) -> None:
    toy.items.put_all({"id": number} for number in range(25))
    toy.api.fault(fault, "GET /items", nth=2)
    session, ids = capture(toy)
    assert session.exit_code == 0, session.error
    assert ids == set(range(25))


def test_an_empty_page_with_a_token_is_not_the_end(toy: Any) -> None:
    answers = iter([b'{"items":[{"id":1}],"next":"a"}', b'{"items":[],"next":"b"}', b'{"items":[{"id":2}]}'])
    toy.raw_body = lambda: next(answers)
    rows = Collections(keep=lambda doc: doc)
    session = toy.player().run(toy.capture("raw"), into=rows)
    assert session.exit_code == 0
    assert {key[0] for key in rows["raw"].committed} == {1, 2}


def test_a_token_that_repeats_is_an_error(toy: Any) -> None:
    toy.raw_body = lambda: b'{"items":[{"id":1}],"next":"a"}'
    session = toy.player().run(toy.capture("raw"))
    assert session.exit_code == 1
    assert "circle" in session.error


def test_the_limit_of_the_source_is_waited_for(toy: Any) -> None:
    toy.items.put_all({"id": number} for number in range(45))
    toy.api.limit(3, per="1s")
    session, ids = capture(toy)
    assert session.exit_code == 0
    assert ids == set(range(45))
