"""Linear's queries are judged by Linear's own schema: they are valid, whole, cheap enough, and take no secrets."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import FieldNode, GraphQLObjectType, build_schema, get_named_type, parse, validate
from graphql.language import OperationDefinitionNode
from source_linear import linear

from connector_sdk.declare import SIZE, Endpoint, Missing, Stream, as_tuple, in_text
from connector_sdk.testing.fake import beside

FOLDER = Path(__file__).parents[1]
SCHEMA = build_schema((FOLDER / "tests" / "schema" / "linear.graphql").read_text("utf-8"))
schemas: Any = beside(FOLDER / "sandbox.py", "linear_schema")
data: Any = beside(FOLDER / "sandbox.py", "linear_data")
STREAMS = {stream.name: stream for stream in linear.declared()}
SECRETS = ("inviteHash", "calendarHash", "cycleCalenderUrl", "secret")


def endpoints(stream: Stream) -> Iterator[Endpoint]:
    """Every request that a stream makes."""
    assert isinstance(stream.read, Endpoint)
    missing = stream.learns(Missing)
    listed = [] if missing is None or missing.listing is None else [missing.listing]
    for each in (stream.read, *listed):
        yield each
        if each.inner is not None:
            yield each.inner.read


def queries(stream: Stream) -> Iterator[tuple[str, dict[str, Any]]]:
    """The documents, with their variables: one for each part where they differ."""
    parts = as_tuple(stream.per) if isinstance(stream.per, list) else ("",)
    for endpoint in endpoints(stream):
        body: Any = endpoint.json
        for part in parts:
            text = "".join(each if isinstance(each, str) else str(part) for each in in_text(body["query"]))
            given = body.get("variables", {})
            yield text, {name: value.most if isinstance(value, SIZE) else None for name, value in given.items()}


@pytest.mark.parametrize("name", STREAMS)
def test_every_query_is_valid(name: str) -> None:
    for text, _ in queries(STREAMS[name]):
        assert validate(SCHEMA, parse(text)) == []


@pytest.mark.parametrize("name", STREAMS)
def test_no_query_costs_more_than_linear_takes(name: str) -> None:
    for text, variables in queries(STREAMS[name]):
        points = schemas.cost(schemas.Query(text, variables).fields, "Query")
        assert points <= 10_000, f"{points} points"


def test_a_round_of_polls_leaves_most_of_an_hours_points() -> None:
    """Every stream asked once every five minutes or more often, with nothing new, for an hour."""
    points = 0.0
    for stream in STREAMS.values():
        if stream.optional or not hasattr(stream.sync, "cursor"):
            continue
        text, variables = next(queries(stream))
        often = 60 if stream.sync.every == "1m" else 12
        first = {name: 50 if name == "first" else value for name, value in variables.items()}
        points += often * schemas.cost(schemas.Query(text, first).fields, "Query")
    assert points < 500_000, "of two million for an app, three for a key"


def selected(text: str) -> Iterator[str]:
    """The names of all fields in a document."""

    def within(node: Any) -> Iterator[str]:
        for each in node.selection_set.selections if node.selection_set else ():
            if isinstance(each, FieldNode):
                yield each.name.value
            yield from within(each)

    for each in parse(text).definitions:
        assert isinstance(each, OperationDefinitionNode)
        yield from within(each)


@pytest.mark.parametrize("name", STREAMS)
def test_no_query_takes_secrets_or_what_is_deprecated(name: str) -> None:
    for text, _ in queries(STREAMS[name]):
        assert not {each for each in selected(text) if any(secret in each for secret in SECRETS)}
    kind = data.STREAMS.get(name)
    if kind is None:
        return
    type = SCHEMA.type_map[kind]
    assert isinstance(type, GraphQLObjectType)
    taken = set(selected(next(queries(STREAMS[name]))[0]))
    assert not {each for each, field in type.fields.items() if each in taken and field.deprecation_reason}


@pytest.mark.parametrize("name", [name for name in STREAMS if name in data.STREAMS and name != "notifications"])
def test_every_value_of_a_record_is_taken(name: str) -> None:
    type = SCHEMA.type_map[data.STREAMS[name]]
    assert isinstance(type, GraphQLObjectType)
    plain = {each for each, field in type.fields.items() if not field.deprecation_reason
             and not hasattr(get_named_type(field.type), "fields")}  # fmt: skip
    taken = set(selected(next(queries(STREAMS[name]))[0]))
    assert plain - taken <= data.LEFT_OUT


def test_the_sandbox_counts_as_the_contract_does() -> None:
    """About 25 points for an issue, 17 for a comment."""
    for name, least, most in (("issues", 20, 27), ("comments", 5, 17)):
        text, _ = next(queries(STREAMS[name]))
        points = schemas.cost(schemas.Query(text, {"first": 1}).fields, "Query")
        assert least <= math.floor(points) <= most, (name, points)
