"""The sandbox is Linear as its public schema and documentation tell it, whatever the connector asks."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.testing.fake import HandClock, load_sandbox

FOLDER = Path(__file__).parents[1]
Ask = Callable[..., tuple[int, Any, Any]]
ISSUES = "issues({}) {{ nodes {{ id createdAt updatedAt archivedAt }} pageInfo {{ hasNextPage endCursor }} }}"


@pytest.fixture
def linear(request: pytest.FixtureRequest) -> Iterator[Any]:
    options = getattr(request, "param", {})
    with load_sandbox(FOLDER)(clock=HandClock(), issues=60, history_days=6, late=0.0, **options) as source:
        yield source
    assert not source.api.errors


@pytest.fixture
def ask(linear: Any) -> Ask:
    """A function that posts a query, and gives the status, the body and the headers."""

    def asked(query: str, *, key: str = "", **variables: Any) -> tuple[int, Any, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        headers = {
            "Authorization": key or linear.config()["credentials"]["api_key"],
            "Content-Type": "application/json",
        }
        try:
            answer = urllib.request.urlopen(urllib.request.Request(f"{linear.url}/graphql", body, headers), timeout=20)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            return answer.status, json.loads(answer.read()), answer.headers

    return asked


def test_lists_come_newest_first_fifty_at_a_time_without_what_is_archived(linear: Any, ask: Ask) -> None:
    id = next(iter(linear.world.table("Issue")))
    linear.world.change("Issue", id, archivedAt=linear.api.now())
    _, body, _ = ask(f"{{ {ISSUES.format('first: 250')} }}")
    found = body["data"]["issues"]["nodes"]
    assert len(found) == 59
    assert [each["createdAt"] for each in found] == sorted((each["createdAt"] for each in found), reverse=True)
    _, body, _ = ask(f"{{ {ISSUES.format('includeArchived: true')} }}")
    assert len(body["data"]["issues"]["nodes"]) == 50
    assert body["data"]["issues"]["pageInfo"]["hasNextPage"]


def test_cursors_lead_to_the_end_and_then_there_is_no_more(ask: Ask) -> None:
    seen: list[str] = []
    page: dict[str, Any] = {"hasNextPage": True, "endCursor": None}
    while page["hasNextPage"]:
        query = f"query($a: String) {{ {ISSUES.format('first: 7, after: $a')} }}"
        _, body, _ = ask(query, a=page["endCursor"])
        seen += [each["id"] for each in body["data"]["issues"]["nodes"]]
        page = body["data"]["issues"]["pageInfo"]
    assert len(seen) == len(set(seen)) == 60


def test_instants_are_cut_to_milliseconds_and_filters_take_their_borders_in_or_leave_them_out(
    linear: Any, ask: Ask
) -> None:
    id = next(iter(linear.world.table("Issue")))
    at = linear.api.now() // 1_000_000 * 1_000_000 + 123_000
    linear.world.change("Issue", id, updatedAt=at)
    text = linear.world.instant(at)
    assert text.endswith(".123Z")
    for how, count in (("gte", 1), ("gt", 0)):
        query = f"query($s: DateTimeOrDuration) {{ {ISSUES.format(f'filter: {{updatedAt: {{{how}: $s}}}}')} }}"
        assert len(ask(query, s=text)[1]["data"]["issues"]["nodes"]) == count
    linear.world.change("Issue", id, updatedAt=at + 456)
    assert linear.world.instant(at + 456) == text


@pytest.mark.parametrize(("query", "status", "kind"), [
    ("{ issues { nodes { nothing } } }", 400, "graphql error"),
    ("{ issues(first: 251) { nodes { id } } }", 400, "invalid input"),
    ("{ issues(after: \"nobody\") { nodes { id } } }", 400, "invalid input"),
    ("{ issues(first: 250) { nodes { labels { nodes { id } } } } }", 400, "invalid input"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused_with_a_type(ask: Ask, query: str, status: int, kind: str) -> None:
    found, body, _ = ask(query)
    assert (found, body["errors"][0]["extensions"]["type"]) == (status, kind)


def test_a_query_that_is_too_complex_names_both_numbers(ask: Ask) -> None:
    _, body, _ = ask("{ issues(first: 250) { nodes { id labels { nodes { id } } } } }")
    told = body["errors"][0]["extensions"]["userPresentableMessage"]
    assert "Maximum allowed complexity: 10000" in told
    assert body["errors"][0]["message"] == "Query too complex"


@pytest.mark.parametrize("linear", [{"points": 700}], indirect=True)
def test_points_are_counted_told_and_refused_with_status_400(linear: Any, ask: Ask) -> None:
    query = f"{{ {ISSUES.format('first: 250')} }}"
    status, _, headers = ask(query)
    assert (status, headers["X-Complexity"]) == (200, "350")
    left = int(headers["X-RateLimit-Complexity-Remaining"])
    assert left == 350
    assert int(headers["X-RateLimit-Complexity-Reset"]) > linear.api.now() // 1000, "milliseconds since 1970"
    ask(query)
    status, body, _ = ask(query)
    assert (status, body["errors"][0]["extensions"]["code"]) == (400, "RATELIMITED")
    linear.api.clock.advance("1h")
    assert ask(query)[0] == 200


def test_a_key_is_sent_bare(linear: Any, ask: Ask) -> None:
    status, body, _ = ask("{ organization { id } }", key=f"Bearer {linear.config()['credentials']['api_key']}")
    assert (status, body["errors"][0]["extensions"]["type"]) == (401, "authentication error")


def test_changes_are_the_same_for_the_same_seed() -> None:
    told = []
    for _ in range(2):
        with load_sandbox(FOLDER)(clock=HandClock(), issues=20, seed=3) as source:
            told.append(source.tick(30))
            assert source.truth("issues")
    assert told[0] == told[1]
