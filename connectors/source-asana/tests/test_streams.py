"""Every stream equals the source, with the fields that were asked for, and without a request for each row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from source_asana import asana

from connector_sdk.testing.fake import HandClock, load_sandbox

Begin = Callable[..., Any]
FOLDER = Path(__file__).parents[1]
LOGS = ["events", "workspace_events", "audit_log_events"]
ALL = [stream.name for stream in asana.declared() if stream.name not in LOGS]


def test_every_stream_equals_the_source_and_a_second_run_writes_nothing(capturing: Begin) -> None:
    it = capturing(*ALL, page_most=7)
    it.run()
    it.compare(*ALL)
    again = it.run(hours=7)
    assert {name: count for name, count in again.documents.items() if count} == {}


def test_the_sandbox_is_the_same_every_time_and_tells_all_streams() -> None:
    first, second = (load_sandbox(FOLDER)(tasks=20, clock=HandClock()) for _ in range(2))
    for stream in ALL:
        assert first.truth(stream) == second.truth(stream) != {}, stream


def test_no_row_takes_a_request_of_its_own_and_every_list_has_a_limit_and_its_fields(capturing: Begin) -> None:
    it = capturing("workspaces", "users", "workspace_memberships", "projects", "sections", "tasks", "tags",
                   "custom_fields", "teams", "team_memberships", "portfolios", "portfolio_items", "goals")  # fmt: skip
    it.run()
    world = it.world
    parents = {task for task in world.of("task") if world.children(task)}
    listed = [entry for entry in it.source.api.requests if "/tasks" in entry.path]
    # what slips past between two of its pages would not be found by the feed, so a list may be read twice at first
    assert len(listed) <= 2 * (3 * len(world.of("project")) + 2 * len(parents))
    for (path, project), times in Counter((entry.path, entry.query.get("project")) for entry in listed).items():
        if project:  # a list of a project, all pages of which the sandbox gives at once
            assert times <= 2, project
        else:  # a list of subtasks, which belongs to every project above it
            task = path.split("/")[-2]
            assert task in parents
            assert times <= 2 * len(set(world.feeds_of(task)) & world.of("project").keys()), task
    for entry in it.source.api.requests:
        if not entry.path.endswith("/events"):
            assert 0 < int(entry.query["limit"]) <= 100, entry.path
            assert "opt_fields" in entry.query, entry.path
    rows = it.found("tasks").values()
    assert all({"notes", "memberships", "num_subtasks", "custom_fields", "parent"} <= row.keys() for row in rows)


def test_addresses_of_attachments_which_die_in_minutes_are_not_asked_for(capturing: Begin) -> None:
    it = capturing("attachments")
    it.run()
    it.compare("attachments")
    assert all("download_url" not in query["opt_fields"] for query in it.asked("/attachments"))


def test_teams_are_of_organizations_only(capturing: Begin) -> None:
    it = capturing("teams", "team_memberships")
    it.run()
    it.compare("teams", "team_memberships")
    assert {entry.path for entry in it.source.api.requests if entry.path.endswith("/teams")} == {
        "/api/1.0/workspaces/1331000000000001/teams"
    }


def test_only_the_workspaces_that_are_named_are_captured(capturing: Begin) -> None:
    small = "1331000000000002"
    it = capturing("projects", "tasks", "users", workspaces=[small])
    it.run()
    assert {row["workspace"]["gid"] for row in it.found("projects").values()} == {small}
    assert len(it.found("users")) == 1
    wrong = capturing("projects", workspaces=["17"])
    assert "see no workspace 17" in str(wrong.run(fails=True).error)


def test_projects_are_found_by_team_where_asana_cannot_list_all_in_time(capturing: Begin) -> None:
    it = capturing("projects", "tasks", large=True, projects_by_team=True)
    it.run()
    it.compare("projects", "tasks")


def test_a_project_that_changes_its_team_is_not_deleted(capturing: Begin) -> None:
    it = capturing("projects", projects_by_team=True)
    it.run()
    home, *_ = it.world.of("project")
    teams = [gid for gid in it.world.of("team") if gid != it.world.of("project")[home]["team"]["gid"]]
    it.world.edit("project", home, team={"gid": teams[0], "resource_type": "team"})
    it.run(hours=1)
    it.compare("projects")


def test_a_service_account_sees_all_portfolios_and_others_their_own(capturing: Begin) -> None:
    own = capturing("portfolios", "portfolio_items")
    own.run()
    own.compare("portfolios", "portfolio_items")
    assert len(own.found("portfolios")) == 1
    assert {query["owner"] for query in own.asked("/portfolios")} == {"me"}
    every = capturing("portfolios", "portfolio_items", login="service")
    every.run()
    every.compare("portfolios", "portfolio_items")
    assert len(every.found("portfolios")) == 2


def test_what_is_told_of_a_project_is_read_when_the_project_shows_it(capturing: Begin) -> None:
    it = capturing("status_updates", "portfolio_status_updates", "goal_status_updates")
    it.run()
    project, other, *_ = it.world.of("project")
    it.world.tell_status("project", project)
    it.world.tell_status("goal", next(iter(it.world.of("goal"))))
    it.run(hours=2)
    it.compare("status_updates", "portfolio_status_updates", "goal_status_updates")
    assert {query["parent"] for query in it.asked("/status_updates")} & {project, other} == {project}


# ---- logs


def test_the_audit_log_ends_with_an_empty_page_that_says_where_to_go_on(capturing: Begin) -> None:
    it = capturing("audit_log_events", login="service", page_most=3)
    it.run()
    assert it.found("audit_log_events") == {}
    for number in range(10):
        it.world.log(f"task_deleted_{number}")
    it.run(hours=1)
    it.compare("audit_log_events")
    asked = len(it.asked("/workspaces/1331000000000001/audit_log_events"))
    assert asked == 5, "four pages, and an empty one"
    it.world.log("project_deleted")
    session = it.run(hours=1)
    it.compare("audit_log_events")
    assert session.documents == {"audit_log_events": 1}, "it goes on where it was"


def test_events_are_told_from_the_first_poll_on(capturing: Begin) -> None:
    it = capturing("events", "workspace_events", login="service", events_most=5)
    it.run()
    home = next(iter(it.world.of("project")))
    tasks = it.world.filed(home)
    for number in range(12):
        it.clock._start += 60_000_000
        it.world.change_task(tasks[number % 2], name=f"name {number}")
    it.run(hours=1)
    told = [event for event in it.found("events").values() if event["action"] == "changed"]
    assert len(told) == 12
    assert {event["change"]["new_value"] for event in told} == {f"name {number}" for number in range(12)}
    assert len(it.found("workspace_events")) == 12
    again = it.run(hours=1)
    assert not any(again.documents.values())
    it.world.feeds.expire()
    lost = it.run(hours=1)
    assert any("token expired" in log.message for log in lost.logs)
    it.world.change_task(tasks[0], name="and on it goes")
    it.run(hours=1)
    assert "and on it goes" in {event.get("change", {}).get("new_value") for event in it.found("events").values()}


def test_a_definition_takes_at_most_twenty_lines_a_stream() -> None:
    files = (FOLDER / "source_asana").glob("*.py")
    lines = [line for file in files for line in file.read_text("utf-8").splitlines() if line.strip()]
    assert max(map(len, lines)) <= 120
    assert len(lines) <= 20 * len(asana.declared())
