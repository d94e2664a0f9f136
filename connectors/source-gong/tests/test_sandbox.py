"""The sandbox keeps Gong's contract, and its truth is what a perfect reader finds over the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from connector_sdk.engine.clock import parse_instant
from connector_sdk.testing.fake import Fault, HandClock, Sandbox, beside, instant_in, load_sandbox

FOLDER = Path(__file__).parent.parent
NOW = "2026-01-15T12:00:00Z"
WINDOW = {"fromDateTime": "2025-12-01T00:00:00Z", "toDateTime": "2026-02-01T00:00:00Z"}
ALL_TIME = {"reviewFromDate": "2025-12-01", "reviewToDate": "2026-02-01", "reviewMethod": "BOTH"}
SELECTOR = {
    "context": "Extended",
    "contextTiming": ["Now", "TimeOfCall"],
    "exposedFields": {
        "parties": True,
        "content": {
            "structure": True,
            "topics": True,
            "trackers": True,
            "trackerOccurrences": True,
            "brief": True,
            "outline": True,
            "highlights": True,
            "callOutcome": True,
            "keyPoints": True,
        },
        "interaction": {"speakers": True, "video": True, "personInteractionStats": True, "questions": True},
        "collaboration": {"publicComments": True},
        "media": False,
    },
}


def make(**options: Any) -> Any:
    options = {"clock": HandClock(NOW), "calls": 250, "users": 120, "history_days": 20, "limits": False, **options}
    return load_sandbox(FOLDER)(**options)


@pytest.fixture
def gong() -> Iterator[Any]:
    with make() as sandbox:
        yield sandbox
        assert not sandbox.api.errors


class Reader:
    """Reads Gong as its contract says, sharing nothing with the connector."""

    def __init__(self, gong: Any) -> None:
        credentials = gong.config()["credentials"]
        auth = (credentials["access_key"], credentials["access_key_secret"])
        self.http = httpx.Client(base_url=gong.url, auth=auth, trust_env=False)

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *exc: object) -> None:
        self.http.close()

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.http.get(path, params=params)

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.http.post(path, json=body)

    def pages(self, path: str, name: str, inputs: Any, *, post: bool = False) -> Iterator[list[Any]]:
        cursor = None
        while True:
            asked = {**inputs, **({"cursor": cursor} if cursor else {})}
            answer = self.post(path, asked) if post else self.get(path, **asked)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            assert body["records"]["currentPageSize"] == len(body[name]) <= 100
            yield body[name]
            cursor = body["records"].get("cursor")
            if cursor is None:
                return

    def all(self, path: str, name: str, inputs: Any, *, post: bool = False) -> list[Any]:
        return [row for page in self.pages(path, name, inputs, post=post) for row in page]

    def calls(self, **more: Any) -> dict[str, Any]:
        return {row["id"]: row for row in self.all("/v2/calls", "calls", {**WINDOW, **more})}

    def extensive(self) -> dict[str, Any]:
        rows = self.all("/v2/calls/extensive", "calls", {"filter": WINDOW, "contentSelector": SELECTOR}, post=True)
        return {row["metaData"]["id"]: row for row in rows}

    def answered(self, **filter: Any) -> dict[int, Any]:
        path, asked = "/v2/stats/activity/scorecards", {"filter": {**ALL_TIME, **filter}}
        return {row["answeredScorecardId"]: row for row in self.all(path, "answeredScorecards", asked, post=True)}


@pytest.fixture
def read(gong: Any) -> Iterator[Reader]:
    with Reader(gong) as reader:
        yield reader


def refused(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    assert set(body) == {"requestId", "errors"}
    return answer.status_code, body["errors"][0]


# ---- its face


def test_is_a_sandbox_with_a_config_that_fits(gong: Any) -> None:
    assert isinstance(gong, Sandbox)
    config = gong.config()
    assert config["advanced"]["base_url"] == gong.url
    assert config["credentials"]["credentials_title"] == "Access key"
    start = parse_instant(config["start_date"])
    assert all(instant_in(call["started"]) > start for call in gong.truth("calls").values())
    assert json.loads(json.dumps(config)) == config


def test_is_the_same_for_the_same_seed_and_differs_for_another() -> None:
    first, again, other = make(calls=40), make(calls=40), make(calls=40, seed=8)
    for stream in ("calls_extensive", "users", "answered_scorecards", "scorecard_definitions", "call_transcripts"):
        assert first.truth(stream) == again.truth(stream)
    assert first.truth("calls") != other.truth("calls")
    assert first.tick(30) == again.tick(30)


def test_listens_on_a_given_port() -> None:
    with make(calls=1) as first:
        port = int(first.url.rsplit(":", 1)[1])
    with make(calls=1, port=port) as again:
        assert again.url == f"http://127.0.0.1:{port}"


def test_truth_of_an_unknown_stream_names_the_known_ones() -> None:
    with pytest.raises(KeyError, match="users, scorecard_definitions"):
        make(calls=1).truth("nothing")


# ---- truth over the wire


def test_truth_is_what_a_perfect_reader_finds(gong: Any, read: Reader) -> None:
    for round in range(3):
        assert read.calls() == gong.truth("calls")
        assert read.extensive() == gong.truth("calls_extensive")
        assert read.answered() == gong.truth("answered_scorecards")
        users = read.all("/v2/users", "users", {"includeAvatars": "true"})
        assert {row["id"]: row for row in users} == gong.truth("users")
        for path, name, key, stream in (
            ("/v2/settings/scorecards", "scorecards", "scorecardId", "scorecard_definitions"),
            ("/v2/settings/trackers", "keywordTrackers", "trackerId", "trackers"),
            ("/v2/workspaces", "workspaces", "id", "workspaces"),
            ("/v2/call-outcomes", "outcomes", "callOutcome", "call_outcomes"),
            ("/v2/crm/integrations", "integrations", "id", "crm_integrations"),
        ):
            rows = read.get(path).json()[name]
            assert rows
            assert {row[key]: row for row in rows} == gong.truth(stream)
        gong.tick(60)
        gong.api.clock.advance("2h" if round else "2d")


def test_transcripts_leave_out_private_calls_and_those_still_processed(gong: Any, read: Reader) -> None:
    gong.calls.edit(next(iter(gong.truth("calls"))), lambda call: call["metaData"].update(isPrivate=True))
    path, name = "/v2/calls/transcript", "callTranscripts"
    found = {row["callId"]: row for row in read.all(path, name, {"filter": WINDOW}, post=True)}
    assert found == gong.truth("call_transcripts")
    assert 0 < len(found) < len(gong.truth("calls"))
    some = list(gong.truth("calls"))[:100]
    batch = read.all(path, name, {"filter": {"callIds": some}}, post=True)
    assert {row["callId"] for row in batch} == {id for id in some if id in found}
    assert read.post(path, {"filter": {"callIds": [*some, "1"]}}).status_code == 400


# ---- the contract


def test_windows_are_half_open_instants_without_fractions(gong: Any, read: Reader) -> None:
    call = next(iter(gong.truth("calls").values()))
    at = instant_in(call["started"])
    second = {row["id"] for row in gong.truth("calls").values() if instant_in(row["started"]) == at}
    text = call["started"]
    after = text[:17] + f"{int(text[17:19]) + 1:02}" + text[19:]
    if int(text[17:19]) < 59:
        window = {"fromDateTime": text, "toDateTime": after}
        assert {row["id"] for row in read.all("/v2/calls", "calls", window)} == second
    empty = read.get("/v2/calls", fromDateTime=text, toDateTime=text)
    assert refused(empty) == (404, "No calls found corresponding to the provided filters")
    for name in WINDOW:
        rest = {other: value for other, value in WINDOW.items() if other != name}
        assert refused(read.get("/v2/calls", **rest)) == (400, f"{name} is required")
        for bad in ("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00", "2026-01-01", "now"):
            assert read.get("/v2/calls", **{**WINDOW, name: bad}).status_code == 400
    assert refused(read.post("/v2/calls/extensive", {"filter": {}})) == (400, "filter.fromDateTime is required")
    assert refused(read.post("/v2/calls/extensive", {})) == (400, "filter is required")


def test_calls_can_be_narrowed_to_a_workspace(gong: Any, read: Reader) -> None:
    for workspace in gong.truth("workspaces"):
        found = read.calls(workspaceId=workspace)
        assert set(found) == {id for id, call in gong.truth("calls").items() if call["workspaceId"] == workspace}


def test_started_carries_the_companys_offset_and_ids_are_long(gong: Any, read: Reader) -> None:
    calls = read.calls()
    assert all(call["started"].endswith(("-08:00", "-07:00")) for call in calls.values())
    assert all("." not in call["started"] for call in calls.values())
    assert {len(id) for id in calls} == {19, 20}
    assert any(int(id) > 2**64 for id in calls)
    times = [call["started"] for call in calls.values()]
    assert len(set(times)) < len(times), "some calls share a second"
    answers = read.answered().values()
    assert all(isinstance(row["answeredScorecardId"], int) and isinstance(row["callId"], int) for row in answers)


def test_cursors_are_bound_to_the_filter_and_expire(gong: Any, read: Reader) -> None:
    gong.settle()
    first = read.get("/v2/calls", **WINDOW).json()["records"]
    assert (first["totalRecords"], first["currentPageSize"], first["currentPageNumber"]) == (250, 100, 0)
    cursor = first["cursor"]
    other = {**WINDOW, "toDateTime": "2026-01-16T00:00:00Z"}
    assert read.get("/v2/calls", **WINDOW, cursor=cursor).json()["records"]["currentPageNumber"] == 1
    status, told = refused(read.get("/v2/calls", **other, cursor=cursor))
    assert status == 400
    assert "cursor" in told
    gong.api.clock.advance("1d")
    assert refused(read.get("/v2/calls", **WINDOW, cursor=cursor)) == (400, "cursor has expired")


def test_content_is_what_the_selector_asks_for(gong: Any, read: Reader) -> None:
    def first(selector: Any) -> Any:
        body = {"filter": WINDOW, **({"contentSelector": selector} if selector else {})}
        return read.post("/v2/calls/extensive", body).json()["calls"][0]

    assert set(first(None)) == {"metaData"}
    assert set(first({"exposedFields": {"parties": True}})) == {"metaData", "parties"}
    assert set(first({"exposedFields": {"content": {"brief": True}}})["content"]) == {"brief"}
    full = first(SELECTOR)
    assert "media" not in full
    assert {"metaData", "context", "parties", "content", "interaction", "collaboration"} == set(full)
    media = {"exposedFields": {"media": True}}
    before = first(media)["media"]
    gong.api.clock.advance("1s")
    assert first(media)["media"] != before, "media links change on every read"
    timings = {
        one["timing"]
        for row in read.post(
            "/v2/calls/extensive",
            {"filter": WINDOW, "contentSelector": {"context": "Extended", "contextTiming": ["Now"]}},
        ).json()["calls"]
        for each in row["context"]
        for one in each["objects"]
    }
    assert timings == {"Now"}


def test_answers_are_filtered_by_the_companys_days_and_by_method(gong: Any, read: Reader) -> None:
    every = gong.truth("answered_scorecards")
    key = next(iter(every))
    gong.answered.edit(key, reviewTime="2026-01-10T23:59:59-08:00")  # the 11th in UTC
    assert key in read.answered(reviewFromDate="2026-01-10", reviewToDate="2026-01-11")
    window = {"reviewFromDate": "2026-01-11", "reviewToDate": "2026-01-12"}
    assert key not in read.answered(**window)
    methods = {method: set(read.answered(reviewMethod=method)) for method in ("MANUAL", "AUTOMATIC", "BOTH")}
    assert methods["MANUAL"] | methods["AUTOMATIC"] == methods["BOTH"] == set(every)
    assert methods["MANUAL"] and methods["AUTOMATIC"]
    default = {name: value for name, value in ALL_TIME.items() if name != "reviewMethod"}
    body = read.post("/v2/stats/activity/scorecards", {"filter": default}).json()
    assert body["records"]["totalRecords"] == len(methods["MANUAL"])
    assert (
        refused(read.post("/v2/stats/activity/scorecards", {"filter": {**ALL_TIME, "reviewMethod": "ANY"}}))[0] == 400
    )
    nothing = {**ALL_TIME, "reviewFromDate": "2020-01-01", "reviewToDate": "2020-01-02"}
    answer = refused(read.post("/v2/stats/activity/scorecards", {"filter": nothing}))
    assert answer == (404, "No answered scorecards found corresponding to the provided filters")


def test_statistics_tell_the_time_zone_and_refuse_tomorrow(gong: Any, read: Reader) -> None:
    day = {"filter": {"fromDate": "2026-01-13", "toDate": "2026-01-14"}}
    body = read.post("/v2/stats/activity/aggregate", day).json()
    assert body["timeZone"] == "America/Los_Angeles"
    assert (body["fromDateTime"], body["toDateTime"]) == ("2026-01-13T00:00:00-08:00", "2026-01-14T00:00:00-08:00")
    assert body["records"]["totalRecords"] == 120
    ids = [str(body["usersAggregateActivityStats"][0]["userId"])]
    one = read.post("/v2/stats/activity/aggregate", {"filter": {**day["filter"], "userIds": ids}}).json()
    assert [str(row["userId"]) for row in one["usersAggregateActivityStats"]] == ids
    late = {"filter": {"fromDate": "2026-01-15", "toDate": "2026-01-16"}}
    for path in ("aggregate", "day-by-day"):
        assert refused(read.post(f"/v2/stats/activity/{path}", late)) == (400, "toDate must not be later than today")
    days = read.all("/v2/stats/activity/day-by-day", "usersDetailedActivities", day, post=True)
    hosted = {id for row in days for each in row["userDailyActivityStats"] for id in each["callsAsHost"]}
    started = {id for id, call in gong.truth("calls").items() if call["started"].startswith("2026-01-13")}
    people = gong.truth("users")
    assert hosted == {id for id in started if people[gong.truth("calls")[id]["primaryUserId"]]["firstName"] != "Avatar"}
    assert read.post("/v2/stats/interaction", day).json()["timeZone"] == "America/Los_Angeles"


def test_users_are_listed_with_avatars_only_on_request(gong: Any, read: Reader) -> None:
    assert len(read.all("/v2/users", "users", {})) == 120
    assert len(read.all("/v2/users", "users", {"includeAvatars": "true"})) == 122
    chosen = sorted(gong.truth("users"))[:3]
    rows = read.post("/v2/users/extensive", {"filter": {"userIds": chosen}}).json()["users"]
    assert [row["id"] for row in rows] == chosen
    histories = [read.get(f"/v2/users/{id}/settings-history").json()["userSettingsHistory"] for id in chosen]
    assert all(row["userId"] == id for id, rows in zip(chosen, histories, strict=True) for row in rows)
    assert read.get("/v2/users/1/settings-history").status_code == 404


def test_settings_of_workspaces_and_people(gong: Any, read: Reader) -> None:
    for workspace in gong.truth("workspaces"):
        for folder in read.get("/v2/library/folders", workspaceId=workspace).json()["folders"]:
            content = read.get("/v2/library/folder-content", folderId=folder["id"])
            assert content.status_code == 200 or refused(content)[0] == 404
        for profile in read.get("/v2/all-permission-profiles", workspaceId=workspace).json()["profiles"]:
            assert read.get("/v2/permission-profile/users", profileId=profile["id"]).json()["users"]
    assert refused(read.get("/v2/library/folders")) == (400, "workspaceId is required")
    integration = next(iter(gong.truth("crm_integrations")))
    schema = read.get("/v2/crm/entity-schema", integrationId=integration, objectType="DEAL").json()
    assert all({"name", "label", "type"} == set(field) for field in schema["objectTypeToSelectedFields"]["DEAL"])
    (hubspot,) = [id for id, each in gong.truth("crm_integrations").items() if each["crmType"] == "HUBSPOT"]
    leads = read.get("/v2/crm/entity-schema", integrationId=hubspot, objectType="LEAD")
    assert refused(leads) == (404, "No schema fields found corresponding to the provided filters")
    assert read.get("/v2/crm/entity-schema", integrationId=integration, objectType="CASE").status_code == 400


def test_flows_logs_coaching_and_tasks(gong: Any, read: Reader) -> None:
    people = list(gong.truth("users").values())
    flows = [read.get("/v2/flows", flowOwnerEmail=each["emailAddress"]).json() for each in people[:2]]
    shared = [{row["id"] for row in body["flows"] if row["visibility"] == "Company"} for body in flows]
    assert shared[0] == shared[1] != set()
    since = {"fromDateTime": "2025-12-01T00:00:00Z"}
    logs = read.all("/v2/logs", "logEntries", {"logType": "AccessLog", **since})
    times = [instant_in(row["eventTime"]) for row in logs]
    assert len(logs) == 150
    assert times == sorted(times)
    assert read.get("/v2/logs", logType="Other", **since).status_code == 400
    tasks = [read.post("/v2/tasks", {"filter": {"userId": each["id"]}}) for each in people]
    rows = [row for answer in tasks if answer.status_code == 200 for row in answer.json()["tasks"]]
    assert {row["status"] for row in rows} == {"OPEN"}
    assert read.post("/v2/tasks", {"filter": {"userId": people[0]["id"], "status": "CLOSED"}}).status_code == 400
    workspace, manager, *_ = next(iter(gong.truth("coaching")))
    asked = {
        "workspace-id": workspace,
        "manager-id": manager,
        "from": "2025-12-20T00:00:00Z",
        "to": "2026-01-15T00:00:00Z",
    }
    assert read.get("/v2/coaching", **asked).json()["coachingData"][0]["manager"]["id"] == manager
    assert refused(read.get("/v2/coaching", **{**asked, "workspace-id": ""}))[0] == 400
    underscored = {name.replace("-", "_"): value for name, value in asked.items()}
    assert refused(read.get("/v2/coaching", **underscored)) == (400, "workspace-id is required")
    before = {**asked, "from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00Z"}
    assert refused(read.get("/v2/coaching", **before)) == (
        404,
        "No coaching data found corresponding to the provided filters",
    )


def test_truth_of_the_office_and_of_statistics_is_what_a_perfect_reader_finds(gong: Any, read: Reader) -> None:
    def found(answer: httpx.Response, name: str) -> list[Any]:
        assert answer.status_code == 200 or refused(answer)[1].startswith("No ")
        return list(answer.json()[name]) if answer.status_code == 200 else []

    people = list(gong.truth("users").values())
    flows = [found(read.get("/v2/flows", flowOwnerEmail=each["emailAddress"]), "flows") for each in people]
    assert {row["id"]: row for rows in flows for row in rows} == gong.truth("flows")
    tasks = [found(read.post("/v2/tasks", {"filter": {"userId": each["id"]}}), "tasks") for each in people]
    assert {row["id"]: row for rows in tasks for row in rows} == gong.truth("tasks")
    fields = {
        (id, kind, field["name"]): field
        for id in gong.truth("crm_integrations")
        for kind in ("ACCOUNT", "CONTACT", "DEAL", "LEAD")
        for answer in [read.get("/v2/crm/entity-schema", integrationId=id, objectType=kind)]
        if answer.status_code == 200
        for field in answer.json()["objectTypeToSelectedFields"][kind]
    }
    assert fields == gong.truth("crm_entity_schema")
    day, path = {"fromDate": "2026-01-13", "toDate": "2026-01-14"}, "/v2/stats/activity/aggregate"
    rows = read.all(path, "usersAggregateActivityStats", {"filter": day}, post=True)
    truth = gong.truth("activity_aggregate")
    assert {(row["userId"], "2026-01-13"): row for row in rows} == {
        key: truth[key] for key in truth if key[1] == "2026-01-13"
    }
    assert all(isinstance(row["userId"], int) for row in rows)


def test_entries_of_a_log_may_share_an_instant_and_a_person_but_are_never_the_same(gong: Any) -> None:
    rows = gong.truth("audit_logs").values()
    assert len({json.dumps(row, sort_keys=True) for row in rows}) == len(rows) == 750
    assert len({(row["eventTime"], row["userId"]) for row in rows}) < len(rows)
    assert all(len(row["eventTime"]) == len("2026-01-01T00:00:00.000Z") for row in rows)


def test_wrong_keys_unknown_paths_and_gone_calls_have_gongs_error_body(gong: Any, read: Reader) -> None:
    wrong = httpx.get(f"{gong.url}/v2/calls", auth=("key", "wrong"), trust_env=False)
    assert refused(wrong) == (401, "Failed to verify authentication")
    status, told = refused(read.get("/v2/nothing"))
    assert status == 404
    assert not told.startswith("No ")
    id = next(iter(gong.truth("calls")))
    assert read.get(f"/v2/calls/{id}").json()["call"]["id"] == id
    gong.calls.delete(id)
    assert refused(read.get(f"/v2/calls/{id}"))[0] == 404
    assert id not in read.calls()


def test_limits_are_three_a_second_and_ten_thousand_a_day() -> None:
    with make(calls=1, limits=True) as gong, Reader(gong) as read:

        def asked() -> httpx.Response:
            return read.get("/v2/workspaces")

        assert [asked().status_code for _ in range(4)] == [200, 200, 200, 429]
        assert refused(asked()) == (429, "API rate limit exceeded")
        assert asked().headers["retry-after"] == "1"
        day = gong.api.limits[1]
        for _ in range(9_997):
            day.take(gong.api.now())
        gong.api.clock.advance("1s")
        answer = asked()
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "86399")
        gong.api.limits_on = False
        assert asked().status_code == 200


# ---- its life


def test_calls_become_visible_late_and_content_later_still() -> None:
    with make(late=0.5, calls=1000) as gong, Reader(gong) as read:
        seen = set(gong.truth("calls"))
        bare = {id for id, call in gong.truth("calls_extensive").items() if call["content"]["brief"] is None}
        assert bare
        gong.api.clock.advance("9h")
        assert set(read.calls()) > seen
        gong.api.clock.advance("2d")
        full = gong.truth("calls_extensive")
        assert all(full[id]["content"]["brief"] for id in bare)
        assert gong.settle() == 0


def test_settle_and_late_none() -> None:
    gong = make(late=0.5)
    assert gong.settle() > 0
    assert len(gong.truth("calls")) == 250
    quiet = make(late=0)
    assert quiet.settle() == 0
    assert all(call["content"]["brief"] for call in quiet.truth("calls_extensive").values())


def test_every_kind_of_change_does_what_it_says(gong: Any) -> None:
    def truths() -> dict[str, Any]:
        names = ("calls", "calls_extensive", "users", "scorecard_definitions", "answered_scorecards", "audit_logs",
                 "flows", "tasks")  # fmt: skip
        return {name: gong.truth(name) for name in names}

    effects = {
        "call added": ("calls", 1),
        "call content arrived": ("calls_extensive", 0),
        "call renamed": ("calls", 0),
        "call deleted": ("calls", -1),
        "user added": ("users", 1),
        "user renamed": ("users", 0),
        "user deactivated": ("users", 0),
        "user deleted": ("users", -1),
        "scorecard edited": ("scorecard_definitions", 0),
        "scorecard deleted": ("scorecard_definitions", -1),
        "scorecard answered": ("answered_scorecards", 1),
        "answer edited": ("answered_scorecards", 0),
        "something logged": ("audit_logs", 1),
        "flow renamed": ("flows", 0),
        "task closed": ("tasks", -1),
    }
    assert set(effects) == set(gong.changes())
    for kind, (stream, growth) in effects.items():
        gong.settle()
        before = truths()
        for _ in range(12):  # someone may already be inactive, an answer the same
            told = gong.tick(only=[kind])
            gong.settle()
            after = truths()
            if after != before:
                break
        assert told[0].startswith(kind)
        assert len(after[stream]) - len(before[stream]) == growth, kind
        if growth == 0:
            changed = [key for key in before[stream] if before[stream][key] != after[stream][key]]
            assert len(changed) == 1, kind
            for time in ("started", "reviewTime", "created"):
                assert before[stream][changed[0]].get(time) == after[stream][changed[0]].get(time)
    with pytest.raises(KeyError, match="call added"):
        gong.tick(only=["call aded"])


def test_life_goes_on_in_an_empty_company() -> None:
    gong = make(calls=0, users=1)
    assert gong.tick(5, only=["call deleted", "answer edited"]) == []
    assert len(gong.tick(300)) == 300
    gong.tick(300, only=["user deleted", "scorecard deleted"])
    assert (len(gong.truth("users")), len(gong.truth("scorecard_definitions"))) == (2, 1)


def test_changes_between_pages_skip_and_repeat_rows(gong: Any, read: Reader) -> None:
    order = sorted(gong.truth("calls"))
    gong.api.after("GET /v2/calls", lambda request: gong.calls.delete(order[0]), times=1)
    found = read.calls()
    assert set(gong.truth("calls")) - set(found) == {order[100]}, "offsets moved: the first row of page two was skipped"


def test_a_page_that_was_read_before_an_edit_is_older(gong: Any, read: Reader) -> None:
    id, seen = min(gong.truth("users")), []
    gong.api.after("GET /v2/users", lambda request: gong.users.edit(id, firstName="Edited"), times=1)
    for _ in range(2):
        rows = read.all("/v2/users", "users", {"includeAvatars": "true"})
        seen += [row["firstName"] == "Edited" for row in rows if row["id"] == id]
    assert seen == [False, True]


def test_lives_by_itself_while_it_is_served() -> None:
    with load_sandbox(FOLDER)(calls=20, users=10, limits=False) as gong:
        before = gong.world.made.id()
        gong.live(every="10ms", changes=5)
        for _ in range(500):
            if gong.api.errors or len(gong.truth("users")) != 12 or len(gong.truth("calls")) > 20:
                break
            gong.api.pause(0.01)
        assert not gong.api.errors
        assert len(gong.truth("calls")) != 20 or len(gong.truth("users")) != 12
        assert gong.world.made.id() != before


def test_faults_work_here_too(gong: Any, read: Reader) -> None:
    gong.api.fault(Fault.status(503, retry_after=2), "GET /v2/workspaces")
    answer = read.get("/v2/workspaces")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert refused(answer)[0] == 503
    assert read.get("/v2/workspaces").status_code == 200


def test_files_beside_a_sandbox_are_loaded_once() -> None:
    first = beside(FOLDER / "sandbox.py", "sandbox_data")
    assert beside(FOLDER / "sandbox_routes.py", "sandbox_data") is first
    with pytest.raises(FileNotFoundError):
        beside(FOLDER / "sandbox.py", "sandbox_nothing")
