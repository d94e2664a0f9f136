"""The sandbox keeps HubSpot's contract, told by a reader that shares nothing with the connector."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from connector_sdk.testing.fake import HandClock, Sandbox, load_sandbox

FOLDER = Path(__file__).parents[1]
EVER = ("2020-01-01T00:00:00.000Z", "2030-01-01T00:00:00.000Z")


@pytest.fixture
def hubspot(request: pytest.FixtureRequest) -> Iterator[Any]:
    options = {"clock": HandClock("2026-03-02T10:00:00Z"), "contacts": 60, "limits": False}
    with load_sandbox(FOLDER)(**{**options, **getattr(request, "param", {})}) as source:
        yield source
        assert not source.api.errors


class Reader:
    def __init__(self, source: Any) -> None:
        self.source = source
        token = source.config()["credentials"].get("token") or source.oauth.give()
        self.http = httpx.Client(base_url=source.url, headers={"Authorization": f"Bearer {token}"}, trust_env=False)

    def get(self, path: str, **params: Any) -> Any:
        return self.http.get(path, params=params)

    def post(self, path: str, body: Any) -> Any:
        return self.http.post(path, json=body)

    def all(self, path: str, **params: Any) -> list[Any]:
        found, after = [], {}
        while True:
            body = self.get(path, **params, **after).json()
            found += body["results"]
            if "paging" not in body:
                return found
            after = {"after": body["paging"]["next"]["after"]}

    def search(self, kind: str, since: str = EVER[0], until: str = EVER[1], **more: Any) -> Any:
        name = "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"
        window = {"propertyName": name, "operator": "BETWEEN", "value": since, "highValue": until}
        body = {"filterGroups": [{"filters": [window]}], "sorts": [{"propertyName": name, "direction": "ASCENDING"}]}
        return self.post(f"/crm/v3/objects/{kind}/search", {**body, "limit": 100, **more})


@pytest.fixture
def read(hubspot: Any) -> Iterator[Reader]:
    reader = Reader(hubspot)
    with reader.http:
        yield reader


def test_is_a_sandbox_and_the_same_for_the_same_seed(hubspot: Any) -> None:
    assert isinstance(hubspot, Sandbox)
    config = hubspot.config()
    assert config["advanced"]["base_url"] == hubspot.url and json.loads(json.dumps(config)) == config
    made = [load_sandbox(FOLDER)(clock=HandClock("2026-03-02T10:00:00Z"), contacts=40, seed=seed) for seed in (7, 7, 8)]
    truths = [json.dumps(each.truth("contacts")) for each in made]
    assert truths[0] == truths[1] != truths[2]
    assert made[0].tick(40) == made[1].tick(40)


@pytest.mark.parametrize("kind", ["contacts", "deals", "2-11", "quotes"])
def test_listing_and_batch_show_the_truth(hubspot: Any, read: Reader, kind: str) -> None:
    ids = [row["id"] for row in read.all(f"/crm/v3/objects/{kind}", limit=7)]
    assert ids == sorted(ids, key=int)
    names = [each["name"] for each in read.get(f"/crm/v3/properties/{kind}").json()["results"]]
    inputs = [{"id": id} for id in ids[:100]]
    rows = read.post(f"/crm/v3/objects/{kind}/batch/read", {"inputs": inputs, "properties": names}).json()["results"]
    for row in rows:  # HubSpot shows what is empty as empty text; a capture has null there
        row["properties"] = {name: value or None for name, value in row["properties"].items()}
    truth = hubspot.truth("custom_car" if kind == "2-11" else kind)
    assert {row["id"]: row for row in rows} == truth


def test_archived_records_are_listed_apart_and_searched_never(hubspot: Any, read: Reader) -> None:
    archived = read.all("/crm/v3/objects/deals", archived="true")
    assert archived and all(row["archived"] and row["archivedAt"] for row in archived)
    found = {row["id"] for row in read.search("deals").json()["results"]}
    assert found == set(hubspot.truth("deals")) and not found & {row["id"] for row in archived}


def test_search_refuses_1970_long_offsets_and_long_pages(hubspot: Any, read: Reader) -> None:
    assert read.search("deals", "1970-01-01T00:00:00.000Z").status_code == 500
    assert read.search("deals", after="9950").status_code == 400
    assert read.search("deals", limit=201).status_code == 400
    assert "x-hubspot-ratelimit-max" not in read.search("deals").headers
    assert read.get("/crm/v3/owners").headers["x-hubspot-ratelimit-max"] == "190"


def test_search_is_sorted_paged_by_offset_and_told_in_milliseconds(hubspot: Any, read: Reader) -> None:
    first = read.search("contacts", limit=20).json()
    assert first["paging"]["next"]["after"] == "20" and first["total"] == len(hubspot.truth("contacts"))
    second = read.search("contacts", limit=20, after="20").json()
    times = [row["updatedAt"] for row in first["results"] + second["results"]]
    assert times == sorted(times)
    edge = times[5]
    assert edge in {row["updatedAt"] for row in read.search("contacts", edge, edge).json()["results"]}


@pytest.mark.parametrize("hubspot", [{"search_lag": "5m"}], indirect=True)
def test_search_knows_of_changes_late(hubspot: Any, read: Reader) -> None:
    hubspot.settle()
    id = hubspot.crm.add("deals")
    assert id not in {row["id"] for row in read.search("deals").json()["results"]}
    hubspot.api.clock.advance("6m")
    assert id in {row["id"] for row in read.search("deals").json()["results"]}


def test_batches_answer_207_with_what_is_not_there(hubspot: Any, read: Reader) -> None:
    id = next(iter(hubspot.truth("deals")))
    answer = read.post("/crm/v3/objects/deals/batch/read", {"inputs": [{"id": id}, {"id": "1"}], "properties": []})
    assert answer.status_code == 207
    (error,) = answer.json()["errors"]
    assert (error["category"], error["context"]["ids"]) == ("OBJECT_NOT_FOUND", ["1"])
    too_many = [{"id": str(number)} for number in range(101)]
    assert read.post("/crm/v3/objects/deals/batch/read", {"inputs": too_many}).status_code == 400
    body = {"inputs": too_many[:51], "propertiesWithHistory": ["amount"]}
    assert read.post("/crm/v3/objects/deals/batch/read", body).status_code == 400


@pytest.mark.parametrize("hubspot", [{"association_page": 2}], indirect=True)
def test_associations_page_inside_of_each_result(hubspot: Any, read: Reader) -> None:
    truth = hubspot.truth("companies_contacts_associations")
    inputs = [{"id": id} for id in sorted({key[0] for key in truth})]
    results = read.post("/crm/v4/associations/companies/contacts/batch/read", {"inputs": inputs}).json()["results"]
    found = {(each["from"]["id"], str(to["toObjectId"])) for each in results for to in each["to"]}
    for each in results:
        after = each.get("paging", {}).get("next", {}).get("after")
        while after:
            id = each["from"]["id"]
            more = read.get(f"/crm/v4/objects/companies/{id}/associations/contacts", after=after).json()
            found |= {(id, str(to["toObjectId"])) for to in more["results"]}
            after = more.get("paging", {}).get("next", {}).get("after")
    assert found == {key[:2] for key in truth}
    assert len(found) > sum(len(each["to"]) for each in results)


@pytest.mark.parametrize("hubspot", [{"without": {"forms"}}], indirect=True)
def test_errors_look_like_hubspots(hubspot: Any, read: Reader) -> None:
    refused = read.get("/marketing/v3/forms")
    assert refused.status_code == 403 and refused.json()["category"] == "MISSING_SCOPES"
    assert read.get("/crm/v3/objects/car").status_code == 404
    assert read.get("/crm/v3/objects/p_car").status_code == 200
    assert read.get("/crm/v3/objects/deals", properties="a" * 9_000).status_code == 414
    hubspot.api.revoke()
    assert read.get("/crm/v3/owners").json()["category"] == "EXPIRED_AUTHENTICATION"


def test_only_forms_of_hubspot_are_listed_where_nothing_else_is_asked_for(hubspot: Any, read: Reader) -> None:
    assert {row["formType"] for row in read.all("/marketing/v3/forms")} == {"hubspot"}
    types = {row["formType"]: row["id"] for row in read.all("/marketing/v3/forms", formTypes="all")}
    assert len(types) == 4
    refused = read.get(f"/form-integrations/v1/submissions/forms/{types['blog_comment']}")
    assert (refused.status_code, refused.json()["errorType"]) == (400, "FORM_TYPE_NOT_ALLOWED")
    rows = read.all(f"/form-integrations/v1/submissions/forms/{types['hubspot']}", limit=3)
    times = [row["submittedAt"] for row in rows]
    assert times == sorted(times, reverse=True)


def test_limits_are_refused_as_hubspot_refuses_them(hubspot: Any, read: Reader) -> None:
    hubspot.api.limits_on = True
    answers = [read.search("deals") for _ in range(6)]
    assert [each.status_code for each in answers] == [200] * 5 + [429]
    assert (answers[-1].json()["policyName"], answers[-1].headers.get("retry-after")) == ("SECONDLY", None)
    for _ in range(190):
        answer = read.get("/crm/v3/owners")
    assert answer.json()["policyName"] == "TEN_SECONDLY_ROLLING"


@pytest.mark.parametrize("anew", [False, True])
def test_a_merge_leaves_one_record_that_names_the_others(hubspot: Any, anew: bool) -> None:
    hubspot.traps.merged_anew = anew
    one, other = list(hubspot.truth("tickets"))[3:5]
    winner = hubspot.crm.merge("tickets", one, other)
    truth = hubspot.truth("tickets")
    assert (winner != one) == anew and other not in truth
    assert other in truth[winner]["properties"]["hs_merged_object_ids"].split(";")


def test_it_lives(hubspot: Any) -> None:
    told = hubspot.tick(400)
    assert [name for name in hubspot.changes() if not any(each.startswith(name) for each in told)] == []
    with pytest.raises(KeyError, match="has no change"):
        hubspot.tick(only=["nonsense"])
