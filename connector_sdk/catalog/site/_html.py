"""HTML that cannot be escaped wrongly: whatever is not markup made here is text, and becomes text."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

__all__ = ["NOTHING", "Markup", "code", "data", "join", "link", "outside", "plain", "tag", "text"]

# what has no place in a page: controls, halves of characters, and marks that turn the order of what follows around
_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
_VOID = frozenset({"br", "hr", "input", "link", "meta", "wbr"})
_BREAKS = re.compile(r"(?<=[^/._@:-])(?=/)|(?<=[._@:-])(?=[^/._@:-])")  # before a slash, after other punctuation


class Markup(str):
    """Text that is HTML already. What is added to it is escaped, unless it is markup too."""

    __slots__ = ()

    def __add__(self, other: str) -> Markup:
        return join((self, other))


NOTHING = Markup()


def plain(value: object) -> str:
    """Any value as text that a page can hold; what it cannot hold becomes a replacement character."""
    return _ODD.sub("\ufffd", "" if value is None else str(value))


def text(value: object) -> Markup:
    """Any value as escaped text; markup stays as it is."""
    return value if isinstance(value, Markup) else Markup(html.escape(plain(value), quote=True))


def join(parts: Iterable[object], between: str = "") -> Markup:
    """Parts one after the other, with the text ``between`` them."""
    return Markup(html.escape(between).join(text(each) for each in parts))


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """An element. ``class_`` and ``for_`` lose their underscore, others become hyphens; an attribute that is True
    stands alone, one that is None or False is left out."""
    made = [name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        key = key.rstrip("_").replace("_", "-")
        made.append(key if value is True else f'{key}="{html.escape(plain(value), quote=True)}"')
    begins = Markup(f"<{' '.join(made)}>")
    return begins if name in _VOID else Markup(f"{begins}{join(children)}</{name}>")


def code(value: object, **attributes: object) -> Markup:
    """A name, a pointer or a host in the type of code, which may break after its punctuation."""
    pieces = (html.escape(each, quote=True) for each in _BREAKS.split(plain(value)))
    return tag("code", Markup("<wbr>".join(pieces)), **attributes)


def link(href: str, *children: object, **attributes: object) -> Markup:
    """A link within the site; ``href`` is one that was made here."""
    return tag("a", *children, href=href, **attributes)


def outside(url: str, *children: object) -> Markup:
    """A link to elsewhere, where the address is of the web; else only its text, since ``javascript:`` is none."""
    label = children or (url,)
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and plain(url) == url
    except ValueError:
        known = False
    return tag("a", *label, href=url, rel="noopener noreferrer") if known else join(label)


def data(value: Any) -> Markup:
    """JSON that may stand in a ``script`` element: nothing in it can end the element."""
    told = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    for odd in "<>&\u2028\u2029":
        told = told.replace(odd, f"\\u{ord(odd):04x}")
    return Markup(told)
