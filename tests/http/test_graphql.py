"""GraphQL, forms and PUT: requests that are more than a path and a query."""

from __future__ import annotations

import re
from typing import Any

import pytest

from connector_sdk import EACH, GET, NEXT, POST, PUT, GraphQL, Inner, NextToken, On
from connector_sdk.errors import CredentialsError, DefinitionError, PagingError, RefusedError
from connector_sdk.http import Fill
from connector_sdk.testing.fake import Answer

QUERY = """
query Issues($team: ID!, $after: String) {
  issues(team: $team, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } }
}"""
ISSUES = GraphQL("/graphql", QUERY, at="/data/issues", variables={"team": EACH["/id"]})
TEAM = Fill(each=b'{"id":"t1"}')


def page(*ids: int, more: bool = False, cursor: Any = None) -> dict[str, Any]:
    return {"nodes": [{"id": each} for each in ids], "pageInfo": {"hasNextPage": more, "endCursor": cursor}}


def answering(source: Any, *answers: Any) -> list[Any]:
    asked: list[Any] = []

    def handler(request: Any) -> Any:
        asked.append(request.json)
        return answers[len(asked) - 1]

    source.api.post("/graphql")(handler)
    return asked


def test_a_connection_is_read_page_by_page(source: Any) -> None:
    first, second = page(1, 2, more=True, cursor="c2"), page(3, cursor="c3")
    asked = answering(source, {"data": {"issues": first}}, {"data": {"issues": second}})
    assert source.records(ISSUES, TEAM) == [{"id": 1}, {"id": 2}, {"id": 3}]
    assert [each["variables"] for each in asked] == [{"team": "t1"}, {"team": "t1", "after": "c2"}]
    assert asked[0]["query"] == QUERY


def test_edges_give_their_nodes(source: Any) -> None:
    query = "query($at: String) { orders(after: $at) { edges { node { id } } pageInfo { hasNextPage endCursor } } }"
    shown = {"edges": [{"node": {"id": 7}}], "pageInfo": {"hasNextPage": False, "endCursor": "x"}}
    answering(source, {"data": {"orders": shown}})
    assert source.records(GraphQL("/graphql", query, at="/data/orders", cursor="at", edges=True)) == [{"id": 7}]


def test_an_error_in_a_good_answer_fails_even_beside_data(source: Any) -> None:
    answering(source, {"data": {"issues": page(1)}, "errors": [{"message": "Cannot query field 'x'"}]})
    with pytest.raises(RefusedError, match="Cannot query field 'x'"):
        source.page(ISSUES, TEAM)


MEMBERS = GraphQL(
    "/graphql",
    "query($id: ID!, $after: String) { team(id: $id) { members(after: $after) "
    "{ nodes { id } pageInfo { hasNextPage endCursor } } } }",
    at="/data/team/members",
    variables={"id": EACH["/id"]},
)
TEAMS = GraphQL(
    "/graphql",
    "query($after: String) { teams(after: $after) { nodes { id members { nodes { id } "
    "pageInfo { hasNextPage endCursor } } } pageInfo { hasNextPage endCursor } } }",
    at="/data/teams",
    records=lambda body: [each for team in body["data"]["teams"]["nodes"] for each in team["members"]["nodes"]],
    inner=Inner("/data/teams/nodes", "/members/pageInfo/endCursor", MEMBERS, more="/members/pageInfo/hasNextPage"),
)


def test_what_a_list_inside_the_nodes_has_beyond_its_page_is_asked_for_and_nothing_else(source: Any) -> None:
    teams = page() | {"nodes": [{"id": "t1", "members": page(1, 2, more=True, cursor="c2")},
                                {"id": "t2", "members": page(4, cursor="c4")}]}  # fmt: skip
    asked = answering(source, {"data": {"teams": teams}}, {"data": {"team": {"members": page(3, cursor="c3")}}})
    assert source.records(TEAMS) == [{"id": 1}, {"id": 2}, {"id": 4}, {"id": 3}]
    assert asked[1]["variables"] == {"id": "t1", "after": "c2"}
    assert len(asked) == 2


def test_a_list_inside_that_does_not_say_whether_it_has_more_goes_on_while_it_has_a_token(source: Any) -> None:
    first: dict[str, Any] = {"nodes": [{"id": 1}], "pageInfo": {"hasNextPage": None, "endCursor": "c1"}}
    teams = page() | {"nodes": [{"id": "t1", "members": first}, {"id": "t2", "members": {"nodes": [{"id": 3}]}}]}
    answering(source, {"data": {"teams": teams}}, {"data": {"team": {"members": page(2, cursor="c2")}}})
    assert source.records(TEAMS) == [{"id": 1}, {"id": 3}, {"id": 2}]


