"""A source for tests: logs that nothing is listed beside, deletions in several ways, parts with pages of their own."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from connector_sdk import (
    ALL,
    EACH,
    GET,
    NEXT,
    POST,
    ROW_ID,
    SINCE,
    ChangeLog,
    Config,
    Connector,
    Follow,
    Http,
    Incremental,
    Inner,
    Iso,
    Listed,
    Marked,
    Missing,
    NextToken,
    On,
    Page,
    Snapshot,
    Source,
    StartDate,
    Step,
    Stream,
)


class MeadowConfig(Config):
    start_date: StartDate = "2026-01-01T00:00:00Z"


DEAD = On(410).expired()
ENTRIES = GET("/log", params={"after": NEXT}, records="/entries", pages=NextToken("/last", more="/more"), on=[DEAD])


async def told(source: Source[MeadowConfig], step: Step) -> AsyncIterator[Page]:
    token = step.token
    while True:
        page = await source.http.page(ENTRIES, next=token)
        token = page.json["last"]
        yield source.http.make_page([{"by": "generator", **each} for each in page.records()], token=token)
        if not page.json["more"]:
            return


def seen_by(body: Any) -> Iterator[Any]:
    for one in body["hives"]:
        for bee in one["bees"]:
            yield {"bee": bee, "hive": one["id"]}  # as the further pages have it: what is compared is text


log = Stream("log", key="/n", read=ENTRIES, sync=ChangeLog())
told_log = Stream("told_log", key="/n", read=told, sync=ChangeLog())
hives = Stream(
    "hives",
    key="/id",
    read=GET("/hives", params={"since": SINCE}, records="/hives").then(
        GET(f"/hives/{EACH['/id']}", records="", on=[On(404).gone()])
    ),
    sync=Incremental("/updated", format=Iso("1s"), every="5s", sweep="10d", changes=GET(
        "/hives", params={"since": SINCE}, records="/hives")),
    deletes=[Marked("/burnt"), Listed(GET("/sold", records="/hives"), "/sold", every="1h")],
)  # fmt: skip
bees = Stream(
    "bees",
    key=("/hive", "/bee"),
    read=POST(
        "/bees",
        json={"hives": ALL(EACH["/id"], at_most=4)},
        records=seen_by,
        inner=Inner("/hives", "/next", GET(
            f"/hives/{EACH['/id']}/bees", params={"from": NEXT}, pages=NextToken("/next", stable=True),
            records=lambda body: [{"bee": bee} for bee in body["bees"]], add={"hive": EACH["/id"]})),
    ),
    sync=Follow(hives, as_listed=True),
    deletes=Missing(of="/hive", orphans=True),
)  # fmt: skip
closed = Stream("closed", key="/id", read=GET("/closed", records="/rows"), sync=Snapshot())
below = Stream("below", key="/id", per=closed, read=GET("/below", records="/rows"), sync=Snapshot())
late_log = Stream(
    "late_log",
    key="/n",
    read=GET("/late", params={"after": NEXT}, records="/entries", pages=NextToken("/last", more="/entries"), on=[DEAD]),
    sync=ChangeLog(),
)
visits = Stream(
    "visits",
    key="/bee",
    per=("clover", "thyme"),
    shared=True,
    read=GET(f"/flowers/{EACH}", params={"from": NEXT}, records="/bees", pages=NextToken("/next"), on=[DEAD],
             ok=lambda body: body.get("next", "") is None),
    sync=Snapshot(every="10m"),
)  # fmt: skip
songs = Stream(
    "songs",
    key="/song",
    read=GET(f"/songs/{EACH['/bee']}", params={"from": NEXT}, records="/songs", pages=NextToken("/next"), on=[DEAD]),
    sync=Follow(visits),
    shared=True,
    deletes=Missing(orphans=True),
)
rows = Stream(
    "rows",
    key=ROW_ID,
    read=GET("/flowers/rows", params={"from": NEXT}, records="/bees", pages=NextToken("/next"), on=[DEAD]),
    sync=Snapshot(every="10m"),
)
nests = Stream("nests", key="/bee", per=visits, read=GET(f"/nests/{EACH['/bee']}", records=""), sync=Snapshot())
hums = Stream(
    "hums",
    key="/song",
    read=GET(f"/songs/{EACH['/bee']}", params={"from": NEXT}, records="/songs", pages=NextToken("/next")),
    sync=Follow(visits, closed, where=lambda row: "bee" in row),
    shared=True,
    deletes=Missing(orphans=True),
)
eggs = Stream(
    "eggs",
    key="/song",
    read=GET(f"/songs/{EACH['/bee']}", params={"from": NEXT}, records="/songs", pages=NextToken("/next")),
    sync=Follow(nests),
    deletes=Missing(orphans=True),
)
twins = Stream("twins", key="/bee", read=GET(f"/twins/{EACH['/bee']}", records=""), sync=Follow(visits))
echoes = Stream(
    "echoes",
    key="/song",
    read=GET(f"/songs/{EACH['/bee']}", params={"from": NEXT}, records="/songs", pages=NextToken("/next")),
    sync=Follow(twins),
    deletes=Missing(orphans=True),
)


async def found(source: Source[MeadowConfig]) -> AsyncIterator[Stream]:
    async for each in source.http.records(GET("/kinds", records="/kinds")):
        yield Stream(f"kind_{each['id']}", key="/id", read=GET("/hives", records="/hives"), sync=Snapshot())


meadow = Connector(
    name="source-meadow",
    title="Meadow",
    config=MeadowConfig,
    http=lambda config: Http("http://meadow.test", error="/error", on=[On(403).drop()]),
    check=GET("/check", records=""),
    streams=[
        log,
        told_log,
        late_log,
        hives,
        bees,
        closed,
        below,
        visits,
        songs,
        hums,
        rows,
        nests,
        eggs,
        twins,
        echoes,
        found,
    ],
)
