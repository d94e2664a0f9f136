"""Everything beside objects: settings, lists, marketing, conversations and logs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connector_sdk.testing.fake import Fault

Begin = Callable[..., Any]
SETTINGS = ["owners", "schemas", "properties", "pipelines", "pipeline_stages", "contact_lists", "list_memberships"]
MARKETING = ["forms", "marketing_emails", "marketing_email_statistics", "campaigns", "marketing_events",
             "email_subscriptions", "email_events"]  # fmt: skip
ACTIVITY = ["conversation_inboxes", "conversation_channels", "conversation_threads", "conversation_messages",
            "workflows", "audit_logs", "login_activity", "security_activity", "api_usage"]  # fmt: skip
OFF = ["sequences", "web_analytics", "pipeline_audits", "campaign_assets", "campaign_budget", "campaign_metrics",
       "subscription_statuses"]  # fmt: skip


def test_settings_marketing_and_logs_equal_the_source(capturing: Begin) -> None:
    it = capturing(*SETTINGS, *MARKETING, *ACTIVITY, *OFF)
    it.run()
    it.same(*SETTINGS, *MARKETING, *ACTIVITY, "web_analytics")
    assert all(it.found(stream) for stream in OFF)
    assert len(it.found("workflows")) == len([row for row in it.found("workflows").values() if row["actions"]])
    assert not it.refused()


def test_changes_of_all_of_them_are_found(capturing: Begin) -> None:
    it = capturing(*SETTINGS, *MARKETING, *ACTIVITY)
    it.run()
    kinds = ["list joined", "list left", "owner archived", "e-mail event", "message written", "something logged"]
    it.source.tick(30, only=kinds)
    it.hub.rows["forms"].delete(next(iter(it.hub.rows["forms"].truth())))
    it.hub.rows["lists"].delete(next(iter(it.hub.rows["lists"].truth())))
    gone = set(it.hub.rows["lists"].truth())
    for key in list(it.hub.rows["memberships"].truth()):
        if key[0] not in gone:
            it.hub.rows["memberships"].delete(key)
    it.run(hours=26)
    lists = {key: row for key, row in it.found("list_memberships").items() if key[0] in gone}
    assert lists.keys() == it.truth("list_memberships").keys()
    it.same(*(each for each in (*SETTINGS, *MARKETING, *ACTIVITY) if each != "list_memberships"))


def test_forms_of_every_type_are_captured(capturing: Begin) -> None:
    it = capturing("forms")
    it.run()
    assert {row["formType"] for row in it.found("forms").values()} == {"hubspot", "captured", "flow", "blog_comment"}


def test_submissions_are_kept_apart_with_and_without_an_id_of_their_own(capturing: Begin) -> None:
    it = capturing("form_submissions")
    it.run()
    rows = it.found("form_submissions")
    truth = it.hub.rows["submissions"].truth()
    assert len(rows) == len(truth) == 28
    captured = {row["id"] for row in it.hub.rows["forms"] if row["formType"] == "captured"}
    assert {key for key in truth if key[0] not in captured} <= rows.keys()
    assert len({key for key in rows if key[0] in captured}) == 7
    assert it.run(hours=2).documents["form_submissions"] == 0


def test_new_submissions_are_found_from_the_newest_on(capturing: Begin) -> None:
    it = capturing("form_submissions")
    form = next(row["id"] for row in it.hub.rows["forms"] if row["formType"] == "hubspot")
    for hours in range(180):
        it.hub.submit(form, it.api.now() - hours * 3_600_000_000)
    it.run()
    assert len(it.found("form_submissions")) == 28 + 180
    it.hub.submit(form)
    it.api.requests.clear()
    it.run(hours=0.2)
    assert len(it.found("form_submissions")) == 28 + 181
    assert it.api.requests.count(f"GET /form-integrations/v1/submissions/forms/{form}") <= 2


def test_a_form_of_comments_has_no_submissions_and_stops_nothing(capturing: Begin) -> None:
    it = capturing("form_submissions")
    session = it.run()
    assert [each.status for each in it.refused()] and {each.status for each in it.refused()} == {400}
    assert not [log for log in session.logs if "cannot be read" in log.message]


def test_email_events_without_a_type_undo_a_bounce(capturing: Begin) -> None:
    it = capturing("email_events")
    it.run()
    types = {row["type"] for row in it.found("email_events").values()}
    assert {"UNBOUNCE", "SUPPRESSED", "OPEN"} <= types
    it.same("email_events")


def test_windows_of_email_events_are_a_day_at_most_and_end_before_the_next_begins(capturing: Begin) -> None:
    it = capturing("email_events")
    it.run()
    asked = [each.query for each in it.api.requests.of("GET /email/public/v1/events")]
    spans = [(int(each["startTimestamp"]), int(each["endTimestamp"])) for each in asked]
    assert max(until - since for since, until in spans) == 86_399_999
    assert not it.refused()


def test_statistics_are_of_those_that_have_them_and_the_rest_is_captured_all_the_same(capturing: Begin) -> None:
    it = capturing("marketing_emails", "marketing_email_statistics")
    it.run()
    with_stats, emails = it.found("marketing_email_statistics"), it.found("marketing_emails")
    it.same("marketing_emails", "marketing_email_statistics")
    assert with_stats.keys() < emails.keys()
    assert any(row["archived"] for row in emails.values())
    id = next(iter(with_stats))
    it.hub.rows["emails"].edit(id, stats={"counters": {"sent": 99}})  # nothing else of it moves
    it.run(hours=7)
    assert it.found("marketing_email_statistics")[id]["stats"]["counters"]["sent"] == 99


def test_only_paths_of_the_table_of_versions_are_asked(capturing: Begin) -> None:
    from source_hubspot import versions

    it = capturing(*SETTINGS, *MARKETING, *ACTIVITY, "contacts", "form_submissions", "webhooks_journal")
    it.run()
    known = [value.removeprefix("https://api.hubapi.com") for name, value in vars(versions).items() if name.isupper()]
    for each in it.api.requests:
        assert any(each.path.startswith(path) for path in [*known, "/j/"]), each.path
        assert "/v2/" not in each.path
        old = "/v1/" in each.path
        assert not old or each.path.startswith(("/email/public/v1/", "/form-integrations/v1/")), each.path


def test_a_list_that_may_not_be_read_is_no_matter_of_the_others(capturing: Begin) -> None:
    it = capturing("list_memberships")
    it.run()
    shut, *others = it.hub.rows["lists"].truth()
    it.api.fault(Fault.status(403), f"GET /crm/v3/lists/{shut}/*", times=None)
    it.hub.join(others[0], "99999")
    before = {key for key in it.found("list_memberships") if key[0] == shut}
    session = it.run(hours=7)
    assert (others[0], "99999") in it.found("list_memberships")
    assert before and before <= it.found("list_memberships").keys()
    assert any("partitions cannot be read" in log.message or shut in log.message for log in session.logs)
