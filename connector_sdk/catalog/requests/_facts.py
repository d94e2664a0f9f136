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
    reference: str = ""


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
    return Facts(
        folder=folder,
        entry=True,
        owner=_text(data, "metadata", "owner"),
        lifecycle=_text(data, "metadata", "lifecycle"),
        reference=_text(data, "spec", "estuary", "reference"),
    )


def unmet(request: Request, state: str, known: Facts, *, lifecycle: bool = True) -> Iterator[Problem]:
    """What a state needs of the connector and is not so; what its lifecycle needs, the entry's own check tells.
    A step that writes the lifecycle itself leaves it out."""
    name = request.connector
    entry = f"catalog-entries/{name}.yaml"
    if reached(state, "building"):
        if not known.folder:
            yield _lacks(state, f"there is no folder connectors/{name}", f"connector-sdk new {name} makes it")
        if not known.entry:
            yield _lacks(state, f"there is no {entry}", f"request move {request.id} building begins both")
    if not known.entry:
        return
    if reached(state, "submitted") and not known.reference:
        yield _lacks(state, f"{entry} has no spec.estuary.reference", "give Estuary's issue or answer as --reference")
    allowed = LIFECYCLES.get(state, ())
    if state == "retired" and known.lifecycle == "registered":
        hint = "people use it: write lifecycle: deprecated and spec.deprecation into it first"
        yield _lacks(state, f"{entry} is registered", hint)
    elif lifecycle and allowed and known.lifecycle not in allowed:
        told = f"{entry} has the lifecycle {known.lifecycle or 'none'}"
        yield _lacks(state, told, f"there it is {' or '.join(allowed)}; request move writes both")


def _lacks(state: str, what: str, hint: str) -> Problem:
    return Problem("request-entry", f"It cannot be {state}: {what}.", hint, ("state",))


def _text(data: Any, *where: str) -> str:
    for step in where:
        data = data.get(step) if isinstance(data, dict) else None
    return data if isinstance(data, str) else ""
