"""Slack: channels, messages, threads, people, files and logs. Web API."""

from connector_sdk import Connector, Http, Source, lookup

from .company import (
    access_logs,
    audit_logs,
    billable_info,
    dnd,
    emoji,
    files,
    integration_logs,
    profile_fields,
    remote_files,
    team,
    user_profiles,
    usergroup_members,
    usergroups,
    users,
)  # fmt: skip
from .conversations import bookmarks, channel_members, channels, messages, pins, reactions, threads
from .shared import RULES, SlackConfig, method

__all__ = ["SlackConfig", "slack"]

WHO_AM_I = method("auth.test", None, 4)


@lookup()
async def granted(source: Source[SlackConfig]) -> list[str] | None:
    """The scopes of the token, which Slack tells beside every answer."""
    scopes = (await source.http.page(WHO_AM_I)).headers.get("x-oauth-scopes")
    return None if scopes is None else [scope.strip() for scope in scopes.split(",")]


slack = Connector(
    name="source-slack",
    title="Slack",
    config=SlackConfig,
    http=lambda config: Http(
        "https://slack.com/api",
        auth=config.credentials,
        error="/error",
        failed="/error",
        details=["/needed", "/provided", "/response_metadata/messages"],
        warns=["/warning", "/response_metadata/warnings", "/is_limited"],
        on=RULES,
    ),
    check=WHO_AM_I,
    granted=granted,
    streams=[
        channels, channel_members, messages, threads, reactions, pins, bookmarks, users, user_profiles, profile_fields,
        usergroups, usergroup_members, dnd, files, remote_files, emoji, team, billable_info, access_logs,
        integration_logs, audit_logs,
    ],
)  # fmt: skip
