"""What hangs on objects: associations with all of their pages, and the history of properties."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Begin = Callable[..., Any]
DEALS = "deals_contacts_associations"


def deal(it: Any, at: int = 3) -> str:
    return str(list(it.crm.truth("deals"))[at])


def test_associations_equal_the_source_each_type_of_them(capturing: Begin) -> None:
    streams = (DEALS, "contacts_companies_associations", "deals_line_items_associations")
    it = capturing(*streams, "calls_contacts_associations")
    it.run()
    it.same(*streams, "calls_contacts_associations")
    types = {row["typeId"] for row in it.found(DEALS).values()}
    assert {3, 41} <= types
    assert all(isinstance(row["toId"], str) and row["category"] for row in it.found(DEALS).values())


def test_associations_beyond_the_page_inside_a_batch_are_followed(capturing: Begin) -> None:
    it = capturing(DEALS, association_page=2)
    for contact in list(it.crm.truth("contacts"))[:15]:
        it.crm.link("deals", deal(it), "contacts", contact)
    it.run()
    it.same(DEALS)
    assert len([key for key in it.found(DEALS) if key[0] == deal(it)]) >= 15
    assert it.api.requests.count("GET /crm/v4/objects/deals/*") >= 7


def test_a_hundred_objects_are_asked_for_at_once_and_only_by_their_ids(capturing: Begin) -> None:
    it = capturing("contacts_deals_associations", contacts=220)
    it.run()
    it.same("contacts_deals_associations")
    batches = [len(each.json["inputs"]) for each in it.api.requests.of("POST /crm/v4/associations/*")]
    assert max(batches) == 100 and len(batches) == 3
    assert not it.api.requests.of("POST /crm/v3/objects/contacts/batch/read")


def test_an_association_that_is_taken_away_is_deleted_when_its_object_changes(capturing: Begin) -> None:
    it = capturing("deals", DEALS)
    it.run()
    link = next(each for each in it.truth(DEALS) if each[0] == deal(it))
    it.crm.unlink("deals", link[0], "contacts", link[1])
    it.crm.link("deals", link[0], "contacts", next(iter(it.crm.truth("contacts"))), type_id=43)
    assert it.run(hours=0.1).documents[DEALS] == 0  # nothing tells of it
    it.crm.edit("deals", link[0], note="changed")
    it.run(hours=0.1)
    it.same(DEALS)


def test_associations_of_a_deal_that_is_archived_merged_or_brought_back(capturing: Begin) -> None:
    it = capturing("deals", DEALS)
    it.run()
    known = sorted({key[0] for key in it.found(DEALS)}, key=int)
    archived, winner, loser = known[0], known[1], known[2]
    it.crm.archive("deals", archived)
    it.crm.merge("deals", winner, loser)
    it.run(hours=25)
    it.same("deals", DEALS)
    assert not {archived, loser} & {key[0] for key in it.found(DEALS)}
    it.crm.restore("deals", archived)
    it.crm.link("deals", archived, "contacts", next(iter(it.crm.truth("contacts"))))
    it.run(hours=0.1)
    it.same("deals", DEALS)


def test_a_batch_that_could_not_be_read_whole_deletes_no_association(capturing: Begin) -> None:
    it = capturing(DEALS)
    it.run()
    before = set(it.found(DEALS))
    it.crm.edit("deals", deal(it), note="changed")

    @it.api.post("/crm/v4/associations/deals/contacts/batch/read")
    def broken(request: Any) -> Any:
        error = {"status": "error", "category": "RATE_LIMITS", "message": "try again", "context": {}}
        return {"status": "COMPLETE", "results": [], "errors": [error]}

    session = it.run(hours=0.1, fails=True)
    assert "RATE_LIMITS" in session.error
    assert set(it.found(DEALS)) == before


def test_history_holds_every_value_of_every_property_but_calculated_ones(capturing: Begin) -> None:
    it = capturing("deals_property_history", "contacts_property_history", contacts=120)
    for note in ("one", "two", ""):
        it.crm.edit("deals", deal(it), note=note)
        it.later(0.01)
    it.run()
    it.same("deals_property_history", "contacts_property_history")
    names = {key[1] for key in it.found("deals_property_history")}
    assert "score" not in names and "note" in names
    sizes = [len(each.json["inputs"]) for each in it.api.requests.of("POST /crm/v3/objects/contacts/batch/read")]
    assert max(sizes) == 50
    it.crm.edit("deals", deal(it), note="three")
    it.run(hours=0.1)
    it.same("deals_property_history")
