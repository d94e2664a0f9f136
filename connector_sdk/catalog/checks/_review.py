"""The strategy's review over the whole repository: is Flow used, are scripts gone, is all of it materialized."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from connector_sdk.catalog._findings import Finding
from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.checks._flows import Flows
from connector_sdk.catalog.requests import Request

__all__ = ["new_connectors", "scripts", "unmaterialized", "unused", "without_entry"]

_NAMED = ("source-", "source_", "materialize-", "materialize_")
_PROJECT = frozenset({"pyproject.toml", "setup.py", "setup.cfg", "Dockerfile", "go.mod", "Cargo.toml", "package.json"})
_CODE = frozenset({".py", ".go", ".rs", ".ts", ".js", ".java", ".rb", ".sh"})
_NO_CODE = frozenset({"node_modules", "__pycache__", "site-packages", "tests"})
_IN_USE = ("closed-use-existing", "registered")


def unmaterialized(repository: Repository, found: Flows) -> Iterator[Finding]:
    """Collections that reach no destination, and are not said not to."""
    served = found.served()
    for each in found.collections:
        path = repository.relative(each.document.path)
        if each.released is not None and not each.released.why:
            yield Finding(
                "collection-not-materialized",
                "error",
                f"{each.name} is said not to be materialized, without a reason.",
                "write why after it: # not materialized: REASON",
                path,
                each.released.line,
            )
        elif each.name not in served:
            yield Finding(
                "collection-not-materialized",
                "error",
                f"No materialization reads the collection {each.name}.",
                "add a binding with it as its source, or write above it: # not materialized: REASON",
                path,
                *each.place,
            )
        elif each.released is not None and each.name in found.materialized:
            yield Finding(
                "collection-not-materialized",
                "warning",
                f"{each.name} is said not to be materialized, and is.",
                "take the comment out",
                path,
                each.released.line,
            )


def unused(repository: Repository, requests: list[Request], found: Flows) -> Iterator[Finding]:
    """Connectors that are to be used, and that no capture here uses, where there are captures at all."""
    if not found.captures:
        return
    names = {image.rpartition("/")[2] for image in found.images}
    for each in requests:
        if each.connector_kind == "capture" and each.state in _IN_USE and each.connector not in names:
            yield Finding(
                "flow-not-used",
                "warning",
                f"{each.id} ended with {each.connector}, and no capture here uses it.",
                f"connector-sdk flow init {each.connector} writes its flow.yaml",
                repository.relative(each.path),
            )


def scripts(repository: Repository, requests: list[Request]) -> Iterator[Finding]:
    """Scripts that a request was to replace, that are still there when its connector runs."""
    for each in requests:
        if each.state not in _IN_USE:
            continue
        for name in each.replaces:
            path = repository.root / name
            if path.exists():
                yield Finding(
                    "script-not-removed",
                    "error",
                    f"{name} is still there; {each.id} replaced it by {each.connector}.",
                    "delete it, and what starts it",
                    repository.relative(path),
                )


def new_connectors(repository: Repository, requests: list[Request], commit: str) -> Iterator[Finding]:
    """Connectors that are not at the merge base, and that no approved request asked for."""
    asked = {each.connector for each in requests if each.decision is not None and each.decision.answer == "approve"}
    for folder in _connectors(repository):
        name = _name(folder)
        if name not in asked and not repository.files_at(commit, folder):
            yield Finding(
                "connector-without-request",
                "error",
                f"{name} is new here, and no approved request asked for it.",
                "connector-sdk request new SYSTEM, request check, request decide --approve --name " + name,
                repository.relative(_face(folder)),
            )


def without_entry(repository: Repository) -> Iterator[Finding]:
    """Connectors that nobody answers for, and that the check of entries does not see: those without a pyproject.toml,
    or deeper than ``connectors/NAME``."""
    for folder in _connectors(repository):
        seen = folder.parent == repository.connectors and _face(folder) != folder
        runs = any(_mains(folder)) or folder.name.startswith(_NAMED)
        if not seen and runs and not (repository.entries / f"{_name(folder)}.yaml").is_file():
            yield Finding(
                "connector-without-entry",
                "error",
                f"{_name(folder)} has no entry, so nobody answers for it.",
                "request it first: connector-sdk request new SYSTEM; an approved request has an entry",
                repository.relative(folder),
            )


def _connectors(repository: Repository) -> list[Path]:
    """The folders of connectors, at any depth: with the file of a project or a program, or with a connector's name and
    code in it. What lies inside of one belongs to it."""
    found: list[Path] = []
    for place, folders, files in os.walk(repository.connectors):
        folder = Path(place)
        if folder != repository.connectors and _is_connector(folder, files):
            found.append(folder)
            folders.clear()
        folders[:] = sorted(each for each in folders if not each.startswith(".") and each not in _NO_CODE)
    return sorted(found)


def _is_connector(folder: Path, files: list[str]) -> bool:
    if _PROJECT.intersection(files) or any(_mains(folder)):
        return True
    return folder.name.startswith(_NAMED) and any(each.suffix in _CODE for each in folder.rglob("*"))


def _mains(folder: Path) -> Iterator[Path]:
    """The programs of a folder, itself a package or with packages in it."""
    yield from folder.glob("__main__.py")
    yield from (each for each in folder.glob("*/__main__.py") if each.parent.name not in _NO_CODE)


def _name(folder: Path) -> str:
    return folder.name.replace("_", "-")


def _face(folder: Path) -> Path:
    """The file that a finding about a connector is shown at; its folder where there is none."""
    project = folder / "pyproject.toml"
    return project if project.is_file() else folder
