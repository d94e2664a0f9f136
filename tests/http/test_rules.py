"""What answers mean: the table of rules and of what is right without any."""

from __future__ import annotations

import re
from typing import Any

import pytest

from connector_sdk import GET, On
from connector_sdk.config import Bearer
from connector_sdk.errors import AnswerError, CredentialsError, RefusedError, UnreachableError
from connector_sdk.http import ExpiredToken, Fill, Gone, NotOffered, NotReadable, Signal, TooLarge
from connector_sdk.testing.fake import Answer, Fault


def answering(source: Any, *answers: Any) -> None:
    left = list(answers)
    source.api.get("/i")(lambda request: left.pop(0) if len(left) > 1 else left[0])


@pytest.mark.parametrize("rule, signal", [
    (On(400).skip(), NotReadable), (On(400).drop(), NotOffered), (On(400).gone(), Gone),
    (On(400).expired(), ExpiredToken), (On(400).split(), TooLarge),
])  # fmt: skip
def test_a_rule_gives_the_engine_a_signal(source: Any, rule: On, signal: type[Signal]) -> None:
    answering(source, Answer({"error": "why so"}, 400))
    source.http = {"error": "/error"}
    with pytest.raises(signal, match=r"^400 Bad Request: why so$"):
        source.page(GET("/i", records="/i", on=[rule]))


def test_the_endpoints_rules_come_before_the_clients_and_the_first_that_fits_decides(source: Any) -> None:
    answering(source, Answer({"error": "x"}, 400))
    source.http = {"on": [On(400).fail("the client's")]}
    rules = [On(404).skip(), On(400, error="y").skip(), On([400, 409]).empty(), On(400).gone()]
    page = source.page(GET("/i", records="/i", on=rules))
    assert page.explicit_empty
    assert page.slices == []


@pytest.mark.parametrize("rule, fits", [
    (On(error="no such"), True), (On(error=re.compile("^there is")), True), (On(error=["a", "b"]), False),
    (On(error="NO SUCH"), False), (On(header={"X-Kind": "gone"}), True), (On(header={"x-kind": "other"}), False),
    (On(header={"x-none": ""}), False), (On(409, error="no such"), False),
])  # fmt: skip
def test_what_a_rule_fits(source: Any, rule: On, fits: bool) -> None:
    answering(source, Answer({"errors": [{"text": "there is no such thing"}]}, 404, headers={"X-Kind": "it is gone"}))
    source.http = {"error": ["/message", "/errors/0/text"]}
    with pytest.raises(Gone if fits else RefusedError):
        source.page(GET("/i", records="/i", on=[rule.gone()]))


def test_a_refusal_that_is_cut_off_is_asked_for_again_where_a_rule_may_have_fitted_the_rest(source: Any) -> None:
    cut = Answer(b'{"errors": ["No calls', 404, headers={"Content-Type": "application/json"})
    whole = Answer({"errors": ["No calls found"]}, 404)
    source.http = {"error": "/errors/0"}
    rules = [On(404, error=re.compile("^No .* found$")).empty(), On(404).fail("see whether the base is right")]
    answering(source, cut, cut, whole)
    assert source.page(GET("/i", records="/i", on=rules)).explicit_empty
    answering(source, cut, whole)
    with pytest.raises(Gone):  # no rule is about the text: what was cut off makes no difference
        source.page(GET("/i", records="/i", on=[On(404).gone()]))
    answering(source, Answer(b"{error: 'No calls found'}", 404))
    with pytest.raises(Gone):  # what is no JSON may fit a rule all the same
        source.page(GET("/i", records="/i", on=[On(404, error="No calls found").gone(), On(404).fail("?")]))


def test_what_else_a_failed_answer_tells_stands_behind_the_error(source: Any) -> None:
    answering(source, {"error": "missing_scope", "needed": "a:read", "provided": None, "more": {"why": ["x", "y"]}})
    source.http = {"error": "/error", "failed": "/error", "details": ["/needed", "/provided", "/more/why"]}
    with pytest.raises(RefusedError, match=r"200 OK: missing_scope \(needed a:read; why x, y\)"):
        source.page(GET("/i", records="/i"))


def test_the_details_take_no_part_in_rules_and_hold_no_secret(source: Any) -> None:
    answering(source, {"error": "no", "needed": "gone with a-made-up-token"})
    source.http = {"error": "/error", "failed": "/error", "details": ["/needed"], "auth": Bearer("a-made-up-token"),
                   "on": [On(error="gone").gone()]}  # fmt: skip
    with pytest.raises(RefusedError, match=r"no \(needed gone with \*\*\*\)"):
        source.page(GET("/i", records="/i"))


