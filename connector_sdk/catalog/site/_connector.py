"""The page of one of our connectors."""

from __future__ import annotations

from connector_sdk.catalog.site._facts import slug
from connector_sdk.catalog.site._html import NOTHING, Markup, code, join, link, outside, tag, text
from connector_sdk.catalog.site._ours import Overlap, Own, Release, Stream
from connector_sdk.catalog.site._overview import conformance
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
)
from connector_sdk.catalog.site._scene import INDEX, Scene
from connector_sdk.catalog.site._words import ENTRY_PATH, count, spelled

__all__ = ["connector"]

_STREAMS = ("Stream", "Key", "Sync", "Deletes", "Asked every", "Scopes")
_UP = "../"


def connector(scene: Scene, own: Own) -> Markup:
    """The body of the page."""
    parts = (
        _head(own),
        _glance(scene, own),
        _use(own),
        *(_overlap(scene, own, each) for each in own.overlaps),
        _undeclared(scene, own),
        _streams(own),
        _config(own),
        _releases(own),
    )
    return join((each for each in parts if each), "\n")


def _head(own: Own) -> Markup:
    return join(
        (
            tag("p", link(_UP + INDEX, "Connectors"), class_="crumbs"),
            tag("div", tag("h1", own.title), code(own.name), badge(own.lifecycle), class_="title"),
            tag("p", own.description, class_="lede") if own.description else NOTHING,
            path(ENTRY_PATH, own.lifecycle) if own.lifecycle in ENTRY_PATH else _ended(own),
        ),
        "\n",
    )


def _ended(own: Own) -> Markup:
    told = _named(own.deprecation)
    return tag("p", badge(own.lifecycle), " ", told, class_="notice bad") if told else NOTHING


def _glance(scene: Scene, own: Own) -> Markup:
    asked = scene.request_of(own)
    request = (
        link(_UP + scene.place(asked), f"{asked.id}, {asked.system}") if asked else own.request and code(own.request)
    )
    told = own.conformance
    judged = join((conformance(own), tag("span", told.day, class_="dim")), " ") if told else NOTHING
    where = text(f"registered {own.registered}" if own.registered else "not registered")
    return section(
        "At a glance",
        facts(
            (
                ("Owner", person(own.owner)),
                (
                    "Support",
                    sentence(value if key == "level" else f"{spelled(key)}: {value}" for key, value in own.support),
                ),
                ("System", sentence((own.vendor, codes(own.hosts)))),
                ("Conformance", judged),
                ("Image", code(own.image) if own.image else NOTHING),
                ("Digest", code(own.digest) if own.digest else NOTHING),
                ("At Estuary", sentence((where, own.reference))),
                ("Protocols", sentence(f"{name} {version}" for name, version in own.protocols)),
                ("Log in with", ", ".join(own.auth)),
                ("Licence", own.licence),
                ("Data", _named(own.data)),
                ("Request", request or NOTHING),
                ("Code", code(own.path) if own.path else NOTHING),
                ("Entry", code(own.file)),
                ("Links", sentence(outside(url, spelled(kind)) for kind, url in own.links)),
            )
        ),
        id="glance",
    )


def _named(pairs: tuple[tuple[str, str], ...]) -> Markup:
    """Values with their names, except where the value says it all."""
    return sentence(value if key in ("level", "classification") else f"{spelled(key)}: {value}" for key, value in pairs)


def _use(own: Own) -> Markup:
    """How it can be run in the state it is in."""
    folder = own.path or f"connectors/{own.name}"
    if own.registered and own.image:
        words, command = text("Estuary runs it. Write its flow.yaml:"), f"connector-sdk flow init {folder}"
    elif own.lifecycle in ("deprecated", "retired"):
        instead = join((" Use ", code(own.replaced_by), " instead.")) if own.replaced_by else NOTHING
        words, command = join(("Not for anything new.", instead)), ""
    else:
        words = text(
            "Estuary refuses an image that it has not registered, and this one is not. It runs on your own machine:"
        )
        command = f"connector-sdk preview {folder} --sandbox"
    return section("Use it", tag("p", words), tag("pre", tag("code", command)) if command else NOTHING, id="use")


