"""Every parameter that source-slack sends is one that Slack's own document has, and of its type."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from source_slack import slack

from connector_sdk.engine import SystemClock
from connector_sdk.flow.schemas import binding_of
from connector_sdk.testing.fake import load_sandbox
from connector_sdk.testing.flow import Capture, Player
from tests.foreign.prism.document import NEWER, parameters

FOLDER = Path(__file__).parents[3] / "connectors" / "source-slack"
UNKNOWN = {"bookmarks.list"}  # came after the document; audit logs are another API, and have none
FITS: dict[str, Callable[[str], Any]] = {
    "string": lambda text: text != "",
    "integer": re.compile(r"\d+").fullmatch,
    "number": re.compile(r"\d+(\.\d+)?").fullmatch,
    "boolean": re.compile("true|false").fullmatch,
}


@pytest.fixture(scope="module")
def sent() -> Iterator[list[tuple[str, str, dict[str, str]]]]:
    """Verb, method and parameters of every call of a capture of all streams: two pages of each, and a poll later."""
    clock = SystemClock.from_spec("2026-03-02T10:00:00Z*60")
    with load_sandbox(FOLDER)(clock=clock, messages=80, limits=False, page_most=4) as source:
        found: list[tuple[str, str, dict[str, str]]] = []
        source.api.before("/api/*", lambda request: found.append((
            request.method.lower(), request.path.removeprefix("/api/"),
            {**request.query, **dict(parse_qsl(request.body.decode()))},
        )))  # fmt: skip
        config = {**source.config(), "join_channels": True, "team_id": "T0SANDBOX"}
        capture = Capture.discovered(
            [binding_of(each) for each in slack.declared()], config, streams=None, disabled=True
        )
        env = {"CONNECTOR_RUN": "once", "CONNECTOR_CLOCK": clock.spec()}
        session = Player([sys.executable, "-m", "source_slack"], cwd=FOLDER, env=env).run(capture)
        assert session.exit_code == 0, session.error
        yield found


def test_every_method_is_known_but_those_that_are_named(sent: Any) -> None:
    asked = {(verb, method) for verb, method, _ in sent}
    assert {method for verb, method in asked if parameters(method, verb) is None} == UNKNOWN
    assert len(asked) >= 20


def test_every_parameter_has_a_name_and_a_type_of_the_document(sent: Any) -> None:
    wrong = []
    for verb, method, given in sent:
        known = parameters(method, verb)
        for name, text in given.items() if known is not None else ():
            kind = (known or {}).get(name)
            if kind is None and name not in NEWER:
                wrong.append(f"{method} has no parameter {name!r}")
            elif kind is not None and not FITS[kind](text):
                wrong.append(f"{method}: {name}={text!r} is no {kind}")
    assert sorted(set(wrong)) == []


def test_every_required_parameter_is_sent(sent: Any) -> None:
    from tests.foreign.prism.document import patched

    required = {
        path.removeprefix("/api/"): {each["name"] for each in operation["parameters"] if each.get("required")}
        for path, operations in patched()["paths"].items() for operation in operations.values()
    }  # fmt: skip
    assert required["pins.list"] == {"channel"}
    for _, method, given in sent:
        assert required.get(method, set()) <= given.keys(), method


def test_what_is_newer_than_the_document_is_sent_and_has_a_reason(sent: Any) -> None:
    assert NEWER.keys() <= {name for _, _, given in sent for name in given}
    assert all(NEWER.values())
