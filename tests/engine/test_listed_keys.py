"""Deletes by a listing of keys alone, where whole records cost too much; and listings whose page tokens die."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.engine import SystemClock
from connector_sdk.engine.clock import instant_text, parse_instant
from connector_sdk.testing.fake import Bearer, FakeApi, between
from connector_sdk.testing.flow import Collections, Player, Session

HOUR = 3_600_000_000


class Cards:
    """The cards' API, whose pages count records, so that they shift; its clock, and sessions of a capture of it."""

    def __init__(self) -> None:
        self.clock = SystemClock(parse_instant("2026-03-02T10:00:00Z"), 60)
        self.api = FakeApi("cards", clock=self.clock, auth=Bearer("made-up"))
        self.cards = self.api.collection("cards")
        self.rows = Collections(keep=lambda doc: doc)
        self.state: Any = None
        self.capture: Any = None
        self.pages = pages = self.api.pager("offset", size=4)

        def shown(request: Any, found: Any) -> dict[str, Any]:
            page = pages.page(request, found, at="at")
            return {"items": page.records, "next": page.next}

        @self.api.get("/cards")
        def cards(request: Any) -> dict[str, Any]:
            span = between("/updated", request.instant("since"), request.instant("until"), unit="1s")
            return shown(request, self.cards.select(span))

        @self.api.get("/keys")
        def keys(request: Any) -> dict[str, Any]:
            return shown(request, [{"id": each["id"], "updated": each["updated"]} for each in self.cards.select()])

        self.api.get("/check")(lambda request: {"ok": True})
        self.api.get("/cards/{id}/notes")(lambda request: {"items": [{"id": f"{request.parts['id']}/note"}]})
        self.marked = 0
        self.api.get("/cards/{id}/marks")(
            lambda request: {"items": [{"id": f"{request.parts['id']}/mark", "n": self.marked}]}
        )
        for number in range(14):
            self.put(f"c{number:02}", hours=50 - number)

    def put(self, id: str, *, hours: float = 0) -> None:
        updated = instant_text((self.clock.now() - int(hours * HOUR)) // 1_000_000 * 1_000_000)
        self.cards.put({"id": id, "updated": updated, "text": f"all of {id}"})

    def run(self, *streams: str, hours: float = 0, fails: bool = False) -> Session:
        self.clock._start += int(hours * HOUR)
        self.api.requests.clear()
        env = {"CONNECTOR_RUN": "once", "CONNECTOR_CLOCK": self.clock.spec(),
               "PYTHONPATH": str(Path(__file__).parents[1] / "sources")}  # fmt: skip
        start = "from connector_sdk.process import main; main('source_cards')"
        player = Player([sys.executable, "-c", start], env=env)
        if self.capture is None:
            config = {"credentials": {"token": "made-up"}, "advanced": {"base_url": self.api.url}}
            self.capture = player.prepare(config, streams=list(streams or ["cards"]))
        session = player.run(self.capture, self.state, into=self.rows)
        assert (session.exit_code == 0) is not fails, session.error
        self.state = session.state
        return session

    def check(self) -> None:
        """The collection holds what the source does, whole."""
        found = {key[0]: doc for key, doc in self.rows["cards"].committed.items()}
        truth = self.cards.truth()
        assert found.keys() == truth.keys()
        assert {id: doc["text"] for id, doc in found.items()} == {id: doc["text"] for id, doc in truth.items()}


@pytest.fixture
def source() -> Iterator[Cards]:
    it = Cards()
    with it.api:
        yield it
    assert not it.api.errors


def test_what_has_vanished_is_deleted_at_the_next_sweep_and_nothing_else_leaves(source: Cards) -> None:
    source.run()
    source.check()
    for id in ("c03", "c13"):
        source.cards.delete(id)
    session = source.run(hours=25)
    source.check()
    assert session.documents["cards"] == 2, "two deletions, and no record of the listing"
    assert source.api.requests.of("/keys")


def test_history_is_still_read_by_spans_and_the_listing_is_not_touched(source: Cards) -> None:
    source.run()
    assert source.api.requests.of("/keys") == []
    assert all("since" in each.query for each in source.api.requests.of("/cards"))


def test_a_key_that_slips_past_between_two_pages_is_not_deleted(source: Cards) -> None:
    source.run()
    source.cards.delete("c10")
    source.api.before("/keys", lambda request: source.cards.delete("c00"), nth=2, times=1)
    source.run(hours=25)
    found = {key[0] for key in source.rows["cards"].committed}
    assert found >= source.cards.truth().keys(), "c04 was on no page of the first pass, since c00 went"
    source.run(hours=25)
    source.check()


def test_edits_while_the_keys_are_listed_delete_nothing_and_hinder_nothing(source: Cards) -> None:
    source.run()
    source.cards.delete("c10")
    source.api.before("/keys", lambda request: source.put(f"c{request.n % 9:02}"), times=None)
    source.run(hours=25)
    source.api.calm()
    assert "c10" not in {key[0] for key in source.rows["cards"].committed}
    source.run(hours=1)
    source.check()


def test_what_follows_reads_no_listing_of_keys(source: Cards) -> None:
    source.run("notes")
    session = source.run(hours=25)
    assert source.api.requests.of("/keys") == []
    assert session.documents["notes"] == 0


@pytest.mark.parametrize("streams", [("marks",), ("cards", "marks")])
def test_a_sweep_of_what_follows_is_its_own(source: Cards, streams: tuple[str, ...]) -> None:
    source.run(*streams)
    source.marked = 1
    source.run(hours=49)
    assert {doc["n"] for doc in source.rows["marks"].committed.values()} == {1}
    assert bool(source.api.requests.of("/keys")) == ("cards" in streams)


def test_a_listing_whose_token_dies_begins_again(source: Cards) -> None:
    source.api.before("/keys", lambda request: source.pages.expire(), nth=3, times=1)
    session = source.run("decks")
    assert session.documents["decks"] == 14, "what has left already is recognised"


def test_a_listing_whose_tokens_die_time_and_again_fails_in_a_sentence(source: Cards) -> None:
    source.api.before("/keys", lambda request: source.pages.expire(), times=None)
    session = source.run("decks", fails=True)
    assert "page tokens die before the listing has been read to its end" in session.error
    assert "has expired" in session.error
