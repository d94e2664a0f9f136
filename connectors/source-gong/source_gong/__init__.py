"""Gong: calls, transcripts, people, scorecards, library and settings. API v2."""

import re

from pydantic import Field

from connector_sdk import (
    ALL,
    EACH,
    GET,
    NEXT,
    POST,
    SINCE,
    UNTIL,
    Basic,
    Config,
    Connector,
    Credentials,
    Day,
    Endpoint,
    Follow,
    Http,
    Incremental,
    Iso,
    Limit,
    NextToken,
    On,
    Secret,
    Snapshot,
    Source,
    StartDate,
    Stream,
    lookup,
)


class AccessKey(Credentials, title="Access key"):
    access_key: Secret
    """The access key, made by a technical administrator under Company settings > Ecosystem > API."""
    access_key_secret: Secret
    """The access key's secret. Gong shows it once."""

    def auth(self) -> Basic:
        return Basic(self.access_key, self.access_key_secret)


class GongConfig(Config):
    credentials: AccessKey
    start_date: StartDate = "2024-01-01T00:00:00Z"
    base_url: str = Field("https://api.gong.io", title="API base URL", pattern="^https?://")
    """The API's address for your company, shown under Company settings > Ecosystem > API."""
    workspace_id: str | None = None
    """Capture only the calls and trackers of this workspace."""


@lookup()
def workspace(source: Source[GongConfig]) -> str | None:
    return source.config.workspace_id


@lookup(every="1d")
async def company_zone(source: Source[GongConfig]) -> str | None:
    """Dates in filters are days of the company's time zone, which only the statistics tell."""
    page = await source.http.page(
        POST("/v2/stats/activity/aggregate", json={"filter": {"fromDate": "2024-01-01", "toDate": "2024-01-02"}})
    )
    return page.json["timeZone"] if page.json else None


CURSOR = NextToken("/records/cursor")
TOTAL = "/records/totalRecords"
WINDOW = {"fromDateTime": SINCE, "toDateTime": UNTIL, "workspaceId": workspace}
CONTENT = {
    "context": "Extended",
    "contextTiming": ["Now", "TimeOfCall"],
    "exposedFields": {
        "parties": True,
        "media": False,
        "collaboration": {"publicComments": True},
        "content": dict.fromkeys(
            ["structure", "topics", "trackers", "trackerOccurrences", "brief", "outline", "highlights", "callOutcome",
             "keyPoints"], True),
        "interaction": {"speakers": True, "video": True, "personInteractionStats": True, "questions": True},
    },
}  # fmt: skip


def by_start(cursor: str) -> Incremental:
    """Calls are known by when they started; what is said about them comes minutes to days later."""
    return Incremental(cursor, moves=False, format=Iso("1s"), lag="5m", reread="7d", every="5m")


def setting(name: str, key: str, read: Endpoint, scope: str) -> Stream:
    return Stream(name, key=key, text=[key], read=read, sync=Snapshot(), scopes=[scope])


calls = Stream(
    "calls",
    key="/id",
    scopes=["api:calls:read:basic"],
    about="Calls: when, how long, between whom, in which system.",
    read=GET("/v2/calls", params={**WINDOW, "cursor": NEXT}, records="/calls", pages=CURSOR, total=TOTAL),
    sync=by_start("/started"),
)

calls_extensive = Stream(
    "calls_extensive",
    key="/metaData/id",
    scopes=["api:calls:read:extensive"],
    about="Calls with parties, topics, trackers, briefs, outcomes and the CRM's view of them.",
    read=POST(
        "/v2/calls/extensive",
        json={"filter": WINDOW, "contentSelector": CONTENT, "cursor": NEXT},
        records="/calls",
        pages=CURSOR,
        total=TOTAL,
    ),
    sync=by_start("/metaData/started"),
)

users = Stream(
    "users",
    key="/id",
    scopes=["api:users:read"],
    about="People of the company; who left is no longer active.",
    read=GET("/v2/users", params={"includeAvatars": True, "cursor": NEXT}, records="/users", pages=CURSOR, total=TOTAL),
    sync=Snapshot(every="6h"),
)

