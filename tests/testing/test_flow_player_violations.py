"""The player against connectors that each break one rule."""

import sys
import time
from pathlib import Path

import pytest

from connector_sdk.testing.flow import Capture, Captured, Collections, Player, ViolationError

TOYS = Path(__file__).parent / "toys"
CONFIG = {"credentials": {"credentials_title": "API Key", "api_key": "made-up-key"}}
IN_A_SESSION = {
    "line-not-json": "something printed there",
    "line-blank": "is blank",
    "line-not-utf8": "not UTF-8",
    "line-not-object": "instead of an object",
    "line-unfinished": "no newline",
    "envelope": '"updated" is a required property',
    "opened-first": "before opened",
    "opened-twice": "a second time",
    "opened-missing": "without having answered",
    "answer-unasked": "nobody asked",
    "binding-range": "binding 7; there are 1",
    "document-invalid": "/id: ",
    "document-key": "has nothing at /id",
    "document-uuid": "the runtime's to set",
    "document-large": "Flow takes 16,000,000",
    "documents-uncommitted": "'tickets': 1",
    "checkpoint-foreign": "/bindingStateV1/somebody.v0",
    "checkpoint-replaces": "every binding",
    "sourced-schema": "/properties/nested does not say",
    "backfill-late": "before the binding's documents",
    "secret": "is on stderr",
}


def broken(rule: str, **options) -> Player:
    return Player([sys.executable, str(TOYS / "broken.py"), rule], env={"CONNECTOR_RUN": "once"}, **options)


@pytest.fixture(scope="module")
def capture() -> Capture:
    acme = Player([sys.executable, "-m", "source_acme"], cwd=TOYS / "source-acme")
    return acme.prepare(CONFIG).only("tickets")


@pytest.mark.parametrize("rule", IN_A_SESSION)
def test_a_strict_player_raises_at_the_first_broken_rule(rule, capture):
    with pytest.raises(ViolationError) as caught:
        broken(rule).run(capture, secrets=["made-up-key"])
    assert caught.value.violation.rule == rule
    assert IN_A_SESSION[rule] in caught.value.violation.sentence
    assert len(caught.value.violation.line) < 500


@pytest.mark.parametrize("rule", IN_A_SESSION)
def test_a_lenient_player_collects_and_goes_on(rule, capture):
    session = broken(rule, strict=False).run(capture, secrets=["made-up-key"], into=Collections())
    assert session.ended
    assert rule in {each.rule for each in session.violations}


def test_a_violation_shows_its_line(capture):
    session = broken("line-not-json", strict=False).run(capture)
    (violation,) = session.violations
    assert (violation.number, violation.line) == (2, "hello from an author")
    assert str(violation).endswith("(stdout line 2) [line-not-json]\n  hello from an author")


def test_a_document_without_key_reaches_nobody(capture):
    seen = []
    broken("document-key", strict=False).run(capture, on_event=seen.append)
    assert [each.doc for each in seen if type(each) is Captured] == [{"id": 1}]


def test_a_process_deaf_to_sigterm_is_killed(capture):
    with broken("stop-slow", strict=False).open(capture) as session:
        session.run(until=lambda session: session.checkpoints == 5)
        session.stop(within=0.1)
    assert [each.rule for each in session.violations] == ["stop-slow"]
    assert session.exit_code == -9


@pytest.mark.parametrize("how", ["pipe-held", "pipe-fed"])
def test_what_holds_the_pipes_after_the_end_is_told_and_killed(capture, how):
    session = broken(how, strict=False).run(capture)
    assert "pipe-held" in [each.rule for each in session.violations]
    assert how == "pipe-fed" or len(session.violations) == 1


def test_a_pipe_that_an_ended_process_left_full_is_read_to_its_end(capture):
    documents = 0

    def slowly(event):
        nonlocal documents
        if type(event) is Captured and "text" in event.doc:
            documents += 1
            time.sleep(0.1)

    session = broken("pipe-full").run(capture, on_event=slowly)
    assert (session.exit_code, documents) == (0, 25)


@pytest.mark.parametrize(
    ("rule", "ask"),
    [
        ("answer-missing", lambda player, capture: player.validate(capture)),
        ("validated", lambda player, capture: player.validate(capture.only("tickets", "people"))),
        ("discovered", lambda player, capture: player.discover(CONFIG)),
        ("spec-schema", lambda player, capture: player.spec()),
    ],
)
def test_answers_are_checked(rule, ask, capture):
    with pytest.raises(ViolationError) as caught:
        ask(broken(rule), capture)
    assert caught.value.violation.rule == rule
