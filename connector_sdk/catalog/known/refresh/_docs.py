"""What Estuary's documentation says of its connectors: the two lists, and a page for each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from connector_sdk.catalog.known._listed import Kind

__all__ = ["Page", "Row", "pages", "rows"]

_SITE = "https://docs.estuary.dev/reference/Connectors/"
_FOLDERS: dict[Kind, str] = {"capture": "capture-connectors", "materialization": "materialization-connectors"}
_PREFIXES: dict[Kind, str] = {"capture": "source-", "materialization": "materialize-"}
_IMAGE = re.compile(r"ghcr\.io/estuary/([a-z0-9][a-z0-9-]*[a-z0-9])(?::([\w.-]+))?")
_LINK = re.compile(r"^\s*[-*]\s+\[(?P<title>[^\]]+)\]\((?P<path>[^)#\s]+)", re.IGNORECASE)
_TITLE = re.compile(r"^\s*[-*]\s+(?P<title>[^\[\]]+?)\s*$")
_DEPRECATED = re.compile(r"\(deprecated\)|^:::\s*deprecated", re.IGNORECASE | re.MULTILINE)
_SUCCESSOR = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Page:
    """A connector's page. ``image`` and ``tag`` are those of its sample; ``successor`` is where a deprecated page
    sends its reader, as a path below the connectors' documentation, in lower case."""

    kind: Kind
    path: str
    title: str
    image: str | None
    tag: str | None
    deprecated: bool
    successor: str | None

    @property
    def url(self) -> str:
        """Where it is read."""
        return f"{_SITE}{_place(self.path)}/"

    @property
    def key(self) -> str:
        """The same for every way to write its address."""
        return _place(self.path).lower()

    @property
    def dekaf(self) -> bool:
        """Whether it is of a system that reads collections as from Kafka."""
        return "/dekaf/" in f"/{self.path.lower()}"

    @property
    def stem(self) -> str:
        """The last word of its address."""
        return self.key.rpartition("/")[2]


@dataclass(frozen=True)
class Row:
    """A line of one of the two lists: a title, the page it leads to, the image it names (the older form does)."""

    kind: Kind
    title: str
    page: str
    image: str | None
    tag: str | None
    group: str
    deprecated: bool


def pages(root: Path) -> list[Page]:
    """All pages of connectors in a checkout of estuary/connectors."""
    base = root / "docs" / "reference" / "Connectors"
    return [
        _page(kind, path.relative_to(base).as_posix(), path.read_text("utf-8", "replace"))
        for kind, folder in _FOLDERS.items()
        for path in sorted((base / folder).glob("**/*.md"))
        if path.name.lower() != "readme.md"
    ]


def _page(kind: Kind, path: str, text: str) -> Page:
    heading = re.search(r"^#\s+(.+)$", text, re.MULTILINE)
    title = heading[1].strip() if heading else Path(path).stem
    deprecated = _DEPRECATED.search(f"{title}\n{text}")
    successor = None
    if deprecated:
        told = text.partition(":::deprecated")[2].partition(":::")[0] or text[:1500]
        links = [_below(each) for each in _SUCCESSOR.findall(told)]
        successor = next((each for each in links if each), None)
    named = Counter(each for each in _IMAGE.findall(text) if each[0].startswith(_PREFIXES[kind]))
    (image, tag), _ = named.most_common(1)[0] if named else ((None, None), 0)
    return Page(kind, path, _plain(title), image, tag or None, deprecated is not None, successor)


def _below(link: str) -> str | None:
    """The last word of a link to another connector's page."""
    if link.startswith("http") and "estuary" not in link:
        return None
    place = link.partition("#")[0].rstrip("/").removesuffix(".md").lower()
    return place.rpartition("/")[2] or None


def _place(path: str) -> str:
    """A page's path as its address has it: the page of a folder's own name is the folder's."""
    whole = path.removesuffix(".md")
    folder, _, name = whole.rpartition("/")
    return folder if name.lower() == folder.rpartition("/")[2].lower() else whole


def rows(root: Path) -> Iterator[Row]:
    """The lines of the two lists, in either form that they have had: a link, or a title with its page and image."""
    for kind, folder in _FOLDERS.items():
        path = root / "docs" / "reference" / "Connectors" / folder / "README.md"
        if path.is_file():
            yield from _rows(kind, folder, path.read_text("utf-8", "replace"))


def _rows(kind: Kind, folder: str, text: str) -> Iterator[Row]:
    group, title, page = "estuary", "", ""
    for line in text.splitlines():
        if line.startswith("#"):
            group = "third-party" if "third" in line.lower() else "estuary"
        link, image, plain = _LINK.match(line), _IMAGE.search(line), _TITLE.match(line)
        if link and link["title"].lower() == "configuration":
            page = _target(folder, link["path"])
        elif link and not link["path"].startswith("http"):
            yield _row(kind, link["title"], _target(folder, link["path"]), (None, None), group)
        elif image and title:
            yield _row(kind, title, page, (image[1], image[2]), group)
            title, page = "", ""
        elif plain:
            title = plain["title"]


def _row(kind: Kind, title: str, page: str, image: tuple[str | None, str | None], group: str) -> Row:
    return Row(kind, _plain(title), page, image[0], image[1], group, _DEPRECATED.search(title) is not None)


def _target(folder: str, path: str) -> str:
    return _place(f"{folder}/{path.removeprefix('./').rstrip('/')}").lower()


def _plain(title: str) -> str:
    return re.sub(r"\s*\(deprecated\)", "", title, flags=re.IGNORECASE).strip()
