"""``ok: false`` with status 200, and every meaning that Slack documents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from source_slack import WHO_AM_I, slack
from source_slack.conversations import history
from source_slack.shared import SlackConfig

from connector_sdk.config import parse_config
from connector_sdk.engine import SystemClock
from connector_sdk.errors import AnswerError, CredentialsError, RefusedError, SdkError
from connector_sdk.http import Client, ExpiredToken, Fill, NotOffered, NotReadable
from connector_sdk.testing.fake import load_sandbox

Begin = Callable[..., Any]
FOLDER = Path(__file__).parents[1]
TOKEN = "xoxb-1111111111-made-up-sandbox-bot-token-7c41d0e2"
AGAIN = ["ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"]
CREDENTIALS = ["invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "org_login_required",
               "ekm_access_denied", "access_denied", "enterprise_is_restricted"]  # fmt: skip
LACKING = ["no_permission", "missing_scope", "not_allowed_token_type", "paid_only"]
CHANNEL = ["not_in_channel", "channel_not_found", "thread_not_found", "fetch_members_failed",
           "method_not_supported_for_channel_type"]  # fmt: skip


@pytest.fixture(scope="module")
def served() -> Iterator[Any]:
    clock = SystemClock.from_spec("2026-03-02T10:00:00Z*600")
    with load_sandbox(FOLDER)(clock=clock, messages=10, limits=False) as source:
        yield source


def asked(served: Any, endpoint: Any = WHO_AM_I) -> Any:
    """The first page that a client of the connector's gets."""

    async def work() -> Any:
        config = parse_config(SlackConfig, served.config(), name="source-slack")
        client = Client(slack.http(config), config, clock=served.api.clock, patience=60, first_patience=60)
        try:
            fill = Fill(each=b'{"id":"C1"}', bound=lambda border: "1.000000")
            return await client.page(endpoint, fill)
        finally:
            await client.aclose()

    served.routes.failures[:] = [each for each in served.routes.failures if each.times]
    return asyncio.run(work())


@pytest.mark.parametrize("error", AGAIN)
def test_what_passes_is_asked_again(served: Any, error: str) -> None:
    served.api.requests.clear()
    served.fail("auth.test", error, times=2)
    assert asked(served).slices == []
    assert served.api.requests.count("/api/auth.test") == 3


@pytest.mark.parametrize("error", CREDENTIALS)
def test_what_is_about_the_credentials_names_them_and_never_their_value(served: Any, error: str) -> None:
    served.fail("auth.test", error, needed=TOKEN)
    with pytest.raises(CredentialsError, match=f"the credentials 'Token'.*{error}") as told:
        asked(served)
    assert TOKEN not in str(told.value)


@pytest.mark.parametrize("error", LACKING)
def test_what_the_credentials_lack_is_told_with_what_would_be_needed(served: Any, error: str) -> None:
    served.fail("auth.test", error, needed="groups:read", provided="channels:read")
    with pytest.raises(NotOffered, match=f"{error} .needed groups:read; provided channels:read"):
        asked(served)


@pytest.mark.parametrize("error", CHANNEL)
def test_what_is_about_one_channel_is_the_channels_own(served: Any, error: str) -> None:
    served.fail("conversations.history", error)
    with pytest.raises(NotReadable, match=error):
        asked(served, history("/messages"))


def test_a_dead_cursor_is_no_failure_but_begins_the_window_again(served: Any) -> None:
    served.fail("conversations.history", "invalid_cursor")
    with pytest.raises(ExpiredToken, match="invalid_cursor"):
        asked(served, history("/messages"))


@pytest.mark.parametrize("error", ["invalid_limit", "invalid_ts_latest", "invalid_ts_oldest", "anything_else"])
def test_any_other_error_is_one_and_never_an_empty_page(served: Any, error: str) -> None:
    served.fail("conversations.history", error, response_metadata={"messages": ["[ERROR] why"]})
    with pytest.raises(RefusedError, match=rf"{error} \(messages \[ERROR\] why\)"):
        asked(served, history("/messages"))


