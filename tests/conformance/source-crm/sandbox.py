"""A CRM on 127.0.0.1: its search lags ten seconds and gives twenty at most; what is archived leaves the listings."""

from __future__ import annotations

import random
from typing import Any

from connector_sdk.engine.clock import SystemClock, instant_text
from connector_sdk.testing.fake import Bearer, Collection, FakeApi, equals

TOKEN = "a-made-up-token-of-the-crm-5d02"
KINDS = ("companies", "deals")
_DAY = 86_400_000_000
_LAG = 8  # seconds; the connector allows for ten


def sandbox(*, clock: SystemClock | None = None, port: int = 0, seed: int = 0, objects: int = 50) -> Crm:
    """So many companies, and deals with notes, of the last twelve days; every sixth at the very same millisecond."""
    return Crm(clock, port, seed, objects)


class Crm:
    """The API, its records, and what happens to them."""

    def __init__(self, clock: SystemClock | None, port: int, seed: int, objects: int) -> None:
        self.api = api = FakeApi("crm", clock=clock, port=port, auth=Bearer(TOKEN))
        api.error_body = lambda status, message, request: {"message": message}
        self.draw = random.Random(seed)
        self.next = 100_000
        self.objects = {kind: api.collection(kind, key="/id") for kind in KINDS}
        # what the search knows: the same records, a little later
        self.index = {kind: api.collection(f"{kind} index", key="/id", visible_after=_LAG) for kind in KINDS}
        self.archived = {kind: api.collection(f"{kind} archive", key="/id") for kind in KINDS}
        self.owners = api.collection("owners", key="/id")
        self.notes = api.collection("notes", key="/id")
        self.pages = api.pager("keyset", size=6, order=("/id",))
        self.begin = api.now() - 13 * _DAY
        crowd = (api.now() - 5 * _DAY) // 1000
        for kind in KINDS:
            for number in range(objects):
                at = crowd if number % 2 else (api.now() - self.draw.randrange(1, 12 * 24) * _DAY // 24) // 1000
                self.put(kind, number, at, settled=True)
        for number in range(objects):
            self.notes.put({"id": number, "deal": self.draw.randrange(objects), "text": self.draw.random()})
        self.owners.put_all({"id": number, "name": f"owner {number}"} for number in range(5))
        self.routes()

    def put(self, kind: str, id: int, at: int, *, settled: bool = False) -> None:
        record = {"id": id, "updatedAt": at, "value": self.draw.random()}
        self.objects[kind].put(record)
        self.index[kind].put(record, visible_after=0 if settled else None)

    def routes(self) -> None:
        api = self.api
        api.get("/owners")(lambda request: {"results": self.owners.select()})
        for kind in KINDS:
            api.get(f"/{kind}")(lambda request, kind=kind: self.shown(request, self.objects[kind].select()))

            @api.post(f"/{kind}/search")
            def search(request: Any, kind: str = kind) -> dict[str, Any]:
                body = request.json
                low, high = body["filter"]["from"], body["filter"]["to"]
                found = self.index[kind].select(lambda each: low <= each["updatedAt"] < high)
                found = sorted(found, key=lambda each: each["id"])
                if body.get("sort") == "id":
                    return {"results": [each for each in found if each["id"] > body.get("above", -1)][:6]}
                begin = int(body.get("after") or 0)
                page = found[:20][begin : begin + 6]
                more = {"paging": {"next": str(begin + 6)}} if begin + 6 < min(20, len(found)) else {}
                return {"results": page, "total": len(found), **more}

            @api.get(f"/{kind}/archived")
            def archived(request: Any, kind: str = kind) -> dict[str, Any]:
                low, high = request.integer("from"), request.integer("to")
                return self.shown(request, self.archived[kind].select(lambda each: low <= each["archivedAt"] < high))

        @api.get("/deals/{id}/notes")
        def notes(request: Any) -> dict[str, Any]:
            return self.shown(request, self.notes.select(equals("/deal", int(request.parts["id"]))))

    def shown(self, request: Any, found: Any) -> dict[str, Any]:
        page = self.pages.page(request, sorted(found, key=lambda each: each["id"]), at="after")
        return {"results": page.records, **({"paging": {"next": page.next}} if page.next else {})}

    @property
    def url(self) -> str:
        return self.api.url

    def start(self) -> Crm:
        self.api.start()
        return self

    def stop(self) -> None:
        self.api.stop()

    def __enter__(self) -> Crm:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def config(self) -> dict[str, Any]:
        return {
            "credentials": {"credentials_title": "Private app", "token": TOKEN},
            "start_date": instant_text(self.begin // 1_000_000 * 1_000_000),
            "advanced": {"base_url": self.url},
        }

    def truth(self, stream: str) -> dict[Any, Any]:
        found: Collection = {"owners": self.owners, "notes": self.notes, **self.objects}[stream]
        return found.truth()

    def without_notes(self, kind: str) -> list[int]:
        """Those that may be archived: what is below a deal that is gone would stay in the collection."""
        noted = {note["deal"] for note in self.notes.truth().values()} if kind == "deals" else set()
        return [id for id in self.objects[kind].truth() if id not in noted]

    def settle(self) -> int:
        return sum(each.settle() for each in self.index.values())

    def tick(self, changes: int = 1) -> list[str]:
        return [self.change() for _ in range(changes)]

    def change(self) -> str:
        with self.api.lock:
            self.next += 1
            kind, now = self.draw.choice(KINDS), self.api.now() // 1000
            here = list(self.objects[kind].truth())
            match self.draw.randrange(8):
                case 0 | 1:
                    self.put(kind, self.next, now)
                    return f"{kind} added {self.next}"
                case 2 | 3 | 4:
                    id = self.draw.choice(here)
                    self.put(kind, id, now)
                    return f"{kind} changed {id}"
                case 5 if len(free := self.without_notes(kind)) > 10:
                    id = self.draw.choice(free)
                    self.objects[kind].delete(id)
                    self.index[kind].settle()
                    self.index[kind].delete(id, visible_after=0)
                    self.archived[kind].put({"id": id, "archivedAt": now})
                    return f"{kind} archived {id}"
                case 6:
                    deal = self.draw.choice(list(self.objects["deals"].truth()))
                    self.notes.put({"id": self.next, "deal": deal, "text": self.draw.random()})
                    self.put("deals", deal, now)
                    return f"note added {self.next}"
                case _:
                    self.owners.put({"id": self.draw.randrange(8), "name": f"owner {self.draw.random()}"})
                    return "owner changed 0"
