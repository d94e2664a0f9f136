"""Asana's own logs, whose entries are the records."""

from connector_sdk import EACH, GET, NEXT, ChangeLog, Digest, Endpoint, NextToken, On, Stream

from .projects import projects
from .shared import every_organization, every_workspace
from .tasks import DEAD, FEED, TOLD

SERVICE = On((402, 403)).drop()  # service accounts only
EVENT = Digest("/resource/gid", "/action", "/created_at", "/change", "/user/gid", "/parent/gid")


def told(path: str, *on: On, **params: object) -> Endpoint:
    """Events, each with an id that is a hash of what happened to what and when."""
    return GET(path, params=params, records="/data", pages=TOLD, on=[DEAD, *on]).plus(id=EVENT)


events = Stream(
    "events",
    key="/id",
    per=projects,
    shared=True,
    optional=True,
    scopes=["default"],
    about="Events of projects, their tasks and comments, from the first poll on.",
    read=told("/events", **FEED),
    sync=ChangeLog(every="1m"),
)
workspace_events = Stream(
    "workspace_events",
    key="/id",
    per=every_workspace,
    optional=True,
    scopes=["default"],
    about="Events of everything in a workspace, from the first poll on. Service accounts only.",
    read=told(f"/workspaces/{EACH}/events", SERVICE, sync=NEXT),
    sync=ChangeLog(every="1m"),
)
audit_log_events = Stream(
    "audit_log_events",
    key="/gid",
    per=every_organization,
    optional=True,
    scopes=["default"],
    about="Who did what, from where; kept for 90 days. Service accounts only.",
    # it always names a next page, which is where to go on later: the last one is empty
    read=GET(f"/workspaces/{EACH}/audit_log_events", params={"limit": 100, "offset": NEXT}, records="/data",
             pages=NextToken("/next_page/offset", more="/data"), on=[SERVICE]),
    sync=ChangeLog(every="1m"),
)  # fmt: skip
