"""A flow.yaml and all that it imports; and the other flow.yaml files around it, which may define what it names."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connector_sdk.catalog._files import Document, read, unread
from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.specs._report import Report, Source
from connector_sdk.catalog.specs._shown import address, path_name
from connector_sdk.errors import FlowSpecError, did_you_mean

__all__ = [
    "KINDS", "Tree", "around", "documents", "flow_files", "is_file", "is_url", "load_tree", "read_source", "target_of",
]  # fmt: skip

KINDS = ("captures", "collections", "materializations", "tests")
_SPEC = re.compile(r"(.+\.)?flow\.(ya?ml|json)", re.IGNORECASE)
_LEFT_OUT = {"node_modules", "build", "dist", "__pycache__", "site-packages"}
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


@dataclass
class Tree:
    """The files of one specification, the first of them the one that was asked for."""

    sources: list[Source] = field(default_factory=list)

    def defined(self, kind: str) -> dict[str, tuple[Source, dict[str, Any]]]:
        """What is defined of a kind (``captures``, ``collections``, ...), by name, with its file."""
        found: dict[str, tuple[Source, dict[str, Any]]] = {}
        for source in self.sources:
            for name, body in source.section(kind).items():
                found.setdefault(name, (source, body))
        return found


def load_tree(path: Path, report: Report) -> Tree:
    """The file and what it imports, each read once. What cannot be read is told in the report."""
    tree = Tree()
    _load(path.resolve(), tree, report, ())
    return tree


def documents(path: Path) -> list[Document]:
    """The documents of a specification and of what it imports, as far as they can be read."""
    return [each.document for each in load_tree(path, Report(None)).sources]


def _load(path: Path, tree: Tree, report: Report, above: tuple[Path, ...]) -> None:
    source = read_source(path, report)
    if source is None:
        return
    tree.sources.append(source)
    wanted = source.data.get("import") if isinstance(source.data, dict) else None
    for index, text in enumerate(wanted if isinstance(wanted, list) else ()):
        if isinstance(text, str):
            _import(text, index, source, tree, report, (*above, path))


def _import(text: str, index: int, source: Source, tree: Tree, report: Report, above: tuple[Path, ...]) -> None:
    where = ("import", index)
    if _URL.match(text):
        report.add("flow-import", "note", source, where, f"{address(text)} was not looked into: it is not a file here.")
        return
    path = target_of(source, text)
    if path in above:
        cycle = " imports ".join(report.name(each) for each in (*above[above.index(path) :], path))
        report.add(
            "flow-import", "warning", source, where, f"The imports go in a circle: {cycle}.", "leave one of them out"
        )
    elif is_there(path, Path.is_dir):
        report.add(
            "flow-import", "error", source, where, f"{text} is a folder; Flow imports files.", _inside(path, text)
        )
    elif not is_file(path):
        report.add(
            "flow-import", "error", source, where, f"There is no file {path_name(text)} to import.", _beside(path)
        )
    elif all(path != each.path for each in tree.sources):
        _load(path, tree, report, above)


def _inside(folder: Path, text: str) -> str:
    names = sorted(each.name for each in folder.iterdir() if _SPEC.fullmatch(each.name))
    listed = ", ".join(f"{text.rstrip('/')}/{each}" for each in names)
    return f"name its files: {listed}" if listed else "name its files"


def _beside(path: Path) -> str:
    names = [each.name for each in path.parent.iterdir() if is_file(each)] if is_there(path.parent, Path.is_dir) else []
    near = [each for each in names if _SPEC.fullmatch(each)] or names
    return did_you_mean(path.name, near) if near else "its place is relative to the file that names it"


def target_of(source: Source, text: str) -> Path:
    """The file that a relative name in a specification stands for."""
    return Path(os.path.normpath(source.path.parent / text.partition("#")[0]))


def is_file(path: Path) -> bool:
    """Whether there is a file. A name that is too long to be one's is none's."""
    return is_there(path, Path.is_file)


def is_there(path: Path, kind: Callable[[Path], bool]) -> bool:
    """Whether what the path names is of this kind."""
    try:
        return kind(path)
    except OSError:
        return False


def is_url(text: str) -> bool:
    """Whether a name is one of somewhere else, not of a file here."""
    return _URL.match(text) is not None


def read_source(path: Path, report: Report) -> Source | None:
    """A YAML file; None where it cannot be read, which is told in the report."""
    try:
        return _read(path, _stamp(path))
    except FlowSpecError as wrong:
        message, line = unread(wrong, path)
        told = message.partition(": ")[2] if line else ""
        report.add_file("flow-yaml", "error", path, told[:1].upper() + told[1:] or message, wrong.hint, line)
        return None


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


@functools.lru_cache(maxsize=512)
def _read(path: Path, stamp: tuple[int, int]) -> Source:
    document = read(path, FlowSpecError)
    return Source(path, document, document.plain(FlowSpecError))


def flow_files(folder: Path) -> list[Path]:
    """The specifications in a folder and below, in order: ``flow.yaml`` and ``*.flow.yaml``, or ``.yml``, ``.json``."""
    return sorted(_files(folder))


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = [each for each in folders if not each.startswith(".") and each not in _LEFT_OUT]
        yield from (Path(place) / each for each in files if _SPEC.fullmatch(each))


def around(tree: Tree, repository: Repository | None) -> Tree:
    """All specifications of the repository, or of the folder where there is none, with what they import, those of the
    tree first: what else fills or reads a collection."""
    known = {each.path for each in tree.sources}
    wider = Tree(list(tree.sources))
    if repository is not None:
        near = flow_files(repository.root)
    elif tree.sources:
        near = sorted(each for each in tree.sources[0].path.parent.iterdir() if _SPEC.fullmatch(each.name))
    else:
        near = []
    silent = Report(repository)
    for path in near:
        for source in load_tree(path, silent).sources if is_file(path) and path not in known else ():
            if source.path not in known:
                known.add(source.path)
                wider.sources.append(source)
    return wider
