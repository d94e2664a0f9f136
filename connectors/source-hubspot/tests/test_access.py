"""What the credentials may read, how they are renewed, and the limits of HubSpot."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.engine import SystemClock
from connector_sdk.testing.fake import Fault, load_sandbox
from connector_sdk.testing.flow import Player

FOLDER = Path(__file__).parents[1]
Begin = Callable[..., Any]


def player(clock: SystemClock | None = None) -> Player:
    env = {"CONNECTOR_RUN": "once", "CONNECTOR_CLOCK": (clock or SystemClock()).spec()}
    return Player([sys.executable, "-m", "source_hubspot"], cwd=FOLDER, env=env)


def discovered(source: Any) -> tuple[set[str], str]:
    call = player().call({"discover": {"config": source.config()}})
    assert call.exit_code == 0, call.error
    bindings = call.answers[0]["discovered"]["bindings"]
    return {each["recommendedName"] for each in bindings}, " ".join(log.message for log in call.logs)


@pytest.fixture
def hubspot() -> Iterator[Callable[..., Any]]:
    began: list[Any] = []

    def begin(**options: Any) -> Any:
        began.append(load_sandbox(FOLDER)(contacts=32, **{"limits": False, **options}).start())
        return began[-1]

    yield begin
    for each in began:
        each.stop()
        assert not each.api.errors


def test_all_streams_are_offered_where_all_scopes_are_there(hubspot: Callable[..., Any]) -> None:
    streams, told = discovered(hubspot())
    assert {"contacts", "custom_car", "custom_car_deals_associations", "email_events", "webhooks_journal"} <= streams
    assert "custom_old" not in streams
    assert "left out" not in told


def test_streams_whose_scope_is_missing_are_left_out_with_a_warning(hubspot: Callable[..., Any]) -> None:
    scopes = {"crm.objects.leads.read", "forms", "account-info.security.read", "crm.objects.deals.read"}
    streams, told = discovered(hubspot(without=scopes))
    assert {"contacts", "custom_car", "email_events"} <= streams
    gone = {"leads", "forms", "form_submissions", "audit_logs", "deals", "deals_contacts_associations"}
    assert not gone & streams
    for name in gone:
        assert f"{name}: left out" in told
    assert "hasn't been granted all required scopes" in told


def test_custom_objects_without_their_scope_stop_nothing_else(hubspot: Callable[..., Any]) -> None:
    streams, told = discovered(hubspot(without={"crm.schemas.custom.read"}))
    assert "contacts" in streams and "custom_car" not in streams
    assert "custom_objects: left out" in told
    streams, told = discovered(hubspot(without={"crm.objects.custom.read"}))
    assert "contacts" in streams and "custom_car" not in streams
    assert "custom_car: left out" in told


def test_a_scope_that_is_taken_away_fails_its_binding_and_no_other(capturing: Begin) -> None:
    it = capturing("deals", "leads")
    it.run()
    it.source.traps.without.add("crm.objects.leads.read")
    it.crm.add("deals")
    session = it.run(hours=0.2, fails=True)
    assert "'leads' is not offered to these credentials" in session.error
    it.same("deals")


def test_without_the_scope_for_owners_it_is_said_which_is_needed(hubspot: Callable[..., Any]) -> None:
    call = player().call({"discover": {"config": hubspot(without={"crm.objects.owners.read"}).config()}})
    assert call.exit_code == 1
    assert "crm.objects.owners.read" in call.error


def test_an_access_token_that_dies_early_is_renewed_once_and_nothing_is_lost(capturing: Begin) -> None:
    it = capturing("contacts", "deals", "owners", oauth=True)
    it.api.before("GET /crm/v3/objects/deals", lambda request: it.source.oauth.expire(), nth=1, times=1)
    given = it.source.oauth.given
    it.run()
    it.same("contacts", "deals", "owners")
    assert [each.status for each in it.refused()] and {each.status for each in it.refused()} == {401}
    assert it.source.oauth.given == given + 3  # to find custom objects, to read, and one more for all who wait
    it.run(hours=1)
    assert it.source.oauth.given == given + 5


def test_no_secret_is_told(capturing: Begin) -> None:
    it = capturing("contacts", "webhooks_journal", oauth=True)
    session = it.run()
    it.api.revoke()
    refused = it.run(hours=1, fails=True)
    told = str((session.logs, session.state, refused.logs, refused.error))
    assert "do-not-print" not in told and "access-" not in told
    assert "Sign in with HubSpot" in refused.error


def test_searches_stay_below_their_own_limit_and_all_requests_below_theirs(capturing: Begin) -> None:
    kinds = ["contacts", "companies", "deals", "tickets", "calls", "emails", "notes", "tasks", "quotes", "orders"]
    it = capturing(*kinds, limits=True, faster=1)  # sixty times faster, a second is what a request takes on its way
    it.later(0.02)
    it.run()
    assert it.api.requests.count("POST */search") >= 10
    assert it.source.objects.searches.refused == 0
    assert not it.refused()


def test_the_limit_of_the_account_is_learned_from_the_answers(capturing: Begin) -> None:
    it = capturing("properties", "property_groups", "association_labels", "list_memberships", "pipelines")
    it.source.served.most = 20
    it.run()
    times = sorted(each.time for each in it.api.requests)
    busiest = max(sum(1 for other in times if 0 <= other - each < 10_000_000) for each in times)
    assert len(times) > 100
    assert busiest <= 20 + 16  # those that were under way before the first answer told


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("You have reached your ten_secondly_rolling limit.", 10),
        ("You have reached your secondly limit.", 1),
        ("You have reached your daily limit.", 300),
    ],
)
def test_a_limit_is_waited_for_as_long_as_its_policy_says(capturing: Begin, message: str, seconds: int) -> None:
    it = capturing("forms")
    it.api.fault(Fault.status(429, message), "GET /marketing/v3/forms")
    it.run()
    first, second = it.api.requests.of("GET /marketing/v3/forms")
    assert seconds - 1 <= (second.time - first.time) / 1_000_000 <= seconds * 1.5 + 5
    it.same("forms")


def test_few_requests_are_refused(capturing: Begin) -> None:
    it = capturing(
        "contacts", "deals", "owners", "properties", "forms", "form_submissions", "email_events", limits=True
    )
    it.run()
    assert len(it.refused()) < 0.05 * len(it.api.requests)
