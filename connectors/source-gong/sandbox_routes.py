"""Gong's endpoints over the sandbox's data: inputs, pages and answers as the public contract says."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from connector_sdk.testing.fake import (
    Between,
    Collection,
    Duration,
    FakeApi,
    JsonObject,
    Refuse,
    Request,
    among,
    beside,
    between,
    day_of,
    equals,
    on_days,
)

if TYPE_CHECKING:
    import sandbox_data as data
    import sandbox_office as office
    import sandbox_stats as stats
else:
    data, office = beside(__file__, "sandbox_data"), beside(__file__, "sandbox_office")
    stats = beside(__file__, "sandbox_stats")

ZONE: str = data.ZONE
TOKENS = "/oauth2/generate-customer-token"

METHODS = {"MANUAL": ("MANUAL",), "AUTOMATIC": ("AUTOMATIC",), "BOTH": ("MANUAL", "AUTOMATIC")}


class Routes:
    """Serves a world's data as Gong's API v2, behind ``home``: where the customer's own base is."""

    def __init__(
        self, api: FakeApi, world: data.World, rooms: office.Office, cursor_life: Duration, home: str = ""
    ) -> None:
        self.api = api
        self.world = world
        self.office = rooms
        self.stats = stats.Stats(world)
        self.pages = api.pager("offset", size=100, life=cursor_life)
        api.error_body = error_body
        for path, handler in self.gets().items():
            api.get(home + path)(handler)
        for path, handler in self.posts().items():
            api.post(home + path)(handler)

    def gets(self) -> dict[str, Callable[[Request], Any]]:
        return {
            "/v2/calls": self.calls,
            "/v2/calls/{id}": self.one_call,
            "/v2/users": self.users,
            "/v2/users/{id}/settings-history": self.settings_history,
            "/v2/settings/scorecards": lambda request: self.whole(
                request, "scorecards", self.world.scorecards.select()
            ),
            "/v2/settings/trackers": self.trackers,
            "/v2/workspaces": self.listing("workspaces", self.world.workspaces),
            "/v2/call-outcomes": self.listing("outcomes", self.world.outcomes),
            "/v2/crm/integrations": self.listing("integrations", self.world.integrations),
            "/v2/crm/entity-schema": self.entity_schema,
            "/v2/library/folders": self.folders,
            "/v2/library/folder-content": self.folder_content,
            "/v2/all-permission-profiles": self.profiles,
            "/v2/permission-profile/users": self.profile_users,
            "/v2/flows": self.flows,
            "/v2/logs": self.logs,
            "/v2/coaching": self.coaching,
        }

    def posts(self) -> dict[str, Callable[[Request], Any]]:
        return {
            "/v2/calls/extensive": self.extensive,
            "/v2/calls/transcript": self.transcripts,
            "/v2/users/extensive": self.users_extensive,
            "/v2/stats/activity/scorecards": self.answered,
            "/v2/stats/activity/day-by-day": self.day_by_day,
            "/v2/stats/activity/aggregate": self.aggregate,
            "/v2/stats/interaction": self.interaction,
            "/v2/tasks": self.tasks,
        }

    # ---- answers

    def paged(
        self,
        request: Request,
        name: str,
        rows: Sequence[JsonObject],
        show: Callable[[JsonObject], JsonObject] = lambda row: row,
        *,
        noun: str = "",
        **beside: Any,
    ) -> JsonObject:
        """One page of 100 in Gong's envelope, each row as ``show`` gives it; nothing found is a 404."""
        at = "cursor" if request.method == "GET" else "/cursor"
        page = self.pages.page(request, rows, at=at)
        if not page.records:
            raise Refuse(404, f"No {noun or name} found corresponding to the provided filters")
        size = len(page.records)
        records: JsonObject = {"totalRecords": page.total, "currentPageSize": size, "currentPageNumber": page.number}
        if page.next is not None:
            records["cursor"] = page.next
        return {
            "requestId": request_id(request),
            "records": records,
            name: [show(row) for row in page.records],
            **beside,
        }

    def whole(self, request: Request, name: str, rows: Sequence[JsonObject], *, noun: str = "") -> JsonObject:
        """All rows at once, for the endpoints without pages."""
        if not rows:
            raise Refuse(404, f"No {noun or name} found corresponding to the provided filters")
        return {"requestId": request_id(request), name: list(rows)}

    def listing(self, name: str, rows: Collection) -> Callable[[Request], Any]:
        """A handler for an endpoint that lists a collection without filters or pages."""
        return lambda request: self.whole(request, name, rows.select())

    # ---- calls

    def calls(self, request: Request) -> JsonObject:
        window = started(request, "fromDateTime", "toDateTime")
        rows = self.world.calls.select(window, equals("/metaData/workspaceId", request.text("workspaceId", None)))
        return self.paged(request, "calls", rows, lambda call: call["metaData"])

    def one_call(self, request: Request) -> JsonObject:
        call = found(self.world.calls, request.parts["id"], "call")
        return {"requestId": request_id(request), "call": call["metaData"]}

    def chosen_calls(self, request: Request) -> list[JsonObject]:
        """Calls by a filter in the body: a window, ids, or both."""
        need_filter(request)
        ids = request.texts("/filter/callIds", None, most=100)
        wanted = None if ids is None else set(ids)
        hosts = request.texts("/filter/primaryUserIds", None)
        filters = [
            equals("/metaData/workspaceId", request.text("/filter/workspaceId", None)),
            among("/metaData/id", wanted),
            among("/metaData/primaryUserId", hosts),
        ]
        if ids is None or request.value("/filter/fromDateTime", None) is not None:
            return self.world.calls.select(started(request, "/filter/fromDateTime", "/filter/toDateTime"), *filters)
        return self.world.calls.select(*filters)

    def extensive(self, request: Request) -> JsonObject:
        selector = request.value("/contentSelector", None) or {}
        rows = self.chosen_calls(request)
        return self.paged(request, "calls", rows, lambda call: exposed(call, selector, self.api.now()))

    def transcripts(self, request: Request) -> JsonObject:
        rows = [row for row in self.chosen_calls(request) if data.has_transcript(row)]
        return self.paged(request, "callTranscripts", rows, data.transcript, noun="call transcripts")

    # ---- people

    def users(self, request: Request) -> JsonObject:
        avatars = request.flag("includeAvatars")
        rows = self.world.users.select(lambda user: avatars or not data.is_avatar(user))
        return self.paged(request, "users", rows)

    def users_extensive(self, request: Request) -> JsonObject:
        need_filter(request)
        since = request.instant("/filter/createdFromDateTime", None, fraction=False)
        until = request.instant("/filter/createdToDateTime", None, fraction=False)
        ids = among("/id", request.texts("/filter/userIds", None))
        return self.paged(request, "users", self.world.users.select(between("/created", since, until), ids))

    def settings_history(self, request: Request) -> JsonObject:
        user = found(self.world.users, request.parts["id"], "user")
        history = office.settings_history(user, self.world.began)
        return self.whole(request, "userSettingsHistory", history)

    # ---- scorecards and statistics

    def answered(self, request: Request) -> JsonObject:
        need_filter(request)
        methods = METHODS[request.choice("/filter/reviewMethod", METHODS, "MANUAL")]
        users, cards = request.value("/filter/reviewedUserIds", None), request.value("/filter/scorecardIds", None)
        rows = self.world.answered.select(
            on_company_days("/reviewTime", *days(request, "/filter/reviewFromDate", "/filter/reviewToDate", None)),
            on_company_days("/callStartTime", *days(request, "/filter/callFromDate", "/filter/callToDate", None)),
            among("/reviewMethod", methods),
            lambda row: users is None or str(row["reviewedUserId"]) in map(str, users),
            lambda row: cards is None or str(row["scorecardId"]) in map(str, cards),
        )
        return self.paged(request, "answeredScorecards", rows, noun="answered scorecards")

    def past_days(self, request: Request) -> tuple[date, date]:
        need_filter(request)
        since, until = days(request, "/filter/fromDate", "/filter/toDate")
        if until > day_of(self.api.now(), ZONE):
            raise Refuse(400, "toDate must not be later than today")
        return since, until

    def day_by_day(self, request: Request) -> JsonObject:
        rows = self.stats.by_day(*self.past_days(request), request.texts("/filter/userIds", None))
        return self.paged(request, "usersDetailedActivities", rows, noun="activities")

    def aggregate(self, request: Request) -> JsonObject:
        since, until = self.past_days(request)
        rows = self.stats.added_up(since, until, request.texts("/filter/userIds", None))
        window = stats.company_window(since, until)
        return self.paged(request, "usersAggregateActivityStats", rows, noun="activities", **window)

    def interaction(self, request: Request) -> JsonObject:
        since, until = self.past_days(request)
        rows = self.stats.interaction(since, until, request.texts("/filter/userIds", None))
        window = stats.company_window(since, until)
        return self.paged(request, "peopleInteractionStats", rows, noun="interaction stats", **window)

    def coaching(self, request: Request) -> JsonObject:
        workspace = found(self.world.workspaces, request.text("workspace-id"), "coaching data")
        since, until = request.instant("from", fraction=False), request.instant("to", fraction=False)
        manager = found(self.world.users, request.text("manager-id"), "coaching data")
        row = self.stats.coaching(workspace["id"], manager, since, until)
        return self.whole(request, "coachingData", [row] if row else [], noun="coaching data")

    # ---- settings

    def trackers(self, request: Request) -> JsonObject:
        workspace = equals("/workspaceId", request.text("workspaceId", None))
        return self.whole(request, "keywordTrackers", self.world.trackers.select(workspace), noun="trackers")

    def entity_schema(self, request: Request) -> JsonObject:
        integration = found(self.world.integrations, request.text("integrationId"), "integration")
        kind = request.choice("objectType", office.CRM_TYPES)
        rows = self.office.crm_fields.select(equals("/integrationId", integration["id"]), equals("/objectType", kind))
        if not rows:
            raise Refuse(404, "No schema fields found corresponding to the provided filters")
        fields = [row["field"] for row in rows]
        return {"requestId": request_id(request), "objectTypeToSelectedFields": {kind: fields}}

    def folders(self, request: Request) -> JsonObject:
        rows = self.office.folders.select(equals("/workspaceId", request.text("workspaceId")))
        return self.whole(request, "folders", [office.shown(row, "calls") for row in rows])

    def folder_content(self, request: Request) -> JsonObject:
        folder = found(self.office.folders, request.text("folderId"), "folder")
        calls = [call for call in folder["calls"] if call["id"] in self.world.calls]
        return {**self.whole(request, "calls", calls), "id": folder["id"], "name": folder["name"]}

    def profiles(self, request: Request) -> JsonObject:
        rows = self.office.profiles.select(equals("/workspaceId", request.text("workspaceId")))
        return self.whole(request, "profiles", [office.shown(row, "users") for row in rows])

    def profile_users(self, request: Request) -> JsonObject:
        profile = found(self.office.profiles, request.text("profileId"), "profile")
        return self.whole(request, "users", [user for user in profile["users"] if user["id"] in self.world.users])

    # ---- flows, logs, tasks

    def flows(self, request: Request) -> JsonObject:
        owner = request.text("flowOwnerEmail")
        rows = self.office.flows.select(lambda flow: flow["owner"] == owner or flow["visibility"] == "Company")
        return self.paged(request, "flows", rows, lambda flow: office.shown(flow, "owner"))

    def logs(self, request: Request) -> JsonObject:
        kind = request.choice("logType", office.LOG_TYPES)
        since = request.instant("fromDateTime", fraction=False)
        until = request.instant("toDateTime", None, fraction=False)
        rows = self.office.logs.select(between("/entry/eventTime", since, until), equals("/logType", kind))
        return self.paged(request, "logEntries", rows, lambda row: row["entry"], noun="log entries")

    def tasks(self, request: Request) -> JsonObject:
        user = request.text("/filter/userId")
        request.choice("/filter/status", ("OPEN",), "OPEN")
        rows = self.office.tasks.select(equals("/assigneeId", user), equals("/status", "OPEN"))
        return self.paged(request, "tasks", rows)


