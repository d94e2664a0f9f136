"""All requests of a repository, checked: each by itself, against the merge base, against each other and the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from connector_sdk.catalog._findings import Finding
from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.requests import _store
from connector_sdk.catalog.requests._ask import ask
from connector_sdk.catalog.requests._facts import facts, unmet
from connector_sdk.catalog.requests._model import Request, folded, slug, slug_without_signs
from connector_sdk.catalog.requests._states import ENDED
from connector_sdk.catalog.requests._store import FILE_NAME, Stored
from connector_sdk.catalog.requests._transitions import Problem, late, problems
from connector_sdk.errors import CatalogError

if TYPE_CHECKING:
    from connector_sdk.catalog.known import Catalog

__all__ = ["check_requests"]


def check_requests(
    repository: Repository, base: str | None = None, *, today: date | None = None, catalog: Catalog | None = None
) -> list[Finding]:
    """What is wrong with the repository's requests.

    ``base`` is the branch (or tag, or commit) to compare with: with it, steps are checked against the merge base, and
    numbers against the branch as it is now. ``catalog`` is asked again for what waits for a decision. Raises
    CatalogUsageError where git does not know the base.
    """
    commit = repository.merge_base(base) if base is not None else ""
    found, findings = _store.stored(repository)
    findings += _names(repository)
    findings += _numbers(repository, base or "", commit)
    findings += _twice(repository, found)
    for each in found:
        path = repository.relative(each.request.path)
        old = _store.at_commit(repository, commit, path) if commit else None
        findings += _told(repository, each, problems(old, each.request))
        findings += _told(repository, each, late(each.request, today or datetime.now(UTC).date()))
        known = facts(repository, each.request.connector)
        findings += _told(repository, each, unmet(each.request, each.request.state, known))
        if catalog is not None:
            findings += _asked(repository, each, catalog)
    if commit:
        findings += _removed(repository, commit, _renumbered(repository, commit, found))
    return findings


def _told(repository: Repository, stored: Stored, found: Iterator[Problem] | list[Problem]) -> list[Finding]:
    path = repository.relative(stored.request.path)
    return [
        Finding(each.rule, "error", each.message, each.hint, path, *stored.document.place(*each.where))
        for each in found
    ]


def _names(repository: Repository) -> Iterator[Finding]:
    """A file is named by its request's id and system."""
    for path in _store.files(repository):
        where = repository.relative(path)
        matched = FILE_NAME.fullmatch(path.name)
        if not matched:
            if path.name == "README.md":
                continue
            yield Finding(
                "request-file-name",
                "error",
                f"{path.name} is not named as a request is.",
                "name it YYYY-NNN-SYSTEM.yaml, in small letters; request new does",
                where,
            )
            continue
        try:
            request = _store.load(path).request
        except CatalogError:
            continue  # told by itself
        expected = f"{request.id}-{slug(request.system)}.yaml"
        if path.name not in (expected, f"{request.id}-{slug_without_signs(request.system)}.yaml"):
            yield Finding(
                "request-file-name",
                "error",
                f"{path.name} holds {request.id} for {request.system}.",
                f"name it {expected}, or take the edit of id or system back",
                where,
            )


def _numbers(repository: Repository, base: str, commit: str) -> Iterator[Finding]:
    """A number is taken once, also on the branch that this one goes to; there its file came first."""
    here = {path.name for path in _store.files(repository)}
    there = set(_before(repository, base)) if base else set()
    if commit:
        there -= set(_before(repository, commit)) - here  # what this branch takes away
    holders: dict[str, set[str]] = defaultdict(set)
    for name in here | there:
        if matched := FILE_NAME.fullmatch(name):
            holders[matched["id"]].add(name)
    for number, names in sorted(holders.items()):
        for name in sorted(names & here):
            others = names - {name}
            if not others or (name in there and not others & there):
                continue
            free = _store.next_id(repository, int(number[:4]))
            yield Finding(
                "request-number-twice",
                "error",
                f"{number} is the number of {min(others)} too.",
                f"the later one takes another: id: {free}, and {free} in the file's name",
                f"requests/{name}",
            )


def _twice(repository: Repository, found: list[Stored]) -> Iterator[Finding]:
    """One system is asked for once at a time."""
    first: dict[tuple[str, str], Request] = {}
    for each in found:
        request = each.request
        if request.state in ENDED:
            continue
        other = first.setdefault((folded(request.system), request.connector_kind), request)
        if other is not request:
            yield Finding(
                "request-twice",
                "error",
                f"{other.id} asks for {other.system} already; it is {other.state}.",
                f"add what is needed to {other.path.name} and retire this one; another system gets its full name",
                repository.relative(request.path),
                *each.document.place("system"),
            )


def _renumbered(repository: Repository, commit: str, found: list[Stored]) -> set[str]:
    """Files of the merge base that have another name now, since two had their number."""
    before = {name: FILE_NAME.fullmatch(name) for name in _before(repository, commit)}
    numbers = [matched["id"] for matched in before.values() if matched]
    now = {_mark(each.request): each.request.path.name for each in found}
    moved = set()
    for name, matched in before.items():
        if matched and numbers.count(matched["id"]) > 1:
            old = _store.at_commit(repository, commit, f"requests/{name}")
            if old is not None and now.get(_mark(old), name) != name:
                moved.add(name)
    return moved


def _mark(request: Request) -> tuple[object, ...]:
    """What tells two requests apart, whatever their numbers."""
    return request.system, request.connector_kind, request.requester, request.date


def _before(repository: Repository, commit: str) -> list[str]:
    return [Path(each).name for each in repository.files_at(commit, repository.requests)]


def _removed(repository: Repository, commit: str, moved: set[str]) -> Iterator[Finding]:
    """A request stays, whatever became of it: it is the record."""
    for name in _before(repository, commit):
        if FILE_NAME.fullmatch(name) and not (repository.requests / name).is_file() and name not in moved:
            yield Finding(
                "request-removed",
                "error",
                f"{name} is gone.",
                "bring it back; what is no longer wanted is retired: request move ID retired",
                f"requests/{name}",
            )


def _asked(repository: Repository, stored: Stored, catalog: Catalog) -> Iterator[Finding]:
    """What a request says of the catalog is what the catalog says: now, where it waits for a decision; and where its
    catalog is today's, whatever became of it. An answer of an older catalog is only told."""
    request = stored.request
    was = request.catalog_check
    if was is None or (request.state != "checked" and was.catalog_version != catalog.version):
        return
    try:
        answers = [ask(request, each) for each in (catalog, catalog.with_ours(()))]
    except CatalogError as wrong:
        yield from _told(repository, stored, [Problem("request-schema", wrong.message, wrong.hint, ("need",))])
        return
    if was == answers[0] or (request.state != "checked" and was == answers[1]):
        return
    now, old = answers[0], was.catalog_version != catalog.version
    told = f"is {now.answer}, not {was.answer}" if now.answer != was.answer else "has other details"
    yield Finding(
        "request-check-stale",
        "warning" if old else "error",
        f"The answer of today's catalog {told}."
        if replace(was, catalog_version=now.catalog_version) != now
        else "The catalog has a newer version; its answer is the same.",
        f"connector-sdk request check {request.id}" if request.state == "checked" else "take the edit back",
        repository.relative(request.path),
        *stored.document.place("catalogCheck"),
    )
