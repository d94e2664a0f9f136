"""A chat on 127.0.0.1: messages are edited and deleted, threads grow, channels come."""

from __future__ import annotations

import random
from typing import Any

from connector_sdk.engine.clock import SystemClock, instant_text
from connector_sdk.testing.fake import Bearer, FakeApi, Refuse, equals

TOKEN = "a-made-up-token-of-the-chat-77aa"
_HOUR = 3_600_000_000


def sandbox(
    *, clock: SystemClock | None = None, port: int = 0, seed: int = 0, messages: int = 80, channels: int = 3
) -> Chat:
    """So many messages of the last eight days, one in four with a thread."""
    return Chat(clock, port, seed, messages, channels)


class Chat:
    """The API, its records, and what happens to them."""

    def __init__(self, clock: SystemClock | None, port: int, seed: int, messages: int, channels: int) -> None:
        self.api = api = FakeApi("chat", clock=clock, port=port, auth=Bearer(TOKEN))
        api.error_body = lambda status, message, request: {"error": message}
        self.draw = random.Random(seed)
        self.users = api.collection("users", key="/id")
        self.channels = api.collection("channels", key="/id")
        self.messages = api.collection("messages", key=("/channel", "/ts"))
        self.replies = api.collection("replies", key=("/channel", "/ts"))
        self.pages = api.pager("keyset", size=8, order=("/ts",))
        self.rest = api.pager("keyset", size=4, order=("/id",))
        self.begin = api.now() - 9 * 24 * _HOUR
        self.users.put_all({"id": f"U{number}", "name": f"user {number}"} for number in range(9))
        self.channels.put_all({"id": f"C{number}", "name": f"channel {number}"} for number in range(channels))
        for _ in range(messages):
            self.post(self.draw.randrange(1, 8 * 24) * _HOUR + self.draw.randrange(_HOUR))
        for key in list(self.messages.truth()):
            if self.draw.random() < 0.25:
                self.reply(key)
        api.get("/users")(lambda request: self.listed(request, "members", self.users.select()))
        api.get("/channels")(lambda request: self.listed(request, "channels", self.channels.select()))

        @api.get("/history")
        def history(request: Any) -> dict[str, Any]:
            low, high = float(request.text("oldest")), float(request.text("latest"))
            found = self.messages.select(equals("/channel", request.text("channel")))
            return self.shown(request, [each for each in found if low <= float(each["ts"]) < high])

        @api.get("/replies")
        def replies(request: Any) -> dict[str, Any]:
            channel, thread = request.text("channel"), request.text("thread")
            if self.messages.get((channel, thread)) is None:
                raise Refuse(404, "thread_not_found")
            found = self.replies.select(equals("/channel", channel), equals("/thread", thread))
            return self.shown(request, found)

    def shown(self, request: Any, found: Any) -> dict[str, Any]:
        page = self.pages.page(request, sorted(found, key=lambda each: each["ts"]), at="cursor")
        records = [{name: value for name, value in each.items() if name != "channel"} for each in page.records]
        return {"ok": True, "messages": records, **({"next": page.next} if page.next else {})}

    def listed(self, request: Any, name: str, found: Any) -> dict[str, Any]:
        page = self.rest.page(request, sorted(found, key=lambda each: each["id"]), at="cursor")
        return {name: page.records, **({"next": page.next} if page.next else {})}

    def ts(self, before: int = 0) -> str:
        at = self.api.now() - before
        return f"{at // 1_000_000}.{at % 1_000_000:06d}"

    def post(self, before: int = 0) -> Any:
        channel = self.draw.choice(list(self.channels.truth()))
        return self.messages.put({"channel": channel, "ts": self.ts(before), "text": str(self.draw.random())})

    def reply(self, key: Any) -> None:
        channel, thread = key
        ts = self.ts()
        self.replies.put({"channel": channel, "ts": ts, "thread": thread, "text": str(self.draw.random())})
        count = self.messages.get(key).get("reply_count", 0) + 1
        self.messages.edit(key, reply_count=count, latest_reply=ts)

    @property
    def url(self) -> str:
        return self.api.url

    def start(self) -> Chat:
        self.api.start()
        return self

    def stop(self) -> None:
        self.api.stop()

    def __enter__(self) -> Chat:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def config(self) -> dict[str, Any]:
        return {
            "credentials": {"credentials_title": "Bot", "token": TOKEN},
            "start_date": instant_text(self.begin // 1_000_000 * 1_000_000),
            "advanced": {"base_url": self.url},
        }

    def truth(self, stream: str) -> dict[Any, Any]:
        found: dict[Any, Any] = getattr(self, stream).truth()
        return found

    def tick(self, changes: int = 1) -> list[str]:
        return [self.change() for _ in range(changes)]

    def change(self) -> str:
        with self.api.lock:
            # what is older is not read again
            since = float(self.ts(48 * _HOUR))
            recent = {key: each for key, each in self.messages.truth().items() if float(each["ts"]) > since}
            alone = [key for key, each in recent.items() if not each.get("reply_count")]
            match self.draw.randrange(9):
                case 0 | 1 | 2:
                    return f"message posted {self.post()[1]}"
                case 3 if recent:
                    key = self.draw.choice(list(recent))
                    self.messages.edit(key, text=f"edited {self.draw.random()}")
                    return f"message edited {key[1]}"
                case 4 if len(alone) > 2:
                    key = self.draw.choice(alone)
                    self.messages.delete(key)
                    return f"message deleted {key[1]}"
                case 5 | 6 if recent:
                    key = self.draw.choice(list(recent))
                    self.reply(key)
                    return f"reply posted {key[1]}"
                case 7 if len(self.channels.truth()) < 8:
                    number = len(self.channels.truth())
                    self.channels.put({"id": f"C{number}", "name": f"channel {number}"})
                    return f"channel made C{number}"
                case _:
                    self.users.put({"id": f"U{self.draw.randrange(12)}", "name": str(self.draw.random())})
                    return "user changed U"
