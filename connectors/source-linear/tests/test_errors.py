"""What Linear says when something is wrong, often with status 200 or 400, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connector_sdk.testing.flow import Capture

Begin = Callable[..., Any]


def seconds(it: Any) -> float:
    """How long the last session asked, on the clock."""
    times = [entry.time for entry in it.source.api.requests]
    return float(max(times) - min(times)) / 1e6


def test_points_that_are_used_up_are_waited_for_a_little_at_a_time(capturing: Begin) -> None:
    it = capturing("issues", "comments", limits=True, points=20_000)
    it.run()
    it.compare("issues", "comments")
    assert it.source.routes.points.left < 20_000


def test_a_refusal_waits_for_the_quota_that_is_spent_and_for_no_other(capturing: Begin) -> None:
    it = capturing("issues")
    now = it.source.api.now() // 1000
    told = {
        "X-RateLimit-Requests-Remaining": "2400", "X-RateLimit-Requests-Reset": str(now + 3_600_000),
        "X-RateLimit-Complexity-Remaining": "0", "X-RateLimit-Complexity-Reset": str(now + 300_000),
    }  # fmt: skip
    it.source.fail("ratelimited", "Rate limit exceeded", on="issues", headers=told)
    it.run()
    it.compare("issues")
    assert 120 < seconds(it) < 900


@pytest.mark.parametrize("told", [{"type": "ratelimited"}, {"code": "RATELIMITED"}])
def test_a_refusal_that_says_nothing_is_tried_again_soon(capturing: Begin, told: dict[str, str]) -> None:
    it = capturing("issues", "organization", tells_limits=False)
    for field in ("issues", "organization") * 3:
        it.source.fail(told.get("type"), "Slow down", on=field, code=told.get("code", ""))
    it.run()
    it.compare("issues", "organization")
    assert seconds(it) < 120


def test_a_query_that_is_too_complex_is_asked_for_with_fewer_records(capturing: Begin) -> None:
    it = capturing("issues", most_points=500)
    it.run()
    it.compare("issues")
    sizes = {each["first"] for each in it.asked("issues")}
    assert max(sizes) == 50
    assert min(sizes) < 20


@pytest.mark.parametrize("kind", ["internal error", "network error", "lock timeout"])
@pytest.mark.parametrize("status", [200, 400, 500])
def test_what_passes_is_asked_again_whatever_its_status(capturing: Begin, kind: str, status: int) -> None:
    it = capturing("issues")
    it.source.fail(kind, on="issues", status=status)
    it.run()
    it.compare("issues")


def test_errors_beside_data_leave_nothing_of_that_page(capturing: Begin) -> None:
    it = capturing("comments")
    id = next(iter(it.world.table("Comment")))
    row = {"id": id, "createdAt": "2026-03-01T00:00:00.000Z", "updatedAt": "2026-03-01T00:00:00.000Z", "body": None}
    partly = {"comments": {"nodes": [row], "pageInfo": {"hasNextPage": False, "endCursor": id}}}
    path = ["comments", "nodes", 0, "body"]
    it.source.routes.failures += [("comments", failed(it, "user error", partly, path))] * 200
    session = it.run(fails=True)
    assert session.documents["comments"] == 0
    for word in ("user error", "body"):
        assert word in session.error


def failed(it: Any, kind: str, beside: Any, path: list[Any]) -> Any:
    made: Any = type(it.source.routes).__init__.__globals__["Failed"]
    return made(kind, "Something is missing", 200, beside=beside, path=path)


@pytest.mark.parametrize("kind", ["forbidden", "feature not accessible"])
def test_what_the_plan_or_the_scopes_do_not_have_is_not_offered_and_fails_loudly_in_a_capture(
    capturing: Begin, kind: str
) -> None:
    it = capturing("issues", "customers", refused={"customers": kind, "customerNeeds": kind})
    found = {each["recommendedName"] for each in it.player().discover(it.source.config())}
    assert {"issues", "releases"} <= found
    assert not {"customers", "customer_needs"} & found
    session = it.run(fails=True)
    assert kind in session.error
    assert len(it.found("issues")) == 30, "the others go on"


def test_a_schema_that_has_changed_says_so(capturing: Begin) -> None:
    it = capturing("issues")
    for _ in range(200):
        it.source.fail("graphql error", 'Cannot query field "x" on type "Issue".', on="issues", status=500)
    session = it.run(fails=True)
    assert "Cannot query field" in session.error
    assert "Update this connector" in session.error


def test_a_wrong_key_is_told_by_name_and_never_shown(capturing: Begin) -> None:
    it = capturing("issues")
    config = it.source.config()
    config["credentials"]["api_key"] = "lin_api_a_wrong_one_made_up"
    call = it.player().call({"validate": {"name": "a/linear", "config": config}})
    assert call.exit_code == 1
    assert "API key" in call.error
    assert "not authenticated" in call.error
    assert b"lin_api_a_wrong_one_made_up" not in call.stdout + call.stderr


def test_an_authentication_error_in_a_good_answer_is_about_the_credentials(capturing: Begin) -> None:
    it = capturing("issues")
    for _ in range(200):
        it.source.fail("authentication error", "Authentication required", on="issues", status=200)
    assert "API key" in it.run(fails=True).error


# ---- logins


def test_refresh_tokens_are_used_once_and_outlive_restarts(capturing: Begin) -> None:
    it = capturing("issues", "users", login="rotating")
    for hours in (0, 25, 50):
        it.source.tick(3, only=["Issue edited"])
        it.run(hours=hours)
        assert it.source.tokens.refresh_token not in str(it.state), "it lies sealed in the state"
    it.compare("issues", "users")
    assert it.source.tokens.given == 3
    lost = it.player().run(it.capture, None, timeout=60)
    assert "Log in again" in lost.error


def test_a_token_that_expires_in_between_is_renewed_once(capturing: Begin) -> None:
    it = capturing("issues", "comments", "users", login="rotating")
    it.source.api.before("/graphql", lambda request: it.source.tokens.expire(), nth=3, times=1)
    it.run()
    it.compare("issues", "comments", "users")
    assert it.source.tokens.given == 2


def test_an_app_logs_in_as_itself(capturing: Begin) -> None:
    it = capturing("issues", login="client")
    found = it.player().discover(it.source.config())
    assert isinstance(Capture.discovered(found, it.source.config(), streams=["issues"]), Capture)
    it.run()
    it.compare("issues")
    assert it.source.api.requests.of("/oauth/token")