def test_a_good_answer_that_warns_is_logged_once(source: Any, caplog: pytest.LogCaptureFixture) -> None:
    answering(source, {"i": [{"text": "warning"}], "warning": "old", "more": {"warnings": ["old", "slow"]}})
    source.http = {"warns": ["/warning", "/more/warnings", "/limited"]}
    for _ in range(2):
        assert len(source.page(GET("/i", records="/i")).slices) == 1

    async def twice(client: Any) -> None:
        for _ in range(2):
            (await client.page(GET("/i", records="/i"), Fill())).release()

    caplog.clear()
    source.run(twice)
    told = [record.getMessage() for record in caplog.records]
    assert told == ["GET /i warns: warning: old", "GET /i warns: warnings: old, slow"]


@pytest.mark.parametrize("body, said", [
    ({"ok": True, "i": []}, True), ({"ok": True, "i": [{"id": 1}]}, False), ({"ok": False, "i": []}, False),
    ({"i": []}, False), ({"ok": "yes", "i": []}, False),
])  # fmt: skip
def test_an_empty_answer_says_so_where_it_says_that_it_is_good(source: Any, body: Any, said: bool) -> None:
    answering(source, body)
    assert source.page(GET("/i", records="/i", ok="/ok")).explicit_empty is said
    assert not source.page(GET("/i", records="/i")).explicit_empty


@pytest.mark.parametrize("body, said", [
    ({"i": [], "next": None}, True), ({"i": [], "next": "t"}, False), ({"i": []}, False),
    ({"i": [{"id": 1}], "next": None}, False),
])  # fmt: skip
def test_a_function_may_say_whether_an_answer_is_good(source: Any, body: Any, said: bool) -> None:
    answering(source, body)
    endpoint = GET("/i", records="/i", ok=lambda body: body.get("next", "") is None)
    assert source.page(endpoint).explicit_empty is said


def test_a_function_that_fails_to_say_whether_an_answer_is_good_is_named(source: Any) -> None:
    answering(source, {"i": []})
    with pytest.raises(AnswerError, match=r"test_rules.py, line \d+\) failed: KeyError: 'next'.*ok="):
        source.page(GET("/i", records="/i", ok=lambda body: body["next"] is None))


def test_a_good_status_with_the_place_of_failure_has_failed(source: Any) -> None:
    answering(source, {"ok": False, "error": "channel_not_found"})
    source.http = {"error": "/error", "failed": "/error", "on": [On(error="channel_not_found").skip()]}
    with pytest.raises(NotReadable, match="200 OK: channel_not_found"):
        source.page(GET("/i", records="/i"))


@pytest.mark.parametrize("value", [None, False, "", [], {}])
def test_an_empty_place_of_failure_is_none(source: Any, value: Any) -> None:
    answering(source, {"i": [], "errors": value})
    source.http = {"error": "/errors/0", "failed": "/errors"}
    assert source.records(GET("/i", records="/i")) == []


def test_a_rule_about_a_good_status(source: Any) -> None:
    answering(source, Answer(b"", 202), {"i": [{"id": 1}]})
    endpoint = GET("/i", records="/i", on=[On(202).wait("30s")])
    assert source.records(endpoint) == [{"id": 1}]
    assert 30 <= source.clock.slept < 32


def test_no_content_says_that_there_is_none(source: Any) -> None:
    answering(source, Answer(None, 204))
    assert source.page(GET("/i", records="/i")).explicit_empty


@pytest.mark.parametrize("status", [402, 403, 404, 400, 422])
def test_a_refusal_carries_its_status(source: Any, status: int) -> None:
    answering(source, Answer({"error": "no"}, status))
    with pytest.raises(RefusedError) as caught:
        source.page(GET("/i", records="/i"))
    assert caught.value.status == status


def test_the_hint_of_a_rule_is_told(source: Any) -> None:
    answering(source, Answer({"error": "no"}, 403))
    with pytest.raises(RefusedError, match="Ask your administrator"):
        source.page(GET("/i", records="/i", on=[On(403).fail("Ask your administrator")]))


