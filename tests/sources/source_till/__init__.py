"""A made-up source with a feed of events, newest first, and an export that goes on and on in rising order."""

from collections.abc import AsyncIterator, Iterator

from connector_sdk import (
    EACH,
    GET,
    NEXT,
    SINCE,
    UNTIL,
    Config,
    Connector,
    Follow,
    Http,
    Incremental,
    Iso,
    Json,
    Marked,
    Missing,
    NextKey,
    NextNumber,
    NextToken,
    Page,
    Snapshot,
    Source,
    StartDate,
    Step,
    Stream,
)


class TillConfig(Config):
    start_date: StartDate = "2025-01-01T00:00:00Z"


def told(body: Json) -> Iterator[Json]:
    return ({**event["customer"], "changed": event["at"], "event": event["id"]} for event in body["data"])


customers = Stream(
    "customers",
    key="/id",
    read=GET("/customers", params={"after": NEXT}, records="/data", pages=NextKey("/id")),
    sync=Incremental(
        "/changed",
        changes=GET(
            "/events", params={"since": SINCE, "until": UNTIL, "after": NEXT}, records=told, pages=NextKey("/event")
        ),
        format=Iso("1s"),
        order="falling",
    ),
    deletes=Marked("/deleted"),
    volatile=["/event"],
)
EXPORT = GET("/export", params={"since": SINCE, "at": NEXT}, records="/data", pages=NextToken("/next", stable=True))


async def export(source: Source[TillConfig], step: Step) -> AsyncIterator[Page]:
    async for page in source.http.pages(EXPORT, step):
        yield page
        if page.json["end"]:
            return


tickets = Stream(
    "tickets",
    key="/id",
    read=export,
    sync=Incremental("/changed", format=Iso("1s"), lag="1m", order="rising"),
    accepts=("shifting pages",),
)

labels = Stream(
    "labels",
    key="/id",
    read=GET("/labels", params={"pg": NEXT}, records="/data", pages=NextNumber(), total="/count"),
    sync=Snapshot(every="1h"),
)
notes = Stream(
    "notes",
    key="/id",
    read=GET("/notes", params={"at": NEXT}, records="/data", pages=NextToken("/next", stable=True)),
    sync=Incremental(
        "/changed",
        changes=GET("/notes/new", params={"since": SINCE, "until": UNTIL}, records="/data"),
        format=Iso("1s"),
    ),
)

PAGES = NextToken("/next")
shelf = Stream(
    "shelf", key="/id", read=GET("/shelf", params={"at": NEXT}, records="/data", pages=PAGES), sync=Snapshot(every="1h")
)
floor = Stream("floor", key="/id", read=GET("/floor", records="/data"), sync=Snapshot(every="1h"))
tags = Stream(
    "tags",
    key="/id",
    read=GET(f"/tags/{EACH['/id']}", records="/data"),
    sync=Follow(shelf, floor),
    deletes=Missing(orphans=True),
)

source = Connector(
    name="source-till",
    title="Till",
    config=TillConfig,
    http=lambda config: Http("https://till.example.test"),
    check=GET("/check"),
    streams=[customers, tickets, labels, notes, shelf, floor, tags],
)