def test_an_answer_that_is_not_ok_and_says_nothing_else_is_no_empty_page(served: Any) -> None:
    served.fail("conversations.history", "")
    with pytest.raises((SdkError, AnswerError)):
        asked(served, history("/messages"))


# ---- in a capture


def test_the_token_stands_in_the_header_and_never_in_an_address(capturing: Begin) -> None:
    it = capturing(*[stream.name for stream in slack.declared()])
    it.run(secrets=[TOKEN])
    requests = list(it.source.api.requests)
    assert all(entry.headers.get("authorization") == "***" for entry in requests)  # the log of the fake hides it
    assert not any("token" in entry.query or TOKEN in str(entry.query) for entry in requests)


def test_errors_with_status_200_in_between_cost_nothing(capturing: Begin) -> None:
    streams = ["channels", "messages", "threads", "users", "files", "usergroups"]
    it = capturing(*streams)
    methods = ["conversations.list", "conversations.history", "conversations.replies", "users.list", "files.list",
               "usergroups.list"]  # fmt: skip
    for method, error in zip(methods, AGAIN, strict=True):
        it.source.fail(method, error, times=2)
    it.run()
    it.compare(*streams)


def test_a_warning_is_logged(capturing: Begin) -> None:
    it = capturing("team", warning="method_deprecated")
    told = [str(log) for log in it.run().logs]
    assert any("GET /team.info warns: warning: method_deprecated" in log for log in told)


def test_a_channel_that_cannot_be_read_stops_nothing_else_and_its_place_does_not_move(capturing: Begin) -> None:
    it = capturing("messages")
    channel = it.channel("private")
    it.source.fail("conversations.history", "not_in_channel", times=None, channel=channel)
    session = it.run()
    assert any("not_in_channel" in str(log) for log in session.logs)
    assert {key[0] for key in it.found("messages")} == set(it.world.joined()) - {channel}
    it.source.routes.failures.clear()
    it.world.post(channel)
    it.run(hours=2)
    it.compare("messages")


def test_discovery_offers_what_the_tokens_scopes_allow(capturing: Begin) -> None:
    it = capturing("team")
    it.source.traps.scopes = "channels:read channels:history users:read"
    found = it.player().discover(it.config)
    enabled = {each["recommendedName"] for each in found if not each.get("disable")}
    assert enabled == {"channels", "channel_members", "messages", "threads", "users"}


def test_a_scope_that_is_missing_fails_its_stream_and_says_which(capturing: Begin) -> None:
    it = capturing("pins", "users")
    it.source.traps.scopes = it.source.traps.scopes.replace("pins:read ", "")
    session = it.run(fails=True)
    assert "'pins' is not offered to these credentials" in str(session.error)
    assert "needed pins:read" in str(session.error)
    it.compare("users")


def test_an_organisations_token_names_the_workspace(capturing: Begin) -> None:
    streams = ["channels", "users", "usergroups", "files", "messages"]
    it = capturing(*streams, organisation=True, team_id="T0SANDBOX")
    it.run()
    it.compare(*streams)
    lost = capturing("channels", organisation=True)
    assert "missing required field: team_id" in str(lost.run(fails=True).error)


# ---- rotating tokens


def test_tokens_that_rotate_are_used_once_and_outlive_restarts(capturing: Begin) -> None:
    it = capturing("users", "messages", rotating=True)
    first = it.source.tokens.refresh_token
    for hours in (0, 13, 26):
        it.run(hours=hours)
    it.compare("users", "messages")
    assert it.source.tokens.given == 3
    assert first != it.source.tokens.refresh_token
    assert it.source.tokens.refresh_token not in str(it.state), "it lies sealed in the state"


def test_a_token_that_expires_in_between_is_renewed_once(capturing: Begin) -> None:
    it = capturing("users", "messages", "threads", rotating=True)
    it.source.api.before("/api/conversations.history", lambda request: it.source.tokens.expire(), nth=4, times=1)
    it.run()
    it.compare("users", "messages", "threads")
    assert it.source.tokens.given == 2
