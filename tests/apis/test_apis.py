"""Ten kinds of APIs, each captured to its end by the real process, twice; and how long their definitions are."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.testing.fake import TRANSIENT, Fault
from connector_sdk.testing.flow import Collections, Player

from .vendors import VENDORS, Vendor

SOURCES = Path(__file__).parent / "sources"
MOST_LINES = 15
FAULTS = [each for each in TRANSIENT if each.kind != "cut_json"]  # half a table that is said to be whole is a table


def player(vendor: Vendor) -> Player:
    env = {"CONNECTOR_RUN": "once", "CONNECTOR_CLOCK": vendor.clock.spec(), "PYTHONPATH": str(SOURCES)}
    process = f"from connector_sdk.process import main; main({vendor.source!r})"
    return Player([sys.executable, "-c", process], env=env)


def captured(rows: Collections, stream: str) -> dict[Any, Any]:
    found = rows[stream].committed
    return {
        key[0] if len(key) == 1 else key: {name: value for name, value in doc.items() if name != "_meta"}
        for key, doc in found.items()
    }


@pytest.mark.parametrize("kind", VENDORS, ids=lambda kind: kind.source)
def test_a_collection_equals_its_source_after_a_backfill_and_after_edits(kind: type[Vendor]) -> None:
    vendor, rows = kind(), Collections(keep=lambda doc: doc)
    with vendor.api:
        capture = player(vendor).prepare(vendor.config(), streams=list(vendor.streams))
        first = player(vendor).run(capture, into=rows)
        assert first.exit_code == 0, first.error
        for stream in vendor.streams:
            assert captured(rows, stream) == vendor.truth(stream), stream
            assert len(captured(rows, stream)) > 2, stream
        vendor.pass_time(vendor.jump)
        vendor.change()
        vendor.pass_time(0.2)
        second = player(vendor).run(capture, first.state, into=rows)
        assert second.exit_code == 0, second.error
        for stream in vendor.streams:
            assert captured(rows, stream) == vendor.truth(stream), stream
        assert sum(second.documents.values()) < sum(first.documents.values())
    assert not vendor.api.errors, vendor.api.errors


@pytest.mark.parametrize("kind", VENDORS, ids=lambda kind: kind.source)
def test_faults_on_the_way_cost_nothing(kind: type[Vendor]) -> None:
    """The first answer is cut off; then errors, resets, refusals at every fourth request; and a limit of the source."""
    vendor, rows = kind(), Collections(keep=lambda doc: doc)
    with vendor.api:
        capture = player(vendor).prepare(vendor.config(), streams=list(vendor.streams))
        vendor.api.fault(Fault.cut(), vendor.spoilt)
        vendor.api.chaos(0.25, seed=5, on=vendor.spoilt, faults=FAULTS)
        vendor.api.limit(8, per="1s")
        session = player(vendor).run(capture, into=rows)
        assert session.exit_code == 0, session.error
        for stream in vendor.streams:
            assert captured(rows, stream) == vendor.truth(stream), stream


def streams_of(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every statement that makes streams, or helps to: not imports, logging in, config, or the connector itself."""
    for statement in tree.body:
        match statement:
            case ast.ImportFrom() | ast.Expr():
                continue
            case ast.ClassDef(bases=[ast.Name(id="Credentials" | "OAuth2Credentials" | "Config"), *_]):
                continue
            case ast.Assign(value=ast.Call(func=ast.Name(id="Connector"))):
                continue
        yield ast.unparse(statement).partition("\n")[0][:40], (statement.end_lineno or 0) - statement.lineno + 1


@pytest.mark.parametrize("kind", VENDORS, ids=lambda kind: kind.source)
def test_a_stream_takes_at_most_fifteen_lines(kind: type[Vendor]) -> None:
    lines = list(streams_of(ast.parse((SOURCES / f"{kind.source}.py").read_text("utf-8"))))
    assert lines
    for what, count in lines:
        assert count <= MOST_LINES, what
    # and with every helper counted in
    assert sum(count for _, count in lines) <= MOST_LINES * len(kind.streams)
