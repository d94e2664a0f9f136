"""What Estuary's catalog has today, and had not when a connector of ours was decided."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from connector_sdk.catalog._files import Document
from connector_sdk.catalog._findings import Finding
from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.requests import CatalogCheck, Request, Stored, ask

if TYPE_CHECKING:
    from connector_sdk.catalog.known import Catalog

__all__ = ["closed_gaps", "newcomers", "overlaps"]

_ONGOING = ("approved", "building", "candidate", "submitted", "registered")
_FOUND = ("use-existing", "use-replacement", "gap")


def overlaps(repository: Repository, requests: list[Stored], estuary: Catalog) -> Iterator[Finding]:
    """Requests under way whose answer would be another one today."""
    for each in requests:
        request = each.request
        if request.state not in _ONGOING or request.catalog_check is None:
            continue
        now = ask(request, estuary)
        message = _news(request, request.catalog_check, now)
        if message:
            yield Finding(
                "catalog-overlap",
                "warning",
                message,
                f"request renew {request.id} if ours is still needed, else request move {request.id} retired",
                repository.relative(request.path),
                *each.document.place("catalogCheck"),
            )


def _news(request: Request, was: CatalogCheck, now: CatalogCheck) -> str:
    if (
        now.answer in _FOUND
        and was.answer in ("request-custom", "needs-choice")
        and now.connector not in was.candidates
    ):
        return (
            f"Estuary's catalog has {now.connector} for {request.system} now; when {request.id} was checked it had not."
        )
    filled = [gap for gap in was.gaps if gap not in now.gaps]
    if was.answer == "gap" and now.answer in _FOUND and filled:
        return f"{now.connector} has what it lacked when {request.id} was checked: {', '.join(filled)}."
    return ""


def closed_gaps(repository: Repository, entries: list[Document], estuary: Catalog) -> Iterator[Finding]:
    """Entries whose reason was a stream that Estuary's connector has by now, or whose overlap is with none."""
    for document in entries:
        overlap = _member(_member(document.data, "spec"), "overlap")
        name = _member(overlap, "with")
        if not isinstance(name, str) or _member(_member(document.data, "metadata"), "lifecycle") == "retired":
            continue
        listed = estuary.get(name)
        if listed is None:
            continue  # an unknown name is told by the entry's own check
        streams = {each.name for each in listed.streams or ()}
        gaps = _member(overlap, "gap")
        for at, gap in enumerate(gaps if isinstance(gaps, list) else ()):
            if _member(gap, "kind") == "stream" and _member(gap, "what") in streams:
                yield Finding(
                    "catalog-overlap",
                    "warning",
                    f"{name} has the stream {_member(gap, 'what')} now, which {document.path.stem} says it lacks.",
                    "take the gap out; where none is left, deprecate this connector",
                    repository.relative(document.path),
                    *document.place("spec", "overlap", "gap", at),
                )


def newcomers(repository: Repository, entries: list[Document], estuary: Catalog) -> Iterator[Finding]:
    """Entries that know of no connector of Estuary's for their system, where there is one by now."""
    from connector_sdk.catalog.known import check

    for document in entries:
        metadata, spec = _member(document.data, "metadata"), _member(document.data, "spec")
        title = _member(metadata, "title")
        over = _member(metadata, "lifecycle") in ("deprecated", "retired")
        if (
            over
            or _member(spec, "overlap") is not None
            or not isinstance(title, str)
            or estuary.get(document.path.stem)
        ):
            continue  # one of the same name is told by the entry's own check
        answer = check(estuary, title, kind="capture")
        if answer.answer in _FOUND and answer.entry is not None:
            yield Finding(
                "catalog-overlap",
                "warning",
                f"Estuary's catalog has {answer.entry.name} for {title}, and the entry does not say what it lacks.",
                "add spec.overlap with its gap, or deprecate this connector",
                repository.relative(document.path),
                *document.place("spec"),
            )


def _member(data: Any, name: str) -> Any:
    return data.get(name) if isinstance(data, dict) else None
