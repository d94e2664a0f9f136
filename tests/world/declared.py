"""What a source of the world declares, and the streams that an author would write about it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal

from connector_sdk.config import Config
from connector_sdk.declare import (
    ALL,
    EACH,
    GET,
    NEXT,
    POST,
    ROW_ID,
    SELF,
    SINCE,
    UNTIL,
    ChangeLog,
    Connector,
    Day,
    Endpoint,
    Epoch,
    Follow,
    Format,
    Http,
    Incremental,
    Iso,
    Listed,
    Marked,
    Missing,
    NextKey,
    NextNumber,
    NextOffset,
    NextToken,
    Number,
    On,
    Snapshot,
    Source,
    Stream,
    lookup,
)

__all__ = ["Declared", "connector_of", "format_of", "length_of"]

_LENGTHS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "number": 1}


def length_of(unit: str) -> int:
    """How many seconds a step of the source's way to write an instant is long, in UTC."""
    return _LENGTHS[unit]


def format_of(unit: str, zone: str, until_today: bool = False) -> Format:
    """The author's word for a way to write an instant."""
    if unit == "day":
        return Day(zone, until_today)
    return {"second": Epoch("s"), "minute": Iso("1m"), "hour": Iso("1h"), "number": Number()}[unit]


@dataclass(frozen=True)
class Declared:
    """A source's habits. Lengths of time are in seconds.

    ``kind``: how rows are captured; ``log`` is a ChangeLog, ``entries`` one that nothing is listed beside,
    ``follow`` reads rows below threads. ``tick``: how the
    record's cursor is written. ``unit``: how the filter's borders are; days are those of ``zone``, which the filter may
    take only ``until_today``. ``listing``: the order in which the source lists rows: by key, by cursor ``rising`` or
    ``falling``, or by the moment of the last ``edit``. ``rising``: whether that order is declared.

    ``paging``: ``one`` page; ``keyset``; ``shifting`` (a position in what is listed now); ``frozen`` (what was there at
    the first page); ``offset`` and ``number`` (positions that the reader counts); ``key`` (after the last one's key).
    ``lives``: how long tokens may be used again; ``chain``: after how
    many pages they always die. ``cap``: the most rows of one answer; ``second``: whether another
    endpoint reads what cannot be split.

    ``per``: rows lie in so many ``boxes``, which are read one by one: ``parents`` (a stream), ``constants`` or a
    ``lookup``; ``shared``: a row may lie in two of them. ``deletes``: how absence is learned; ``orphans``: what was
    below a thread or box goes with it. ``sweep``: how often all is compared; ``keys``: with a listing of keys
    alone, paged in this way.

    A log: ``trails``: how far the listing may be behind it; ``ids``: entries only name a row; ``lives`` is about its
    tokens; ``loses``: it may lose entries; ``refuses``: it gives its first token with a refusal. What is followed:
    ``root``: how threads are captured; with ``per`` they lie in boxes; ``topics``: half of the rows lie below topics,
    which are called as threads are; ``deep``: rows have rows below them; ``batch``: how many threads one request takes;
    ``both``: threads, or boxes, are captured in the same session. ``changes``: history and sweeps read a whole listing,
    changes a filter. ``checks``: there is a request that proves the credentials, and tells the time first.
    """

    kind: Literal["incremental", "snapshot", "numbered", "log", "entries", "follow"] = "incremental"
    tick: str = "second"
    unit: str = "second"
    zone: str = "UTC"
    until_today: bool = False
    since: Literal["inclusive", "exclusive"] = "inclusive"
    until: Literal["inclusive", "exclusive", "none"] = "exclusive"
    listing: Literal["key", "rising", "falling", "edit"] = "key"
    rising: bool = False
    moves: bool = True
    lag: int = 0
    reread: tuple[int, ...] = ()
    sweep: int = 0
    every: int = 600
    step: int = 30 * 86_400
    start: int = 3 * 86_400
    paging: Literal["one", "keyset", "shifting", "frozen", "offset", "number", "key"] = "one"
    size: int = 3
    lives: int = 0
    chain: int = 0
    total: bool = False
    cap: int = 0
    second: bool = False
    confirms_empty: bool = False
    deletes: Literal["", "missing", "marked", "listed"] = ""
    orphans: bool = False
    per: Literal["", "parents", "constants", "lookup"] = ""
    boxes: int = 3
    shared: bool = False
    trails: int = 0
    ids: bool = False
    loses: bool = False
    refuses: bool = False
    root: Literal["incremental", "snapshot"] = "incremental"
    topics: bool = False
    deep: bool = False
    batch: int = 0
    both: bool = False
    checks: bool = True
    changes: bool = False
    keys: Literal["", "one", "keyset", "shifting", "frozen", "offset", "number", "key"] = ""

    def __str__(self) -> str:
        told = [
            f"{each.name}={value!r}" for each in fields(self) if (value := getattr(self, each.name)) != each.default
        ]
        return f"Declared({', '.join(told)})"

    @property
    def late(self) -> float:
        """How late a row may become visible, or change without moving, and still has to be found."""
        return float("inf") if self.sweep and not self.keys else max((self.lag, *self.reread))

    @property
    def late_gone(self) -> float:
        """How late a row may go, and still has to be found to be gone."""
        return float("inf") if self.sweep else self.late

    @property
    def honest(self) -> bool:
        """Whether the source is as its author says, and a reader can know what it must."""
        if self.rising and self.listing != "rising":
            return False
        if self.kind == "log" and not ((self.ids or self.deletes == "marked") and self.confirms_empty):
            return False
        if self.paging == "key" and self.listing != "key":
            return False
        if (self.tick == "number") != (self.unit == "number") or (self.tick == "number" and not self.rising):
            return False
        missing = self.deletes == "missing" or (self.orphans and self.kind == "follow")
        if self.kind == "incremental" and self.deletes == "missing" and self.moves and not (self.changes or self.keys):
            return False
        if self.keys and not (self.kind == "incremental" and self.deletes == "missing" and self.sweep):
            return False
        if (self.keys and self.changes) or (self.keys == "key" and self.listing != "key"):
            return False
        if self.topics and (self.batch or (self.orphans and self.root != "snapshot")):
            return False
        if self.kind == "follow" and self.per and (self.per != "parents" or self.root != "snapshot" or self.batch):
            return False
        if self.kind == "follow" and self.per and not (self.orphans and self.shared and self.confirms_empty):
            return False
        if self.kind in ("incremental", "follow") and missing and not self.confirms_empty:
            return False
        if self.batch and (self.deletes or self.orphans or self.deep):
            return False
        if (self.kind == "follow" and self.per and self.deep) or (self.kind == "entries" and (self.lives or self.per)):
            return False
        return not (self.cap and not self.second) and not (self.loses and not self.sweep)

    @property
    def shifts(self) -> bool:
        """Whether two passes are needed to prove that something is not there."""
        return "shifting" in (self.paging, self.keys) or bool({self.paging, self.keys} & {"offset", "number"})

    def streams(self) -> list[Stream]:
        """The streams of the source, the one of rows first, then what it is read by."""
        if self.kind == "follow":
            threads = self._threads()
            above = [self._topics(), threads] if self.topics else [threads]
            boxes = [threads.per] if isinstance(threads.per, Stream) else []
            return [self._below(above), threads, *above[:-1], *boxes]
        rows = self._rows()
        return [rows, rows.per] if isinstance(rows.per, Stream) else [rows]

    @property
    def captured(self) -> int:
        """How many of its streams are captured."""
        return 2 if self.both and (self.kind == "follow" or self.per == "parents") else 1

    # ---- rows ------------------------------------------------------------------------------------------------------

    def _rows(self) -> Stream:
        sync: Any
        if self.kind == "incremental":
            sync = self._increment()
        elif self.kind == "entries":
            sync = ChangeLog(every=f"{self.every}s")
        elif self.kind == "log":
            sync = ChangeLog(
                self._log(), lag=f"{self.trails}s", every=f"{self.every}s",
                sweep=f"{self.sweep}s" if self.sweep else None,
            )  # fmt: skip
        else:
            sync = Snapshot(every=f"{self.every}s")
        read = self._log() if self.kind == "entries" else self._listing("/rows", self._each(), whole=self.changes)
        return Stream(
            "rows", key=ROW_ID if self.kind == "numbered" else "/id", read=read,
            sync=sync, deletes=self._deletes(), per=self._per(), shared=self.shared,
            accepts=("shifting pages",) if self.shifts else (),
        )  # fmt: skip

    def _increment(self) -> Incremental:
        timed = self.tick != "number"
        return Incremental(
            "/at", changes=self._listing("/rows", self._each()) if self.changes else None,
            format=format_of(self.tick, self.zone), moves=self.moves, lag=f"{self.lag}s", every=f"{self.every}s",
            reread=tuple(f"{each}s" for each in self.reread), step=f"{self.step}s",
            order="rising" if self.rising else None, sweep=f"{self.sweep}s" if self.sweep else None,
            start=None if timed else 0,
        )  # fmt: skip

    def _deletes(self) -> Any:
        if self.deletes == "missing":
            listing = self._listing("/keys", self._each(), whole=True, paging=self.keys) if self.keys else None
            return Missing(orphans=self.orphans, listing=listing)
        if self.deletes == "marked":
            return Marked("/gone")
        if self.deletes == "listed":
            return Listed(GET("/gone", params={"from": SINCE.format(Epoch("s")), "to": UNTIL.format(Epoch("s"))},
                              records="/rows"), "/gone_at", every=f"{self.every}s")  # fmt: skip
        return Missing(orphans=True) if self.orphans else None

    def _per(self) -> Any:
        if self.per == "parents":
            return Stream(
                "boxes", key="/id", sync=Snapshot(every=f"{self.every}s"),
                read=GET("/boxes", params={"page": NEXT}, records="/rows", pages=NextToken("/next", stable=True)),
            )  # fmt: skip
        if self.per == "lookup":
            return _boxes_found(self.every)
        return [f"b{number}" for number in range(self.boxes)] if self.per else None

    def _each(self) -> dict[str, object]:
        if not self.per:
            return {}
        return {"box": EACH["/id"] if self.per == "parents" else EACH}

    def _log(self) -> Endpoint:
        pages = NextToken("/next", more="/more")
        log = GET("/log", params={**self._each(), "page": NEXT}, records="/rows", pages=pages)
        return log.then(GET(f"/rows/{EACH['/id']}", records="/row")) if self.ids else log

    # ---- threads and what is below them ----------------------------------------------------------------------------

    def _threads(self) -> Stream:
        sync: Any = self._increment() if self.root == "incremental" else Snapshot(every=f"{self.every}s")
        return Stream(
            "threads", key="/id", read=self._listing("/threads", self._each()), sync=sync, per=self._per(),
            shared=self.shared, deletes=Missing(orphans=True) if self.per else None,
        )  # fmt: skip

    def _topics(self) -> Stream:
        read = GET("/topics", params={"page": NEXT}, records="/rows", pages=NextToken("/next", stable=True))
        return Stream("topics", key="/id", read=read, sync=Snapshot(every=f"{self.every}s"))

    def _below(self, above: list[Stream]) -> Stream:
        if self.batch:
            read = POST("/below", json={"of": ALL(EACH["/id"], at_most=self.batch)}, records="/rows")
        else:
            kind = {"topic": EACH["/topic"]} if self.topics else {}
            read = GET("/below", params={"of": EACH["/id"], **kind, "page": NEXT}, records="/rows",
                       pages=NextToken("/next", stable=True))  # fmt: skip
        parents = (*above, SELF) if self.deep else above
        return Stream("rows", key="/id", read=read, sync=Follow(*parents), deletes=self._deletes())

    # ---- endpoints -------------------------------------------------------------------------------------------------

    def _listing(self, path: str, each: dict[str, object], *, whole: bool = False, paging: str = "") -> Endpoint:
        params = {**each, **({} if whole else self._borders())}
        pages: Any = None
        lives = f"{self.lives}s" if self.lives and self.kind != "log" else None
        paging = paging or self.paging
        match paging:
            case "keyset" | "shifting":
                params["page"], pages = NEXT, NextToken("/next", stable=paging == "keyset", lives=lives)
            case "frozen":
                params["page"], pages = NEXT, NextToken("/next", stable=True)
            case "offset":
                params["offset"], pages = NEXT, NextOffset(size=self.size)
            case "number":
                params["number"], pages = NEXT, NextNumber(first=0, size=self.size)
            case "key":
                params["after"], pages = NEXT, NextKey("/id")
        second = None
        if self.second:
            borders = {} if whole else self._borders()
            second = GET(f"/second{path}", params={**each, **borders, "after": NEXT}, records="/rows",
                         pages=NextKey("/id"))  # fmt: skip
        return GET(path, params=params, records="/rows", pages=pages, total="/total" if self.total else None,
                   cap=self.cap or None, then_by=second)  # fmt: skip

    def _borders(self) -> dict[str, object]:
        if self.kind == "incremental" or (self.kind == "follow" and self.root == "incremental"):
            unit = format_of(self.unit, self.zone, self.until_today)
            borders: dict[str, object] = {
                "since": (SINCE.exclusive if self.since == "exclusive" else SINCE).format(unit)
            }
            if self.until != "none":
                borders["until"] = (UNTIL.inclusive if self.until == "inclusive" else UNTIL).format(unit)
            return borders
        return {}


@cache
def _boxes_found(every: int) -> Any:
    @lookup(every=f"{every}s")
    async def boxes(source: Source[Any]) -> list[str]:
        page = await source.http.page(GET("/boxes", records="/rows"))
        return [box["id"] for box in page.json["rows"]]

    return boxes


CHECK = GET("/check", records="/rows")


class _WorldConfig(Config):
    pass


def connector_of(declared: Declared, streams: list[Stream]) -> Connector:  # type: ignore[type-arg]
    """A connector of these streams."""
    return Connector(
        name="source-world",
        title="World",
        config=_WorldConfig,
        http=lambda config: Http("http://world.test", error="/error", on=[On(410).expired()]),
        check=CHECK if declared.checks else None,
        streams=streams,
    )


def config() -> Config:
    """A config of it."""
    return _WorldConfig()
