"""Bodies that are not JSON: how an answer's table, lines or document is written."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from ._word import check_type, fail, word

__all__ = ["BODIES", "Body", "Csv", "JsonLines", "Xml"]


@word
class Csv:
    r"""A body of values that a ``delimiter`` separates, one record a line; gzip and zip are recognised, and each file
    of a zip is a table of its own.

    The first line holds the names, unless ``names`` gives them; ``skip`` lines before it are not read. ``quote``: the
    character around values that hold delimiters, newlines or, doubled, itself; None where there is none. ``escape``:
    the character before one that stands for itself, such as ``"\\"``. ``encoding``: any of Python's for text
    (``utf-8``, ``utf-16``, ``latin-1``, ``cp1252``); a byte order mark has the last word. Values are text, as they
    came; empty lines are no records. ``Csv(delimiter="\t")`` is TSV.
    """

    delimiter: str = ","
    quote: str | None = '"'
    escape: str | None = None
    encoding: str = "utf-8"
    names: Sequence[str] | None = None
    skip: int = 0

    def __post_init__(self) -> None:
        special: dict[str, str] = {}
        for name in ("delimiter", "quote", "escape"):
            char = getattr(self, name)
            if char is None and name != "delimiter":
                continue
            if not isinstance(char, str) or len(char) != 1 or char in "\r\n\0":
                fail("Csv", f"{name}={char!r} is no single character", r"write delimiter='\t' for TSV")
            if char in special:
                fail("Csv", f"{name} and {special[char]} are both {char!r}", "one character can mean one thing")
            special[char] = name
        if not isinstance(self.encoding, str) or not _is_text(self.encoding):
            fail("Csv", f"encoding={self.encoding!r} is not known", "utf-8, utf-16, latin-1 and cp1252 are")
        if not isinstance(self.skip, int) or isinstance(self.skip, bool) or self.skip < 0:
            fail("Csv", f"skip={self.skip!r} is no number of lines")
        self._check_names()

    def _check_names(self) -> None:
        if self.names is None:
            return
        if isinstance(self.names, str) or not self.names:
            fail("Csv", f"names={self.names!r} names no columns", "write names=['id', 'name']")
        for name in self.names:
            check_type(name, str, "Csv", "a name", "text")
            if not name.strip() or list(self.names).count(name) > 1:
                what = "twice" if name.strip() else "in names"
                fail("Csv", f"there is {name!r} {what}", "each column needs a name of its own")


@word
class JsonLines:
    """A body of one JSON object a line, in UTF-8; gzip and zip are recognised."""


@word
class Xml:
    """A body of XML: each element at ``record``, a path from the root such as ``/feed/entry``, is a record.

    A record is an object. In it an attribute is the member ``@name``; an element below is the member of its name, a
    list of them where it occurs more than once or is named in ``lists``, which may hold one name or several; an
    element without attributes and elements is its text, any other an object as well, whose own text, if there is
    any, is the member ``#text``, without the space around it. All values are text. Names are without prefixes of
    namespaces. A document type (DTD) is refused, and with it every entity but those of XML itself. gzip and zip are
    recognised.
    """

    record: str
    lists: str | Sequence[str] = ()

    def __post_init__(self) -> None:
        check_type(self.record, str, "Xml", "record", "a path from the root, such as '/feed/entry'")
        if not self.record.startswith("/") or not all(self.record[1:].split("/")):
            fail("Xml", f"record={self.record!r} is no path from the root", "write '/feed/entry'")
        if ":" in self.record:
            fail("Xml", f"record={self.record!r} holds a prefix", "write names without prefixes of namespaces")
        for name in self.always_lists:
            check_type(name, str, "Xml", "a name in lists", "text")

    @property
    def always_lists(self) -> tuple[str, ...]:
        """The names of ``lists``."""
        return (self.lists,) if isinstance(self.lists, str) else tuple(self.lists)


Body = Csv | JsonLines | Xml
BODIES = (Csv, JsonLines, Xml)


def _is_text(encoding: str) -> bool:
    try:
        return bool(getattr(codecs.lookup(encoding), "_is_text_encoding", True))
    except (LookupError, ValueError):
        return False