@pytest.mark.parametrize("status", [408, 425, 500, 502, 504, 520])
def test_a_fault_of_the_source_is_asked_again_until_the_patience_ends(source: Any, status: int) -> None:
    source.api.fault(Fault.status(status), times=None)
    source.options = {"first_patience": 20.0}
    with pytest.raises(UnreachableError, match=str(status)):
        source.page(GET("/i", records="/i"))
    assert 18 <= source.clock.slept <= 21
    assert len(source.told.retries) >= 4


def test_a_source_that_has_answered_is_given_more_time(source: Any) -> None:
    answering(source, {"i": []})
    source.options = {"first_patience": 5.0, "patience": 500.0}

    async def work(client: Any) -> None:
        await client.page(GET("/i", records="/i"), Fill())
        source.api.fault(Fault.status(500), times=None)
        with pytest.raises(UnreachableError):
            await client.page(GET("/i", records="/i"), Fill())

    source.run(work)
    assert 450 <= source.clock.slept <= 505


def test_no_answer_holds_the_text_of_a_secret(source: Any) -> None:
    answering(source, Answer({"error": "the token s3cret-token-text is dead"}, 401))
    source.http = {"auth": Bearer("s3cret-token-text"), "error": "/error"}
    with pytest.raises(CredentialsError, match=re.escape("the token *** is dead")) as caught:
        source.page(GET("/i", records="/i"))
    assert "s3cret" not in str(caught.value)


def test_html_is_told_as_text(source: Any) -> None:
    source.api.fault(Fault.html(404), times=None)
    with pytest.raises(RefusedError, match=r"404 Not Found: Sign in Sign in"):
        source.page(GET("/i", records="/i"))


WAITS, AGAIN, EMPTY, OK = "waits", "again", "empty", "ok"


@pytest.mark.parametrize("status, headers, meaning", [
    (200, {}, OK), (201, {}, OK), (204, {}, EMPTY),
    (400, {}, RefusedError), (401, {}, CredentialsError), (402, {}, RefusedError), (403, {}, RefusedError),
    (404, {}, RefusedError), (405, {}, RefusedError), (407, {}, RefusedError), (409, {}, RefusedError),
    (410, {}, RefusedError), (414, {}, RefusedError), (422, {}, RefusedError), (451, {}, RefusedError),
    (408, {}, AGAIN), (425, {}, AGAIN), (500, {}, AGAIN), (502, {}, AGAIN), (503, {}, AGAIN), (504, {}, AGAIN),
    (520, {}, AGAIN), (529, {}, AGAIN), (501, {}, RefusedError), (505, {}, RefusedError),
    (429, {}, WAITS), (420, {}, WAITS), (429, {"Retry-After": "20"}, WAITS), (503, {"Retry-After": "20"}, WAITS),
    (403, {"Retry-After": "20"}, WAITS), (429, {"Retry-After-Ms": "20000"}, WAITS),
    (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "20"}, WAITS),
    (403, {"X-RateLimit-Remaining": "7", "X-RateLimit-Reset": "20"}, RefusedError),
    (404, {"Retry-After": "20"}, RefusedError), (503, {"X-RateLimit-Remaining": "0"}, WAITS),
])  # fmt: skip
def test_what_answers_of_an_api_mean_that_nobody_has_described(
    source: Any, status: int, headers: dict[str, str], meaning: Any
) -> None:
    first = Answer(None if status == 204 else {"i": []}, status, headers=headers)
    answering(source, first, {"i": [{"id": 1}]})
    endpoint = GET("/i", records="/i")
    if isinstance(meaning, type):
        with pytest.raises(meaning):
            source.page(endpoint)
        assert source.clock.slept == 0
        return
    page = source.page(endpoint)
    assert len(page.slices) == (meaning in (AGAIN, WAITS))
    assert page.explicit_empty == (meaning == EMPTY)
    told = any("20" in value for value in headers.values())
    least, most = {WAITS: (20, 23) if told else (1, 4), AGAIN: (0.3, 1)}.get(meaning, (0, 0))
    assert least <= source.clock.slept <= most


def test_an_error_that_was_cut_off_is_asked_for_again(source: Any) -> None:
    """Of half a body nobody knows which rule would have fitted."""
    whole = b'{"error":"No calls were found"}'
    answering(source, Answer(whole[:20], 404), Answer(whole, 404))
    page = source.page(GET("/i", records="/i", on=[On(404, error="were found").empty()]))
    assert page.explicit_empty
    assert source.api.requests.statuses() == {404: 2}
