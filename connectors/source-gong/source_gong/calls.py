"""Calls and what is said about them: transcripts, scorecards, trackers, outcomes."""

from collections.abc import Iterator

from connector_sdk import ALL, EACH, GET, NEXT, POST, SINCE, UNTIL, Day, Incremental, Iso, Json, Missing, On, Stream

from .shared import CURSOR, NOTHING, TOTAL, WINDOW, by_start, company_zone, setting, workspace

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


calls = Stream(
    "calls",
    key="/id",
    scopes=["api:calls:read:basic"],
    about="Calls: when, how long, between whom, in which system.",
    read=GET("/v2/calls", params={**WINDOW, "cursor": NEXT}, records="/calls", pages=CURSOR, total=TOTAL),
    sync=by_start("/started"),
    deletes=Missing(),
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
    deletes=Missing(),
)


def listed_calls(body: Json) -> Iterator[Json]:
    """Calls under the name by which their transcripts know them."""
    for call in body["calls"]:
        yield {"callId": call["id"], "started": call["started"]}


call_transcripts = Stream(
    "call_transcripts",
    key="/callId",
    scopes=["api:calls:read:basic", "api:calls:read:transcript"],
    about="What was said in each call, by whom and when. Private calls have none.",
    read=GET("/v2/calls", params={**WINDOW, "cursor": NEXT}, records=listed_calls, pages=CURSOR, total=TOTAL).then(
        POST(
            "/v2/calls/transcript",
            json={"filter": {"callIds": ALL(EACH["/callId"], at_most=100)}, "cursor": NEXT},
            records="/callTranscripts",
            pages=CURSOR,
            add={"started": EACH["/started"]},
            on=[NOTHING, On(404).fail("see whether base_url is that of your company")],
        )
    ),
    sync=by_start("/started"),
    deletes=Missing(),
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
    deletes=Missing(),
)

scorecard_definitions = setting(
    "scorecard_definitions",
    "/scorecardId",
    GET("/v2/settings/scorecards", records="/scorecards"),
    "api:settings:scorecards:read",
    "Scorecards that can be filled in, with their questions.",
    "/workspaceId",
    "/updaterUserId",
    "/questions/*/questionId",
    "/questions/*/questionRevisionId",
)
trackers = setting(
    "trackers",
    "/trackerId",
    GET("/v2/settings/trackers", params={"workspaceId": workspace}, records="/keywordTrackers"),
    "api:settings:trackers:read",
    "Keywords that are looked for in calls.",
)
call_outcomes = setting(
    "call_outcomes",
    "/callOutcome",
    GET("/v2/call-outcomes", records="/outcomes"),
    "api:call-outcomes:read",
    "Outcomes that a call can be given, known by their names.",
)
