"""The flow.yaml files of a repository, and what flows where in all of them together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connector_sdk.catalog._files import Document
from connector_sdk.catalog._repository import Repository

__all__ = ["Collection", "Flows", "Released", "flow_files", "flows"]

_LOCAL = (".local.flow.yaml", ".local.flow.yml", ".local.flow.json")
_TESTS = frozenset({"tests", "test", "fixtures"})
_RELEASED = re.compile(r"#\s*not[ -]materialized\b[\s:,.-]*(?P<why>.*?)\s*$", re.IGNORECASE)
_UNTIL = re.compile(r"\buntil\s+(?P<day>\d{4}-\d{2}-\d{2})\b")


@dataclass(frozen=True)
class Released:
    """A comment that says why a collection is not materialized, and until when; ``why`` may be empty."""

    why: str
    until: str
    line: int


@dataclass(frozen=True)
class Collection:
    """A collection where it is defined; ``reads`` are those that it is derived from."""

    name: str
    document: Document
    reads: frozenset[str] = frozenset()
    released: Released | None = None

    @property
    def place(self) -> tuple[int, int]:
        """Its line and column."""
        return self.document.place("collections", self.name)


@dataclass
class Flows:
    """What all files define: collections, and for each capture its image and what it fills."""

    collections: list[Collection] = field(default_factory=list)
    captures: dict[str, frozenset[str]] = field(default_factory=dict)
    images: set[str] = field(default_factory=set)
    materialized: set[str] = field(default_factory=set)
    followed: set[str] = field(default_factory=set)

    def served(self) -> set[str]:
        """The collections that reach a destination: materialized, released, or read by one that is."""
        found = set(self.materialized)
        for name in self.followed:
            found |= self.captures.get(name, frozenset())
        found |= {each.name for each in self.collections if each.released and each.released.why}
        while True:
            more = {name for each in self.collections if each.name in found for name in each.reads} - found
            if not more:
                return found
            found |= more


def flow_files(repository: Repository) -> tuple[list[Path], int]:
    """The specifications of a repository, and how many were left out below folders of tests."""
    from connector_sdk.catalog import specs

    found = specs.flow_files(repository.root)
    kept = [each for each in found if not _TESTS.intersection(each.relative_to(repository.root).parts[:-1])]
    return kept, len(found) - len(kept)


def flows(files: Iterable[Path]) -> Flows:
    """What the files, and those that they import, define together. Those of development (``NAME.local.flow.yaml``)
    repeat others, and those that cannot be read are told by lint: neither counts here."""
    from connector_sdk.catalog import specs

    found = Flows()
    seen: set[Path] = set()
    for path in files:
        for document in specs.documents(path) if not path.name.endswith(_LOCAL) else ():
            if document.path not in seen and not document.path.name.endswith(_LOCAL):
                seen.add(document.path)
                _take(found, document)
    return found


def _take(found: Flows, document: Document) -> None:
    comments = _comments(document)
    for name, body in _maps(document.data, "collections"):
        line = document.place("collections", name)[0]
        reads = frozenset(_name(each.get("source")) for each in _items(body.get("derive"), "transforms")) - {""}
        found.collections.append(Collection(name, document, reads, comments.get(line)))
    for name, body in _maps(document.data, "captures"):
        found.captures[name] = frozenset(_name(each.get("target")) for each in _live(body))
        if image := _image(body):
            found.images.add(image)
    for _, body in _maps(document.data, "materializations"):
        if _disabled(body):
            continue
        found.materialized |= {_name(each.get("source")) for each in _live(body)}
        followed = body.get("source")
        found.followed.add(followed if isinstance(followed, str) else _name(followed, "capture"))


def _maps(data: Any, section: str) -> Iterator[tuple[str, dict[str, Any]]]:
    part = data.get(section) if isinstance(data, dict) else None
    for name, body in part.items() if isinstance(part, dict) else ():
        if isinstance(body, dict):
            yield str(name), body


def _items(body: Any, name: str) -> Iterator[dict[str, Any]]:
    part = body.get(name) if isinstance(body, dict) else None
    yield from (each for each in part if isinstance(each, dict)) if isinstance(part, list) else ()


def _live(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The bindings that carry data."""
    if not _disabled(body):
        yield from (each for each in _items(body, "bindings") if each.get("disable") is not True)


def _disabled(body: dict[str, Any]) -> bool:
    shards = body.get("shards")
    return isinstance(shards, dict) and shards.get("disable") is True


def _name(value: Any, member: str = "name") -> str:
    """A name that stands by itself, or in an object beside other choices."""
    found = value.get(member) if isinstance(value, dict) else value
    return found if isinstance(found, str) else ""


def _image(body: dict[str, Any]) -> str:
    """The image of a task, without tag and digest; empty where it is none."""
    endpoint = body.get("endpoint")
    connector = endpoint.get("connector") if isinstance(endpoint, dict) else None
    image = connector.get("image") if isinstance(connector, dict) else None
    if not isinstance(image, str):
        return ""
    name = image.partition("@")[0]
    folder, slash, last = name.rpartition("/")
    return folder + slash + last.partition(":")[0]


def _comments(document: Document) -> dict[int, Released]:
    """The releases of collections, by the line of what they are written at: on it, or right above."""
    found: dict[int, Released] = {}
    above: Released | None = None
    for number, line in enumerate(document.path.read_text("utf-8").splitlines(), 1):
        matched = _RELEASED.search(line)
        if matched:
            until = _UNTIL.search(matched["why"])
            above = Released(matched["why"], until["day"] if until else "", number)
        if line.lstrip().startswith("#"):
            continue
        if above is not None:
            found[number] = above
        above = None
    return found
