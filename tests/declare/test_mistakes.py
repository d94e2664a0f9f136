"""A wrong definition fails on import, in one sentence that names the place and the nearest thing that works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import connector_sdk
from connector_sdk import (
    ALL,
    EACH,
    GET,
    NEXT,
    ROW_ID,
    SINCE,
    SIZE,
    ChangeLog,
    Csv,
    Day,
    Digest,
    Epoch,
    Follow,
    Http,
    Incremental,
    Inner,
    Iso,
    Limit,
    Missing,
    NextToken,
    On,
    Snapshot,
    Stream,
)
from connector_sdk.errors import DefinitionError

PLAIN: Any = GET("/p", records="/a")
FEED: Any = GET("/log", params={"t": NEXT}, records="/a", pages=NextToken("/t"))
WINDOW: Any = GET("/p", params={"s": SINCE}, records="/a")

MISTAKES: dict[str, tuple[Callable[[], object], list[str]]] = {
    "misspelt argument": (lambda: GET("/x", recods="/a"), ["GET /x", "'recods'", "did you mean 'records'"]),
    "a name for a pointer": (lambda: GET("/x", records="items"), ["GET /x", "'/items'"]),
    "token with nowhere to go": (lambda: GET("/x", records="/a", pages=NextToken("/n")), ["NextToken", "put NEXT"]),
    "NEXT from nowhere": (lambda: GET("/x", params={"c": NEXT}, records="/a"), ["NEXT is used", "pages="]),
    "EACH of nothing": (
        lambda: Stream("s", key="/id", read=GET(f"/p/{EACH['/id']}/c", records="/a"), sync=Snapshot()),
        ["stream 's'", "EACH of what?"],
    ),
    "ALL of nothing": (
        lambda: Stream("s", key="/id", read=GET("/p", params={"x": ALL(EACH, 5)}, records="/a"), sync=Snapshot()),
        ["stream 's'", "?"],
    ),
    "SINCE in a snapshot": (
        lambda: Stream("s", key="/id", read=WINDOW, sync=Snapshot()),
        ["stream 's'", "Incremental"],
    ),
    "no SINCE": (lambda: Stream("s", key="/id", read=PLAIN, sync=Incremental("/u")), ["stream 's'", "no SINCE"]),
    "braces": (lambda: GET("/p/{id}/c", records="/a"), ["{id}", "EACH"]),
    "a stream as a value": (
        lambda: GET("/p", params={"x": Stream("s", key="/id", read=PLAIN, sync=Snapshot())}, records="/a"),
        ["params['x']", "Stream"],
    ),
    "duration": (lambda: Incremental("/a", lag="5 min"), ["lag='5 min'", "'5m'"]),
    "misspelt sync": (lambda: Incremental("/a", lags="5m"), ["'lags'", "'lag'"]),  # type: ignore[call-arg]
    "no key": (lambda: Stream("s", read=PLAIN, sync=Snapshot()), ["stream 's'", "key"]),  # type: ignore[call-arg]
    "no read": (lambda: Stream("s", key="/id", sync=Snapshot()), ["stream 's'", "read=GET"]),
    "no records": (lambda: Stream("s", key="/id", read=GET("/p"), sync=Snapshot()), ["stream 's'", "records"]),
    "numbered partitions": (
        lambda: Stream(
            "s", key=ROW_ID, per=("a", "b"), read=GET("/p", params={"x": EACH}, records="/a"), sync=Snapshot()
        ),
        ["stream 's'", "numbered", "per="],
    ),
    "a log without a listing": (
        lambda: Stream("s", key="/id", sync=ChangeLog(FEED)),
        ["stream 's'", "listed once", "read=GET"],
    ),
    "a listing for a log": (
        lambda: Stream("s", key="/id", read=PLAIN, sync=ChangeLog()),
        ["stream 's'", "no NEXT", "changes=GET"],
    ),
    "missing from a log": (
        lambda: Stream("s", key="/id", read=FEED, sync=ChangeLog(), deletes=Missing()),
        ["stream 's'", "nothing is listed beside the log", "Marked"],
    ),
    "a sweep of a log alone": (
        lambda: Stream("s", key="/id", read=FEED, sync=ChangeLog(sweep="1d")),
        ["stream 's'", "sweep=", "leave them out"],
    ),
    "one way to learn deletions twice": (
        lambda: Stream("s", key="/id", read=PLAIN, sync=Snapshot(), deletes=[Missing(), Missing()]),
        ["stream 's'", "twice"],
    ),
    "no way to learn deletions": (
        lambda: Stream("s", key="/id", read=PLAIN, sync=Snapshot(), deletes=["/deleted"]),  # type: ignore[list-item]
        ["stream 's'", "deletes", "Marked"],
    ),
    "the parent of what follows nobody": (
        lambda: Stream("s", key="/id", read=PLAIN, sync=Snapshot(), deletes=Missing(of="/parent")),
        ["stream 's'", "of=", "Follow"],
    ),
    "further pages without a token": (
        lambda: Inner("/parts", "/next", GET(f"/p/{EACH['/id']}", records="/a")),
        ["Inner", "GET /p", "NextToken"],
    ),
    "missing from one of several partitions": (
        lambda: Stream(
            "s",
            key="/id",
            per=("a", "b"),
            shared=True,
            deletes=Missing(),
            read=GET("/p", params={"s": SINCE, "x": EACH}, records="/a"),
            sync=Incremental("/c", moves=False, reread="7d"),
        ),
        ["stream 's'", "another partition", "shared=True"],
    ),
    "numbered increment": (
        lambda: Stream("s", key=ROW_ID, read=WINDOW, sync=Incremental("/u")),
        ["stream 's'", "Snapshot()"],
    ),
    "missing from a moving window": (
        lambda: Stream("s", key="/id", read=WINDOW, sync=Incremental("/u"), deletes=Missing()),
        ["stream 's'", "moves=False"],
    ),
    "edits that nobody sees": (
        lambda: Stream("s", key="/id", read=WINDOW, sync=Incremental("/u", moves=False)),
        ["stream 's'", "reread="],
    ),
    "zone": (lambda: Day("America/New_Yrok"), ["America/New_Yrok"]),
    "unit": (lambda: Epoch("h"), ["'h'", "'ms'"]),  # type: ignore[arg-type]
    "tick": (lambda: Iso("7s"), ["'7s'"]),
    "a rule without meaning": (lambda: GET("/p", records="/a", on=[On(404)]), ["GET /p", ".empty()"]),
    "a rule that fits all": (lambda: On(), ["On"]),
    "limit": (lambda: Limit(0, per="1s"), ["count=0"]),
    "digest in a request": (lambda: GET("/p", params={"x": Digest("/a")}, records="/a"), ["Digest", "add="]),
    "log without a token": (lambda: ChangeLog(PLAIN), ["ChangeLog", "NEXT"]),
    "follow nothing": (lambda: Follow(), ["Follow(calls)"]),
    "a parent's cursor that is none": (
        lambda: Follow(Stream("s", key="/id", read=PLAIN, sync=Snapshot()), sweep="30d"),
        ["sweep=", "no parent is one"],
    ),
    "fresh of what": (
        lambda: Follow(Stream("s", key="/id", read=WINDOW, sync=Incremental("/u")), fresh="7d"),
        ["fresh=", "changed="],
    ),
    "ok that is no place": (lambda: GET("/p", ok="next"), ["ok", "next"]),
    "ok in a table": (lambda: GET("/p", body=Csv(), ok="/ok"), ["ok=", "Csv"]),
    "least": (lambda: Limit(5, per="1s", least=6), ["least=6", "up to 5"]),
    "below without more": (lambda: NextToken("/n", below="/at"), ["below=", "more="]),
    "below without an end": (
        lambda: GET("/p", params={"c": NEXT}, records="/a", pages=NextToken("/n", more="/m", below="/at")),
        ["UNTIL", "below="],
    ),
    "details": (lambda: Http("https://a.example.test", details="/needed"), ["details", "['/needed']"]),
    "address": (lambda: Http("api.example.com"), ["https://"]),
    "a listing without a sweep": (
        lambda: Stream("s", key="/id", read=WINDOW, sync=Incremental("/u"), deletes=Missing(listing=PLAIN)),
        ["stream 's'", "Missing(listing=)", "sweep='1d'"],
    ),
    "a listing of a span": (lambda: Missing(listing=WINDOW), ["Missing", "leave SINCE"]),
    "a listing of a snapshot": (
        lambda: Stream("s", key="/id", read=PLAIN, sync=Snapshot(), deletes=Missing(listing=PLAIN)),
        ["stream 's'", "Missing(listing=)", "increment"],
    ),
    "a place of no error": (lambda: On(404, at="/message").empty(), ["On", "at="]),
    "a first page beyond the most": (lambda: SIZE(50, first=51), ["SIZE", "first=51", "up to 50"]),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told(name: str) -> None:
    make, words = MISTAKES[name]
    with pytest.raises(DefinitionError) as told:
        make()
    for word in words:
        assert word in str(told.value)
    assert "\n" not in str(told.value)
    assert len(str(told.value)) < 400


def test_every_public_name_is_there_and_has_a_docstring_where_it_is_a_thing() -> None:
    for name in connector_sdk.__all__:
        thing = getattr(connector_sdk, name)
        if isinstance(thing, type):
            assert thing.__doc__, name
    assert sorted(connector_sdk.__all__) == sorted(set(connector_sdk.__all__))
