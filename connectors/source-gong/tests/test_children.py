"""Streams below others: transcripts of calls, flows of people, what is in folders, profiles and CRM systems."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Begin = Callable[..., Any]
BELOW = ["library_folders", "library_folder_content", "permission_profiles", "permission_profile_users",
         "crm_entity_schema"]  # fmt: skip


def test_transcripts_equal_the_source_also_those_that_come_late(capturing: Begin) -> None:
    it = capturing("calls", "call_transcripts", calls=250)
    early = len(it.source.truth("call_transcripts"))
    for hours in (0, 26, 26):
        it.run(hours=hours)
        it.source.settle()
    assert len(it.source.truth("call_transcripts")) > early > 100
    it.compare("call_transcripts")
    started = {id: call["started"] for id, call in it.source.truth("calls").items()}
    assert all(row["started"] == started[id] for id, row in it.found("call_transcripts").items())


def test_transcripts_are_asked_for_a_hundred_calls_at_a_time(capturing: Begin) -> None:
    it = capturing("call_transcripts", calls=250, late=0)
    batches: list[int] = []
    it.source.api.before(
        "POST /v2/calls/transcript", lambda request: batches.append(len(request.json["filter"]["callIds"]))
    )
    it.run()
    assert max(batches) == 100
    assert len(batches) <= 4  # two pages and a half of history, and a tail that may hold one


def test_a_call_without_a_transcript_yet_deletes_nothing(capturing: Begin) -> None:
    it = capturing("call_transcripts")
    it.source.calls.edit(next(iter(it.source.truth("calls"))), lambda call: call["metaData"].update(isPrivate=True))
    sent = [it.run().documents["call_transcripts"] for _ in range(2)]
    assert sent == [len(it.found("call_transcripts")), 0]
    news = it.run(hours=26).documents["call_transcripts"]  # those that were found since
    assert sent[0] + news == len(it.found("call_transcripts")) < len(it.source.truth("calls"))


def test_calls_that_are_deleted_take_their_transcripts_along(capturing: Begin) -> None:
    it = capturing("calls", "calls_extensive", "call_transcripts", late=0)
    it.run()
    with_text = list(it.source.truth("call_transcripts"))
    it.source.calls.delete(with_text[0])
    it.source.calls.edit(with_text[1], lambda call: call["metaData"].update(isPrivate=True))
    it.run(hours=26)
    it.compare("calls", "calls_extensive")
    it.compare("call_transcripts")
    assert not set(with_text[:2]) & set(it.found("call_transcripts"))


def test_what_is_remembered_for_deletes_is_what_is_read_again(capturing: Begin) -> None:
    it = capturing("calls", late=0)
    it.run()
    it.source.tick(3, only=["call added"])
    it.run(hours=24 * 20)
    it.run(hours=26)
    held = it.state["bindingStateV1"]["calls.v0"]["held"][""]
    assert len(it.found("calls")) > 100
    assert len(held) <= 3


def test_what_is_below_workspaces_folders_profiles_and_crms_equals_the_source(capturing: Begin) -> None:
    it = capturing(*BELOW)
    it.run()
    it.compare(*BELOW)


def test_a_folder_that_is_gone_takes_its_calls_along(capturing: Begin) -> None:
    it = capturing("library_folders", "library_folder_content")
    it.run()
    folder = next(each for each in it.source.office.folders.select() if each["calls"])
    it.source.office.folders.delete(folder["id"])
    it.run(hours=26)
    it.compare("library_folder_content")


def test_crm_fields_are_one_record_each_and_a_crm_without_leads_has_none(capturing: Begin) -> None:
    it = capturing("crm_entity_schema")
    it.run()
    rows = it.found("crm_entity_schema").values()
    systems = {each["id"]: each["crmType"] for each in it.source.truth("crm_integrations").values()}
    kinds = {(systems[row["integrationId"]], row["objectType"]) for row in rows}
    assert ("SALESFORCE", "LEAD") in kinds
    assert ("HUBSPOT", "LEAD") not in kinds
    integration, kind = next(iter(systems)), "DEAL"
    it.source.office.add_crm_field(integration, kind, "Added later")
    it.run(hours=7)
    assert f"{integration}|{kind}|Added later" in it.found("crm_entity_schema")


def test_flows_of_the_company_are_shown_to_every_owner_and_are_one_row(capturing: Begin) -> None:
    it = capturing("flows", users=30)
    it.run()
    it.compare("flows")
    shared = [flow["id"] for flow in it.source.office.flows.select() if flow["visibility"] == "Company"]
    personal = [flow["id"] for flow in it.source.office.flows.select() if flow["visibility"] == "Personal"]
    assert shared and personal
    it.source.tick(3, only=["flow renamed"])
    it.source.office.flows.delete(shared[0])
    it.source.office.flows.delete(personal[0])
    it.run(hours=25)
    it.compare("flows")


def test_a_company_flow_stays_when_one_of_its_owners_leaves(capturing: Begin) -> None:
    it = capturing("flows", users=30)
    it.run()
    it.source.tick(1, only=["user deactivated"])
    it.run(hours=25)
    it.run(hours=25)
    assert it.found("flows").keys() == it.truth("flows").keys()


def test_open_tasks_and_the_history_of_settings_equal_the_source(capturing: Begin) -> None:
    it = capturing("tasks", "user_settings_history")
    it.run()
    it.compare("tasks", "user_settings_history")
    it.source.tick(3, only=["task closed"])
    it.run(hours=25)
    it.compare("tasks")
