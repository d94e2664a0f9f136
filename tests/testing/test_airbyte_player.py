"""Airbyte's player: what it refuses, against sources that break the protocol on purpose."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from connector_sdk.testing.airbyte import Catalog, Collections, Player, Record, State, ViolationError

STREAM = {
    "name": "s", "json_schema": {"type": "object", "properties": {"id": {"type": "integer"}}},
    "supported_sync_modes": ["full_refresh", "incremental"], "source_defined_primary_key": [["id"]],
}  # fmt: skip
CONFIGURED = Catalog([STREAM]).configured()


def trace(kind: str, member: str, told: Any) -> dict[str, Any]:
    return {"type": "TRACE", "trace": {"type": kind, "emitted_at": 1.0, member: told}}


def status(what: str, stream: str = "s") -> dict[str, Any]:
    return trace("STREAM_STATUS", "stream_status", {"stream_descriptor": {"name": stream}, "status": what})


def record(data: Any, stream: str = "s", **more: Any) -> dict[str, Any]:
    return {"type": "RECORD", "record": {"stream": stream, "data": data, "emitted_at": 1, **more}}


def state(count: float, **data: Any) -> dict[str, Any]:
    told = {"stream_descriptor": {"name": "s"}, "stream_state": data}
    return {"type": "STATE", "state": {"type": "STREAM", "stream": told, "sourceStats": {"recordCount": count}}}


ERROR = trace("ERROR", "error", {"message": "no", "failure_type": "system_error"})
GOOD = [status("STARTED"), status("RUNNING"), record({"id": 1}), state(1.0, at=1), status("COMPLETE")]


def source(lines: list[Any], code: int = 0, end: str = "\n") -> Player:
    text = "\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines) + end
    return Player([sys.executable, "-c", f"import sys; sys.stdout.write({text!r}); sys.exit({code})"], timeout=20)


def test_a_read_that_keeps_the_rules_is_taken() -> None:
    rows = Collections()
    read = source(GOOD).run({}, CONFIGURED, into=rows)
    assert (read.exit_code, read.states[0]["stream"]["stream_state"]) == (0, {"at": 1})
    assert rows["s"].committed == {(1,): {"id": 1}}


@pytest.mark.parametrize(
    ("rule", "lines", "code"),
    [
        ("line-not-json", ["hello"], 0),
        ("envelope", [{"type": "RECORD"}], 0),
        ("envelope", [status("STARTED"), status("RUNNING"), record({"id": 1}, namespace=None)], 0),
        ("envelope", [{"type": "LOG", "log": {"level": "LOUD", "message": "x"}}], 0),
        ("message-unasked", [{"type": "CONNECTION_STATUS", "connectionStatus": {"status": "SUCCEEDED"}}], 0),
        ("stream-unknown", [status("STARTED", "other")], 0),
        ("status-order", [status("RUNNING")], 0),
        ("status-order", [*GOOD, status("INCOMPLETE")], 0),
        ("record-early", [status("STARTED"), record({"id": 1})], 0),
        ("record-key", [status("STARTED"), status("RUNNING"), record({"id": None})], 0),
        ("state-count", [*GOOD[:3], state(2.0)], 0),
        ("state-late", [*GOOD, state(0.0)], 0),
        ("records-uncovered", [*GOOD[:3], status("COMPLETE")], 0),
        ("exit-code", GOOD[:4], 0),
        ("exit-code", [*GOOD, ERROR], 0),
        ("error-missing", [*GOOD[:4], status("INCOMPLETE")], 1),
        ("status-missing", [*GOOD[:4], ERROR], 1),
    ],
)
def test_a_broken_rule_is_named(rule: str, lines: list[Any], code: int) -> None:
    with pytest.raises(ViolationError) as told:
        source(lines, code).run({}, CONFIGURED)
    assert told.value.violation.rule == rule


def test_a_line_without_an_end_and_a_secret_are_noticed() -> None:
    with pytest.raises(ViolationError, match="no newline"):
        source(GOOD, end="").run({}, CONFIGURED)
    log = {"type": "LOG", "log": {"level": "INFO", "message": "my-made-up-secret"}}
    with pytest.raises(ViolationError, match="secret"):
        source([log, *GOOD]).run({}, CONFIGURED, secrets=["my-made-up-secret"])


def test_a_catalog_whose_key_has_no_column_is_refused() -> None:
    catalog = {"type": "CATALOG", "catalog": {"streams": [{**STREAM, "source_defined_primary_key": [["key"]]}]}}
    with pytest.raises(ViolationError, match="not in its schema"):
        source([catalog]).discover({})


def test_what_no_state_covers_is_lost_and_deletions_delete() -> None:
    rows = Collections()
    rows.begin(CONFIGURED)
    for event in (
        Record("s", {"id": 1, "_ab_cdc_cursor": 1}, b""),
        Record("s", {"id": 2}, b""),
        State("s", {}, 2, 0),
        Record("s", {"id": 1, "_ab_cdc_deleted_at": "2026-01-01T00:00:00Z"}, b""),
        State("s", {}, 1, 0),
        Record("s", {"id": 3}, b""),
    ):
        rows.feed(event)
    rows.begin(CONFIGURED)
    assert rows["s"].committed == {(2,): {"id": 2}}
    assert (rows["s"].writes, rows["s"].deletes) == (2, 1)
    full = Catalog([STREAM]).configured(mode="full_refresh")
    rows.begin(full, going_on=["s"])
    assert len(rows["s"]) == 1
    rows.begin(full)
    assert len(rows["s"]) == 0
