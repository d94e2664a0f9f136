"""The page of Estuary's catalog."""

from __future__ import annotations

from collections import Counter

from connector_sdk.catalog.known import Listed
from connector_sdk.catalog.site._facts import slug
from connector_sdk.catalog.site._html import NOTHING, Markup, code, join, link, outside, tag
from connector_sdk.catalog.site._pieces import Row, badge, hosts, section, streams, table
from connector_sdk.catalog.site._scene import Scene
from connector_sdk.catalog.site._words import FAMILIES, count

__all__ = ["estuary"]

_COLUMNS = ("Connector", "Tag", "State", "Made of", "Log in with", "Hosts", "Streams", "Ours")
_KINDS = (("capture", "Captures"), ("materialization", "Materializations"))
_MOST_WAYS = 3


def estuary(scene: Scene) -> Markup:
    """The body of the page."""
    found = [(title, kind, [each for each in scene.theirs if each.kind == kind]) for kind, title in _KINDS]
    day, moving, never = scene.catalog.built or "an unknown day", code("v1"), code(":latest")
    total = count(len(scene.theirs), "connector")
    advice = " is never pushed: pin by digest. Streams are shown where a public snapshot tells of them."
    lede = (f"{total}, as of {day}. Tags such as ", moving, " move with every merge, and ", never, advice)
    jump = (
        link(f"#{kind}s", title, " ", tag("span", f"{len(each)}", class_="dim")) for title, kind, each in found if each
    )
    parts = (_part(scene, title, kind, each) for title, kind, each in found if each)
    return join(
        (tag("h1", "Estuary's catalog"), tag("p", *lede, class_="lede"), tag("p", *jump, class_="jump"), *parts), "\n"
    )


def _part(scene: Scene, title: str, kind: str, listed: list[Listed]) -> Markup:
    letters = list(dict.fromkeys(_letter(each) for each in listed))
    first = {letter: next(each for each in listed if _letter(each) == letter) for letter in letters}
    jump = tag(
        "nav",
        *(link(f"#{slug(first[each].name)}", each) for each in letters),
        class_="letters",
        aria_label=f"{title} by letter",
    )
    states = Counter(each.lifecycle for each in listed)
    note = ", ".join(f"{number} {state}" for state, number in states.most_common())
    rows = (_row(scene, each) for each in listed)
    return section(title, jump, table(title, _COLUMNS, rows, class_="estuary"), id=f"{kind}s", note=note)


def _letter(each: Listed) -> str:
    first = each.title[:1].upper()
    return first if "A" <= first <= "Z" else "#"


def _row(scene: Scene, each: Listed) -> Row:
    title = outside(each.docs_url, each.title) if each.docs_url else tag("span", each.title)
    cells = (
        tag("code", each.tag, title=each.reference) if each.tag else NOTHING,
        _state(scene, each),
        _made_of(each),
        _ways(each.auth_kinds or ()),
        hosts(each.detect.hosts, 2),
        streams([(stream.name, stream.key) for stream in each.streams or ()]),
        join((link(scene.place(own), code(own.name)) for own in scene.overlapping.get(each.name, ())), " "),
    )
    head = join((title, code(each.name)), " ")
    return Row(head, cells, slug(each.name), "gone" if each.gone else None)


def _state(scene: Scene, each: Listed) -> Markup:
    if each.lifecycle == "active":
        return tag("span", "active", class_="dim")
    if each.replaced_by is None:
        return badge(each.lifecycle)
    instead = scene.known(each.replaced_by)
    name = link(scene.place(instead), code(each.replaced_by)) if instead else code(each.replaced_by)
    return join((badge(each.lifecycle), tag("span", "use ", name, class_="line")), " ")


def _made_of(each: Listed) -> Markup:
    words = FAMILIES.get(each.family or "", each.family or "code not public")
    since = (
        tag("span", f"changed {each.last_code_change[:7]}", class_="line whole dim")
        if each.last_code_change
        else NOTHING
    )
    return join((tag("span", words, class_="whole"), since), " ")


def _ways(kinds: tuple[str, ...]) -> str:
    more = f" and {len(kinds) - _MOST_WAYS} more" if len(kinds) > _MOST_WAYS else ""
    return ", ".join(kinds[:_MOST_WAYS]) + more
