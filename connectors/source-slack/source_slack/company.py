"""The company: people and their groups, files, emoji and logs."""

from collections.abc import AsyncIterator, Iterator

from connector_sdk import (
    EACH,
    SINCE,
    UNTIL,
    Digest,
    Endpoint,
    Epoch,
    Incremental,
    Json,
    Missing,
    Page,
    Records,
    Source,
    Step,
    Stream,
)  # fmt: skip

from .shared import SlackConfig, listed, method, numbered, paged, team_id

EVERYONE = paged("users.list", "/members", 2, include_locale=True, team_id=team_id)
GROUPS = {"include_users": True, "include_disabled": True, "team_id": team_id}
SECONDS = Epoch("s")

users = listed(
    "users", "/id", EVERYONE, "users:read", "People and bots; who is deactivated stays, with deleted: true.", "1h"
)
user_profiles = listed(
    "user_profiles", "/user_id", method("users.profile.get", "/profile", 4, user=EACH["/id"]).plus(user_id=EACH["/id"]),
    "users.profile:read", "Profiles with the workspace's own fields. A request for each person.", "1d",
    per=users, deletes=Missing(orphans=True), optional=True,
)  # fmt: skip
profile_fields = listed(
    "profile_fields", "/id", method("team.profile.get", "/profile/fields", 3), "users.profile:read",
    "The workspace's own fields of profiles.", "1d",
)  # fmt: skip
usergroups = listed(
    "usergroups", "/id", method("usergroups.list", "/usergroups", 2, **GROUPS), "usergroups:read",
    "User groups; a disabled one has a date_delete.", "1h",
)  # fmt: skip


def group_members(body: Json) -> Iterator[Json]:
    for group in body["usergroups"]:
        yield from ({"usergroup_id": group["id"], "user_id": user} for user in group.get("users", ()))


usergroup_members = listed(
    "usergroup_members", ("/usergroup_id", "/user_id"), method("usergroups.list", group_members, 2, **GROUPS),
    "usergroups:read", "Who is in which user group.", "1h",
)  # fmt: skip


def by_user(at: str) -> Records:
    """Records that stand under the ids of users."""
    return lambda body: ({"user_id": id, **each} for id, each in body[at].items())


STATES = method("dnd.teamInfo", by_user("users"), 2, users=EACH)


async def all_states(source: Source[SlackConfig], step: Step) -> AsyncIterator[Page]:
    """Slack tells of at most fifty people at once, whom it wants to be named."""
    ids = [user["id"] async for user in source.http.records(EVERYONE) if not user["deleted"]]
    for at in range(0, len(ids), 50):
        yield await source.http.page(STATES, each=",".join(ids[at : at + 50]))


dnd = listed(
    "dnd", "/user_id", all_states, "dnd:read", "When each person is not to be disturbed next.", "6h", optional=True
)


team = listed("team", "/id", method("team.info", "/team", 3, team=team_id), "team:read", "The workspace itself.", "1d")
files = Stream(
    "files",
    key="/id",
    scopes=["files:read"],
    about="Files, without their content.",
    read=numbered(
        "files.list", "/files", 3, 200, "/paging/total", ts_from=SINCE.exclusive, ts_to=UNTIL, team_id=team_id
    ),
    sync=Incremental("/created", moves=False, format=SECONDS, reread=("7h", "7d"), every="5m"),
    deletes=Missing(),
)
remote_files = listed(
    "remote_files", "/id", paged("files.remote.list", "/files", 2), "remote_files:read",
    "Files of other services that apps have added.", "6h",
)  # fmt: skip


def emojis(body: Json) -> Iterator[Json]:
    return ({"name": name, "url": url} for name, url in body["emoji"].items())


emoji = listed("emoji", "/name", method("emoji.list", emojis, 2), "emoji:read", "The workspace's own emoji.", "1d")
billable_info = listed(
    "billable_info", "/user_id", method("team.billableInfo", by_user("billable_info"), 2, team_id=team_id), "admin",
    "Who is paid for.", "1d", optional=True,
)  # fmt: skip


def logged(name: str, key: str | tuple[str, ...], read: Endpoint, about: str, cursor: str) -> Stream:
    """A log that is listed from the newest entry on: reading stops where the last one has been."""
    sync = Incremental(cursor, format=SECONDS, order="falling", reread="1d", every="1h")
    return Stream(name, key=key, read=read, scopes=["admin"], about=about, sync=sync, optional=True)


access_logs = logged(
    "access_logs", ("/user_id", "/ip", "/user_agent"),
    numbered("team.accessLogs", "/logins", 2, 1000, before=UNTIL, team_id=team_id),
    "From where each person signed in with what, and when last. Paid plans only.", "/date_last",
)  # fmt: skip
integration_logs = logged(
    "integration_logs", "/id", numbered("team.integrationLogs", "/logs", 2, 1000, team_id=team_id).plus(id=Digest()),
    "Apps that were added, changed and removed.", "/date",
)  # fmt: skip
audit_logs = Stream(
    "audit_logs",
    key="/id",
    optional=True,
    scopes=["auditlogs:read"],
    about="What people and apps did in an Enterprise organisation.",
    read=paged("https://api.slack.com/audit/v1/logs", "/entries", 3, 1000, oldest=SINCE.exclusive, latest=UNTIL),
    sync=Incremental("/date_create", format=SECONDS, reread="1d", every="1m"),
)