def _overlap(scene: Scene, own: Own, overlap: Overlap) -> Markup:
    beside = scene.known(overlap.other)
    name = link(_UP + scene.place(beside), code(overlap.other)) if beside else code(overlap.other)
    late = overlap.overdue(scene.today)
    again = (
        join(("was due on " if late else "due on ", day(overlap.until))) if overlap.until else text("no day is named")
    )
    return section(
        join(("Beside Estuary's ", name)),
        facts(
            (
                ("Estuary's lacks", gaps(overlap.gaps) or tag("span", "no gap is named", class_="bad")),
                ("Look again", tag("span", again, class_="bad" if late else None)),
            )
        ),
        _compared(scene, own, overlap),
        id="overlap-" + str(own.overlaps.index(overlap)),
    )


def _compared(scene: Scene, own: Own, overlap: Overlap) -> Markup:
    """The streams of both, by name."""
    beside = scene.known(overlap.other)
    if beside is None or beside.streams is None or not own.streams:
        return NOTHING
    ours, theirs = [each.name for each in own.streams], [each.name for each in beside.streams]
    return facts(
        (
            ("Only here", codes(each for each in ours if each not in theirs)),
            ("In both", codes(each for each in ours if each in theirs)),
            ("Only there", codes(each for each in theirs if each not in ours)),
        ),
        "facts wide",
    )


def _undeclared(scene: Scene, own: Own) -> Markup:
    beside = scene.known(own.name)
    if beside is None or own.overlaps:
        return NOTHING
    name, field = link(_UP + scene.place(beside), code(beside.name)), code("spec.overlap")
    words = ("Estuary has ", name, " as well, and the entry names no gap: ", field, " says what it lacks.")
    return tag("p", *words, class_="notice bad")


def _streams(own: Own) -> Markup:
    if not own.streams:
        command = code(f"connector-sdk entry sync {own.name}")
        none = tag("p", "The entry tells of no stream yet: ", command, " writes them.", class_="nothing")
        return section("Streams", none, id="streams")
    telling = sum(each.tells_deletes for each in own.streams)
    note = f"{count(len(own.streams), 'stream')}, {telling} of them with deletes"
    rows = table(f"Streams of {own.title}", _STREAMS, map(_stream, own.streams))
    return section("Streams", rows, id="streams", note=note)


def _stream(each: Stream) -> Row:
    marks = [word for word, holds in (("suggested", each.suggested), ("off by default", not each.on)) if holds]
    head = join((code(each.name), *(tag("span", mark, class_="line dim small") for mark in marks)), " ")
    by = tag("span", "by ", code(each.cursor), class_="line dim") if each.cursor else NOTHING
    deletes = each.deletes or tag("span", "not captured", class_="dim")
    sync = join((tag("span", each.sync, class_="whole"), by), " ")
    return Row(head, (codes(each.key), sync, deletes, each.interval, codes(each.scopes)), f"stream-{slug(each.name)}")


def _config(own: Own) -> Markup:
    if not own.fields:
        return NOTHING
    rows = (
        Row(
            code(each.pointer),
            (
                each.title,
                sentence(("required" if each.required else "", "secret" if each.secret else "")),
                ", ".join(each.ways),
                each.about,
            ),
        )
        for each in own.fields
    )
    return section(
        "Config", table("Fields of the config", ("Place", "Field", "Marks", "Log in with", "About"), rows), id="config"
    )


def _releases(own: Own) -> Markup:
    if not own.releases:
        return NOTHING
    columns = ("Version", "Date", "Digest", "Changes", "Breaking")
    return section("Releases", table("Releases", columns, map(_release, reversed(own.releases))), id="releases")


def _release(each: Release) -> Row:
    changes = (
        tag("li", tag("span", kind, " ", class_="dim") if kind else NOTHING, what) for kind, what in each.changes
    )
    breaking = join((tag("strong", each.breaking), f" Upgrade by {each.upgrade_by}." if each.upgrade_by else ""))
    cells = (
        tag("time", each.day) if each.day else NOTHING,
        code(each.digest) if each.digest else NOTHING,
        tag("ul", *changes) if each.changes else NOTHING,
        breaking if each.breaking else NOTHING,
    )
    return Row(code(each.version or "unnamed"), cells)
