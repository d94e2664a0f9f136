"""People: what they did and how they talked, their coaching, flows, tasks and settings."""

from collections.abc import Iterator

from connector_sdk import (
    ANSWER,
    EACH,
    GET,
    NEXT,
    POST,
    SINCE,
    UNTIL,
    Day,
    Incremental,
    Iso,
    Json,
    Missing,
    Snapshot,
    Source,
    Stream,
    lookup,
)

from .shared import CURSOR, TOTAL, GongConfig, by_whole_days, company_zone, workspace

EVERYONE = GET(
    "/v2/users", params={"includeAvatars": True, "cursor": NEXT}, records="/users", pages=CURSOR, total=TOTAL
)

users = Stream(
    "users",
    key="/id",
    scopes=["api:users:read"],
    about="People of the company; who left is no longer active.",
    read=EVERYONE,
    sync=Snapshot(every="6h"),
)


def one_day_each(body: Json) -> Iterator[Json]:
    """What each person did on one day, where Gong lists the days below the person."""
    for user in body["usersDetailedActivities"]:
        for day in user["userDailyActivityStats"]:
            yield {"userId": user["userId"], "userEmailAddress": user["userEmailAddress"], **day}


activity_day_by_day = Stream(
    "activity_day_by_day",
    key=("/userId", "/fromDate"),
    text=["/userId"],
    scopes=["api:stats:user-actions:detailed"],
    about="Which calls each person hosted, attended, gave feedback on and so on, day by day.",
    read=POST(
        "/v2/stats/activity/day-by-day",
        json={
            "filter": {
                "fromDate": SINCE.format(Day(company_zone, until_today=True)),
                "toDate": UNTIL.format(Day(company_zone, until_today=True)),
            },
            "cursor": NEXT,
        },
        records=one_day_each,
        pages=CURSOR,
    ),
    sync=Incremental("/fromDate", moves=False, format=Iso("1s"), reread="7d", every="1h"),
    deletes=Missing(),
)


def added_up(name: str, path: str, records: str, scope: str, about: str) -> Stream:
    """What Gong adds up for each person, over windows of one day; the window stands beside the list."""
    return Stream(
        name,
        key=("/userId", "/date"),
        text=["/userId"],
        scopes=[scope],
        about=about,
        read=POST(
            path,
            json={"filter": {"fromDate": SINCE, "toDate": UNTIL}, "cursor": NEXT},
            records=records,
            pages=CURSOR,
            total=TOTAL,
            add={"date": SINCE} | {at: ANSWER[f"/{at}"] for at in ("fromDateTime", "toDateTime", "timeZone")},
        ),
        sync=by_whole_days(),
        deletes=Missing(),
    )


activity_aggregate = added_up(
    "activity_aggregate",
    "/v2/stats/activity/aggregate",
    "/usersAggregateActivityStats",
    "api:stats:user-actions",
    "How much each person did on each day.",
)
interaction_stats = added_up(
    "interaction_stats",
    "/v2/stats/interaction",
    "/peopleInteractionStats",
    "api:stats:interaction",
    "How each person talked on each day, in calls that Gong has analysed.",
)


@lookup(every="1d")
async def managers(source: Source[GongConfig]) -> list[Json]:
    """Everyone who has reports, with every workspace: coaching is told for the two of them."""
    places = [each["id"] async for each in source.http.records(GET("/v2/workspaces", records="/workspaces"))]
    ids = {user["managerId"] async for user in source.http.records(EVERYONE)} - {None}
    return [{"workspace": place, "manager": id} for place in places for id in sorted(ids)]


def one_report_each(body: Json) -> Iterator[Json]:
    """What a manager did for one report, where Gong lists the reports below the manager."""
    for each in body["coachingData"]:
        for report in each["directReportsMetrics"]:
            yield {"manager": each["manager"], **report}


coaching = Stream(
    "coaching",
    key=("/workspaceId", "/manager/id", "/report/id", "/date"),
    per=managers,
    optional=True,
    scopes=["api:coaching:read"],
    about="How managers coached each of their reports, day by day. A request for each manager, workspace and day.",
    read=GET(
        "/v2/coaching",
        params={
            "workspace-id": EACH["/workspace"],
            "manager-id": EACH["/manager"],
            "from": SINCE.format(Iso("1s")),
            "to": UNTIL.format(Iso("1s")),
        },
        records=one_report_each,
        add={"workspaceId": EACH["/workspace"], "date": SINCE},
    ),
    sync=by_whole_days(),
    deletes=Missing(),
)
flows = Stream(
    "flows",
    key="/id",
    per=users.where(lambda user: user["active"] and user["emailAddress"]),
    shared=True,
    scopes=["api:flows:read"],
    about="Flows of everyone who is active, and those that the company shares.",
    read=GET(
        "/v2/flows",
        params={"flowOwnerEmail": EACH["/emailAddress"], "workspaceId": workspace, "cursor": NEXT},
        records="/flows",
        pages=CURSOR,
        total=TOTAL,
    ),
    sync=Snapshot(every="1d"),
)
tasks = Stream(
    "tasks",
    key="/id",
    per=users,
    optional=True,
    scopes=["api:tasks:read"],
    about="Open tasks; one that is closed disappears. A request for each person.",
    read=POST(
        "/v2/tasks",
        json={"filter": {"userId": EACH["/id"], "status": "OPEN"}, "cursor": NEXT},
        records="/tasks",
        pages=CURSOR,
        total=TOTAL,
    ),
    sync=Snapshot(every="6h"),
    deletes=Missing(orphans=True),
)
user_settings_history = Stream(
    "user_settings_history",
    key=("/userId", "/setting", "/time"),
    per=users,
    optional=True,
    scopes=["api:users:read"],
    about="How each person's settings changed. A request for each person.",
    read=GET(f"/v2/users/{EACH['/id']}/settings-history", records="/userSettingsHistory").plus(userId=EACH["/id"]),
    sync=Snapshot(every="1d"),
    deletes=Missing(orphans=True),
)
