"""Streams without keys or cursors of their own: audit logs, and what Gong counts by the company's days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from connector_sdk.testing.fake import Refuse

Begin = Callable[..., Any]
STATISTICS = ["activity_day_by_day", "activity_aggregate", "interaction_stats", "coaching"]
LOGS = ["AccessLog", "UserActivityLog", "UserCallPlay", "ExternallySharedCallAccess", "ExternallySharedCallPlay"]


def test_every_log_is_captured_and_entries_of_one_instant_are_kept_apart(capturing: Begin) -> None:
    it = capturing("audit_logs")
    it.run()
    it.compare("audit_logs")
    rows = list(it.found("audit_logs").values())
    assert Counter(row["logType"] for row in rows) == dict.fromkeys(LOGS, 150)
    at = Counter((row["logType"], row["eventTime"]) for row in rows)
    by_one = Counter((row["logType"], row["eventTime"], row["userId"]) for row in rows)
    assert max(at.values()) > 1
    assert max(by_one.values()) > 1, "someone did two things at one instant"


def test_an_entry_has_the_same_key_whenever_it_is_read(capturing: Begin) -> None:
    it, again = capturing("audit_logs"), capturing("audit_logs")
    it.run()
    keys = set(it.found("audit_logs"))
    assert all(len(key) == 16 for key in keys)
    assert it.run(hours=5).documents["audit_logs"] == 0
    again.run()
    assert set(again.found("audit_logs")) == keys
    it.source.tick(5, only=["something logged"])
    it.run(hours=5)
    it.compare("audit_logs")
    assert len(it.found("audit_logs")) == len(keys) + 5


@pytest.mark.parametrize(
    "at",
    [
        "2026-03-02T10:00:00Z",
        "2026-03-09T06:30:00Z",  # the evening of the 8th in Los Angeles, which had 23 hours
        "2026-11-03T09:00:00Z",  # the 1st had 25 hours
    ],
)
def test_statistics_equal_the_source_by_the_companys_days(capturing: Begin, at: str) -> None:
    it = capturing(*STATISTICS, at=at, late=0)
    it.run()
    it.compare(*STATISTICS)
    for row in it.found("activity_aggregate").values():
        assert row["fromDateTime"][:10] == row["date"]
        assert row["fromDateTime"][10:19] == row["toDateTime"][10:19] == "T00:00:00"
        assert row["timeZone"] == "America/Los_Angeles"


def test_late_changes_and_deletes_of_these_days_are_found(capturing: Begin) -> None:
    it = capturing(*STATISTICS, late=0)
    it.run()
    for key in list(it.source.truth("calls"))[::3]:
        it.source.calls.delete(key)
    it.source.tick(20, only=["call added"])
    it.run(hours=26)
    it.compare(*STATISTICS)


def test_people_in_statistics_join_with_users(capturing: Begin) -> None:
    it = capturing("users", *STATISTICS[:3])
    it.run()
    people = set(it.found("users"))
    for stream in STATISTICS[:3]:
        documents = it.rows[stream].committed.values()
        assert all(isinstance(row["userId"], str) and row["userId"] in people for row in documents), stream


def test_days_are_asked_for_only_when_they_are_over(capturing: Begin) -> None:
    it = capturing("activity_aggregate", "activity_day_by_day", "interaction_stats", at="2026-03-02T07:50:00Z")
    it.run()  # ten minutes before midnight in Los Angeles
    assert {row["date"] for row in it.found("activity_aggregate").values()} >= {"2026-02-28"}
    assert "2026-03-01" not in {row["date"] for row in it.found("activity_aggregate").values()}
    it.run(hours=1)
    assert "2026-03-01" in {row["date"] for row in it.found("activity_aggregate").values()}
    assert not [each for each in it.source.api.requests if each.status == 400]


def test_days_are_right_too_where_the_zone_is_not_told(capturing: Begin) -> None:
    it = capturing("interaction_stats", "answered_scorecards", "activity_day_by_day", late=0)

    @it.source.api.post("/v2/stats/activity/aggregate")
    def nothing(request: Any) -> None:
        raise Refuse(404, "No activities found corresponding to the provided filters")

    it.run()
    it.run(hours=28)
    it.compare("interaction_stats", "answered_scorecards")
    sure = {key: row for key, row in it.truth("activity_day_by_day").items() if row["fromDate"] < "2026-03-01"}
    assert sure
    assert sure == it.as_shown("activity_day_by_day"), "days that are surely over, wherever the company is"
    assert not [each for each in it.source.api.requests if each.status == 400]