def error_body(status: int, message: str, request: Request) -> JsonObject:
    """What goes wrong, as the API tells it; the login's answers are those of RFC 6749."""
    if request.path == TOKENS:
        return {"error": message}
    return {"requestId": request_id(request), "errors": [message]}


def request_id(request: Request) -> str:
    return hashlib.sha256(f"{request.n}".encode()).hexdigest()[:12]


def found(rows: Collection, key: str, noun: str) -> JsonObject:
    """The record with this key; 404 without one."""
    record = rows.get(key)
    if record is None:
        raise Refuse(404, f"No {noun} found corresponding to the provided filters")
    return record


def need_filter(request: Request) -> None:
    if not isinstance(request.value("/filter"), dict):
        raise Refuse(400, "filter must be an object")


def started(request: Request, since_at: str, until_at: str) -> Between:
    """The window on a call's start: both borders required, from inclusive, to exclusive."""
    since, until = request.instant(since_at, fraction=False), request.instant(until_at, fraction=False)
    if since > until:
        raise Refuse(400, "fromDateTime must not be later than toDateTime")
    return between("/metaData/started", since, until)


def days(request: Request, since_at: str, until_at: str, *default: Any) -> tuple[Any, Any]:
    """Two days, in order."""
    since, until = request.day(since_at, *default), request.day(until_at, *default)
    if since is not None and until is not None and since >= until:
        raise Refuse(400, f"{since_at.split('/')[-1]} must be earlier than {until_at.split('/')[-1]}")
    return since, until


