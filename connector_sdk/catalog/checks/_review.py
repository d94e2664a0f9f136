"""The strategy's review over the whole repository: is Flow used, are scripts gone, is all of it materialized."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from connector_sdk.catalog._findings import Finding
from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.checks._flows import Flows
from connector_sdk.catalog.requests import Request

__all__ = ["new_connectors", "scripts", "unmaterialized", "unused"]

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
        name = folder.name
        if name not in asked and not repository.files_at(commit, folder):
            yield Finding(
                "connector-without-request",
                "error",
                f"{name} is new here, and no approved request asked for it.",
                "connector-sdk request new SYSTEM, request check, request decide --approve --name " + name,
                repository.relative(folder / "pyproject.toml"),
            )


def _connectors(repository: Repository) -> list[Path]:
    if not repository.connectors.is_dir():
        return []
    return sorted(each.parent for each in repository.connectors.glob("*/pyproject.toml"))