def test_a_list_inside_that_has_more_and_names_no_page_is_an_error(source: Any) -> None:
    teams = page() | {"nodes": [{"id": "t1", "members": page(1, more=True)}]}
    answering(source, {"data": {"teams": teams}})
    with pytest.raises(PagingError, match="names no page"):
        source.records(TEAMS)


def test_a_rule_may_name_the_place_of_its_text(source: Any) -> None:
    source.http |= {"error": "/errors/0/type", "on": [On(error="invalid").fail("never mind")]}
    wrong = {"errors": [{"type": "invalid input", "message": "Query too complex"}]}
    answering(source, wrong, {"data": {"issues": page(1)}})
    endpoint = GraphQL("/graphql", QUERY, at="/data/issues", variables={"team": EACH["/id"]},
                       on=[On(error=re.compile("too (small|complex)"), at="/errors/0/message").retry()])  # fmt: skip
    assert source.records(endpoint, TEAM) == [{"id": 1}]


def test_no_errors_are_none(source: Any) -> None:
    answering(source, {"data": {"issues": page(1)}, "errors": []})
    assert source.records(ISSUES, TEAM) == [{"id": 1}]


@pytest.mark.parametrize("error, waited", [
    ({"message": "Throttled", "extensions": {"code": "THROTTLED"}}, 10),
    ({"message": "x", "extensions": {"code": "RATELIMITED"}}, 10), ({"message": "API rate limit exceeded"}, 10),
    ({"message": "x", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}, 0.3),
])  # fmt: skip
def test_what_passes_is_waited_for_and_asked_again(source: Any, error: Any, waited: float) -> None:
    asked = answering(source, {"errors": [error]}, {"data": {"issues": page(1)}})
    assert source.records(ISSUES, TEAM) == [{"id": 1}]
    assert len(asked) == 2
    assert source.clock.slept >= waited


def test_a_login_that_ran_out_is_told_as_that(source: Any) -> None:
    answering(source, {"errors": [{"message": "no", "extensions": {"code": "UNAUTHENTICATED"}}]})
    with pytest.raises(CredentialsError):
        source.page(ISSUES, TEAM)


def test_the_authors_rules_come_first(source: Any) -> None:
    answering(source, {"errors": [{"message": "rate limit of nothing"}]})
    endpoint = GraphQL("/graphql", QUERY, at="/data/issues", variables={"team": "t"},
                       on=[On(error="of nothing").empty()])  # fmt: skip
    assert source.page(endpoint).explicit_empty


@pytest.mark.parametrize("query, said", [
    ("query { issues { nodes { id } } }", r"no variable \$after"),
    ("query($after: ID) { i(after: $after) { pageInfo { hasNextPage endCursor } } }", "does not select nodes"),
    ("query($after: ID) { i(after: $after) { nodes { id } pageInfo { endCursor } } }", "does not select hasNextPage"),
])  # fmt: skip
def test_a_query_that_cannot_be_paged_is_refused_on_import(query: str, said: str) -> None:
    with pytest.raises(DefinitionError, match=said):
        GraphQL("/graphql", query, at="/data/issues")


# ---- forms, and other methods


@pytest.mark.parametrize("method", [POST, PUT])
def test_a_form_is_written_as_forms_are(source: Any, method: Any) -> None:
    seen: list[Any] = []

    def handler(request: Any) -> Any:
        seen.append((request.method, request.headers["content-type"], request.body))
        return {"i": [{"id": 1}], **({"n": 'a&"b'} if len(seen) < 2 else {})}

    source.api.route("POST", "/i")(handler)
    source.api.route("PUT", "/i")(handler)
    form = {"team": EACH["/id"], "ids[]": [1, "é ü"], "at": NEXT}
    source.records(method("/i", form=form, records="/i", pages=NextToken("/n")), TEAM)
    kind = "application/x-www-form-urlencoded"
    assert [each[:2] for each in seen] == [(method.__name__, kind)] * 2
    assert seen[0][2] == b"team=t1&ids%5B%5D=1&ids%5B%5D=%C3%A9+%C3%BC"
    assert seen[1][2].endswith(b"&at=a%26%22b")


def test_a_form_may_ask_for_another_kind_of_answer(source: Any) -> None:
    source.api.post("/i")(lambda request: Answer([{"got": request.headers["accept"]}]))
    endpoint = POST("/i", form={"a": 1}, headers={"Accept": "application/vnd.api+json"}, records="")
    assert source.records(endpoint) == [{"got": "application/vnd.api+json"}]


@pytest.mark.parametrize("make, said", [
    (lambda: POST("/i", form={"a": 1}, json={"b": 2}), "one body"), (lambda: GET("/i", form={"a": 1}), "no body"),
    (lambda: POST("/i", form=[1]), "names and values"), (lambda: POST("/i", form={"a": NEXT}), "NEXT is used"),
])  # fmt: skip
def test_a_form_that_cannot_be_sent_is_refused_on_import(make: Any, said: str) -> None:
    with pytest.raises(DefinitionError, match=said):
        make()
