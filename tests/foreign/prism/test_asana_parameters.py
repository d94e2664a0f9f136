"""Every parameter that source-asana sends is one that Asana's own document has, and of its type."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from source_asana import asana

from connector_sdk.engine import SystemClock
from connector_sdk.flow.schemas import binding_of
from connector_sdk.testing.fake import load_sandbox
from connector_sdk.testing.flow import Capture, Player
from tests.foreign.prism.asana import BASE, UNKNOWN, operation, parameters, vendors

FOLDER = Path(__file__).parents[3] / "connectors" / "source-asana"
FITS: dict[str, Callable[[str], Any]] = {
    "string": lambda text: text != "",
    "integer": re.compile(r"\d+").fullmatch,
    "boolean": re.compile("true|false").fullmatch,
    "array": lambda text: all(text.split(",")),
}


@pytest.fixture(scope="module")
def sent() -> Iterator[list[tuple[str, dict[str, str]]]]:
    """Path and parameters of every request of a capture of all streams, by a service account: first and next pages,
    and what events tell of."""
    clock = SystemClock.from_spec("2026-03-02T10:00:00Z*60")
    options: dict[str, Any] = {"tasks": 14, "users": 4, "limits": False, "page_most": 3, "login": "service"}
    with load_sandbox(FOLDER)(clock=clock, **options) as source:
        found: list[tuple[str, dict[str, str]]] = []
        for path in ("/api/1.0/*", "/-/*"):
            source.api.before(path, lambda request: found.append((request.path, dict(request.query))))
        state: Any = None
        for config in (source.config(), {**source.config(), "projects_by_team": True}):
            bindings = [binding_of(each) for each in asana.declared()]
            capture = Capture.discovered(bindings, config, streams=None, disabled=True)
            env = {"CONNECTOR_RUN": "once", "CONNECTOR_CLOCK": clock.spec()}
            session = Player([sys.executable, "-m", "source_asana"], cwd=FOLDER, env=env).run(capture, state)
            assert session.exit_code == 0, session.error
            state = session.state
            source.tick(12)  # type: ignore[attr-defined]
            clock._start += 3_600_000_000
        yield found


def test_every_path_is_known_but_those_that_are_named(sent: Any) -> None:
    asked = {path.removeprefix(BASE) for path, _ in sent if operation(path) is None}
    patterns = [re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for path in UNKNOWN]
    assert asked
    assert not [path for path in asked if not any(pattern.fullmatch(path) for pattern in patterns)]
    assert len({operation(path) for path, _ in sent}) >= 30
    assert all(UNKNOWN.values())


def test_every_parameter_has_a_name_and_a_type_of_the_document(sent: Any) -> None:
    wrong = set()
    for path, given in sent:
        found = operation(path)
        known = {} if found is None else parameters(found)
        for name, text in given.items() if found is not None else ():
            if name not in known:
                wrong.add(f"{found} has no parameter {name!r}")
                continue
            schema = known[name]["schema"]
            if not FITS[schema["type"]](text):
                wrong.add(f"{found}: {name}={text!r} is no {schema['type']}")
            if schema["type"] == "integer" and not schema.get("minimum", 0) <= int(text) <= schema.get("maximum", 1000):
                wrong.add(f"{found}: {name}={text!r} is out of bounds")
            if schema.get("format") == "date-time":
                datetime.fromisoformat(text)
    assert sorted(wrong) == []


def test_every_field_that_is_asked_for_is_one_of_the_document(sent: Any) -> None:
    wrong = set()
    asked = 0
    for path, given in sent:
        found = operation(path)
        if found is None or "opt_fields" not in given:
            continue
        known = parameters(found)["opt_fields"]["schema"]["items"]["enum"]
        asked += 1
        wrong |= {f"{found} has no field {field!r}" for field in given["opt_fields"].split(",") if field not in known}
    assert sorted(wrong) == []
    assert asked > 100


def test_every_required_parameter_is_sent(sent: Any) -> None:
    for path, given in sent:
        found = operation(path)
        required = {} if found is None else parameters(found)
        assert {name for name, each in required.items() if each.get("required")} <= given.keys(), path


def test_the_patch_adds_nothing_but_the_ids_of_what_is_named() -> None:
    """And the document itself is Asana's, under the licence that it tells."""
    document = vendors()
    assert document["info"]["license"]["name"] == "Apache 2.0"
    assert len(document["paths"]) == 59
    known = parameters(f"{BASE}/tasks")["opt_fields"]["schema"]["items"]["enum"]
    assert "assignee.gid" in known
    assert "name.gid" not in known
