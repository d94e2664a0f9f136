"""What Asana's answers mean: plans, rights, limits of two kinds, tokens of pages and of people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from connector_sdk.testing.fake import Fault

Begin = Callable[..., Any]
LISTS = ["workspaces", "users", "projects", "sections", "tasks", "tasks_without_project", "stories", "portfolio_items"]


def test_pages_end_where_no_next_one_is_named(capturing: Begin) -> None:
    it = capturing(*LISTS, page_most=2)
    it.run()
    it.compare(*LISTS)


@pytest.mark.parametrize("path", ["/users", "/projects", "/tasks", "/tasks/*/stories", "/tasks/*/subtasks"])
def test_a_page_token_that_has_died_begins_its_list_again_and_never_fails_the_stream(
    capturing: Begin, path: str
) -> None:
    streams = ["users", "projects", "tasks", "stories"]
    it = capturing(*streams, page_most=2, tasks=12, projects=6)
    top = it.world.filed(next(iter(it.world.of("project"))))[0]
    for _ in range(5):
        it.world.new_task(parent=top)
        it.world.new_story({"gid": top, "resource_type": "task"})
    died: list[Any] = []

    def dies(request: Any) -> None:
        if "offset" in request.query and len(died) < 2:
            died.append(request)
            it.source.routes.pages.expire()

    it.source.api.before(f"GET /api/1.0{path}", dies)
    it.run()
    assert len(died) == 2
    it.compare(*streams)


def test_a_refusal_is_waited_for_and_counted_as_asana_counts(capturing: Begin) -> None:
    """Requests that were refused count too: who goes on asking is never served."""
    it = capturing("users", "projects", "tasks", "stories", limits=True, requests=40)
    it.run()
    it.compare("users", "projects", "tasks", "stories")
    statuses = Counter(entry.status for entry in it.source.api.requests)
    assert statuses[429] > 0
    assert statuses[429] < statuses[200] / 3


def test_what_is_dear_is_refused_by_another_quota_and_waited_for(capturing: Begin) -> None:
    it = capturing("tasks", "stories", limits=True, cost=400, speed=600)
    it.run()
    it.compare("tasks", "stories")
    assert 429 in it.source.api.requests.statuses()


def test_a_list_that_is_too_large_is_asked_for_in_smaller_pages(capturing: Begin) -> None:
    it = capturing("users")
    refusal = Fault("replaced", 400, b'{"errors":[{"message":"The result is too large. You should use pagination."}]}')
    it.source.api.fault(refusal, "GET /api/1.0/users")
    it.run()
    it.compare("users")
    refused, *others = it.asked("/users")
    again = [each["limit"] for each in others if each["workspace"] == refused["workspace"]]
    assert (refused["limit"], again) == ("100", ["50"])


def test_discovery_leaves_out_what_the_plan_does_not_have_and_what_service_accounts_alone_may_read(
    capturing: Begin,
) -> None:
    it = capturing("users", paid=False)
    names = {each["recommendedName"] for each in it.player().discover(it.config)}
    out = {"custom_fields", "portfolios", "portfolio_items", "goals", "goal_status_updates", "time_tracking_entries",
           "workspace_events", "audit_log_events", "portfolio_status_updates"}  # fmt: skip
    assert not names & out
    assert {"tasks", "stories", "status_updates", "tags", "events"} <= names
    paid = capturing("users", login="service")
    assert out <= {each["recommendedName"] for each in paid.player().discover(paid.config)}


def test_what_the_plan_does_not_have_fails_its_stream_alone_and_says_so(capturing: Begin) -> None:
    it = capturing("users", "goals", "status_updates", paid=False)
    session = it.run(fails=True)
    assert "'goals' is not offered to these credentials" in str(session.error)
    assert "402" in str(session.error)
    it.compare("users", "status_updates")


@pytest.mark.parametrize("status", [403, 404, 451])
def test_what_is_about_one_team_is_told_and_the_others_are_read(capturing: Begin, status: int) -> None:
    it = capturing("team_memberships")
    team = next(iter(it.world.of("team")))
    it.source.traps.shut = {team: status}
    session = it.run()
    assert any(str(status) in log.message for log in session.logs)
    assert {row["team"]["gid"] for row in it.found("team_memberships").values()} == set(it.world.of("team")) - {team}


def test_a_failure_is_told_with_asanas_own_phrase(capturing: Begin) -> None:
    it = capturing("users", speed=600)
    it.source.api.fault(Fault.status(500), "GET /api/1.0/users", times=None)
    assert "sad squid" in str(it.run(fails=True).error)


def test_server_errors_in_between_cost_nothing(capturing: Begin) -> None:
    it = capturing("projects", "tasks", "stories")
    for number, path in enumerate(("/projects", "/tasks", "/events", "/tasks/*/stories"), start=1):
        it.source.api.fault(Fault.status(503), f"GET /api/1.0{path}", nth=number, times=2)
    it.run()
    it.compare("projects", "tasks", "stories")


def test_an_app_logs_in_by_a_form_and_its_tokens_live_for_an_hour(capturing: Begin) -> None:
    it = capturing("users", "tasks", login="app")
    it.run()
    it.run(hours=2)
    it.compare("users", "tasks")
    assert it.source.routes.logins.oauth.given == 2
    it.source.api.before("GET /api/1.0/users", lambda request: it.source.routes.logins.oauth.expire(), times=1)
    it.run(hours=0.5)
    it.run(hours=1)
    it.compare("users", "tasks")


def test_the_token_stands_in_the_header_and_nowhere_else(capturing: Begin) -> None:
    it = capturing("users", "tasks")
    token = it.config["credentials"]["token"]
    it.run(secrets=[token])
    assert all(entry.headers.get("authorization") == "***" for entry in it.source.api.requests)
    assert not any(token in str(entry.query) for entry in it.source.api.requests)
