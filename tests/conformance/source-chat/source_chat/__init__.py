"""A chat: channels with messages that are edited and deleted for two days, and threads below them."""

from connector_sdk import (
    EACH,
    GET,
    NEXT,
    SINCE,
    UNTIL,
    Bearer,
    Config,
    Connector,
    Credentials,
    Epoch,
    Follow,
    Http,
    Incremental,
    Missing,
    NextToken,
    On,
    Secret,
    Snapshot,
    StartDate,
    Stream,
)


class Token(Credentials, title="Bot"):
    token: Secret

    def auth(self) -> Bearer:
        return Bearer(self.token)


class ChatConfig(Config):
    credentials: Token
    start_date: StartDate = "2026-01-01T00:00:00Z"


PAGES = NextToken("/next", stable=True)

users = Stream("users", key="/id", read=GET("/users", params={"cursor": NEXT}, records="/members", pages=PAGES),
               sync=Snapshot())  # fmt: skip
channels = Stream("channels", key="/id", read=GET("/channels", params={"cursor": NEXT}, records="/channels",
                                                  pages=PAGES), sync=Snapshot(every="30m"))  # fmt: skip
messages = Stream(
    "messages",
    key=("/channel", "/ts"),
    per=channels,
    read=GET(
        "/history",
        params={"channel": EACH["/id"], "oldest": SINCE, "latest": UNTIL, "cursor": NEXT},
        records="/messages",
        pages=PAGES,
        ok="/ok",  # the only messages of a channel may go
    ).plus(channel=EACH["/id"]),
    sync=Incremental("/ts", moves=False, format=Epoch("s", places=6), reread="3d", step="2d"),
    deletes=Missing(),
)
replies = Stream(
    "replies",
    key=("/channel", "/ts"),
    read=GET(
        "/replies",
        params={"channel": EACH["/channel"], "thread": EACH["/ts"], "cursor": NEXT},
        records="/messages",
        pages=PAGES,
        ok="/ok",
        on=[On(404).empty()],
    ).plus(channel=EACH["/channel"]),
    sync=Follow(messages, where=lambda message: message.get("reply_count"), changed="/latest_reply"),
    deletes=Missing(),
)

chat = Connector(
    name="source-chat",
    title="Chat",
    config=ChatConfig,
    http=lambda config: Http("https://chat.example.test", auth=config.credentials, error="/error"),
    check=GET("/users", records="/members"),
    streams=[users, channels, messages, replies],
)
