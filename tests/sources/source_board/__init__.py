"""A message board: topics that can be filtered by when they were posted, and replies below them."""

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
    Follow,
    Http,
    Incremental,
    Iso,
    Missing,
    NextToken,
    Secret,
    Source,
    StartDate,
    Stream,
    lookup,
)


class Token(Credentials, title="Token"):
    token: Secret

    def auth(self) -> Bearer:
        return Bearer(self.token)


class BoardConfig(Config):
    credentials: Token
    start_date: StartDate = "2025-01-01T00:00:00Z"
    again: str = "2d"
    kept: str | None = None


@lookup()
def again(source: Source[BoardConfig]) -> str:
    return source.config.again


@lookup()
def kept(source: Source[BoardConfig]) -> str | None:
    return source.config.kept


@lookup()
async def granted(source: Source[BoardConfig]) -> list[str] | None:
    scopes = (await source.http.page(GET("/me"))).headers.get("x-scopes")
    return None if scopes is None else scopes.split()


topics = Stream(
    "topics",
    key="/id",
    scopes=["topics:read"],
    read=GET("/topics", params={"since": SINCE, "until": UNTIL, "cursor": NEXT}, records="/items",
             pages=NextToken("/next", more="/more", below="/posted")),
    sync=Incremental("/posted", moves=False, format=Iso("1s"), reread=("7h", again)),
    deletes=Missing(retention=kept),
)  # fmt: skip
replies = Stream(
    "replies",
    key="/id",
    scopes=["topics:read", "replies:read"],
    read=GET(f"/topics/{EACH['/id']}", records="/messages"),
    sync=Follow(topics, where=lambda topic: topic.get("count"), changed=("/last", "/count"), fresh="2d", sweep="30d"),
    deletes=Missing(),
)
board = Connector(
    name="source-board",
    title="Board",
    config=BoardConfig,
    http=lambda config: Http("https://board.example.test", auth=config.credentials),
    check=GET("/me"),
    granted=granted,
    streams=[topics, replies],
)
