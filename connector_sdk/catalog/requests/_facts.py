"""What the repository holds of a request's connector, and what each state needs of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from connector_sdk.catalog._files import read
from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.requests._model import Request
from connector_sdk.catalog.requests._states import reached
from connector_sdk.catalog.requests._transitions import Problem
from connector_sdk.errors import EntryError

__all__ = ["LIFECYCLES", "Facts", "facts", "unmet"]

LIFECYCLES: dict[str, tuple[str, ...]] = {
    "building": ("building",),
    "candidate": ("candidate",),
    "submitted": ("candidate",),
    "registered": ("registered", "deprecated"),
    "retired": ("retired", "deprecated"),
}
"""The lifecycles that an entry may have while its request is in a state; the first is the one that a step writes."""


@dataclass(frozen=True)
class Facts:
    """A connector's folder and entry, as far as states of requests depend on them."""

    folder: bool = False
    entry: bool = False
    owner: str = ""
    lifecycle: str = ""
    passed: int = 0
    failed: int = 0
    digest: str = ""
    reference: str = ""
    registered: bool = False


def facts(repository: Repository, connector: str) -> Facts:
    """What the repository holds of a connector. An entry that cannot be read counts as none: its own check tells."""
    folder = bool(connector) and (repository.connectors / connector).is_dir()
    path = repository.entries / f"{connector}.yaml"
    if not connector or not path.is_file():
        return Facts(folder=folder)
    try:
        data = read(path, EntryError).data
    except EntryError:
        return Facts(folder=folder)
    conformance = _at(data, "generated", "conformance")
    releases = _at(data, "releases")
    newest = releases[-1] if isinstance(releases, list) and releases else None
    return Facts(
        folder=folder,
        entry=True,
        owner=_text(_at(data, "metadata", "owner")),
        lifecycle=_text(_at(data, "metadata", "lifecycle")),
        passed=_count(_at(conformance, "passed")),
        failed=_count(_at(conformance, "failed")),
        digest=_text(_at(data, "generated", "image", "digest")) or _text(_at(newest, "digest")),
        reference=_text(_at(data, "spec", "estuary", "reference")),
        registered=_at(data, "spec", "estuary", "registered") is True,
    )


def unmet(request: Request, state: str, known: Facts, *, lifecycle: bool = True) -> Iterator[Problem]:
    """What a state needs of the connector and is not so. A step that writes the lifecycle itself leaves it out."""
    name = request.connector
    entry = f"catalog-entries/{name}.yaml"
    if reached(state, "building"):
        if not known.folder:
            yield _lacks(state, f"there is no folder connectors/{name}", f"connector-sdk new {name} makes it")
        if not known.entry:
            yield _lacks(state, f"there is no {entry}", f"connector-sdk entry sync {name} writes it")
    if not known.entry:
        return
    if reached(state, "candidate"):
        if not known.passed or known.failed:
            told = f"{known.failed} failed checks of conformance" if known.failed else "no conformance"
            yield _lacks(state, f"{entry} records {told}", f"connector-sdk entry sync {name}, when the kit passes")
        if not known.digest.startswith("sha256:"):
            yield _lacks(state, f"{entry} records no image by digest", "build and push the image, then entry sync")
    if reached(state, "submitted") and not known.reference:
        yield _lacks(state, f"{entry} has no spec.estuary.reference", "give Estuary's answer or issue as --reference")
    if reached(state, "registered") and not known.registered and lifecycle:
        yield _lacks(state, f"{entry} says that Estuary has not registered it", "set spec.estuary.registered to true")
    allowed = LIFECYCLES.get(state, ())
    if lifecycle and allowed and known.lifecycle not in allowed:
        yield _lacks(
            state, f"{entry} has the lifecycle {known.lifecycle or 'none'}", f"there it is {' or '.join(allowed)}"
        )


def _lacks(state: str, what: str, hint: str) -> Problem:
    return Problem("request-entry", f"It cannot be {state}: {what}.", hint, ("state",))


def _at(data: Any, *where: str) -> Any:
    for step in where:
        data = data.get(step) if isinstance(data, dict) else None
    return data


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0
