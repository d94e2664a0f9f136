"""Pieces that several pages share: tables, badges, facts in pairs, paths of states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from connector_sdk.catalog.site._asked import Asked
from connector_sdk.catalog.site._html import NOTHING, Markup, code, join, tag, text
from connector_sdk.catalog.site._words import Stage, calm, count, tone

__all__ = [
    "Row",
    "badge",
    "codes",
    "day",
    "facts",
    "gaps",
    "hosts",
    "path",
    "person",
    "section",
    "sentence",
    "streams",
    "table",
    "tags",
    "to_do",
    "waits_for",
]


@dataclass(frozen=True)
class Row:
    """A row of a table: what heads it, and its other cells; ``id`` is its anchor."""

    head: Markup
    cells: Sequence[object]
    id: str | None = None
    class_: str | None = None


def table(caption: str, columns: Sequence[str], rows: Iterable[Row], *, class_: str = "") -> Markup:
    """A table that turns into a list of cards where there is no room for it; empty columns are left out. The roles say
    again what each element is, since a cell that is laid out as a block is no cell to a screen reader."""
    rows = list(rows)
    kept = [at for at in range(len(columns) - 1) if any(row.cells[at] for row in rows)]
    rows = [replace(row, cells=[row.cells[at] for at in kept]) for row in rows]
    columns = [columns[0], *(columns[at + 1] for at in kept)]
    heads = (tag("th", each, scope="col", role="columnheader") for each in columns)
    return tag(
        "table",
        tag("caption", caption, class_="unseen"),
        tag("thead", tag("tr", *heads, role="row"), role="rowgroup"),
        "\n",
        tag("tbody", join((_row(columns, row) for row in rows), "\n"), role="rowgroup"),
        class_=class_ or None,
        role="table",
    )


def _row(columns: Sequence[str], row: Row) -> Markup:
    cells = (
        tag("td", tag("div", cell), role="cell", data_label=column, class_=None if cell else "none")
        for column, cell in zip(columns[1:], row.cells, strict=True)
    )
    return tag(
        "tr", tag("th", row.head, scope="row", role="rowheader"), *cells, role="row", id=row.id, class_=row.class_
    )


def section(title: object, *children: object, id: str, note: object = "") -> Markup:
    """A part of a page with its heading."""
    head = tag("h2", title, id=f"{id}-title")
    above = tag("div", head, tag("p", note, class_="dim"), class_="head") if note else head
    return tag("section", above, *children, id=id, aria_labelledby=f"{id}-title")


def badge(state: str) -> Markup:
    """A state: its word, and a mark in its tone."""
    return tag("span", calm(state), class_=f"badge {tone(state)}")


def day(value: date | None) -> Markup:
    """A day, for people and for machines."""
    return NOTHING if value is None else tag("time", value.isoformat(), datetime=value.isoformat())


def codes(values: Iterable[object]) -> Markup:
    """Names in the type of code, with commas."""
    return join((code(each) for each in values), ", ")


def hosts(values: Sequence[str], most: int = 3) -> Markup:
    """Hosts, of many only the first."""
    more = f" and {len(values) - most} more" if len(values) > most else ""
    return join((codes(values[:most]), text(more)))


def streams(values: Sequence[tuple[str, Sequence[str] | None]]) -> Markup:
    """How many streams there are; opened, each with its key."""
    if not values:
        return NOTHING
    listed = (
        tag("li", code(name), " ", tag("span", join(keys or (), ", "), class_="dim key")) for name, keys in values
    )
    return tag("details", tag("summary", count(len(values), "stream")), tag("ul", *listed))


def tags(values: Sequence[str]) -> Markup:
    """Words, each in its own frame."""
    return tag("ul", *(tag("li", each) for each in values), class_="tags") if values else NOTHING


def gaps(values: Sequence[tuple[str, str]]) -> Markup:
    """What is lacking: the kinds of gaps, and what each is."""
    listed = (tag("li", tag("span", kind, class_="tag"), " ", what) for kind, what in values)
    return tag("ul", *listed, class_="gaps") if values else NOTHING


def facts(pairs: Iterable[tuple[str, object]], class_: str = "facts") -> Markup:
    """Facts in pairs; one that is not known is left out."""
    told = [(name, text(value)) for name, value in pairs]
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", value)) for name, value in told if value), class_=class_)


def path(stages: Sequence[str], now: str) -> Markup:
    """The way through the states, and where on it one is."""
    at = stages.index(now) if now in stages else -1
    steps = (
        tag("li", calm(each), class_="past" if place < at else None, aria_current="step" if place == at else None)
        for place, each in enumerate(stages)
    )
    return tag("ol", *steps, class_="path", aria_label="State")


def sentence(parts: Iterable[object]) -> Markup:
    """Parts in one line, with points between those that are there."""
    return join((each for each in map(text, parts) if each), " · ")


def person(name: str) -> Markup:
    """A person or a team; an address may break after its at sign."""
    return Markup("@<wbr>".join(text(each) for each in name.split("@")))


def waits_for(stage: Stage, asked: Asked) -> Markup:
    """Whom a request waits for: its requester by name, others by what they are."""
    return person((asked.requester if stage.whom == "requester" else "") or stage.whom)


def to_do(stage: Stage, asked: Asked) -> Markup:
    """What has to be done, and the command that it is told with."""
    return join((stage.to_do, tag("span", tag("code", stage.command.format(asked.id)), class_="line dim")), " ")
