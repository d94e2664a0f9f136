"""Everything that can be told of a repository's request path, in one go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connector_sdk.catalog._files import Document, read
from connector_sdk.catalog._findings import Finding
from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.checks._dates import due
from connector_sdk.catalog.checks._flows import flow_files, flows
from connector_sdk.catalog.checks._overlaps import closed_gaps, newcomers, overlaps
from connector_sdk.catalog.checks._review import new_connectors, scripts, unmaterialized, unused, without_entry
from connector_sdk.catalog.checks._rules import QUESTIONS, Question, question_of
from connector_sdk.catalog.requests import check_requests, stored
from connector_sdk.errors import EntryError

if TYPE_CHECKING:
    from connector_sdk.catalog.known import Catalog, Listed

__all__ = ["Answered", "Report", "check_all", "look"]

_ORDER = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True)
class Answered:
    """A question of the review: ``holds`` is None where there is nothing to ask it of."""

    question: Question
    holds: bool | None
    findings: int


@dataclass(frozen=True)
class Report:
    """What was found, gravest first, and in how much."""

    findings: list[Finding]
    looked: dict[str, int]
    base: str = ""
    today: date = field(default_factory=lambda: datetime.now(UTC).date())

    def count(self, severity: str) -> int:
        """How many findings are that grave."""
        return sum(each.severity == severity for each in self.findings)

    def clean(self, *, strict: bool = False) -> bool:
        """Whether nothing fails: no error, and with ``strict`` no warning either."""
        return not self.count("error") and not (strict and self.count("warning"))

    @property
    def checklist(self) -> list[Answered]:
        """The review's questions, each answered by the findings of its rules; notes do not count."""
        found = [question_of(each.rule) for each in self.findings if each.severity != "note"]
        return [self._answered(each, found.count(each.key)) for each in QUESTIONS]

    def _answered(self, question: Question, findings: int) -> Answered:
        nothing = question.needs and not self.looked[question.needs] and not findings
        return Answered(question, None if nothing else not findings, findings)


def check_all(repository: Repository, base: str | None = None, today: date | None = None) -> list[Finding]:
    """What is wrong in a repository: requests, entries, flow.yaml files, dates, overlaps and the strategy's review.

    ``base`` is the branch to compare with, ``today`` the day to go by (UTC's). Errors come first, then by file and
    line. Raises CatalogUsageError where git does not know the base, CatalogDataError where the catalog is damaged.
    """
    return look(repository, base, today).findings


def look(repository: Repository, base: str | None = None, today: date | None = None) -> Report:
    """The same, with what was looked at."""
    from connector_sdk.catalog import entries, known

    day = today or datetime.now(UTC).date()
    estuary = known.load()
    commit = repository.merge_base(base) if base is not None else ""
    asked, _ = stored(repository)
    requests = [each.request for each in asked]
    written = list(_documents(repository))
    files, left_out = flow_files(repository)
    found = flows(files)
    findings: list[Finding] = []
    findings += check_requests(repository, base, today=day, catalog=estuary.with_ours(_ours(repository)))
    findings += entries.check_entries(repository, base)
    for path in files:  # which collections are read is asked over all files, below
        findings += [each for each in _linted(path, repository, estuary) if each.rule != "flow-unread"]
    findings += unmaterialized(repository, found)
    findings += unused(repository, requests, found)
    findings += scripts(repository, requests)
    findings += without_entry(repository)
    if commit:
        findings += new_connectors(repository, requests, commit)
    findings += due(repository, asked, written, found, day)
    findings += overlaps(repository, asked, estuary)
    findings += closed_gaps(repository, written, estuary)
    findings += newcomers(repository, written, estuary)
    looked = {
        "requests": len(asked),
        "entries": len(written),
        "flow files": len(files),
        "flow files of tests": left_out,
    }
    return Report(sorted(dict.fromkeys(findings), key=_place), looked, base or "", day)


def _linted(path: Path, repository: Repository, estuary: Catalog) -> list[Finding]:
    """What lint says of a file; what it cannot look into is a finding as well, so that one file never ends it all."""
    from connector_sdk.catalog import specs

    told = "It cannot be read: it is a link to nothing."
    if path.is_file():
        try:
            return specs.lint(path, repository, estuary)
        except (OSError, ValueError) as wrong:
            told = f"It names a file that cannot be looked for: {getattr(wrong, 'strerror', None) or 'no such name'}."
    return [Finding("flow-yaml", "error", told, "take it away, or mend it", repository.relative(path))]


def _ours(repository: Repository) -> tuple[Listed, ...]:
    """Our own connectors; none where an entry cannot be read, which its own check tells."""
    from connector_sdk.catalog.known import read_ours

    try:
        return read_ours(repository)
    except EntryError:
        return ()


def _documents(repository: Repository) -> Iterator[Document]:
    """The entries that can be read; the others are told by their own check."""
    for path in sorted(repository.entries.glob("*.yaml")):
        try:
            yield read(path, EntryError)
        except EntryError:
            continue


def _place(each: Finding) -> tuple[Any, ...]:
    return _ORDER[each.severity], each.path, each.line, each.column, each.rule, each.message
