"""The requests by state, and the page of each."""

from __future__ import annotations

from datetime import date

from connector_sdk.catalog.site._asked import Asked
from connector_sdk.catalog.site._html import NOTHING, Markup, code, join, link, outside, tag, text
from connector_sdk.catalog.site._ours import gap_of
from connector_sdk.catalog.site._pieces import (
    Row,
    badge,
    codes,
    day,
    facts,
    gaps,
    path,
    person,
    section,
    sentence,
    table,
    to_do,
)
from connector_sdk.catalog.site._scene import REQUESTS, Scene
from connector_sdk.catalog.site._words import ANSWERS, CLOSED, OPEN, Stage, calm, count, spelled, tone

__all__ = ["request", "requests"]

_PATH = (*(stage.name for stage in OPEN), "registered")
_UP = "../"


def requests(scene: Scene) -> Markup:
    """The body of the page of all requests."""
    open_ = sum(len(found) for _, found in scene.waiting)
    command = code("connector-sdk request new SYSTEM")
    lede = (
        "What waits, for whom, and how long. ",
        command,
        " asks for a connector; its file in ",
        code("requests/"),
        " is the record.",
    )
    board = _board(scene) if open_ else tag("p", "Nothing waits for anybody.", class_="nothing")
    return join(
        (
            tag("h1", "Requests"),
            tag("p", *lede, class_="lede"),
            section("Open", board, id="open", note=count(open_, "request") if open_ else ""),
            _closed(scene),
        ),
        "\n",
    )


def _board(scene: Scene) -> Markup:
    return tag("div", *(_column(scene, stage, found) for stage, found in scene.waiting), class_="board")


def _column(scene: Scene, stage: Stage, found: tuple[Asked, ...]) -> Markup:
    name = f"state-{stage.name}"
    head = (calm(stage.name), " ", tag("span", f"{len(found)}", class_="dim"))
    cards = (
        tag("ul", *(_card(scene, stage, asked) for asked in found)) if found else tag("p", "none", class_="dim none")
    )
    return tag(
        "section",
        tag("h3", *head, id=name, class_=f"mark {tone(stage.name)}"),
        tag("p", "waits for ", _whom(stage), class_="dim small"),
        cards,
        aria_labelledby=name,
        class_=None if found else "empty",
    )


def _whom(stage: Stage) -> str:
    return stage.whom if stage.whom == "Estuary" else f"the {stage.whom}"


def _card(scene: Scene, stage: Stage, asked: Asked) -> Markup:
    days = asked.days(scene.today)
    about = person(asked.requester) if stage.whom == "requester" else _builds(scene, asked)
    which = (code(asked.id), asked.kind if asked.kind != "capture" else "", _since(days, asked.since))
    lines = (
        tag("p", link(scene.place(asked), asked.system), class_="strong"),
        tag("p", sentence(which), class_="dim small"),
        tag("p", about, class_="dim small") if about else NOTHING,
        _late(asked, scene.today),
    )
    return tag("li", *lines)


def _builds(scene: Scene, asked: Asked) -> Markup:
    """What is built for it, and who answers for that."""
    own = scene.own_named(asked.connector)
    if own is None:
        return code(asked.connector) if asked.connector else NOTHING
    owner = tag("span", person(own.owner), class_="line") if own.owner else NOTHING
    return join((link(scene.place(own), code(own.name)), owner), " ")


def _since(days: int | None, since: date | None) -> Markup:
    if days is None:
        return NOTHING
    words = "since today" if days == 0 else f"for {count(days, 'day')}"
    return tag("time", words, datetime=str(since), title=str(since))


def _late(asked: Asked, today: date) -> Markup:
    if asked.until is None or asked.until >= today:
        return NOTHING
    return tag("p", "look again, due ", day(asked.until), class_="small bad")


def _closed(scene: Scene) -> Markup:
    open_states = {stage.name for stage in OPEN}
    found = [each for each in scene.asked if each.state not in open_states]
    if not found:
        return NOTHING
    order = {state: at for at, state in enumerate(CLOSED)}
    found.sort(
        key=lambda each: (order.get(each.state, len(order)), -(each.since or scene.today).toordinal(), each.file)
    )
    rows = (
        Row(
            join((link(scene.place(each), each.system), code(each.id)), " "),
            (
                badge(each.state),
                day(each.since),
                _connector(scene, each.connector, ""),
                each.reason or _last_note(each),
            ),
        )
        for each in found
    )
    columns = ("Request", "State", "Since", "Connector", "Why")
    return section("Closed", table("Closed requests", columns, rows), id="closed", note=count(len(found), "request"))


