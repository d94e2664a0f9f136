"""Tasks by event feeds: sync tokens, what is below what, what is gone and what only moved."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import pytest

from connector_sdk.testing.flow import Kill

Begin = Callable[..., Any]


def project(it: Any) -> str:
    return str(next(iter(it.world.of("project"))))


def another(it: Any) -> str:
    return str(list(it.world.of("project"))[1])


def test_the_token_is_taken_before_the_listing_and_comes_with_the_refusal(capturing: Begin) -> None:
    it = capturing("tasks")
    it.run()
    it.compare("tasks")
    for gid in it.world.of("project"):
        mine = [entry for entry in it.source.api.requests
                if gid in (entry.query.get("resource"), entry.query.get("project"))]  # fmt: skip
        assert (mine[0].path, mine[0].status) == ("/api/1.0/events", 412)
        assert [entry.path for entry in mine].index("/api/1.0/tasks") > 0


def test_what_changes_while_everything_is_listed_is_found(capturing: Begin) -> None:
    it = capturing("tasks", page_most=3)
    home = project(it)

    def meanwhile(request: Any) -> None:
        with it.source.api.lock:
            first, second, *_ = it.world.filed(home)
            it.world.change_task(first, name="edited on the way")
            it.world.delete_task(second)
            it.world.new_task(home)

    it.source.api.after("GET /api/1.0/tasks", meanwhile, nth=3, times=1)
    it.run()
    it.run(hours=0.1)
    it.compare("tasks")


def test_after_the_first_time_only_what_events_tell_of_is_read(capturing: Begin) -> None:
    it = capturing("tasks", "stories")
    it.run()
    again = it.run(hours=1)
    assert not any(again.documents.values())
    assert it.count("/tasks") == it.count("/tasks/{gid}/stories") == 0
    task = it.world.filed(project(it))[0]
    it.world.new_story(it.world.of("story")[next(iter(it.world.of("story")))]["target"] | {"gid": task})
    it.world.change_task(task, name="a new name")
    changed = it.run(hours=1)
    it.compare("tasks", "stories")
    assert changed.documents == {"tasks": 1, "stories": 1}
    assert {entry.path.rpartition("/")[2] for entry in it.source.api.requests if entry.route.endswith("/{gid}")} == {
        task
    }
    assert it.count("/tasks") == 0


def test_many_events_of_one_task_are_one_request_and_all_pages_are_read(capturing: Begin) -> None:
    it = capturing("tasks", events_most=7)
    it.run()
    home = project(it)
    tasks = [task for task in it.world.filed(home) if len(it.world.of("task")[task]["projects"]) == 1][:2]
    for number in range(20):
        it.world.change_task(tasks[number % 2], name=f"name {number}")
    it.run(hours=1)
    it.compare("tasks")
    assert it.count("/tasks/{gid}") == 6, "a page of events names a task many times, and asks for it once"


def test_subtasks_are_captured_however_deep_they_lie_and_kept_up_to_date(capturing: Begin) -> None:
    it = capturing("tasks")
    top = it.world.filed(project(it))[0]
    deep = top
    for _ in range(5):
        deep = it.world.new_task(parent=deep)
    it.run()
    it.compare("tasks")
    before = it.world.of("task")[top]["modified_at"]
    it.world.change_task(deep, name="far below")
    lower = it.world.new_task(parent=deep)
    it.run(hours=1)
    assert it.world.of("task")[top]["modified_at"] == before, "it does not show what happens below"
    it.compare("tasks")
    it.world.delete_task(lower)
    it.run(hours=1)
    assert lower not in it.found("tasks")


def test_a_task_in_several_projects_is_one_row_and_goes_with_the_last(capturing: Begin) -> None:
    it = capturing("tasks", "stories")
    task = it.world.new_task(project(it), another(it))
    it.run()
    it.world.unfile(task, project(it))
    it.run(hours=26)
    it.compare("tasks", "stories")
    assert [each["gid"] for each in it.found("tasks")[task]["projects"]] == [another(it)]
    assert any(story["target"]["gid"] == task for story in it.found("stories").values())
    it.world.unfile(task, another(it))
    it.world.edit("task", task, assignee=None)
    it.run(hours=26)
    it.compare("tasks", "stories")
    assert task not in it.found("tasks")


def test_what_moves_to_another_project_is_never_deleted_on_the_way(capturing: Begin) -> None:
    it = capturing("tasks")
    task = it.world.new_task(project(it))
    it.run()
    it.world.file(task, another(it))
    it.world.unfile(task, project(it))
    for hours in (1, 26):
        it.run(hours=hours)
        it.compare("tasks")
        assert it.rows["tasks"].committed[task,]["_meta"]["op"] != "d"


def test_deleted_tasks_go_at_once_with_their_stories_and_may_come_back(capturing: Begin) -> None:
    it = capturing("tasks", "stories")
    task = it.world.new_task(project(it))
    below = it.world.new_task(parent=task)
    it.run()
    it.world.delete_task(task)
    it.run(hours=1)
    assert task not in it.found("tasks")
    assert task not in {story["target"]["gid"] for story in it.found("stories").values()}
    it.run(hours=26)  # no event told of what lay below
    it.compare("tasks", "stories")
    assert below not in it.found("tasks")
    it.world.restore_task(task)
    it.run(hours=26)
    it.compare("tasks", "stories")
    assert {task, below} <= it.found("tasks").keys()


@pytest.mark.parametrize("hours", [0.1, 25])
def test_a_token_that_has_expired_means_that_everything_is_listed_once_more(capturing: Begin, hours: float) -> None:
    it = capturing("tasks")
    it.run()
    gone, edited, *_ = it.world.filed(project(it))
    it.world.delete_task(gone)
    it.world.change_task(edited, name="while the token died")
    it.world.feeds.expire()
    session = it.run(hours=hours)
    it.compare("tasks")
    assert any("token expired" in log.message for log in session.logs)
    assert session.documents["tasks"] < len(it.found("tasks")), "what is as it was is not sent again"
    it.world.change_task(edited, name="and after that")
    it.run(hours=0.1)
    it.compare("tasks")
    assert it.count("/tasks") == 0


def test_events_that_asana_loses_are_made_up_for_within_a_day(capturing: Begin) -> None:
    it = capturing("tasks", "stories")
    it.run()
    it.world.feeds.lost = True
    gone, edited, *_ = it.world.filed(project(it))
    it.world.delete_task(gone)
    it.world.change_task(edited, name="nobody told")
    it.world.new_story(it.world.of("task")[edited] and {"gid": edited, "resource_type": "task"})
    it.world.new_task(project(it))
    for _ in range(3):  # a token that is used in time does not expire
        it.run(hours=12)
    it.compare("tasks", "stories")


def test_older_tokens_may_be_refused_after_newer_ones_were_used(capturing: Begin) -> None:
    it = capturing("tasks", "stories", forgets_tokens=True, events_most=5)
    it.run()
    for round in range(3):
        for task in it.world.filed(project(it)):
            it.world.change_task(task, name=f"round {round}")
        it.run(hours=0.2, kill=Kill.byte(600 * (round + 1), signal.SIGKILL))
    it.run(hours=1)
    it.compare("tasks", "stories")


def test_a_project_that_cannot_be_seen_any_more_deletes_nothing(capturing: Begin) -> None:
    it = capturing("tasks", "stories")
    it.run()
    held = {stream: it.found(stream) for stream in ("tasks", "stories")}
    for status in (403, 404, 451):
        it.source.traps.shut = {project(it): status}
        for hours in (1, 26):
            it.run(hours=hours)
        assert {stream: it.found(stream) for stream in held} == held, status
    it.source.traps.shut = {}
    it.world.new_task(project(it))
    it.world.new_task(another(it))
    it.run(hours=2)
    it.compare("tasks", "stories")


def test_a_project_that_is_listed_no_more_keeps_its_tasks_and_goes_on_when_it_is_back(capturing: Begin) -> None:
    it = capturing("tasks", "stories", "projects")
    it.run()
    held = {stream: it.found(stream) for stream in ("tasks", "stories")}
    home = project(it)
    kept = it.world.of("project").pop(home)
    for hours in (1, 26):
        it.run(hours=hours)
    assert home not in it.found("projects")
    assert {stream: it.found(stream) for stream in held} == held
    it.world.of("project")[home] = kept
    it.world.new_task(home)
    it.run(hours=2)
    it.compare("tasks", "stories", "projects")


def test_one_project_that_is_refused_is_told_and_others_go_on(capturing: Begin) -> None:
    it = capturing("tasks", "sections")
    it.source.traps.shut = {project(it): 403}
    session = it.run()
    assert any("403" in log.message for log in session.logs)
    there = {each["gid"] for task in it.found("tasks").values() for each in task["projects"]}
    assert another(it) in there
    assert it.found("sections")


def test_a_task_that_goes_while_its_subtasks_are_asked_for_costs_nothing(capturing: Begin) -> None:
    it = capturing("tasks")
    top = it.world.filed(project(it))[0]
    it.world.new_task(parent=top)
    it.source.api.before(f"GET /api/1.0/tasks/{top}/subtasks", lambda request: it.world.delete_task(top), times=1)
    session = it.run()
    assert not any("404" in log.message for log in session.logs), "its project is read to the end"
    it.run(hours=0.1)
    it.compare("tasks")


# ---- tasks in no project


def test_tasks_in_no_project_are_found_by_whom_they_are_assigned_to(capturing: Begin) -> None:
    it = capturing("tasks", "tasks_without_project", "stories")
    task = it.world.new_task(assignee=it.world.who())
    below = it.world.new_task(parent=task)
    it.run()
    it.compare("tasks", "tasks_without_project", "stories")
    assert {task, below} <= it.found("tasks_without_project").keys()
    assert it.found("tasks").keys().isdisjoint({task, below})


def test_who_is_given_a_task_or_a_project_makes_no_difference_to_its_being_there(capturing: Begin) -> None:
    streams = ["tasks", "tasks_without_project", "stories"]
    it = capturing(*streams)
    people = list(it.world.of("user"))
    task = it.world.new_task(assignee={"gid": people[0], "resource_type": "user"})
    it.run()
    it.world.change_task(task, assignee={"gid": people[1], "resource_type": "user"})
    it.run(hours=7)
    it.compare(*streams)
    it.world.file(task, project(it))
    it.run(hours=7)
    it.compare(*streams)
    it.world.unfile(task, project(it))
    it.run(hours=26)
    it.compare(*streams)
    assert any(story["target"]["gid"] == task for story in it.found("stories").values())


def test_the_last_task_in_no_project_goes_too(capturing: Begin) -> None:
    """An empty list whose next page is null has been read to its end: it is empty, and no mistake."""
    it = capturing("tasks_without_project", tasks=6)
    for task in it.world.loose():
        it.world.delete_task(task)
    task = it.world.new_task(assignee=it.world.me())
    it.run()
    assert set(it.found("tasks_without_project")) == {task}
    it.world.file(task, project(it))
    it.run(hours=7)
    assert it.found("tasks_without_project") == {}


# ---- stories


def test_the_stories_of_a_task_are_read_again_when_it_changes(capturing: Begin) -> None:
    it = capturing("stories")
    it.run()
    it.compare("stories")
    task = it.world.filed(project(it))[0]
    target = {"gid": task, "resource_type": "task"}
    edited, deleted = (it.world.new_story(target) for _ in range(2))
    it.run(hours=1)
    it.compare("stories")
    it.world.edit_story(edited)
    it.world.delete_story(deleted)
    it.world.change_task(task, completed=True)
    it.run(hours=1)
    it.compare("stories")
    assert it.count("/tasks/{gid}/stories") <= 2 * len(it.world.of("task")[task]["projects"])
