"""A shop with things and orders, on 127.0.0.1."""

from __future__ import annotations

import random
from typing import Any

from connector_sdk.engine.clock import SystemClock, instant_text
from connector_sdk.testing.fake import Bearer, FakeApi, between

TOKEN = "a-made-up-token-of-the-shop-91c7"
_DAY = 86_400_000_000


def sandbox(
    *, clock: SystemClock | None = None, port: int = 0, seed: int = 0, things: int = 45, orders: int = 60
) -> Shop:
    """So many things, and orders of the last twelve days."""
    return Shop(clock, port, seed, things, orders)


class Shop:
    """The API, its records, and what happens to them."""

    def __init__(self, clock: SystemClock | None, port: int, seed: int, things: int, orders: int) -> None:
        self.api = api = FakeApi("shop", clock=clock, port=port, auth=Bearer(TOKEN))
        api.error_body = lambda status, message, request: {"error": message}
        self.draw = random.Random(seed)
        self.things = api.collection("things", key="/id")
        self.orders = api.collection("orders", key="/id", order="/updated")
        self.next = 10_000
        self.begin = api.now() - 13 * _DAY
        for number in range(things):
            self.things.put({"id": number, "size": self.draw.random()})
        for number in range(orders):
            self.orders.put({"id": number, "updated": self.moment(self.draw.randrange(12 * _DAY)), "sum": number})
        pages = api.pager("keyset", size=10, order=("/id",))

        def shown(request: Any, found: Any) -> dict[str, Any]:
            page = pages.page(request, sorted(found, key=lambda each: each["id"]), at="cursor")
            return {"items": page.records, **({"next": page.next} if page.next else {})}

        api.get("/check")(lambda request: {"ok": True})
        api.get("/things")(lambda request: shown(request, self.things.select()))

        @api.get("/orders")
        def listed(request: Any) -> dict[str, Any]:
            span = between("/updated", request.instant("since"), request.instant("until"), unit="1s")
            return shown(request, self.orders.select(span))

    def moment(self, before: int = 0) -> str:
        return instant_text((self.api.now() - before) // 1_000_000 * 1_000_000)

    @property
    def url(self) -> str:
        return self.api.url

    def start(self) -> Shop:
        self.api.start()
        return self

    def config(self) -> dict[str, Any]:
        return {
            "credentials": {"token": TOKEN},
            "start_date": instant_text(self.begin // 1_000_000 * 1_000_000),
            "advanced": {"base_url": self.url},
        }

    def truth(self, stream: str) -> dict[Any, Any]:
        if stream == "things":
            return self.things.truth()
        return {key: each for key, each in self.orders.truth().items() if not each.get("deleted")}

    def tick(self, changes: int = 1) -> list[str]:
        return [self.change() for _ in range(changes)]

    def change(self) -> str:
        with self.api.lock:
            self.next += 1
            orders, things = list(self.orders.truth()), list(self.things.truth())
            match self.draw.randrange(6):
                case 0:
                    self.things.put({"id": self.next, "size": self.draw.random()})
                    return f"thing added {self.next}"
                case 1:
                    id = self.draw.choice(things)
                    self.things.put({"id": id, "size": self.draw.random()})
                    return f"thing changed {id}"
                case 2 if len(things) > 5:
                    id = self.draw.choice(things)
                    self.things.delete(id)
                    return f"thing deleted {id}"
                case 3:
                    id = self.draw.choice(orders)
                    self.orders.put({"id": id, "updated": self.moment(), "deleted": True})
                    return f"order deleted {id}"
                case 4:
                    id = self.draw.choice(orders)
                    self.orders.put({"id": id, "updated": self.moment(), "sum": self.draw.random()})
                    return f"order changed {id}"
                case _:
                    self.orders.put({"id": self.next, "updated": self.moment(), "sum": self.draw.random()})
                    return f"order added {self.next}"

    def stop(self) -> None:
        self.api.stop()

    def __enter__(self) -> Shop:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()
