"""What a source of the world declares, and the stream that an author would write about it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

from connector_sdk.config import Config
from connector_sdk.declare import (
    GET,
    NEXT,
    ROW_ID,
    SINCE,
    UNTIL,
    Connector,
    Day,
    Endpoint,
    Epoch,
    Format,
    Http,
    Incremental,
    Iso,
    Missing,
    NextToken,
    Snapshot,
    Stream,
)

__all__ = ["FORMATS", "Declared", "connector_of"]

FORMATS: dict[str, tuple[Format, int]] = {
    "second": (Epoch("s"), 1),
    "minute": (Iso("1m"), 60),
    "hour": (Iso("1h"), 3600),
    "day": (Day(), 86_400),
}
"""The source's ways to write an instant, and how many seconds each of their steps is long."""


@dataclass(frozen=True)
class Declared:
    """A source's habits. Lengths of time are in seconds.

    ``tick``: how the record's cursor is written. ``unit``: how the filter's borders are. ``listing``: the order in
    which the source lists rows: by key, by cursor ``rising`` or ``falling``, or by the moment of the last ``edit``.
    ``rising``: whether that order is declared. ``paging``: ``one`` page; ``keyset``; ``shifting`` (a position in what
    is listed now); ``frozen`` (what was there at the first page). ``lives``: how long tokens may be used again.
    """

    kind: Literal["incremental", "snapshot", "numbered"] = "incremental"
    tick: str = "second"
    unit: str = "second"
    since: Literal["inclusive", "exclusive"] = "inclusive"
    until: Literal["inclusive", "exclusive", "none"] = "exclusive"
    listing: Literal["key", "rising", "falling", "edit"] = "key"
    rising: bool = False
    moves: bool = True
    lag: int = 0
    reread: tuple[int, ...] = ()
    every: int = 600
    step: int = 30 * 86_400
    start: int = 3 * 86_400
    paging: Literal["one", "keyset", "shifting", "frozen"] = "one"
    size: int = 3
    lives: int = 0
    total: bool = False
    confirms_empty: bool = False
    deletes: bool = False

    def __str__(self) -> str:
        told = [
            f"{each.name}={value!r}" for each in fields(self) if (value := getattr(self, each.name)) != each.default
        ]
        return f"Declared({', '.join(told)})"

    @property
    def late(self) -> int:
        """How late a row may become visible and still has to be found."""
        return max((self.lag, *self.reread))

    def stream(self) -> Stream:
        """The stream, as its author declares it."""
        if self.kind == "incremental":
            sync: Any = Incremental(
                "/at", format=FORMATS[self.tick][0], moves=self.moves, lag=f"{self.lag}s", every=f"{self.every}s",
                reread=tuple(f"{each}s" for each in self.reread), step=f"{self.step}s",
                order="rising" if self.rising else None,
            )  # fmt: skip
        else:
            sync = Snapshot(every=f"{self.every}s")
        key = ROW_ID if self.kind == "numbered" else "/id"
        deletes = Missing() if self.deletes else None
        return Stream("rows", key=key, read=self._endpoint(), sync=sync, deletes=deletes)

    def _endpoint(self) -> Endpoint:
        params: dict[str, object] = {}
        if self.kind == "incremental":
            unit = FORMATS[self.unit][0]
            params["since"] = (SINCE.exclusive if self.since == "exclusive" else SINCE).format(unit)
            if self.until != "none":
                params["until"] = (UNTIL.inclusive if self.until == "inclusive" else UNTIL).format(unit)
        pages = None
        if self.paging != "one":
            params["page"] = NEXT
            lives = f"{self.lives}s" if self.lives else None
            pages = NextToken("/next", stable=self.paging != "shifting", lives=lives)
        return GET("/rows", params=params, records="/rows", pages=pages, total="/total" if self.total else None)


CHECK = GET("/check", records="/rows")


class _WorldConfig(Config):
    pass


def connector_of(stream: Stream) -> Connector:  # type: ignore[type-arg]
    """A connector of this stream."""
    return Connector(
        name="source-world",
        title="World",
        config=_WorldConfig,
        http=lambda config: Http("http://world.test"),
        check=CHECK,
        streams=[stream],
    )