def on_company_days(place: str, since: date | None, until: date | None) -> Any:
    """Days of the company's zone; without both, everything passes."""
    return on_days(place, since, until, zone=ZONE)


def exposed(call: JsonObject, selector: JsonObject, now: int) -> JsonObject:
    """A call as ``contentSelector`` asks for it; without one, its metadata alone."""
    shown: JsonObject = {"metaData": call["metaData"]}
    if selector.get("context", "None") != "None":
        timing = selector.get("contextTiming") or ["Now"]
        shown["context"] = [
            {**each, "objects": [one for one in each["objects"] if one["timing"] in timing]} for each in call["context"]
        ]
    fields = selector.get("exposedFields") or {}
    if fields.get("parties"):
        shown["parties"] = call["parties"]
    for group in ("content", "interaction", "collaboration"):
        wanted = fields.get(group) or {}
        if wanted:
            shown[group] = {name: value for name, value in call[group].items() if wanted.get(name)}
    if fields.get("media"):
        until = (now + 8 * data.HOUR) // 1_000_000
        signed = f"https://media.example.test/{call['metaData']['id']}?expires={until}&signature={now:x}"
        shown["media"] = {"audioUrl": f"{signed}&kind=audio", "videoUrl": f"{signed}&kind=video"}
    return shown
