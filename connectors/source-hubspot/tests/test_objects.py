"""CRM objects: found when they change, whole, and gone when they are gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Begin = Callable[..., Any]


def first(it: Any, kind: str, at: int = 3) -> str:
    """One of a kind's ids; the first is of a record that others were merged into."""
    return str(list(it.crm.truth(kind))[at])


def test_every_kind_is_whole_with_null_where_a_property_is_empty(capturing: Begin) -> None:
    it = capturing("contacts", "deals", "quotes", "calls", "custom_car")
    it.run()
    it.same("contacts", "deals", "quotes", "calls", "custom_car")
    values = [row["properties"] for row in it.found("contacts").values()]
    assert any(each["note"] is None for each in values)
    assert all(each["note"] != "" and set(each) == set(it.crm.names("contacts")) for each in values)


def test_values_are_text_whatever_their_type_says(capturing: Begin) -> None:
    it = capturing("deals", contacts=80)
    it.run()
    amounts = {row["properties"]["amount"] for row in it.found("deals").values()}
    assert {"about 900", "12.50", "1700000000000.0"} <= amounts


def test_a_change_is_found_by_the_property_that_each_kind_has_for_it(capturing: Begin) -> None:
    it = capturing("contacts", "tickets", "custom_car")
    it.run()
    for kind in ("contacts", "tickets", "2-11"):
        it.crm.edit(kind, first(it, kind), note="changed")
        it.crm.add(kind)
    assert set(it.run(hours=0.1).documents.values()) == {2}
    it.same("contacts", "tickets", "custom_car")


def test_a_search_is_never_paged_to_its_end(capturing: Begin) -> None:
    """More of one millisecond than a search gives, as a bulk import makes them."""
    it = capturing("contacts", search_cap=300)
    it.run()
    now = it.api.now()
    for _ in range(450):
        it.crm.add("contacts", at=now)
    it.run(hours=0.1)
    it.same("contacts")
    assert not it.refused()
    searches = [each.json for each in it.api.requests.of("POST /crm/v3/objects/contacts/search")]
    assert all("after" not in each and each["limit"] == 200 for each in searches)


def test_a_search_in_another_order_is_an_error(capturing: Begin) -> None:
    it = capturing("contacts")
    it.run()
    it.source.traps.text_order = True
    for id in list(it.crm.truth("contacts")):  # of two and of three digits
        it.crm.edit("contacts", id, note="changed")
    session = it.run(hours=0.1, fails=True)
    assert "order of hs_object_id" in session.error
    it.source.traps.text_order = False
    it.run()
    it.same("contacts")


def test_what_the_search_knows_late_is_found_an_hour_later(capturing: Begin) -> None:
    it = capturing("deals", search_lag="40m")
    it.source.settle()
    it.run()
    it.crm.edit("deals", first(it, "deals"), note="late")
    assert it.run(hours=0.1).documents["deals"] == 0
    it.run(hours=2)
    it.same("deals")


def test_what_lies_beside_the_bounds_is_not_sent_twice(capturing: Begin) -> None:
    it = capturing("deals", loose_search=True)
    it.run()
    for at in (3, 4, 5):
        it.crm.edit("deals", first(it, "deals", at), note="changed")
    sent = it.run(hours=0.1).documents["deals"] + it.run(hours=0.001).documents["deals"]
    assert sent == 3
    it.same("deals")


def test_history_may_begin_with_time_itself(capturing: Begin) -> None:
    it = capturing("deals")
    it.capture.config["start_date"] = "1970-01-01T00:00:00Z"
    it.run()
    it.crm.edit("deals", first(it, "deals"), note="changed")
    it.run(hours=2)
    it.same("deals")
    assert not it.refused()  # a search from 1970 on is answered by 500


def test_what_changes_while_history_is_read_is_not_lost(capturing: Begin) -> None:
    it = capturing("contacts", contacts=220)

    def disturb(request: Any) -> None:
        for at in (3, 50, 201):  # read already, and still to come
            it.crm.edit("contacts", first(it, "contacts", at), note="changed meanwhile")
        it.crm.archive("contacts", first(it, "contacts", 60))
        it.crm.add("contacts")

    it.api.after("GET /crm/v3/objects/contacts", disturb, nth=2, times=1)
    it.run()
    it.run(hours=25)
    it.same("contacts")


