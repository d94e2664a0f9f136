"""Pages that are short, empty, or lack a cursor; limits that differ by method and by app."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from connector_sdk.testing.fake import Fault

Begin = Callable[..., Any]
LISTS = ["channels", "channel_members", "messages", "threads", "users", "remote_files"]


def test_pages_end_without_a_cursor_and_not_with_a_short_or_an_empty_one(capturing: Begin) -> None:
    it = capturing(*LISTS, empty_pages=True, page_most=5, ends=("", None, "absent"))
    it.run()
    it.compare(*LISTS)


def test_no_page_is_asked_for_with_more_than_slack_takes(capturing: Begin) -> None:
    it = capturing(*LISTS, "files", "audit_logs", "access_logs")
    it.run()
    sizes = {entry.path: int(entry.query["limit"]) for entry in it.source.api.requests if "limit" in entry.query}
    assert sizes["/api/conversations.list"] <= 999
    assert max(sizes.values()) <= 1000
    assert all(int(query["count"]) <= 1000 for query in it.asked("team.accessLogs"))


@pytest.mark.parametrize("trap", ["lost_cursors", "wrong_hints"])
def test_has_more_is_a_hint_and_what_it_says_is_not_lost(capturing: Begin, trap: str) -> None:
    it = capturing("messages", **{trap: True}, page_most=7)
    it.run()
    it.compare("messages")


def test_a_dead_cursor_begins_the_window_again_and_nothing_is_lost(capturing: Begin) -> None:
    it = capturing("messages", "users", page_most=7)
    for method in ("conversations.history", "users.list"):
        it.source.api.before(f"/api/{method}", lambda request: it.source.routes.expire_cursors(), nth=3, times=1)
    it.run()
    it.compare("messages", "users")


def test_no_cursor_is_kept_over_a_restart(capturing: Begin) -> None:
    it = capturing(*LISTS, page_most=7)
    it.run()
    assert "bmV4dF8" not in str(it.state)


def test_the_first_of_a_thread_stands_on_every_page_and_is_one_row(capturing: Begin) -> None:
    it = capturing("threads", page_most=2)
    channel = it.channel("public")
    parent = it.world.post(channel)
    for _ in range(7):
        it.world.reply(channel, parent)
    session = it.run(hours=1)
    it.compare("threads")
    assert len([key for key in it.found("threads") if key[0] == channel and key[1] >= parent]) == 8
    assert session.documents["threads"] == len(it.found("threads"))


def test_a_reply_that_is_shown_to_the_channel_has_one_key_in_both(capturing: Begin) -> None:
    it = capturing("messages", "threads")
    channel = it.channel("public")
    parent = it.world.post(channel)
    shown = it.world.reply(channel, parent, broadcast=True)
    it.run(hours=1)
    it.compare("messages", "threads")
    both = [it.found(stream)[channel, shown] for stream in ("messages", "threads")]
    assert both[0] == both[1]


def test_threads_without_replies_are_not_asked_for(capturing: Begin) -> None:
    it = capturing("messages", "threads")
    it.run()
    begun = {key for key, message in it.source.truth("messages").items() if message.get("reply_count")}
    assert {(query["channel"], query["ts"]) for query in it.asked("conversations.replies")} == begun
    assert 0 < len(begun) < len(it.source.truth("messages"))


def test_files_are_counted_by_pages_and_proved_by_their_total(capturing: Begin) -> None:
    it = capturing("files")
    for number in range(430):
        it.world.new_file(it.world.began + number * 3_000_000_000)
    newest = max(it.world.files.values(), key=lambda file: file["created"])["id"]
    it.source.api.after("/api/files.list", lambda request: it.world.files.pop(newest), times=1)
    it.run()
    it.run(hours=26)
    it.compare("files")


# ---- limits


def test_each_method_has_a_limit_of_its_own(capturing: Begin) -> None:
    it = capturing(*LISTS, "pins", "bookmarks", limits=True, channels=30, messages=100)
    it.capture = it.capture.with_interval("PT1H")
    it.run()
    it.compare(*LISTS, "pins", "bookmarks")
    busiest: Counter[str] = Counter()
    for path in {entry.path for entry in it.source.api.requests}:
        times = sorted(entry.time for entry in it.source.api.requests.of(path))
        busiest[path] = max(sum(1 for each in times if at <= each < at + 58_000_000) for at in times)
    assert busiest["/api/conversations.history"] <= 52
    assert busiest["/api/pins.list"] <= 22
    assert busiest["/api/conversations.members"] > 22


def test_apps_outside_the_marketplace_get_one_request_a_minute_and_fifteen_messages(capturing: Begin) -> None:
    it = capturing("messages", "users", speed=200, limits=True, commercial=True, channels=3, messages=200)
    it.capture = it.capture.with_interval("PT1H")
    it.run()
    it.compare("messages", "users")
    history = it.source.api.requests.of("/api/conversations.history")
    lately = [entry.status for entry in history[len(history) // 2 :]]
    assert len(lately) > 12
    assert lately.count(429) <= len(lately) / 4, "the limit was learned; unlearned, every second is refused"
    assert {entry.status for entry in it.source.api.requests.of("/api/users.list")} == {200}


def test_a_refusal_is_waited_for_and_others_go_on(capturing: Begin) -> None:
    it = capturing("messages", "users", "team")
    it.source.api.fault(Fault.status(429, retry_after=30), "/api/conversations.history")
    it.run()
    it.compare("messages", "users", "team")
    first = it.source.api.requests.of("/api/conversations.history")[0]
    assert any(entry.time < first.time + 20_000_000 for entry in it.source.api.requests.of("/api/team.info"))
    assert first.status == 429
