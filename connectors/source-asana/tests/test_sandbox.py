"""The sandbox speaks as Asana's contract says, whoever asks: here it is no connector."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from connector_sdk.testing.fake import HandClock, load_sandbox

FOLDER = Path(__file__).parents[1]
WORKSPACE = "1331000000000001"


@pytest.fixture
def asana() -> Iterator[Any]:
    with load_sandbox(FOLDER)(clock=HandClock("2026-03-02T10:00:00Z"), tasks=40, users=6, login="service") as source:
        yield source
    assert not source.api.errors


def ask(asana: Any, path: str, *, token: str = "", **params: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token or asana.config()['credentials']['token']}"}
    return httpx.get(f"{asana.url}/api/1.0{path}", params=params, headers=headers, trust_env=False)


def project(asana: Any) -> str:
    return str(next(iter(asana.world.of("project"))))


def test_lists_are_compact_and_show_the_fields_that_are_asked_for(asana: Any) -> None:
    compact = ask(asana, "/tasks", project=project(asana), limit=1).json()["data"][0]
    assert compact.keys() == {"gid", "resource_type", "name"}
    wanted = "notes,assignee.gid,memberships.(project|section).gid,custom_fields.enum_value.name,num_subtasks,nonsense"
    row = ask(asana, "/tasks", project=project(asana), limit=1, opt_fields=wanted).json()["data"][0]
    assert row.keys() == {
        "gid", "resource_type", "notes", "assignee", "memberships", "custom_fields", "num_subtasks"
    }  # fmt: skip
    assert row["memberships"][0]["section"].keys() == {"gid", "resource_type"}
    assert row["custom_fields"][0]["enum_value"]["name"] == "High"


def test_pages_end_with_null_and_tokens_belong_to_their_question(asana: Any) -> None:
    found, offset = [], None
    while True:
        body = ask(asana, "/users", workspace=WORKSPACE, limit=4, **({"offset": offset} if offset else {})).json()
        found += body["data"]
        if body["next_page"] is None:
            break
        offset = body["next_page"]["offset"]
        assert offset in body["next_page"]["uri"]
    assert len({each["gid"] for each in found}) == 6
    wrong = ask(asana, "/users", workspace=WORKSPACE, limit=3, offset=offset)
    assert (wrong.status_code, "pagination token" in wrong.json()["errors"][0]["message"]) == (400, True)
    asana.routes.pages.expire()
    assert ask(asana, "/users", workspace=WORKSPACE, limit=4, offset=offset).status_code == 400
    for limit in (0, 101):
        assert ask(asana, "/users", workspace=WORKSPACE, limit=limit).status_code == 400
    asana.traps.unpaged_most = 3
    assert "too large" in ask(asana, "/users", workspace=WORKSPACE).json()["errors"][0]["message"]


def test_the_first_question_for_events_is_refused_with_a_token(asana: Any) -> None:
    home = project(asana)
    task = asana.world.filed(home)[0]
    refused = ask(asana, "/events", resource=home)
    assert (refused.status_code, refused.json().keys()) == (412, {"errors", "sync"})
    sync = refused.json()["sync"]
    asana.world.change_task(task, name="new")
    asana.world.new_story({"gid": task, "resource_type": "task"})
    body = ask(asana, "/events", resource=home, sync=sync).json()
    assert [(each["type"], each["action"]) for each in body["data"]] == [("task", "changed"), ("story", "added")]
    assert (body["data"][0]["parent"], body["data"][1]["parent"]["gid"]) == (None, task)
    assert body["has_more"] is False
    assert ask(asana, "/events", resource=home, sync=sync).json()["data"] == body["data"], "asked again, told again"
    asana.traps.forgets_tokens = True
    ask(asana, "/events", resource=home, sync=body["sync"])
    assert ask(asana, "/events", resource=home, sync=sync).status_code == 412
    asana.api.clock.advance("25h")
    assert ask(asana, "/events", resource=home, sync=body["sync"]).status_code == 412


def test_a_projects_feed_tells_of_what_lies_below_and_several_feeds_of_one_change(asana: Any) -> None:
    first, second, *_ = asana.world.of("project")
    syncs = {each: ask(asana, "/events", resource=each).json()["sync"] for each in (first, second)}
    task = asana.world.new_task(first, second)
    lower = asana.world.new_task(parent=asana.world.new_task(parent=task))
    before = asana.world.of("task")[task]["modified_at"]
    asana.api.clock.advance("1m")
    asana.world.change_task(lower, name="deep")
    assert asana.world.of("task")[task]["modified_at"] == before
    for each, sync in syncs.items():
        told = ask(asana, "/events", resource=each, sync=sync).json()["data"]
        assert told[-1]["resource"]["gid"] == lower
    page = {**asana.world.feeds.after(first, 0, 99, 2)}
    assert (len(page["data"]), page["has_more"]) == (2, True)


def test_subtasks_and_tasks_in_no_project_are_not_listed_by_project(asana: Any) -> None:
    home = project(asana)
    top = asana.world.filed(home)[0]
    below = asana.world.new_task(parent=top)
    loose = asana.world.new_task(assignee=asana.world.me())
    listed = {each["gid"] for each in ask(asana, "/tasks", project=home, limit=100).json()["data"]}
    assert top in listed
    assert not listed & {below, loose}
    assert below in {each["gid"] for each in ask(asana, f"/tasks/{top}/subtasks", limit=100).json()["data"]}
    mine = ask(asana, "/tasks", assignee=asana.world.me()["gid"], workspace=WORKSPACE, limit=100).json()["data"]
    assert loose in {each["gid"] for each in mine}
    assert ask(asana, "/tasks", limit=100).status_code == 400
    assert ask(asana, "/tasks", project=home, modified_since="2027-01-01T00:00:00Z", limit=9).json()["data"] == []


def test_what_is_deleted_is_unknown_and_may_come_back(asana: Any) -> None:
    task = asana.world.filed(project(asana))[0]
    asana.world.delete_task(task)
    assert ask(asana, f"/tasks/{task}").status_code == 404
    asana.world.restore_task(task)
    assert ask(asana, f"/tasks/{task}").json()["data"]["gid"] == task


def test_plans_and_service_accounts_decide_what_is_there(asana: Any) -> None:
    own = load_sandbox(FOLDER)(tasks=0).config
    assert callable(own)
    token = "2/1111/2222:made-up-sandbox-personal-access-token"
    log = f"/workspaces/{WORKSPACE}/audit_log_events"
    assert ask(asana, log).json() == {"data": [], "next_page": None}
    assert ask(asana, log, token=token).status_code == 403
    assert ask(asana, f"/workspaces/{WORKSPACE}/events", token=token).status_code == 403
    assert ask(asana, "/portfolios", workspace=WORKSPACE, token=token).status_code == 400
    assert len(ask(asana, "/portfolios", workspace=WORKSPACE, token=token, owner="me").json()["data"]) == 1
    assert len(ask(asana, "/portfolios", workspace=WORKSPACE).json()["data"]) == 2
    assert ask(asana, "/users", workspace=WORKSPACE, token="made-up").status_code == 401
    asana.traps.paid = False
    assert ask(asana, "/goals", workspace=WORKSPACE).status_code == 402


def test_the_audit_log_always_has_a_next_page_once_it_had_anything(asana: Any) -> None:
    asana.world.log("task_deleted")
    log = f"/workspaces/{WORKSPACE}/audit_log_events"
    first = ask(asana, log).json()
    rest = ask(asana, log, offset=first["next_page"]["offset"]).json()
    assert (len(first["data"]), rest["data"]) == (1, [])
    assert rest["next_page"]["offset"] != first["next_page"]["offset"]


def test_requests_that_are_refused_count_too(asana: Any) -> None:
    asana.traps.requests = 5
    answers = [ask(asana, "/workspaces") for _ in range(8)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 3
    assert int(answers[-1].headers["retry-after"]) == 60
    asana.api.clock.advance("59s")
    assert ask(asana, "/workspaces").status_code == 429
    asana.api.clock.advance("61s")
    assert ask(asana, "/workspaces").status_code == 200


def test_what_is_dear_has_a_quota_of_its_own(asana: Any) -> None:
    asana.traps.cost = 30
    wide = ",".join(f"field{number}" for number in range(25))
    answers = [ask(asana, "/workspaces", limit=100, opt_fields=wide) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert ask(asana, "/workspaces", limit=1).status_code == 200


def test_an_app_sends_a_form_and_its_refresh_token_stays() -> None:
    with load_sandbox(FOLDER)(clock=HandClock(), tasks=0, login="app") as asana:
        form = {**asana.config()["credentials"], "grant_type": "refresh_token"}
        address = f"{asana.url}/-/oauth_token"
        assert httpx.post(address, json=form, trust_env=False).status_code == 400
        answers = [httpx.post(address, data=form, trust_env=False).json() for _ in range(2)]
        assert [answer["expires_in"] for answer in answers] == [3600, 3600]
        assert {answer["refresh_token"] for answer in answers} == {form["refresh_token"]}
        token = answers[0]["access_token"]
        assert ask(asana, "/workspaces", token=token).status_code == 200
        asana.api.clock.advance("61m")
        assert ask(asana, "/workspaces", token=token).status_code == 401


def test_every_kind_of_change_changes_something(asana: Any) -> None:
    streams = [name for name in asana.world.truths() if name != "audit_log_events"]
    for kind, (share, _) in asana.changes().items():
        before = {stream: asana.truth(stream) for stream in streams}
        for _ in range(15):
            asana.api.clock.advance("1s")
            told = asana.tick(only=[kind]) or asana.tick(only=["task deleted"])
            if any(asana.truth(stream) != before[stream] for stream in streams):
                break
        else:
            raise AssertionError(f"{kind} changed nothing ({share})")
        assert told
    with pytest.raises(KeyError, match="task added"):
        asana.tick(only=["task sent"])
