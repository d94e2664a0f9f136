"""Days to look again that have come: of decisions, of overlaps, of what is deprecated or not materialized."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from connector_sdk.catalog._files import Document
from connector_sdk.catalog._findings import Finding
from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.checks._flows import Flows
from connector_sdk.catalog.requests import Stored, overdue

__all__ = ["due"]


def due(
    repository: Repository, requests: list[Stored], entries: list[Document], found: Flows, today: date
) -> Iterator[Finding]:
    """What has to be looked at again by now."""
    for each in requests:
        request = each.request
        if overdue(request, today) and request.decision is not None:
            renew = f"connector-sdk request renew {request.id} --until DATE, or request move {request.id} retired"
            yield _due(
                repository,
                each.document,
                ("decision", "until"),
                f"The decision of {request.id} held until {request.decision.until}.",
                renew if request.decision.answer == "approve" else "ask anew with request new, or take until out",
            )
    for document in entries:
        yield from _of_entry(repository, document, today)
    for collection in found.collections:
        if collection.released and _past(collection.released.until, today):
            yield Finding(
                "until-overdue",
                "warning",
                f"{collection.name} was not to be materialized until {collection.released.until}.",
                "materialize it, or name a later day",
                repository.relative(collection.document.path),
                collection.released.line,
            )


def _of_entry(repository: Repository, document: Document, today: date) -> Iterator[Finding]:
    name = document.path.stem
    for where, told, hint in (
        (
            ("spec", "overlap", "until"),
            "The gap that {name} fills was to be looked at again by {day}.",
            "see whether Estuary's connector still lacks it: then name a later day, else deprecate this one",
        ),
        (
            ("spec", "deprecation", "removeOn"),
            "{name} was to be removed on {day}.",
            "retire it: request move ID retired, or lifecycle: retired",
        ),
    ):
        day = _at(document.data, *where)
        retired = _at(document.data, "metadata", "lifecycle") == "retired"
        if day is not None and _past(str(day), today) and not retired:
            yield _due(repository, document, where, told.format(name=name, day=day), hint)


def _due(repository: Repository, document: Document, where: tuple[str, ...], message: str, hint: str) -> Finding:
    path = repository.relative(document.path)
    return Finding("until-overdue", "warning", message, hint, path, *document.place(*where))


def _past(text: str, today: date) -> bool:
    try:
        return date.fromisoformat(text) <= today
    except ValueError:  # no day: its own check tells
        return False


def _at(data: Any, *where: str) -> Any:
    for step in where:
        data = data.get(step) if isinstance(data, dict) else None
    return data
