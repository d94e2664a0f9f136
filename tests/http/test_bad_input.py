"""Answers that look good and are not, and clocks that jump: nothing is taken for an empty page, and nobody waits."""

from __future__ import annotations

from typing import Any

import pytest

from connector_sdk import GET, NEXT, Csv, Limit, NextToken
from connector_sdk.engine.runtime import SourceClock
from connector_sdk.errors import AnswerError, RecordsNotFoundError
from connector_sdk.http import Fill
from connector_sdk.testing.fake import Answer, Fault

LIST = GET("/i", records="/i")
DAY = 86_400_000_000


@pytest.mark.parametrize("kind", ["text/plain", "text/html", "application/octet-stream", "application/vnd.api+json"])
def test_json_is_json_whatever_it_is_called(source: Any, kind: str) -> None:
    source.api.get("/i")(lambda request: {"i": [{"id": 1}]})
    source.api.fault(Fault.wrong_type(kind))
    assert source.records(LIST) == [{"id": 1}]


@pytest.mark.parametrize("fault, said", [
    (Fault.html(200), r"no JSON \(text/html; charset=utf-8, \d+ bytes\), and begins 'Sign in Sign in'"),
    (Fault.empty(200), r"no JSON \(application/json, 0 bytes\)\."), (Fault.not_json(), "not UTF-8"),
    (Fault.not_json(b"upstream timed out"), "and begins 'upstream timed out'"),
])  # fmt: skip
def test_a_good_status_without_json_is_asked_again_and_then_told(source: Any, fault: Fault, said: str) -> None:
    source.api.get("/i")(lambda request: {"i": [{"id": 1}]})
    source.api.fault(fault, times=3)
    assert source.records(LIST) == [{"id": 1}]
    source.api.fault(fault, times=None)
    with pytest.raises(AnswerError, match=said) as caught:
        source.page(LIST)
    assert "a proxy or a login page may have answered" in str(caught.value)


def test_a_page_in_the_middle_that_is_html_loses_nothing(source: Any) -> None:
    source.api.get("/i")(
        lambda request: {"i": [{"id": 2}]} if "at" in request.query else {"i": [{"id": 1}], "next": "b"}
    )
    source.api.fault(Fault.html(200), nth=2)
    endpoint = GET("/i", params={"at": NEXT}, records="/i", pages=NextToken("/next"))
    assert source.records(endpoint) == [{"id": 1}, {"id": 2}]


@pytest.mark.parametrize("body", [{"error": "busy"}, {"I": []}, [], "text", 7, True])
def test_json_of_another_shape_is_no_empty_page(source: Any, body: Any) -> None:
    source.api.get("/i")(lambda request: Answer(body))
    with pytest.raises(RecordsNotFoundError, match="there is nothing at records='/i'"):
        source.page(LIST)


def test_a_login_page_in_place_of_a_table_is_refused(source: Any) -> None:
    source.api.get("/f")(lambda request: Answer(b"<html>\n<body>Please, sign in</body>\n", content_type="text/html"))
    with pytest.raises(AnswerError):
        source.records(GET("/f", body=Csv()))


# ---- clocks


class Jumping:
    """A wall clock that is set while time goes on."""

    def __init__(self, clock: Any) -> None:
        self._clock, self.set = clock, 0

    def now(self) -> int:
        return int(self._clock.now()) + self.set

    def monotonic(self) -> float:
        return float(self._clock.monotonic())

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


@pytest.mark.parametrize("jump", [DAY, -DAY, 3650 * DAY])
def test_a_wall_clock_that_jumps_changes_no_wait(source: Any, jump: int) -> None:
    source.api.get("/i")(lambda request: {"i": []})
    own = source.clock
    source.clock = clock = Jumping(own)
    source.http = {"limits": [Limit(1, per="10s")]}

    async def work(client: Any) -> None:
        await client.page(LIST, Fill())
        clock.set = jump
        source.api.fault(Fault.status(429, retry_after=100, as_date=True))
        await client.page(LIST, Fill())
        clock.set = 0
        await client.page(LIST, Fill())

    source.run(work)
    assert 118 <= own.slept <= 135


@pytest.mark.parametrize("jump", [DAY, -DAY])
def test_a_frontier_stays_behind_the_sources_time_whichever_way_ours_jumps(source: Any, jump: int) -> None:
    clock = Jumping(source.clock)
    time = SourceClock(clock)  # type: ignore[arg-type]
    true = source.clock.now()
    time.heard(true)
    clock.set = jump
    source.clock.advance(60)
    assert time.now() == true + 60_000_000 + min(jump, 0)
    time.heard(source.clock.now())
    assert time.skew == jump
