"""The page of Estuary's catalog."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

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
    return join(
        (
            tag("h1", "Estuary's catalog"),
            tag(
                "p",
                f"{count(len(scene.theirs), 'connector')}, as of ",
                scene.catalog.built or "an unknown day",
                ". Tags such as ",
                code("v1"),
                " move with every merge, and ",
                code(":latest"),
                " is never pushed: pin by digest. Streams are shown where a public snapshot tells of them.",
                class_="lede",
            ),
            tag(
                "p",
                join(
                    (
                        link(f"#{kind}s", title, " ", tag("span", f"{len(listed)}", class_="dim"))
                        for title, kind, listed in found
                    ),
                    " ",
                ),
                class_="jump",
            ),
            *(_part(scene, title, kind, listed) for title, kind, listed in found),
        ),
        "\n",
    )


def _part(scene: Scene, title: str, kind: str, listed: list[Listed]) -> Markup:
    if not listed:
        return NOTHING
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
    shown = [name for name in _COLUMNS if name not in ("Hosts", "Streams", "Ours") or _any(scene, listed, name)]
    rows = (_row(scene, each, shown) for each in listed)
    return section(title, jump, table(title, shown, rows, class_="estuary"), id=f"{kind}s", note=note)


def _letter(each: Listed) -> str:
    first = each.title[:1].upper()
    return first if "A" <= first <= "Z" else "#"


def _any(scene: Scene, listed: Iterable[Listed], column: str) -> bool:
    """Whether a column has anything to show."""
    if column == "Ours":
        return any(each.name in scene.overlapping for each in listed)
    return any(each.detect.hosts if column == "Hosts" else each.streams for each in listed)


def _row(scene: Scene, each: Listed, columns: list[str]) -> Row:
    title = outside(each.docs_url, each.title) if each.docs_url else tag("span", each.title)
    gone = each.lifecycle in ("deprecated", "superseded")
    cells = {
        "State": _state(scene, each),
        "Tag": tag("code", each.tag, title=each.reference) if each.tag else NOTHING,
        "Made of": _made_of(each),
        "Log in with": _ways(each.auth_kinds or ()),
        "Hosts": hosts(each.detect.hosts, 2),
        "Streams": streams([(stream.name, stream.key) for stream in each.streams or ()]),
        "Ours": join((link(scene.place(own), code(own.name)) for own in scene.overlapping.get(each.name, ())), " "),
    }
    head = join((title, code(each.name)), " ")
    return Row(head, [cells[name] for name in columns[1:]], slug(each.name), "gone" if gone else None)


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
