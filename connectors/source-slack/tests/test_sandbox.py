"""The sandbox speaks as Slack's contract says, whoever asks: here it is no connector."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from connector_sdk.testing.fake import HandClock, load_sandbox

FOLDER = Path(__file__).parents[1]


@pytest.fixture
def slack() -> Iterator[Any]:
    with load_sandbox(FOLDER)(clock=HandClock("2026-03-02T10:00:00Z"), messages=120, users=8) as source:
        yield source
    assert not source.api.errors


def ask(slack: Any, method: str, **params: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {slack.config()['credentials']['token']}"}
    return httpx.get(f"{slack.url}/api/{method}", params=params, headers=headers, trust_env=False)


def public(slack: Any, kind: str = "public") -> str:
    return next(id for id, each in slack.world.channels.items() if each.get("name", "").startswith(f"{kind}-"))


def test_what_fails_has_status_200(slack: Any) -> None:
    bare = httpx.get(f"{slack.url}/api/auth.test", trust_env=False)
    assert (bare.status_code, bare.json()) == (200, {"ok": False, "error": "not_authed"})
    assert ask(slack, "auth.test", token="xoxb-in-the-address").json()["error"] == "invalid_auth"
    answer = ask(slack, "auth.test")
    assert answer.json()["team_id"] == "T0SANDBOX"
    assert "channels:read" in answer.headers["x-oauth-scopes"].split(",")


@pytest.mark.parametrize("asked, error", [
    ({"channel": "C0"}, "channel_not_found"), ({"limit": "1001"}, "invalid_limit"),
    ({"oldest": "x"}, "invalid_ts_oldest"), ({"latest": "1.x"}, "invalid_ts_latest"),
    ({"cursor": "made-up"}, "invalid_cursor"),
])  # fmt: skip
def test_each_mistake_has_its_error(slack: Any, asked: Any, error: str) -> None:
    assert ask(slack, "conversations.history", **{"channel": public(slack), **asked}).json()["error"] == error


def test_history_is_newest_first_with_exclusive_borders_and_without_replies(slack: Any) -> None:
    channel = public(slack)
    rows = ask(slack, "conversations.history", channel=channel, limit=999).json()["messages"]
    times = [row["ts"] for row in rows]
    assert times == sorted(times, reverse=True)
    assert all(
        "thread_ts" not in row or row["thread_ts"] == row["ts"] or row["subtype"] == "thread_broadcast" for row in rows
    )
    between = {"channel": channel, "oldest": times[-1], "latest": times[0]}
    inner = ask(slack, "conversations.history", **between).json()["messages"]
    assert [row["ts"] for row in inner] == times[1:-1]
    both = ask(slack, "conversations.history", **between, inclusive="true").json()["messages"]
    assert [row["ts"] for row in both] == times


def test_an_edit_moves_no_time_and_a_reply_only_its_parents_counts(slack: Any) -> None:
    channel = public(slack)
    ts = slack.world.post(channel)
    before = slack.world.shown(channel, ts)
    slack.world.edit(channel, ts)
    assert slack.world.shown(channel, ts)["ts"] == before["ts"]
    reply = slack.world.reply(channel, ts)
    shown = ask(slack, "conversations.history", channel=channel, limit=999).json()["messages"]
    assert next(row for row in shown if row["ts"] == ts)["latest_reply"] == reply
    assert reply not in [row["ts"] for row in shown]
    slack.world.delete(channel, ts)
    assert slack.world.shown(channel, ts)["subtype"] == "tombstone"
    slack.world.delete(channel, reply)
    assert ts not in slack.world.messages[channel]


def test_who_is_not_in_a_channel_cannot_read_it_and_archived_ones_cannot_be_joined(slack: Any) -> None:
    channel = public(slack, "elsewhere")
    assert ask(slack, "conversations.history", channel=channel).json()["error"] == "not_in_channel"
    assert ask(slack, "conversations.members", channel=channel).json()["ok"]
    headers = {"Authorization": f"Bearer {slack.config()['credentials']['token']}"}

    def join(id: str) -> Any:
        form = {"channel": id}
        return httpx.post(f"{slack.url}/api/conversations.join", data=form, headers=headers, trust_env=False).json()

    assert join(public(slack, "archived"))["error"] == "is_archived"
    assert join(channel)["ok"]
    assert ask(slack, "conversations.history", channel=channel).json()["ok"]


def test_each_method_has_a_limit_of_its_own(slack: Any) -> None:
    answers = [ask(slack, "emoji.list") for _ in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert answers[-1].json() == {"ok": False, "error": "ratelimited"}
    assert answers[-1].headers["retry-after"] == "60"
    assert ask(slack, "team.info").status_code == 200
    slack.api.clock.advance("1m")
    assert ask(slack, "emoji.list").status_code == 200


def test_an_app_outside_the_marketplace_gets_less_whatever_it_asks_for(slack: Any) -> None:
    slack.traps.commercial = True
    for _ in range(20):
        slack.world.post(public(slack))
    body = ask(slack, "conversations.history", channel=public(slack), limit=999).json()
    assert len(body["messages"]) == 15
    assert body["response_metadata"]["next_cursor"]
    assert ask(slack, "conversations.history", channel=public(slack)).status_code == 429


def test_refresh_tokens_are_good_for_one_use() -> None:
    with load_sandbox(FOLDER)(clock=HandClock(), messages=0, rotating=True) as slack:
        form = {**slack.config()["credentials"], "grant_type": "refresh_token"}

        def refresh() -> Any:
            return httpx.post(f"{slack.url}/api/oauth.v2.access", data=form, trust_env=False).json()

        first = refresh()
        assert (first["ok"], first["expires_in"], first["token_type"]) == (True, 43_200, "bot")
        assert refresh() == {"ok": False, "error": "invalid_refresh_token"}
        headers = {"Authorization": f"Bearer {first['access_token']}"}
        slack.api.clock.advance("12h")
        expired = httpx.get(f"{slack.url}/api/auth.test", headers=headers, trust_env=False).json()
        assert expired["error"] == "token_expired"


def test_every_kind_of_change_changes_something(slack: Any) -> None:
    streams = ("channels", "channel_members", "messages", "threads", "users", "usergroups", "usergroup_members",
               "files", "pins", "bookmarks", "emoji", "access_logs", "integration_logs", "audit_logs")  # fmt: skip
    parent = slack.world.post(public(slack))
    for _ in range(3):
        slack.world.reply(public(slack), parent)
    for kind, (share, _) in slack.changes().items():
        before = {stream: slack.truth(stream) for stream in streams}
        for _ in range(15):  # someone may already be inactive
            told = slack.tick(only=[kind])
            if any(slack.truth(stream) != before[stream] for stream in streams):
                break
        else:
            raise AssertionError(f"{kind} changed nothing ({share})")
        assert told[0].startswith(kind)
    with pytest.raises(KeyError, match="message posted"):
        slack.tick(only=["message sent"])
