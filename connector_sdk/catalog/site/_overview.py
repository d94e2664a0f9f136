"""The first page: is there a connector already? Ours, what waits, and the way to a new one."""

from __future__ import annotations

from collections import Counter

from connector_sdk.catalog.site._html import NOTHING, Markup, code, join, link, tag
from connector_sdk.catalog.site._ours import Own
from connector_sdk.catalog.site._pieces import Row, badge, day, person, section, streams, table, tags, to_do, waits_for
from connector_sdk.catalog.site._scene import ESTUARY, REQUESTS, Scene
from connector_sdk.catalog.site._words import SHORT, calm, count

__all__ = ["conformance", "digest", "overview"]

_COLUMNS = ("Connector", "State", "Owner", "Streams", "Sync", "Deletes", "Conformance", "Image", "Estuary's")
_SHORT = 12


def overview(scene: Scene) -> Markup:
    """The body of the page."""
    return join((_head(scene), _ours(scene), _waiting(scene)), "\n")


def _head(scene: Scene) -> Markup:
    kinds = Counter(each.kind for each in scene.theirs)
    waits = sum(len(asked) for _, asked in scene.waiting)
    states = ", ".join(
        f"{number} {calm(state)}" for state, number in Counter(own.lifecycle for own in scene.own).items()
    )
    figures = (
        (link("#ours", tag("strong", f"{len(scene.own):,}"), " of ours"), states),
        (
            link(ESTUARY, tag("strong", f"{len(scene.theirs):,}"), " of Estuary's"),
            f"{count(kinds['capture'], 'capture')}, {count(kinds['materialization'], 'materialization')}",
        ),
        (
            link(REQUESTS, tag("strong", f"{waits:,}"), " open requests" if waits != 1 else " open request"),
            f"{len(scene.asked) - waits:,} closed",
        ),
    )
    return join(
        (
            tag("h1", "Connectors"),
            tag(
                "p",
                "Look here before you build or ask for one. Find a system by its name, by a host of its API, or by "
                "a stream that you need: press ",
                tag("kbd", "/"),
                ".",
                class_="lede",
            ),
            tag("ul", *(tag("li", main, tag("span", note, class_="dim")) for main, note in figures), class_="figures"),
        ),
        "\n",
    )


def _ours(scene: Scene) -> Markup:
    if not scene.own:
        none = tag(
            "p",
            "There is none yet. A file in ",
            code("catalog-entries/"),
            " puts one here; ",
            code("connector-sdk new NAME"),
            " begins one.",
            class_="nothing",
        )
        return section("Ours", none, id="ours")
    rows = (_row(scene, own) for own in scene.own)
    return section("Ours", table("Our connectors", _COLUMNS, rows, class_="ours"), id="ours")


def _row(scene: Scene, own: Own) -> Row:
    head = join((link(scene.place(own), own.title), code(own.name)), " ")
    telling = sum(stream.tells_deletes for stream in own.streams)
    return Row(
        head,
        (
            badge(own.lifecycle),
            person(own.owner),
            streams([(stream.name, stream.key) for stream in own.streams]),
            _kinds(own),
            f"{telling} of {len(own.streams)}" if own.streams else "",
            conformance(own),
            digest(own),
            _overlap(scene, own),
        ),
    )


def _kinds(own: Own) -> Markup:
    """How many streams are synced in each way."""
    kinds = Counter(SHORT.get(stream.sync, stream.sync) for stream in own.streams if stream.sync)
    return join((tag("span", f"{number} {kind}", class_="line whole") for kind, number in kinds.most_common()), " ")


def conformance(own: Own) -> Markup:
    """What the conformance kit said, in a phrase."""
    told = own.conformance
    if told is None:
        return tag("span", "not run", class_="dim") if own.streams else NOTHING
    words = f"{told.failed} of {told.total} failed" if told.failed else f"{told.passed} of {told.total} passed"
    untried = f"{told.untried} not exercised" if told.untried else ""
    older = NOTHING if told.current else tag("span", "of an older definition", class_="line bad")
    return join(
        (
            tag("span", words, class_="line whole bad" if told.failed else "line whole good"),
            tag("span", untried, class_="line whole dim") if untried else NOTHING,
            older,
        ),
        " ",
    )


def digest(own: Own) -> Markup:
    """The beginning of the image's digest."""
    number = own.digest.rpartition(":")[2]
    return tag("code", number[:_SHORT], title=own.digest) if number else NOTHING


def _overlap(scene: Scene, own: Own) -> Markup:
    if not own.overlaps:
        beside = scene.known(own.name)
        if beside is None:
            return NOTHING
        return join(
            (link(scene.place(beside), code(beside.name)), tag("span", "no gap is named", class_="bad line")), " "
        )
    return join((_one_overlap(scene, own, at) for at in range(len(own.overlaps))), " ")


def _one_overlap(scene: Scene, own: Own, at: int) -> Markup:
    overlap = own.overlaps[at]
    beside = scene.known(overlap.other)
    name = link(scene.place(beside), code(overlap.other)) if beside else code(overlap.other)
    kinds = list(dict.fromkeys(kind for kind, _ in overlap.gaps))
    late = (
        tag("span", "look again, due ", day(overlap.until), class_="bad line")
        if overlap.overdue(scene.today)
        else NOTHING
    )
    return join((name, tags(kinds), late), " ")


def _waiting(scene: Scene) -> Markup:
    rows = [
        Row(
            join((link(scene.place(asked), asked.system), code(asked.id)), " "),
            (badge(asked.state), waits_for(stage, asked), to_do(stage, asked), _days(asked.days(scene.today))),
        )
        for stage, found in scene.waiting
        for asked in found
    ]
    head = link(REQUESTS, "All requests")
    if not rows:
        return section("Waiting", tag("p", "No request waits for anybody. ", head, class_="nothing"), id="waiting")
    columns = ("Request", "State", "Waits for", "To do", "Since")
    return section("Waiting", table("Requests that wait", columns, rows), id="waiting", note=head)


def _days(days: int | None) -> str:
    return "" if days is None else "today" if days == 0 else count(days, "day")
