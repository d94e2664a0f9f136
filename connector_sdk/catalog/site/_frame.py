"""What every page has: its head, the bar with the search, and the line at its foot."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

from connector_sdk.catalog.site._html import NOTHING, Markup, data, join, link, tag
from connector_sdk.catalog.site._index import rows
from connector_sdk.catalog.site._scene import ESTUARY, INDEX, REQUESTS, Scene

__all__ = ["Frame"]

_NAV = ((INDEX, "Connectors"), (REQUESTS, "Requests"), (ESTUARY, "Estuary's catalog"))
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16'"
    " rx='3.5' fill='%230b5a6b'/%3E%3Cpath d='M3.5 8h4m1.5 0h3.5M7.5 5v6' stroke='white' stroke-width='1.6'"
    " stroke-linecap='round' fill='none'/%3E%3C/svg%3E"
)


@cache
def _file(name: str) -> str:
    return (resources.files("connector_sdk.catalog.site") / name).read_text("utf-8").strip()


def _hash(content: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() + "'"


class Frame:
    """The frame of a site's pages. Each page holds its style, its script and the search's index, so that one file is
    whole wherever it lies; its policy allows nothing else, neither a fetch nor a script that text could bring in."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._index = data(rows(scene))
        self._style, self._script = _file("style.css"), _file("search.js")
        self._policy = (
            f"default-src 'none'; style-src {_hash(self._style)}; script-src {_hash(self._script)}; img-src data:; "
            "base-uri 'none'; form-action 'none'"
        )

    def page(self, place: str, title: str, body: Markup, section: str) -> str:
        """A whole page: ``place`` is its address from the site's root, ``section`` that of the page it is below."""
        up = "../" * place.count("/")
        head = (
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=self._policy),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="color-scheme", content="light dark"),
            tag("meta", name="referrer", content="no-referrer"),
            tag("title", title if title == "Connectors" else f"{title} · Connectors"),
            tag("link", rel="icon", href=_ICON),
            tag("style", Markup(self._style)),
        )
        ends = (
            tag("script", self._index, type="application/json", id="search-index"),
            tag("script", Markup(self._script)),
        )
        body_ = (_bar(place, up, section), tag("main", body, id="content"), self._foot(), *ends)
        whole = tag("html", tag("head", join(head, "\n")), "\n", tag("body", join(body_, "\n")), lang="en")
        return f"<!doctype html>\n{whole}\n"

    def _foot(self) -> Markup:
        today, built = self._scene.today.isoformat(), self._scene.catalog.built or "an unknown day"
        command = tag("code", "connector-sdk catalog site")
        made = ("Made by ", command, " on ", tag("time", today, datetime=today), " from the files of this repository.")
        source = "from public sources: what is documented or built there, not what is enabled for a tenant."
        lines = (tag("p", *made), tag("p", f"Estuary's catalog as of {built}, {source}"))
        return tag("footer", tag("div", *lines, class_="in"))


def _bar(place: str, up: str, section: str) -> Markup:
    links = []
    for href, label in _NAV:
        here = "page" if href == place else "true" if href == section else None
        links.append(tag("li", link(up + href, label, aria_current=here)))
    pages = tag("nav", tag("ul", *links), aria_label="Pages")
    skip = link("#content", "Skip to the content", class_="skip")
    return join((skip, tag("header", tag("div", pages, _search(up), class_="in"), class_="bar")), "\n")


def _search(up: str) -> Markup:
    field = tag(
        "input",
        id="search",
        type="search",
        name="q",
        placeholder="Name, host or stream",
        autocomplete="off",
        autocapitalize="off",
        spellcheck="false",
        role="combobox",
        aria_expanded="false",
        aria_controls="found",
        aria_autocomplete="list",
        aria_label="Search connectors and requests",
        aria_keyshortcuts="/",
        data_up=up,
    )
    box = tag(
        "div",
        field,
        tag("kbd", "/", aria_hidden="true"),
        tag("div", NOTHING, id="found", role="listbox", aria_label="Found", hidden=True),
        tag("p", NOTHING, id="found-none", hidden=True),
        tag("p", NOTHING, id="found-status", role="status", class_="unseen"),
        class_="search",
        id="search-box",
        role="search",
        hidden=True,
    )
    return join((box, tag("noscript", tag("p", "Search needs JavaScript; all else does without.", class_="dim"))))
