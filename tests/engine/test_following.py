"""Following: what is below old parents, what their records do not show, and windows that the user chooses."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.engine import SystemClock
from connector_sdk.engine.clock import instant_text, parse_instant
from connector_sdk.testing.airbyte import Player as AirbytePlayer
from connector_sdk.testing.fake import Answer, Bearer, FakeApi, between
from connector_sdk.testing.flow import Collections, Player, Session

HOUR = 3_600_000_000


class Board:
    """The board's API, its clock, and sessions of a capture of it."""

    def __init__(self) -> None:
        self.clock = SystemClock(parse_instant("2026-03-02T10:00:00Z"), 60)
        self.api = FakeApi("board", clock=self.clock, auth=Bearer("made-up"))
        self.topics = self.api.collection("topics", order="/posted", descending=True)
        self.replies: dict[str, dict[str, str]] = {}
        self.scopes: str | None = None
        self.rows = Collections(keep=lambda doc: doc)
        self.options: dict[str, Any] = {}
        self.state: Any = None
        self.capture: Any = None
        self._routes()
        for days in (0.5, 1, 5, 100, 200):
            self.topic(f"t{days}", days, "first", "second")
        for number in range(40):
            self.topic(f"quiet{number}", 3 + number)

    def _routes(self) -> None:
        @self.api.get("/me")
        def me(request: Any) -> Answer:
            return Answer({"ok": True}, headers={} if self.scopes is None else {"X-Scopes": self.scopes})

        @self.api.get("/topics")
        def topics(request: Any) -> dict[str, Any]:
            span = between("/posted", request.instant("since"), request.instant("until"), unit="1s")
            found = self.topics.select(span)
            return {"items": found[:10], "more": len(found) > 10, "next": None}

        @self.api.get("/topics/{id}")
        def thread(request: Any) -> dict[str, Any]:
            topic, replies = request.parts["id"], self.replies[request.parts["id"]]
            return {
                "messages": [{"id": topic}, *({"id": f"{topic}/{id}", "text": text} for id, text in replies.items())]
            }

    def topic(self, id: str, days: float, *replies: str) -> None:
        posted = instant_text((self.clock.now() - int(days * 24 * HOUR)) // 1_000_000 * 1_000_000)
        self.replies[id] = {}
        self.topics.put({"id": id, "posted": posted, "text": id})
        for reply in replies:
            self.reply(id, reply)

    def reply(self, topic: str, id: str, text: str = "") -> None:
        self.replies[topic][id] = text
        self.topics.edit(topic, last=id, count=len(self.replies[topic]))

    def retract(self, topic: str, id: str) -> None:
        del self.replies[topic][id]
        count = len(self.replies[topic])

        def change(record: dict[str, Any]) -> None:
            record |= {"count": count}
            if not count:
                del record["count"], record["last"]

        self.topics.edit(topic, change)

    def player(self) -> Player:
        env = {"CONNECTOR_RUN": "once", "CONNECTOR_CLOCK": self.clock.spec(),
               "PYTHONPATH": str(Path(__file__).parents[1] / "sources")}  # fmt: skip
        return Player([sys.executable, "-c", "from connector_sdk.process import main; main('source_board')"], env=env)

    def config(self) -> dict[str, Any]:
        credentials = {"credentials_title": "Token", "token": "made-up"}
        return {"credentials": credentials, "advanced": {"base_url": self.api.url}} | self.options

    def run(self, *streams: str, hours: float = 0) -> Session:
        self.clock._start += int(hours * HOUR)
        self.api.requests.clear()
        if self.capture is None:
            self.capture = self.player().prepare(self.config(), streams=list(streams or ("topics", "replies")))
        session = self.player().run(self.capture, self.state, into=self.rows)
        assert session.exit_code == 0, session.error
        self.state = session.state
        return session

    def found(self, stream: str) -> dict[str, Any]:
        return {key[0]: doc for key, doc in self.rows[stream].committed.items()}

    def asked(self) -> list[str]:
        """The topics whose replies were asked for, in this session."""
        return sorted(entry.path.removeprefix("/topics/") for entry in self.api.requests.of("/topics/*"))


@pytest.fixture
def board() -> Iterator[Board]:
    it = Board()
    with it.api:
        yield it
    assert not it.api.errors


def test_a_reply_below_an_old_parent_is_found_by_the_sweep_and_nothing_else_is_asked_for(board: Board) -> None:
    board.run()
    assert len(board.found("replies")) == 15
    board.reply("t200", "late")
    for hours in (26, 48):  # after which no parent is as young as fresh= says
        assert board.run(hours=hours).documents["replies"] == 0
    board.run(hours=24 * 31)
    assert "t200/late" in board.found("replies")
    assert board.asked() == ["t200"]


def test_any_of_the_places_that_tell_of_changes_is_looked_at(board: Board) -> None:
    board.run()
    board.retract("t100", "first")
    board.run(hours=24 * 31)
    assert "t100/first" not in board.found("replies")
    assert "t100/second" in board.found("replies")


def test_an_edit_below_a_young_parent_is_found_though_the_parent_does_not_show_it(board: Board) -> None:
    board.run()
    board.replies["t0.5"]["first"] = board.replies["t5"]["first"] = "edited"
    board.run(hours=26)
    assert board.found("replies")["t0.5/first"]["text"] == "edited"
    assert board.asked() == ["t0.5", "t1"], "t1 was younger than fresh= when it was read last; t5 was much older"


@pytest.mark.parametrize("again", ["1d", "2d", "10d"])
def test_an_edit_below_a_parent_that_was_young_before_an_outage_is_found_after_it(board: Board, again: str) -> None:
    board.options = {"again": again}
    board.run()
    board.replies["t0.5"]["first"] = board.replies["t5"]["first"] = "edited"
    board.run(hours=24 * 31)
    assert board.found("replies")["t0.5/first"]["text"] == "edited", "of the sweep, which is due too, as of the window"
    assert "t5" not in board.asked()


def test_what_was_below_a_parent_goes_when_the_parent_is_picked_no_more(board: Board) -> None:
    board.run()
    for reply in ("first", "second"):
        board.retract("t0.5", reply)
    assert "count" not in board.topics.truth()["t0.5"]
    board.run(hours=26)
    assert [key for key in board.found("replies") if key.startswith("t0.5")] == ["t0.5"]


def test_parents_that_say_nothing_of_children_take_no_memory(board: Board) -> None:
    board.run("replies")
    seen = board.state["bindingStateV1"]["replies.v0"]["seen"][""]
    rows = sum(len(packed) // 4 * 3 // 10 for chunks in seen.values() for packed in chunks.values())
    assert rows == 5, "forty-five topics, of which five have replies"


@pytest.mark.parametrize("again, found", [("2d", False), ("10d", True)])
def test_the_user_may_choose_how_far_back_is_read_again(board: Board, again: str, found: bool) -> None:
    board.options = {"again": again}
    board.run("topics")
    board.topics.edit("t5", text="edited")
    board.topics.delete("quiet2")
    board.run("topics", hours=48)
    assert (board.found("topics")["t5"]["text"] == "edited") is found
    assert ("quiet2" not in board.found("topics")) is found


def test_what_vanishes_at_the_age_that_the_user_tells_is_not_deleted(board: Board) -> None:
    board.options = {"again": "10d", "kept": "4d"}
    board.run("topics")
    board.topics.delete("t5")
    board.topics.delete("t1")
    board.run("topics", hours=48)
    assert "t5" in board.found("topics")
    assert "t1" not in board.found("topics")


def test_a_length_of_time_that_is_none_is_told(board: Board) -> None:
    board.options = {"again": "a week"}
    capture = board.player().prepare(board.config(), streams=["topics"])
    session = board.player().run(capture)
    assert session.exit_code == 1
    assert "'a week' is no duration" in str(session.error)


def test_streams_for_which_the_credentials_lack_a_scope_are_offered_as_disabled(board: Board) -> None:
    def disabled() -> list[str]:
        return [each["recommendedName"] for each in board.player().discover(board.config()) if each.get("disable")]

    assert disabled() == [], "the source does not say which scopes there are"
    board.scopes = "topics:read other"
    assert disabled() == ["replies"]
    board.scopes = "topics:read replies:read"
    assert disabled() == []


def test_in_airbyte_what_scopes_do_not_allow_is_left_out(board: Board) -> None:
    """It has no way to show a stream as off."""
    flow = board.player()
    airbyte = AirbytePlayer(flow.argv, env=flow.env)
    board.scopes = "topics:read other"
    assert airbyte.discover(board.config()).names() == ["topics"]
    board.scopes = "topics:read replies:read"
    assert airbyte.discover(board.config()).names() == ["topics", "replies"]
