"""Every stream of Linear as it is captured: whole, while it changes, with what is archived, trashed and gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from source_linear import linear

Begin = Callable[..., Any]
ALL = [stream.name for stream in linear.declared()]


def test_every_stream_is_captured_whole_and_follows_changes(capturing: Begin) -> None:
    it = capturing(*ALL, page_most=10)
    it.run()
    it.compare(*ALL)
    for _ in range(3):
        it.source.tick(40)
        it.run(hours=2)
    it.run(hours=26)
    it.run(hours=26)
    kept = [stream.name for stream in linear.declared() if stream.name.startswith(("issue_history", "issue_state"))]
    it.compare(*(name for name in ALL if name not in kept))
    for name in kept:  # of issues that are gone, what was captured stays
        found, truth = it.found(name), it.source.truth(name)
        assert {key: {at: found[key][at] for at in row} for key, row in truth.items()} == truth
    assert "made-up-invite-hash" not in str([it.found(name) for name in ALL])


def test_a_quiet_workspace_sends_nothing(capturing: Begin) -> None:
    it = capturing(*ALL)
    it.run()
    session = it.run(hours=26)
    assert sum(session.documents.values()) == 0


def test_an_archived_issue_stays(capturing: Begin) -> None:
    it = capturing("issues")
    id = next(iter(it.world.table("Issue")))
    it.run()
    it.world.edit("Issue", id, archivedAt=it.source.api.now())
    assert it.run(hours=1).documents["issues"] == 1
    assert it.found("issues")[id]["archivedAt"]
    it.run(hours=26)
    it.compare("issues")


def test_what_was_archived_before_is_captured(capturing: Begin) -> None:
    it = capturing("issues", "cycles", "teams")
    for kind in ("Issue", "Cycle", "Team"):
        it.world.change(kind, next(iter(it.world.table(kind))), archivedAt=it.source.api.now())
    it.run()
    it.compare("issues", "cycles", "teams")


def test_who_is_suspended_stays(capturing: Begin) -> None:
    it = capturing("users")
    first, second, *_ = it.world.table("User")
    it.world.change("User", first, active=False)
    it.run()
    it.world.edit("User", second, active=False)
    it.run(hours=1)
    it.run(hours=26)
    it.compare("users")
    assert [row["active"] for row in it.found("users").values()].count(False) == 2


def test_what_is_put_into_the_trash_is_deleted_with_its_own_words_and_comes_back(capturing: Begin) -> None:
    it = capturing("issues", "projects", "documents")
    it.run()
    ids = {kind: next(iter(it.world.table(kind))) for kind in ("Issue", "Project", "Document")}
    for kind, id in ids.items():
        it.world.edit(kind, id, trashed=True, archivedAt=it.source.api.now())
    session = it.run(hours=1)
    assert set(session.documents.values()) == {1}
    it.compare("issues", "projects", "documents")
    for kind, id in ids.items():
        it.world.edit(kind, id, trashed=None, archivedAt=None)
    it.run(hours=1)
    it.compare("issues", "projects", "documents")
    assert ids["Issue"] in it.found("issues")


def test_what_vanishes_without_a_trace_is_deleted_within_a_day_for_little(capturing: Begin) -> None:
    it = capturing("issues", "comments", "attachments", "issue_relations")
    it.run()
    for kind in ("Issue", "Comment", "Attachment", "IssueRelation"):
        it.world.vanish(kind, next(iter(it.world.table(kind))))
    it.run(hours=26)
    it.compare("issues", "comments", "attachments", "issue_relations")
    keys = [points for query, points in it.source.routes.asked if len(query.fields[0].inner[0].inner) == 2]
    assert len(keys) == 3, "of three streams, a page each"
    assert max(keys) <= 350, "for 250 records"


def test_an_issue_that_moves_to_another_team_is_the_same_issue(capturing: Begin) -> None:
    it = capturing("issues")
    it.run()
    it.source.tick(5, only=["Issue moved"])
    it.run(hours=1)
    it.compare("issues")
    assert any(row["previousIdentifiers"] for row in it.found("issues").values())


def test_lists_inside_a_record_are_not_cut_off(capturing: Begin) -> None:
    it = capturing("project_members", "issue_subscribers", "issue_history", "issue_state_history", issues=6)
    people = [it.world.new("User")["id"] for _ in range(70)]
    project, issue = next(iter(it.world.table("Project"))), next(iter(it.world.table("Issue")))
    it.world.change("Project", project, members=people)
    it.world.change("Issue", issue, subscribers=people[:33])
    for _ in range(60):
        it.world.make("IssueHistory", issue=issue)
        it.world.make("IssueStateSpan", issue=issue)
    it.run()
    it.compare("project_members", "issue_subscribers", "issue_history", "issue_state_history")
    assert len([key for key in it.found("project_members") if key[0] == project]) == 70


def test_who_joins_a_project_is_found_though_the_project_does_not_show_it(capturing: Begin) -> None:
    it = capturing("project_members", "projects")
    it.run()
    it.source.tick(6, only=["member came or went"])
    it.run(hours=7)
    it.compare("project_members")


def test_history_follows_the_issue_and_its_newest_row_is_read_anew(capturing: Begin) -> None:
    it = capturing("issues", "issue_history")
    it.run()
    it.source.tick(12, only=["Issue edited"])
    it.run(hours=1)
    it.compare("issues", "issue_history")
    assert len(it.asked("issues")) > 1
    assert all(len(each["ids"]) <= 20 for each in it.asked("issues") if "ids" in each)


def test_notifications_of_every_kind_have_their_own_fields(capturing: Begin) -> None:
    it = capturing("notifications")
    it.world.make("ProjectNotification", it.source.api.now() - 3_600_000_000)
    it.run()
    kinds = {row["__typename"]: row for row in it.found("notifications").values()}
    assert kinds.keys() == {"IssueNotification", "ProjectNotification"}
    assert "issueId" in kinds["IssueNotification"]
    assert "issueId" not in kinds["ProjectNotification"]
    assert "projectId" in kinds["ProjectNotification"]