def test_properties_are_never_too_many_for_an_address(capturing: Begin) -> None:
    it = capturing("deals", wide=400)
    it.run()
    it.same("deals")
    assert not it.refused()
    assert len(it.found("deals")[first(it, "deals")]["properties"]) > 400


def test_a_new_property_begins_to_flow_by_itself(capturing: Begin) -> None:
    it = capturing("deals")
    it.run()
    new = {"name": "made_later", "label": "Later", "type": "string", "calculated": False, "archived": False}
    it.crm.properties["deals"].append(new)
    id = first(it, "deals")
    it.crm.edit("deals", id, made_later="here")
    it.run(hours=2)
    assert it.found("deals")[id]["properties"]["made_later"] == "here"


def test_what_goes_between_the_search_and_the_batch_is_deleted(capturing: Begin) -> None:
    it = capturing("deals")
    it.run()
    gone, stays = first(it, "deals"), first(it, "deals", 4)
    it.crm.edit("deals", gone, note="changed")
    it.crm.edit("deals", stays, note="changed")
    it.api.before(
        "POST /crm/v3/objects/deals/batch/read", lambda request: it.crm.archive("deals", gone), nth=1, times=1
    )
    it.run(hours=0.1)
    assert [each.status for each in it.api.requests.of("POST /crm/v3/objects/deals/batch/read")][-1] == 207
    it.same("deals")


def test_what_a_batch_cannot_read_is_not_deleted(capturing: Begin) -> None:
    it = capturing("deals")
    it.run()
    id = first(it, "deals")
    it.crm.edit("deals", id, note="changed")
    it.source.traps.unreadable.add(id)
    session = it.run(hours=0.1, fails=True)
    assert "a part of a batch could not be read: INTERNAL_ERROR" in session.error
    assert id in it.found("deals")
    it.source.traps.unreadable.clear()
    it.run()
    it.same("deals")


def test_archived_records_are_deleted_within_a_day_and_come_back(capturing: Begin) -> None:
    it = capturing("companies")
    it.run()
    id = first(it, "companies", 3)
    it.crm.archive("companies", id)
    session = it.run(hours=25)
    assert session.documents["companies"] == 1
    it.same("companies")
    it.crm.restore("companies", id)
    it.run(hours=0.1)
    it.same("companies")
    assert it.found("companies")[id]["archived"] is False
    it.crm.archive("companies", id)
    it.run(hours=25)
    it.same("companies")


@pytest.mark.parametrize("anew", [False, True])
def test_merged_records_are_deleted_at_once(capturing: Begin, anew: bool) -> None:
    it = capturing("contacts", merged_anew=anew)
    it.run()
    winner, loser, third = (first(it, "contacts", at) for at in (4, 5, 6))
    winner = it.crm.merge("contacts", winner, loser)
    it.run(hours=0.1)
    it.same("contacts")
    it.crm.merge("contacts", winner, third)
    it.run(hours=0.1)
    it.same("contacts")
    assert not {loser, third} & set(it.found("contacts"))


def test_what_was_merged_into_a_record_goes_with_it_where_that_is_archived_before_it_is_read(capturing: Begin) -> None:
    it = capturing("contacts")
    it.run()
    winner, loser = first(it, "contacts", 4), first(it, "contacts", 5)
    it.crm.merge("contacts", winner, loser)
    it.crm.archive("contacts", winner)
    it.run(hours=26)
    assert not {winner, loser} & set(it.found("contacts"))
    it.same("contacts")


def test_a_kind_that_was_empty_at_first_is_captured_later(capturing: Begin) -> None:
    it = capturing("quotes")
    for id in list(it.crm.truth("quotes")):
        it.crm.archive("quotes", id)
    it.run()
    it.crm.add("quotes")
    it.run(hours=0.1)
    it.same("quotes")


def test_custom_objects_are_asked_for_by_their_id(capturing: Begin) -> None:
    it = capturing("custom_car", "custom_car_contacts_associations", "custom_car_property_history")
    it.run()
    it.same("custom_car", "custom_car_contacts_associations", "custom_car_property_history")
    assert not [each for each in it.api.requests if "/car" in each.path]
