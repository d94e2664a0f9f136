"""Feeds that tell several times of a record, generators in rising order, and listings that many sessions read."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.engine import SystemClock
from connector_sdk.engine.clock import instant_text, parse_instant
from connector_sdk.testing.fake import FakeApi, between
from connector_sdk.testing.flow import Collections, Kill, Player, Session

SECOND = 1_000_000


class Till:
    """The till's API, its clock, and sessions of a capture of one stream."""

    def __init__(self) -> None:
        self.clock = SystemClock(parse_instant("2026-03-02T10:00:00Z"), 60)
        self.api = FakeApi("till", clock=self.clock)
        self.customers = self.api.collection("customers")
        self.events = self.api.collection("events")
        self.tickets = self.api.collection("tickets")
        self.rows = Collections(keep=lambda doc: doc)
        self.state: Any = None
        self.capture: Any = None
        self.api.get("/check")(lambda request: {"ok": True})

        @self.api.get("/customers")
        def customers(request: Any) -> dict[str, Any]:
            found = sorted(self.customers.select(), key=lambda each: each["id"])
            return {"data": [each for each in found if each["id"] > request.text("after", "")][:3]}

        @self.api.get("/events")
        def events(request: Any) -> dict[str, Any]:
            span = between("/at", request.instant("since"), request.instant("until"), unit="1s")
            found = sorted(self.events.select(span), key=lambda each: -each["id"])
            return {"data": [each for each in found if each["id"] < int(request.text("after", "1000000"))][:2]}

        @self.api.get("/export")
        def export(request: Any) -> dict[str, Any]:
            span = between("/changed", request.instant("since"), None, unit="1s")
            begin = request.integer("at", 0)
            found = sorted(self.tickets.select(span), key=lambda each: (each["changed"], each["id"]))
            data = found[begin : begin + 3]
            return {"data": data, "next": begin + len(data), "end": begin + 3 >= len(found)}

        @self.api.get("/labels")
        def labels(request: Any) -> dict[str, Any]:
            begin = (request.integer("page", 1) - 1) * 3
            return {"data": [{"id": number} for number in range(9)][begin : begin + 3], "count": 9}

        @self.api.get("/notes")
        def notes(request: Any) -> dict[str, Any]:
            begin = request.integer("at", 0)
            data = [{"id": number, "changed": "2026-03-01T00:00:00Z"} for number in range(begin, begin + 2)]
            return {"data": data, **({"next": begin + 2} if begin < 20 else {})}

        self.api.get("/notes/new")(lambda request: {"data": []})

    def at(self, seconds: float = 0) -> str:
        return instant_text((self.clock.now() - int(seconds * SECOND)) // SECOND * SECOND)

    def edit(self, id: str, at: str, *, deleted: bool = False) -> None:
        number = len(self.events.truth()) + 1
        customer = {"id": id, "name": f"{id} as of event {number}", "changed": at, "deleted": deleted}
        self.customers.delete(id) if deleted else self.customers.put(customer)
        self.events.put({"id": number, "at": at, "customer": customer})

    def run(self, stream: str, **how: Any) -> Session:
        self.api.requests.clear()
        env = {"CONNECTOR_RUN": "once", "CONNECTOR_CLOCK": self.clock.spec(),
               "PYTHONPATH": str(Path(__file__).parents[1] / "sources")}  # fmt: skip
        player = Player([sys.executable, "-c", "from connector_sdk.process import main; main('source_till')"], env=env)
        if self.capture is None:
            self.capture = player.prepare({"advanced": {"base_url": self.api.url}}, streams=[stream])
        session = player.run(self.capture, self.state, into=self.rows, **how)
        assert session.killed or session.exit_code == 0, session.error
        self.state = session.state
        return session

    def names(self) -> dict[Any, Any]:
        return {key[0]: doc["name"] for key, doc in self.rows["customers"].committed.items()}


@pytest.fixture
def till() -> Iterator[Till]:
    it = Till()
    it.api.start()
    yield it
    it.api.stop()
    assert not it.api.errors


@pytest.mark.parametrize("between_them", [0, 2])
def test_of_what_a_feed_tells_newest_first_the_newest_stays(till: Till, between_them: int) -> None:
    """Also where two events of a record have one time, on one page or on two."""
    for id in "abcdefgh":
        till.edit(id, till.at(3600))
    till.run("customers")
    at = till.at()
    till.edit("a", at)
    till.edit("b", at)
    for id in "cdef"[:between_them]:
        till.edit(id, at)
    till.edit("a", at)
    till.edit("b", at, deleted=True)
    till.clock._start += 600 * SECOND
    till.run("customers")
    assert till.names() == {id: each["name"] for id, each in till.customers.truth().items()}


def test_a_listing_by_key_goes_on_behind_the_key_that_was_reached(till: Till) -> None:
    for number in range(30):
        till.edit(f"c{number:02}", till.at(3600))
    for _ in range(12):
        if not till.run("customers", kill=Kill.checkpoint(5)).killed:
            break
    else:
        pytest.fail("no session came to its end")
    assert till.names() == {id: each["name"] for id, each in till.customers.truth().items()}


def test_a_generator_in_rising_order_ends_where_its_span_does(till: Till) -> None:
    """What is beyond the cut-off is the tail's: the span of history is over when it is reached."""
    for number in range(12):
        till.tickets.put({"id": number, "changed": till.at(3600 - 60 * number)})

    def more(request: Any) -> None:
        till.tickets.put({"id": 100 + len(till.tickets.truth()), "changed": till.at(-300)})

    till.api.before("/export", more, times=8)
    till.run("tickets")
    till.clock._start += 600 * SECOND
    till.run("tickets")
    assert {key[0] for key in till.rows["tickets"].committed} == set(till.tickets.truth())


def test_pages_that_repeat_are_told_where_the_source_says_how_many_there_are(till: Till) -> None:
    session = till.run("labels")  # asks for ?pg=2, and the source knows ?page=
    assert len(till.rows["labels"].committed) == 3
    assert any("told of 9 records and 3 different ones came" in each.message for each in session.logs)


def test_what_no_session_reads_to_its_end_is_told(till: Till) -> None:
    """Its tokens die with the process, and it has no borders to be halved by."""
    told = []
    for _ in range(5):
        session = till.run("notes", kill=Kill.checkpoint(6))
        assert session.killed
        told.append(any("none lived long enough to end it" in each.message for each in session.logs))
    assert True in told[2:]
    assert till.run("notes").exit_code == 0
    assert len(till.rows["notes"].committed) == 22


def test_what_one_parent_loses_and_another_shows_at_once_stays(till: Till) -> None:
    """A jug goes from the shelf to the floor. Its tag is asked for there before the shelf has been read to its end, and
    the answer comes when the shelf's lack of the jug has already deleted the tag: the next reading brings it back."""
    places = {"cup": "shelf", "jug": "shelf", "pot": "shelf", "mat": "floor"}

    @till.api.get("/shelf")
    def shelf(request: Any) -> dict[str, Any]:
        found = [{"id": id} for id, where in places.items() if where == "shelf"]
        return {"data": found[1:]} if "at" in request.query else {"data": found[:1], "next": "rest"}

    till.api.get("/floor")(lambda request: {"data": [{"id": id} for id, at in places.items() if at == "floor"]})
    till.api.get("/tags/{id}")(lambda request: {"data": [{"id": f"tag of {request.parts['id']}"}]})
    till.run("tags")
    places["jug"] = "floor"
    till.clock._start += 2 * 3600 * SECOND
    first = till.api.hold("GET /shelf")
    rest = till.api.hold("GET /shelf", where=lambda request: "at" in request.query)
    tag = till.api.hold("GET /tags/jug")

    def answer() -> None:
        tag.wait(20)
        first.release()
        rest.wait(20)
        rest.release()
        time.sleep(0.3)  # for the shelf's follower to draw its conclusion
        tag.release()

    answering = threading.Thread(target=answer)
    answering.start()
    till.run("tags")
    answering.join(60)
    till.clock._start += 2 * 3600 * SECOND
    till.run("tags")
    assert {key[0] for key in till.rows["tags"].committed} == {f"tag of {id}" for id in places}
