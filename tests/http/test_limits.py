"""Limits: exact, shared, learned from answers, and never slower than that."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from connector_sdk import GET, Limit, On
from connector_sdk.errors import UnreachableError
from connector_sdk.http import Fill
from connector_sdk.http.gate import Gate
from connector_sdk.http.limits import Limits
from connector_sdk.http.quota import quota_spent, resets_after, retry_after
from connector_sdk.testing.fake import Answer, Fault

LIST = GET("/i", records="/i")
NOW = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z
DATE = "Thu, 01 Jan 2026 00:00:00 GMT"


async def left(limits: Limits, declared: list[Limit], count: int, clock: Any) -> list[float]:
    """When so many requests that come at once leave."""
    began = clock.monotonic()
    times = []

    async def one() -> None:
        ticket = limits.ticket(declared, None)
        await limits.enter(ticket)
        assert limits.commit(ticket)
        times.append(round(clock.monotonic() - began, 2))

    await asyncio.gather(*(one() for _ in range(count)))
    limits.close()
    return times


@pytest.mark.parametrize("share, expected", [
    (1.0, [0, 0, 0, 0, 1, 1, 1, 1, 2]), (0.5, [0, 0, 1, 1, 2, 2, 3, 3, 4]), (0.7, [0, 0, 1, 1, 2, 2, 3, 3, 4]),
    (0.1, [0, 2.5, 5, 7.5, 10, 12.5, 15, 17.5, 20]),
])  # fmt: skip
def test_a_limit_is_used_to_the_full_and_divided_among_shards(source: Any, share: float, expected: list[float]) -> None:
    times = asyncio.run(left(Limits(source.clock, share), [Limit(4, per="1s")], 9, source.clock))
    assert times == pytest.approx(expected, abs=0.05)


def test_several_limits_hold_together(source: Any) -> None:
    times = asyncio.run(left(Limits(source.clock), [Limit(2, per="1s"), Limit(3, per="10s")], 5, source.clock))
    assert times == pytest.approx([0, 0, 1, 10, 10], abs=0.05)


def test_one_that_waits_for_its_limit_does_not_hold_up_others(source: Any) -> None:
    async def work() -> None:
        limits, slow = Limits(source.clock), [Limit(1, per="1h")]
        await left(limits, slow, 1, source.clock)
        ticket = limits.ticket(slow, None)
        waiting = asyncio.create_task(limits.enter(ticket))
        await asyncio.sleep(0)
        assert await left(limits, [Limit(5, per="1s")], 3, source.clock) == [0, 0, 0]
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    asyncio.run(work())


def test_the_first_request_leaves_at_once(source: Any) -> None:
    source.api.get("/i")(lambda request: {"i": []})
    source.http = {"limits": [Limit(1, per="1h")]}
    source.page(LIST)
    assert source.clock.slept == 0


@pytest.mark.parametrize("fault, seconds", [
    (Fault.status(429, retry_after=30), 30), (Fault.status(503, retry_after=30), 30),
    (Fault.status(429, retry_after=30, as_date=True), 30), (Fault.status(429, retry_after="soon"), 1),
])  # fmt: skip
@pytest.mark.parametrize("skew", [0.0, 7200.0])
def test_the_source_is_given_the_time_it_asks_for(source: Any, fault: Fault, seconds: float, skew: float) -> None:
    source.api.get("/i")(lambda request: {"i": []})
    source.api.date_skew = skew
    source.api.fault(fault)
    source.page(LIST)
    assert seconds <= source.clock.slept <= seconds * 1.1 + 1.1
    assert source.told.retries


def test_a_wait_is_told_and_told_to_be_over(source: Any) -> None:
    source.api.get("/i")(lambda request: {"i": []})
    source.api.fault(Fault.status(429, "slow down", retry_after=30))
    source.page(LIST)
    (until, why), over = source.told.waits[0], source.told.waits[-1]
    assert until is not None
    assert "429" in why
    assert over == (None, "")


def test_a_wait_of_more_than_a_day_is_an_error(source: Any) -> None:
    source.api.fault(Fault.status(429, retry_after=90_000), times=None)
    with pytest.raises(UnreachableError, match="asks to wait for more than a day"):
        source.page(LIST)
    assert source.clock.slept == 0


def test_waits_that_never_end_are_an_error_too(source: Any) -> None:
    source.api.fault(Fault.status(429, retry_after=0), times=None)
    with pytest.raises(UnreachableError, match="more than a day in all"):
        source.page(LIST)
    assert len(source.api.requests) < 2_000


def test_a_wait_can_be_stopped(source: Any) -> None:
    source.api.fault(Fault.status(429, retry_after=3600), times=None)

    asleep = asyncio.Event()

    class Stuck(type(source.clock)):  # type: ignore[misc]
        async def sleep(self, seconds: float) -> None:
            asleep.set()
            await asyncio.sleep(3600)

    source.clock = Stuck()

    async def work(client: Any) -> None:
        task = asyncio.create_task(client.page(LIST, Fill()))
        await asleep.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    source.run(work)


def test_everything_that_takes_from_a_limit_waits_when_one_is_told_to(source: Any) -> None:
    source.api.get("/i")(lambda request: {"i": []})
    source.api.get("/other")(lambda request: {"i": []})
    own = Limit(100, per="1s")
    seen: dict[str, float] = {}

    async def work(client: Any) -> None:
        async def ask(path: str, *limits: Limit) -> None:
            await client.page(GET(path, records="/i", limits=limits), Fill())
            seen[path] = source.clock.slept

        await ask("/i", own)
        source.api.fault(Fault.status(429, retry_after=60), "/i")
        await ask("/i", own)

    source.run(work)
    assert seen["/i"] >= 60


def test_a_limit_that_may_be_lower_is_halved_by_refusals_and_rises_again(source: Any) -> None:
    declared = [Limit(8, per="60s", least=1)]

    async def work() -> list[list[float]]:
        limits = Limits(source.clock)
        found = [await left(limits, declared, 8, source.clock)]
        for _ in range(3):  # those who leave together are refused together: that is one refusal
            limits.pause(declared, 60, "", refused=True)
        source.clock.advance("60s")
        found.append(await left(limits, declared, 5, source.clock))
        limits.pause(declared, 60, "", refused=True)
        limits.pause(declared, 60, "", refused=False)
        for minutes in (20, 100):  # refused with eight a minute at first, then with five
            source.clock.advance(f"{minutes}m")
            found.append(await left(limits, declared, 9, source.clock))
        return found

    first, halved, risen, whole = asyncio.run(work())
    assert first == [0] * 8
    assert halved == pytest.approx([0, 0, 0, 0, 60], abs=0.05)
    assert risen == pytest.approx([0] * 4 + [60] * 4 + [120], abs=0.05), "five were refused, and are tried later"
    assert whole == pytest.approx([0] * 8 + [60], abs=0.05)


def test_the_windows_of_a_lowered_limit_begin_when_the_source_has_answered(source: Any) -> None:
    """A source that allows one a minute counts it when it arrives; the next must not arrive sooner after it."""
    declared = [Limit(8, per="60s", least=1)]

    async def work() -> list[float]:
        limits = Limits(source.clock)
        gaps = []
        for refused in (False, True, False):
            limits.pause(declared, 0, "", refused=refused)
            while (await left(limits, declared, 1, source.clock)) == [0]:
                pass  # until the window is full
            ticket = limits.ticket(declared, None)
            await limits.enter(ticket)
            limits.commit(ticket)
            source.clock.advance("7s")  # on its way, and back
            limits.answered(ticket)
            bucket = limits._buckets[declared[0]]
            gaps.append(bucket.sent[-1] - ticket.left)
        return gaps

    assert asyncio.run(work()) == pytest.approx([0, 7, 7], abs=0.01)


def test_a_limit_never_falls_below_its_least(source: Any) -> None:
    declared = [Limit(50, per="60s", least=1)]
    answers = [Answer({}, 429, headers={"Retry-After": "60"}) for _ in range(10)]
    source.api.get("/i")(lambda request: answers.pop() if answers else {"i": []})
    source.page(GET("/i", records="/i", limits=declared))
    assert 600 <= source.clock.slept <= 620


@pytest.mark.parametrize("headers, seconds", [
    ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "20"}, 20),
    ({"RateLimit": "limit=10, remaining=0, reset=20"}, 20), ({"RateLimit": '"default";r=0;t=20'}, 20),
    ({"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "20"}, 0),
    ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "90000"}, 0), ({"X-RateLimit-Remaining": "0"}, 0),
])  # fmt: skip
def test_a_quota_that_is_spent_is_waited_for_before_it_is_refused(source: Any, headers: Any, seconds: float) -> None:
    source.api.get("/i")(lambda request: Answer({"i": []}, headers=headers))

    async def work(client: Any) -> None:
        await client.page(LIST, Fill())
        await client.page(LIST, Fill())

    source.run(work)
    assert source.clock.slept == pytest.approx(seconds, abs=0.1)


def test_a_refusal_with_a_reset_header_waits_until_then(source: Any) -> None:
    answers = [Answer({}, 429, headers={"X-Rate-Limit-Reset": str(source.clock.now() // 1_000_000 + 40)}), {"i": []}]
    source.api.get("/i")(lambda request: answers.pop(0))
    source.page(LIST)
    assert 39 <= source.clock.slept <= 46


def test_a_rule_waits_its_time_where_the_answer_tells_none(source: Any) -> None:
    answers = [Answer({"error": "busy"}, 400), {"i": []}]
    source.api.get("/i")(lambda request: answers.pop(0))
    source.page(GET("/i", records="/i", on=[On(400).wait("90s")]))
    assert 90 <= source.clock.slept <= 92


@pytest.mark.parametrize("headers, seconds", [
    ({"retry-after": "5"}, 5), ({"retry-after": "0.5"}, 0.5), ({"retry-after": "-5"}, None), ({}, None),
    ({"retry-after": "Thu, 01 Jan 2026 00:01:00 GMT"}, 60), ({"retry-after": "1e9"}, None),
    ({"retry-after": "Thu, 01 Jan 2026 00:01:00 GMT", "date": "Thu, 01 Jan 2026 00:00:30 GMT"}, 30),
    ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5), ({"retry-after-ms": "soon", "retry-after": "2"}, 2),
    ({"retry-after": "Thu, 01 Jan 2015 00:01:00 GMT"}, 0), ({"retry-after": "Thu, 99 Foo"}, None),
])  # fmt: skip
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


@pytest.mark.parametrize("text, seconds", [
    ("30", 30), ("1767225630", 30), ("1767225630000", 30), (DATE, 0), ("x", None), ("1", 1), ("1767225000", 0),
])  # fmt: skip
def test_when_a_quota_resets(text: str, seconds: float | None) -> None:
    assert resets_after({"x-ratelimit-reset": text, "date": DATE}, 0) == seconds


@pytest.mark.parametrize("headers, seconds", [
    ({"x-ratelimit-reset-after": "1.5", "x-ratelimit-reset": "1767225630"}, 1.5),
    ({"ratelimit-reset": "12"}, 12), ({"x-rate-limit-reset": "7"}, 7), ({"rate-limit-reset": "8"}, 8),
    ({"ratelimit": '"burst";r=0;t=5, "day";r=9;t=900'}, 900), ({"ratelimit": "limit=9, remaining=0, reset=4"}, 4),
    ({}, None),
])  # fmt: skip
def test_the_usual_spellings_of_when_a_quota_resets(headers: dict[str, str], seconds: float | None) -> None:
    assert resets_after(headers, NOW) == seconds


@pytest.mark.parametrize("headers, spent", [
    ({"x-ratelimit-remaining": "0"}, True), ({"ratelimit-remaining": "5"}, False), ({}, False),
    ({"ratelimit": '"a";r=5;t=1, "b";r=0;t=9'}, True), ({"x-rate-limit-remaining": "0.0"}, True),
])  # fmt: skip
def test_whether_a_quota_is_spent(headers: dict[str, str], spent: bool) -> None:
    assert quota_spent(headers) is spent


def test_the_gate_narrows_once_a_round_and_widens_slowly() -> None:
    async def work() -> None:
        gate = Gate(16)
        rounds = [await gate.enter() for _ in range(16)]
        waiting = asyncio.create_task(gate.enter())
        for each in rounds:
            gate.refused(each)
            gate.leave()
        assert gate.width == 8
        await waiting
        gate.refused(await gate.enter())
        assert gate.width == 4
        for _ in range(200):
            gate.passed(0, "/i", 0.1)
        assert gate.width == 16

    asyncio.run(work())


def test_one_who_stops_waiting_at_the_gate_takes_no_place() -> None:
    async def work() -> None:
        gate = Gate(1)
        await gate.enter()
        first, second = asyncio.create_task(gate.enter()), asyncio.create_task(gate.enter())
        await asyncio.sleep(0)
        gate.leave()
        first.cancel()  # its place had just been granted
        await asyncio.wait_for(second, 1)

    asyncio.run(work())


async def glad(gate: Gate, *seconds: float, what: str = "/i") -> int:
    """The width after answers that took so long, each in a round of its own."""
    for each in seconds:
        gate.passed(await gate.enter(), what, each)
        gate.leave()
    return gate.width


def test_the_gate_narrows_while_answers_are_slow_and_widens_when_they_are_not() -> None:
    async def work() -> None:
        gate = Gate(16)
        assert await glad(gate, 0.3, 0.3, 1.1) == 16  # not four times as long
        assert await glad(gate, 1.6) == 12
        assert await glad(gate, 2, 2, 2, 2, 2, 2) == 4  # of slowness alone some stay
        assert await glad(gate, *[0.4] * 200) == 16

    asyncio.run(work())


def test_a_source_that_is_always_slow_is_not_held_narrow() -> None:
    async def work() -> None:
        gate = Gate(16)
        assert await glad(gate, *[20.0] * 50) == 16
        assert await glad(gate, 0.1, what="/fast") == 16
        assert await glad(gate, 0.1, *[5.0] * 300, what="/once-fast") == 16  # it has grown slow for good

    asyncio.run(work())


def test_failures_of_one_round_narrow_the_gate_once_and_never_shut_it() -> None:
    async def work() -> None:
        gate = Gate(16)
        rounds = [await gate.enter() for _ in range(16)]
        for each in rounds:
            gate.failed(each)
            gate.leave()
        assert gate.width == 12
        for _ in range(20):
            gate.failed(await gate.enter())
            gate.leave()
        assert gate.width == 4

    asyncio.run(work())


def test_a_storm_of_refusals_is_ridden_out_and_narrows_what_is_under_way(source: Any) -> None:
    """Twenty pages at once of a source that says no a hundred and twenty times."""
    source.api.get("/i")(lambda request: {"i": [{"id": 1}]})
    source.api.fault(Fault.status(429, retry_after=1), nth=1, times=120)

    async def work(client: Any) -> None:
        pages = await asyncio.gather(*(client.page(LIST, Fill()) for _ in range(20)))
        assert [len(page.slices) for page in pages] == [1] * 20
        assert client._asker._gate.width < 16

    source.run(work)
    assert len(source.api.requests) == 140


def test_a_class_of_endpoints_shares_a_bucket_beside_that_of_all(source: Any) -> None:
    for path in ("/search/a", "/search/b", "/list"):
        source.api.get(path)(lambda request: {"i": []})
    began = source.clock.now()
    left_at: list[tuple[str, int]] = []
    source.api.before("*", lambda request: left_at.append((request.path, (request.time - began) // 1_000_000)))
    searches = Limit(1, per="60s")
    source.http = {"limits": [Limit(3, per="10s")]}

    async def work(client: Any) -> None:
        for path, limits in (("/search/a", [searches]), ("/list", ()), ("/search/b", [searches]), ("/list", ())):
            await client.page(GET(path, records="/i", limits=limits), Fill())

    source.run(work)
    assert left_at == [("/search/a", 0), ("/list", 0), ("/search/b", 60), ("/list", 60)]


@pytest.mark.parametrize("paths, waits", [(("/search", "/search"), True), (("/search", "/list"), False)])
def test_a_refusal_pauses_the_bucket_it_was_about_and_no_other(source: Any, paths: Any, waits: bool) -> None:
    for path in ("/search", "/list"):
        source.api.get(path)(lambda request: {"i": []})
    own = {"/search": [Limit(100, per="1s")], "/list": [Limit(100, per="1s")]}
    source.api.get("/search")(
        lambda request: Answer({"i": []}, headers={"RateLimit-Remaining": "0", "RateLimit-Reset": "40"})
    )

    async def work(client: Any) -> None:
        for path in paths:
            await client.page(GET(path, records="/i", limits=own[path]), Fill())

    source.run(work)
    assert (source.clock.slept > 30) == waits
