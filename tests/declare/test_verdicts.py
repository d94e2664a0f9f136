"""What can lose, or delete, without a word is refused when a connector is imported; the rest is told by its verdict."""

from __future__ import annotations

from typing import Any

import pytest

from connector_sdk import (
    EACH,
    GET,
    NEXT,
    SINCE,
    ChangeLog,
    Config,
    Connector,
    Follow,
    Http,
    Incremental,
    Listed,
    Marked,
    Missing,
    NextKey,
    NextNumber,
    NextOffset,
    NextToken,
    Snapshot,
    Stream,
)
from connector_sdk.declare import verdict
from connector_sdk.errors import DefinitionError


class Empty(Config):
    pass


def connector(*streams: Stream) -> Connector[Empty]:
    return Connector(
        name="source-x", title="X", config=Empty, http=lambda config: Http("https://x.test"), streams=streams
    )


def listing(**more: Any) -> Any:
    return GET("/p", params={"s": SINCE, "page": NEXT}, records="/a", **more)


def increment(pages: Any, **more: Any) -> Stream:
    total = more.pop("total", None)
    return Stream("s", key="/id", read=listing(pages=pages, total=total), sync=Incremental("/u", **more))


@pytest.mark.parametrize(
    "stream",
    [
        increment(NextToken("/next")),
        increment(NextNumber()),
    ],
    ids=["token", "page number"],
)
def test_pages_that_shift_and_are_read_once_are_refused(stream: Stream) -> None:
    with pytest.raises(DefinitionError, match="pages shift") as refused:
        connector(stream)
    assert "reread='1h'" in str(refused.value)


@pytest.mark.parametrize(
    "stream",
    [
        increment(NextToken("/next", stable=True)),
        increment(NextToken("/next"), reread="1h"),
        increment(NextNumber(), total="/total"),
        increment(NextOffset()),
        increment(NextKey("/id")),
    ],
    ids=["stable", "read again", "proved by a total", "overlapping", "by key"],
)
def test_pages_that_are_exact_are_taken(stream: Stream) -> None:
    connector(stream)


def test_what_is_accepted_by_name_is_taken() -> None:
    connector(
        Stream("s", key="/id", read=listing(pages=NextToken("/next")), sync=Incremental("/u"),
               accepts=("shifting pages",))
    )  # fmt: skip


def test_orphans_of_an_increment_are_refused() -> None:
    parents = increment(NextKey("/id"))
    below = Stream("below", key="/id", read=GET("/c", params={"of": EACH["/id"]}, records="/a"), sync=Follow(parents),
                   deletes=Missing(orphans=True))  # fmt: skip
    with pytest.raises(DefinitionError, match="does not tell that a parent is gone"):
        connector(below, parents)


@pytest.mark.parametrize("how", [Marked("/gone"), Listed(GET("/gone", records="/a"), "/at")], ids=["marked", "listed"])
def test_orphans_of_an_increment_whose_deletions_are_told_are_taken(how: Any) -> None:
    parents = Stream("s", key="/id", read=listing(pages=NextKey("/id")), sync=Incremental("/u"), deletes=how)
    below = Stream("below", key="/id", read=GET("/c", params={"of": EACH["/id"]}, records="/a"), sync=Follow(parents),
                   deletes=Missing(orphans=True))  # fmt: skip
    connector(below, parents)


FEED: Any = GET("/log", params={"t": NEXT}, records="/a", pages=NextToken("/t"))
PLAIN: Any = GET("/p", records="/a")
WINDOW: Any = GET("/p", params={"s": SINCE}, records="/a")
OF: Any = GET("/c", params={"of": EACH["/id"]}, records="/a")
MOVING = Stream("moving", key="/id", read=WINDOW, sync=Incremental("/u"))
LISTED = Stream("listed", key="/id", read=PLAIN, sync=Snapshot())

WORDS = [
    (MOVING, "exact; deletes not captured"),
    (
        Stream("s", key="/id", read=WINDOW, sync=Incremental("/u", reread="1h")),
        "exact within re-read; deletes not captured",
    ),
    (
        Stream("s", key="/id", read=WINDOW, sync=Incremental("/c", moves=False, reread="7d"), deletes=Missing()),
        "exact within re-read; deletes within re-read",
    ),
    (
        Stream("s", key="/id", read=PLAIN, sync=Incremental("/u", changes=WINDOW, sweep="7d"), deletes=Missing()),
        "exact; deletes at the next sweep",
    ),
    (
        Stream("s", key="/id", read=WINDOW, sync=Incremental("/u"), deletes=Marked("/gone")),
        "exact; deletes as their records say",
    ),
    (
        Stream("s", key="/id", read=WINDOW, sync=Incremental("/u"), deletes=Listed(PLAIN, "/gone_at")),
        "exact; deletes every 1d, as they are listed",
    ),
    (
        Stream(
            "s", key="/id", read=WINDOW, sync=Incremental("/u"), deletes=[Marked("/gone"), Listed(PLAIN, "/gone_at")]
        ),
        "exact; deletes as their records say and every 1d, as they are listed",
    ),
    (Stream("s", key="/id", read=FEED, sync=ChangeLog()), "exact; deletes not captured"),
    (LISTED, "complete at the next snapshot; deletes at the next snapshot"),
    (
        Stream("s", key="/id", read=PLAIN, sync=ChangeLog(FEED), deletes=Marked("/gone")),
        "exact; deletes as the log tells them",
    ),
    (Stream("s", key="/id", read=OF, sync=Follow(MOVING)), "exact; deletes not captured"),
    (Stream("s", key="/id", read=OF, sync=Follow(MOVING, changed="/n", sweep="30d")), "exact; deletes not captured"),
    (
        Stream("s", key="/id", read=OF, sync=Follow(LISTED), deletes=Missing()),
        "complete at the next snapshot; deletes when the parent is read",
    ),
]


@pytest.mark.parametrize(("stream", "words"), WORDS, ids=[words for _, words in WORDS])
def test_the_verdict_says_what_is_promised(stream: Stream, words: str) -> None:
    assert str(verdict(stream)) == words


def test_streams_with_parts_are_split_over_shards_unless_their_records_are_shared() -> None:
    parts = {"key": "/id", "read": OF, "per": LISTED, "sync": Snapshot()}
    assert verdict(Stream("s", **parts)).splits  # type: ignore[arg-type]
    assert not verdict(Stream("s", **parts, shared=True)).splits  # type: ignore[arg-type]
    assert not verdict(LISTED).splits


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"reread": "1h"}, "exact within re-read"),
        ({"sweep": "1d"}, "exact"),
        ({}, "exact but for shifting pages"),
    ],
)
def test_what_an_author_accepts_to_lose_is_not_called_exact(more: Any, word: str) -> None:
    pages = NextToken("/next")
    sync = Incremental("/u", **more)
    stream = Stream("s", key="/id", read=listing(pages=pages), sync=sync, accepts=("shifting pages",))
    connector(stream)
    below = Stream("b", key="/id", read=GET(f"/p/{EACH['/id']}", records="/a"), sync=Follow(stream))
    assert verdict(stream).word == verdict(below).word == word
