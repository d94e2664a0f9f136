"""A source for tests with one stream of every kind: partitions, followers, logs, caps, deletions, countings."""

from collections.abc import Iterator
from typing import Any

from connector_sdk import (
    ALL,
    EACH,
    GET,
    NEXT,
    POST,
    SELF,
    SINCE,
    UNTIL,
    Bearer,
    ChangeLog,
    Config,
    Connector,
    Credentials,
    Endpoint,
    Follow,
    Http,
    Incremental,
    Iso,
    Listed,
    Missing,
    NextKey,
    NextNumber,
    NextOffset,
    NextToken,
    Number,
    On,
    Secret,
    Snapshot,
    StartDate,
    Stream,
)


class Token(Credentials, title="Token"):
    token: Secret

    def auth(self) -> Bearer:
        return Bearer(self.token)


class ForestConfig(Config):
    credentials: Token
    start_date: StartDate = "2026-01-01T00:00:00Z"


PAGES = NextToken("/next", stable=True)
SECONDS = Iso("1s")


def listing(path: str, **params: Any) -> Endpoint:
    return GET(path, params={"cursor": NEXT, **params}, records="/items", pages=PAGES)


def touched(body: Any) -> Iterator[Any]:
    for event in body["events"]:
        yield {"id": event["task"]}


folders = Stream("folders", key="/id", read=listing("/folders"), sync=Snapshot(every="10m"))
files = Stream(
    "files",
    key="/id",
    per=folders.where(lambda folder: folder["open"]),
    read=GET(
        f"/folders/{EACH['/id']}/files",
        params={"since": SINCE, "until": UNTIL.inclusive, "cursor": NEXT},
        records="/items",
        pages=NextToken("/next"),
        total="/total",
    ).plus(folder=EACH["/id"]),
    sync=Incremental("/created", moves=False, format=SECONDS, lag="2s", reread="2d"),
    deletes=Missing(orphans=True),
)
notes = Stream("notes", key="/id", read=listing("/notes", file=EACH["/id"]), sync=Follow(files), deletes=Missing())
comments = Stream("comments", key="/id", read=listing("/comments", of=EACH["/id"]), sync=Follow(notes, SELF))
sizes = Stream(
    "sizes",
    key="/file",
    read=POST("/sizes", json={"files": ALL(EACH["/id"], at_most=3)}, records="/sizes"),
    sync=Follow(files),
)
tasks = Stream(
    "tasks",
    key="/id",
    read=listing("/tasks"),
    sync=ChangeLog(
        GET(
            "/events", params={"sync": NEXT}, records=touched, pages=NextToken("/sync", more="/more"),
            on=[On(412).expired()],
        ).then(GET(f"/tasks/{EACH['/id']}", records=""))
    ),
)  # fmt: skip
SPAN = {"since": SINCE, "until": UNTIL}
contacts = Stream(
    "contacts",
    key="/id",
    read=listing("/contacts"),
    sync=Incremental(
        "/updated",
        changes=GET("/search", params={**SPAN, "cursor": NEXT}, records="/items", pages=PAGES, total="/total", cap=6,
                    then_by=GET("/search", params={**SPAN, "after": NEXT}, records="/items",
                                pages=NextKey("/id", start=0))),
        reread="1h",
        every="5s",
        format=SECONDS,
    ),
    deletes=Listed(
        GET("/archived", params={**SPAN, "cursor": NEXT}, records="/items", pages=PAGES),
        cursor="/archived", every="10s",
    ),
)  # fmt: skip
orders = Stream(
    "orders",
    key="/id",
    read=GET("/orders", params={**SPAN, "page": NEXT}, records="/items", pages=NextNumber(), total="/total"),
    sync=Incremental("/updated", format=SECONDS, every="5s", lag="1s"),
)
parts = Stream(
    "parts",
    key="/id",
    read=GET("/parts", params={"offset": NEXT}, records="/items", pages=NextOffset()),
    sync=Snapshot(),
)
entries = Stream(
    "entries",
    key="/number",
    read=GET("/entries", params={"from": SINCE}, records="/items", cap=7),
    sync=Incremental("/number", format=Number(), order="rising", every="5s"),
)
leaves = Stream(
    "leaves", key="/id", per=("oak", "ash", "elm"), shared=True, read=listing(f"/trees/{EACH}/leaves"), sync=Snapshot()
)

forest = Connector(
    name="source-forest",
    title="Forest",
    config=ForestConfig,
    http=lambda config: Http("http://forest.test", auth=config.credentials, error="/error"),
    check=GET("/check", records=""),
    streams=[folders, files, notes, comments, sizes, tasks, contacts, orders, parts, entries, leaves],
)