def _last_note(asked: Asked) -> str:
    return next((each.note for each in reversed(asked.history) if each.note), "")


def _connector(scene: Scene, name: str, up: str) -> Markup:
    """A connector's name, with a link where it has a page or a row."""
    found = scene.own_named(name) or scene.known(name)
    if not name:
        return NOTHING
    return link(up + scene.place(found), code(name)) if found else code(name)


def request(scene: Scene, asked: Asked) -> Markup:
    """The body of a request's page."""
    parts = (
        tag("p", link(_UP + REQUESTS, "Requests"), class_="crumbs"),
        tag("div", tag("h1", asked.system), code(asked.id), badge(asked.state), class_="title"),
        path(_PATH, asked.state) if asked.state in _PATH else tag("p", CLOSED.get(asked.state, ""), class_="lede"),
        _now(scene, asked),
        _wanted(asked),
        _checked(scene, asked),
        _decided(scene, asked),
        _history(asked),
    )
    return join((each for each in parts if each), "\n")


def _now(scene: Scene, asked: Asked) -> Markup:
    stage = next((each for each in OPEN if each.name == asked.state), None)
    if stage is None:
        return NOTHING
    return tag(
        "div",
        tag("p", "Waits for ", tag("strong", _whom(stage)), " ", _since(asked.days(scene.today), asked.since), "."),
        tag("p", to_do(stage, asked)),
        class_="notice",
    )


def _wanted(asked: Asked) -> Markup:
    need = [(spelled(key).capitalize(), value) for key, value in asked.need if key != "streams"]
    return section(
        "What is wanted",
        facts(
            (
                ("Asked by", person(asked.requester)),
                ("On", day(asked.day)),
                ("Kind", asked.kind),
                ("Streams", codes(asked.streams)),
                *need,
                ("Log in with", asked.auth),
                ("Data are", asked.classification),
                ("Addresses", tag("ul", *(tag("li", outside(url)) for url in asked.urls)) if asked.urls else NOTHING),
                ("Replaces", codes(asked.replaces)),
                ("File", code(asked.file)),
            )
        ),
        id="wanted",
    )


def _checked(scene: Scene, asked: Asked) -> Markup:
    if not asked.answer:
        return NOTHING
    names = list(dict.fromkeys(each for each in (asked.answer_connector, *asked.candidates) if each))
    words = ANSWERS.get(asked.answer, "")
    return section(
        "What the catalog said",
        facts(
            (
                ("Answer", join((code(asked.answer), text(f" {words}" if words else "")))),
                ("Asked for", asked.query),
                ("Connectors", join((_connector(scene, each, _UP) for each in names), ", ")),
                ("Catalog", code(asked.catalog_version) if asked.catalog_version else NOTHING),
            )
        ),
        id="checked",
    )


def _decided(scene: Scene, asked: Asked) -> Markup:
    if not asked.decision:
        return NOTHING
    late = asked.until is not None and asked.until < scene.today
    due = ("was due on " if late else "due on ", day(asked.until))
    again = tag("span", *due, class_="bad" if late else None) if asked.until else NOTHING
    return section(
        "Decision",
        facts(
            (
                ("Answer", asked.decision.replace("-", " ")),
                ("By", person(asked.decided_by)),
                ("On", day(asked.decided_on)),
                ("Reason", asked.reason),
                ("Gap", gaps([gap_of(each) for each in asked.gaps])),
                ("Connector", _connector(scene, asked.connector, _UP)),
                ("Look again", again),
            )
        ),
        id="decided",
    )


def _history(asked: Asked) -> Markup:
    if not asked.history:
        return NOTHING
    steps = (
        tag("li", day(each.day), " ", badge(each.state), " ", sentence((each.by, each.note)))
        for each in reversed(asked.history)
    )
    return section("History", tag("ol", *steps, class_="history", reversed=True), id="history")
