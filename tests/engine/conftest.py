"""The forest served on 127.0.0.1, and the process that captures it."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.engine import SystemClock
from connector_sdk.engine.clock import instant_text, parse_instant
from connector_sdk.testing.fake import Bearer, FakeApi, Refuse, among, between, equals
from connector_sdk.testing.flow import Player

TOKEN = "a-made-up-token-for-the-forest"
HOUR = 3_600_000_000


def by_id(records: Any) -> list[Any]:
    return sorted(records, key=lambda each: each["id"])


class Forest:
    """The forest's API: every kind of stream, its clock, and players for its connector."""

    def __init__(self) -> None:
        self.clock = SystemClock(parse_instant("2026-03-02T10:00:00Z"), 60)
        self.api = api = FakeApi("forest", clock=self.clock, auth=Bearer(TOKEN))
        api.error_body = lambda status, message, request: {"error": message}
        self.folders = api.collection("folders", key="/id")
        self.files = api.collection("files", key="/id", order="/created")
        self.notes = api.collection("notes", key="/id")
        self.comments = api.collection("comments", key="/id")
        self.tasks = api.collection("tasks", key="/id")
        self.contacts = api.collection("contacts", key="/id", order="/updated")
        self.archived = api.collection("archived", key="/id", order="/archived")
        self.orders = api.collection("orders", key="/id", order="/updated")
        self.parts = api.collection("parts", key="/id")
        self.entries = api.collection("entries", key="/number")
        self.leaves = api.collection("leaves", key=("/tree", "/id"))
        self.events: list[int] = []
        self.events_from = 0
        self._pages = api.pager("keyset", size=5, order=("/id",))
        self._shifting = api.pager("offset", size=5)
        self._listings()
        self._spans()
        self._log()

    def shown(self, request: Any, found: Any, pages: Any = None) -> dict[str, Any]:
        page = (pages or self._pages).page(request, found if pages else by_id(found), at="cursor")
        return {"items": page.records, "total": page.total, **({"next": page.next} if page.next else {})}

    def _listings(self) -> None:
        api = self.api
        api.get("/check")(lambda request: {"ok": True})
        api.get("/folders")(lambda request: self.shown(request, self.folders.select()))
        api.get("/contacts")(lambda request: self.shown(request, self.contacts.select()))
        api.get("/tasks")(lambda request: self.shown(request, self.tasks.select()))

        @api.get("/trees/{tree}/leaves")
        def leaves(request: Any) -> dict[str, Any]:
            found = self.leaves.select(equals("/tree", request.parts["tree"]))
            return self.shown(request, [{"id": leaf["id"], "size": leaf["size"]} for leaf in found])

        for name, at, collection in (("notes", "file", self.notes), ("comments", "of", self.comments)):

            @api.get(f"/{name}")
            def below(request: Any, at: str = at, collection: Any = collection) -> dict[str, Any]:
                return self.shown(request, collection.select(equals(f"/{at}", request.text(at))))

        @api.post("/sizes")
        def sizes(request: Any) -> dict[str, Any]:
            wanted = request.texts("/files", most=3)
            found = self.files.select(among("/id", wanted))
            return {"sizes": [{"file": each["id"], "size": each["size"]} for each in found]}

        @api.get("/parts")
        def parts(request: Any) -> dict[str, Any]:
            begin = request.integer("offset", 0)
            return {"items": self.parts.select()[begin : begin + 5]}

        @api.get("/entries")
        def entries(request: Any) -> dict[str, Any]:
            since = request.integer("from", 0)
            return {"items": [each for each in self.entries.select() if each["number"] >= since][:7]}

    def _spans(self) -> None:
        api = self.api

        @api.get("/folders/{folder}/files")
        def files(request: Any) -> dict[str, Any]:
            folder = request.parts["folder"]
            if self.folders.get(folder) is None:
                raise Refuse(404, "no such folder")
            span = between(
                "/created", request.instant("since"), request.instant("until"), until_inclusive=True, unit="1s"
            )
            return self.shown(request, self.files.select(span, equals("/in", folder)), self._shifting)

        def span(request: Any, place: str) -> Any:
            return between(place, request.instant("since"), request.instant("until"), unit="1s")

        @api.get("/search")
        def search(request: Any) -> dict[str, Any]:
            found = self.contacts.select(span(request, "/updated"))
            if request.text("after", None) is not None:
                after = request.integer("after")
                rest = by_id(each for each in found if each["id"] > after)
                return {"items": rest[:5]}
            return self.shown(request, by_id(found)[:6]) | {"total": len(found)}

        api.get("/archived")(lambda request: self.shown(request, self.archived.select(span(request, "/archived"))))

        @api.get("/orders")
        def orders(request: Any) -> dict[str, Any]:
            found = self.orders.select(span(request, "/updated"))
            begin = (request.integer("page", 1) - 1) * 4
            return {"items": found[begin : begin + 4], "total": len(found)}

    def _log(self) -> None:
        @self.api.get("/events")
        def events(request: Any) -> dict[str, Any]:
            at = request.text("sync", None)
            if at is None:
                return {"events": [], "sync": f"e{len(self.events)}", "more": False}
            begin = int(at[1:])
            if begin < self.events_from:
                raise Refuse(412, "Sync token invalid or too old")
            found = self.events[begin : begin + 4]
            after = begin + len(found)
            return {"events": [{"task": each} for each in found], "sync": f"e{after}", "more": after < len(self.events)}

        @self.api.get("/tasks/{id}")
        def task(request: Any) -> dict[str, Any]:
            found = self.tasks.get(int(request.parts["id"]))
            if found is None:
                raise Refuse(404, "no such task")
            return dict(found)

    # ---- what happens in the forest -------------------------------------------------------------------------------

    def now(self, before: int = 0) -> str:
        return instant_text((self.clock.now() - before) // 1_000_000 * 1_000_000)

    def task(self, number: int, **change: Any) -> None:
        self.tasks.put({"id": number, **change})
        self.events.append(number)

    def drop_task(self, number: int) -> None:
        self.tasks.delete(number)
        self.events.append(number)

    def fill(self, draw: random.Random) -> None:
        self.folders.put_all({"id": f"f{n}", "open": n != 3, "name": f"folder {n}"} for n in range(6))
        for number in range(60):
            self.file(draw, number, before=draw.randrange(1, 40 * 24) * HOUR)
        for number in range(40):
            self.notes.put({"id": number, "file": f"a{draw.randrange(60)}", "text": draw.random()})
            self.comments.put({"id": number, "of": str(draw.randrange(40)), "text": draw.random()})
            self.comments.put({"id": 100 + number, "of": str(number), "text": draw.random()})
            self.task(number, text=draw.random())
            self.contact(draw, number)
            self.orders.put({"id": number, "updated": self.now(draw.randrange(1, 900) * HOUR), "v": draw.random()})
        self.parts.put_all({"id": number} for number in range(23))
        self.entries.put_all({"number": number} for number in range(1, 31))
        for tree in ("oak", "ash", "elm"):
            for number in draw.sample(range(20), 12):
                self.leaves.put({"tree": tree, "id": number, "size": number})

    def file(self, draw: random.Random, number: int, before: int = 0) -> None:
        folder = f"f{draw.randrange(6)}"
        self.files.put({"id": f"a{number}", "in": folder, "created": self.now(before), "size": draw.randrange(99)})

    def contact(self, draw: random.Random, number: int) -> None:
        updated = draw.choice(["2026-02-01T00:00:00Z", self.now(draw.randrange(0, 700) * HOUR)])
        self.contacts.put({"id": number, "updated": updated, "v": draw.random()})

    def disturb(self, draw: random.Random, fresh: Iterator[int]) -> None:
        """One change somewhere, at this instant: no request is answered between its time and its being there."""
        with self.api.lock:
            self._disturb(draw, next(fresh))

    def _disturb(self, draw: random.Random, number: int) -> None:
        match draw.randrange(12):
            case 0:
                self.file(draw, number)
            case 1:  # one that is still read again
                recent = [key for key, each in self.files.truth().items() if each["created"] > self.now(47 * HOUR)]
                self.files.delete(draw.choice(recent)) if len(recent) > 1 else None
            case 2:
                contact = draw.randrange(60)
                self.archived.delete(contact) if contact in self.archived else None
                self.contacts.put({"id": contact, "updated": self.now(), "v": draw.random()})
            case 3:
                gone = draw.choice(list(self.contacts.truth()))
                self.contacts.delete(gone)
                self.archived.put({"id": gone, "archived": self.now()})
            case 4:
                self.orders.put({"id": draw.randrange(60), "updated": self.now(), "v": draw.random()})
            case 5:
                self.task(draw.randrange(60), text=draw.random())
            case 6:
                self.drop_task(draw.choice(list(self.tasks.truth())))
            case 7:
                self.parts.put({"id": number})
            case 8:
                self.parts.delete(draw.choice(list(self.parts.truth())))
            case 9:
                self.entries.put({"number": max(self.entries.truth()) + draw.randrange(1, 3)})
            case 10:
                tree, leaf = draw.choice(list(self.leaves.truth()))
                if len(self.leaves.select(equals("/tree", tree))) > 1:  # an empty listing alone deletes nothing
                    self.leaves.delete((tree, leaf))
            case _:  # below a file of these days: what is below older ones is not read again
                recent = [key for key in self.files.truth() if len(key) > 4] or ["a0"]
                self.notes.put({"id": number, "file": draw.choice(recent), "text": draw.random()})

    def jump(self, hours: float) -> None:
        self.clock._start += int(hours * HOUR)

    def truth(self, stream: str) -> dict[Any, Any]:
        """What a collection should hold once the source is quiet."""
        folders = {key for key, folder in self.folders.truth().items() if folder["open"]}
        files = {key: each for key, each in self.files.truth().items() if each["in"] in folders}
        match stream:
            case "files":
                return {key: {**each, "folder": each["in"]} for key, each in files.items()}
            case "notes":
                return {key: each for key, each in self.notes.truth().items() if each["file"] in files}
            case "sizes":
                return {key: {"file": key, "size": each["size"]} for key, each in files.items()}
            case "comments":
                found = {str(key) for key in self.truth("notes")}
                below = {key: each for key, each in self.comments.truth().items() if each["of"] in found}
                more = below
                while more:
                    ids = {str(key) for key in more}
                    every = self.comments.truth().items()
                    more = {key: each for key, each in every if each["of"] in ids and key not in below}
                    below |= more
                return below
            case "leaves":
                return {leaf: {"id": leaf, "size": leaf} for _, leaf in self.leaves.truth()}
        found: dict[Any, Any] = getattr(self, stream).truth()
        return found

    def config(self, **changes: Any) -> dict[str, Any]:
        credentials = {"credentials_title": "Token", "token": TOKEN}
        return {"credentials": credentials, "advanced": {"base_url": self.api.url}} | changes

    def player(self, **env: str) -> Player:
        settings = {"CONNECTOR_RUN": "once", "CONNECTOR_CLOCK": self.clock.spec(),
                    "PYTHONPATH": str(Path(__file__).parents[1] / "sources")} | env  # fmt: skip
        return Player([sys.executable, "-m", "source_forest"], env=settings)

    def capture(self, *streams: str) -> Any:
        return self.player().prepare(self.config(), streams=list(streams))


@pytest.fixture
def forest() -> Iterator[Forest]:
    it = Forest()
    it.fill(random.Random(1))
    with it.api:
        yield it