answered_scorecards = Stream(
    "answered_scorecards",
    key="/answeredScorecardId",
    scopes=["api:stats:scorecards"],
    about="Scorecards that were filled in, by people and automatically.",
    text=[
        "/answeredScorecardId",
        "/scorecardId",
        "/callId",
        "/reviewedUserId",
        "/reviewerUserId",
        "/editorUserId",
        "/answers/*/questionId",
        "/answers/*/questionRevisionId",
    ],
    read=POST(
        "/v2/stats/activity/scorecards",
        json={
            "filter": {
                "reviewFromDate": SINCE.format(Day(company_zone)),
                "reviewToDate": UNTIL.format(Day(company_zone)),
                "reviewMethod": "BOTH",
            },
            "cursor": NEXT,
        },
        records="/answeredScorecards",
        pages=CURSOR,
        total=TOTAL,
    ),
    sync=Incremental("/reviewTime", moves=False, format=Iso("1s"), reread="7d", every="5m"),
)

scorecard_definitions = setting(
    "scorecard_definitions",
    "/scorecardId",
    GET("/v2/settings/scorecards", records="/scorecards"),
    "api:settings:scorecards:read",
)
trackers = setting(
    "trackers",
    "/trackerId",
    GET("/v2/settings/trackers", params={"workspaceId": workspace}, records="/keywordTrackers"),
    "api:settings:trackers:read",
)
workspaces = setting("workspaces", "/id", GET("/v2/workspaces", records="/workspaces"), "api:workspaces:read")
call_outcomes = setting(
    "call_outcomes", "/callOutcome", GET("/v2/call-outcomes", records="/outcomes"), "api:call-outcomes:read"
)
crm_integrations = setting(
    "crm_integrations",
    "/id",
    GET("/v2/crm/integrations", records="/integrations"),
    "api:crm:integrations:read",
)

call_transcripts = Stream(
    "call_transcripts",
    key="/callId",
    scopes=["api:calls:read:transcript"],
    about="What was said in each call, by whom and when. Private calls have none.",
    read=POST(
        "/v2/calls/transcript",
        json={"filter": {"callIds": ALL(EACH["/id"], at_most=100)}, "cursor": NEXT},
        records="/callTranscripts",
        pages=CURSOR,
        total=TOTAL,
    ),
    sync=Follow(calls),
)

library_folders = Stream(
    "library_folders",
    key="/id",
    per=workspaces,
    scopes=["api:library:read"],
    about="Public folders of the call library, of every workspace.",
    read=GET("/v2/library/folders", params={"workspaceId": EACH["/id"]}, records="/folders").plus(
        workspaceId=EACH["/id"]
    ),
    sync=Snapshot(),
)
library_folder_content = Stream(
    "library_folder_content",
    key=("/folderId", "/id"),
    per=library_folders,
    scopes=["api:library:read"],
    about="Calls that were put into the library's folders.",
    read=GET("/v2/library/folder-content", params={"folderId": EACH["/id"]}, records="/calls").plus(
        folderId=EACH["/id"]
    ),
    sync=Snapshot(every="6h"),
)
permission_profiles = Stream(
    "permission_profiles",
    key="/id",
    per=workspaces,
    about="Permission profiles of every workspace.",
    read=GET("/v2/all-permission-profiles", params={"workspaceId": EACH["/id"]}, records="/profiles").plus(
        workspaceId=EACH["/id"]
    ),
    sync=Snapshot(every="6h"),
)
permission_profile_users = Stream(
    "permission_profile_users",
    key=("/profileId", "/id"),
    per=permission_profiles,
    about="Who has which permission profile.",
    read=GET("/v2/permission-profile/users", params={"profileId": EACH["/id"]}, records="/users").plus(
        profileId=EACH["/id"]
    ),
    sync=Snapshot(every="6h"),
)

gong = Connector(
    name="source-gong",
    title="Gong",
    config=GongConfig,
    http=lambda config: Http(
        config.base_url,
        auth=config.credentials,
        limits=[Limit(3, per="1s"), Limit(10_000, per="1d")],
        error="/errors/0",
        on=[On(404, error=re.compile("^No .* found")).empty(), On(400, error=re.compile("cursor")).expired()],
    ),
    check=workspaces,
    streams=[
        calls,
        calls_extensive,
        users,
        answered_scorecards,
        scorecard_definitions,
        trackers,
        workspaces,
        call_outcomes,
        crm_integrations,
        call_transcripts,
        library_folders,
        library_folder_content,
        permission_profiles,
        permission_profile_users,
    ],
)
