"""Requests for connectors, as requests/*.yaml tell of them, and what each of them waits for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from connector_sdk.catalog._files import read
from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.site._facts import Facts, slug
from connector_sdk.errors import RequestFileError

__all__ = ["Asked", "Event", "read_asked"]


@dataclass(frozen=True)
class Event:
    """A step of a request's history."""

    state: str
    day: date | None
    by: str
    note: str


@dataclass(frozen=True)
class Asked:
    """A request; what its file does not say is empty."""

    id: str
    system: str
    kind: str
    requester: str
    day: date | None
    need: tuple[tuple[str, str], ...]
    streams: tuple[str, ...]
    urls: tuple[str, ...]
    auth: str
    classification: str
    query: str
    answer: str
    answer_connector: str
    candidates: tuple[str, ...]
    gaps: tuple[str, ...]
    catalog_version: str
    replaces: tuple[str, ...]
    decision: str
    decided_by: str
    decided_on: date | None
    reason: str
    until: date | None
    state: str
    history: tuple[Event, ...]
    connector: str
    file: str

    @property
    def slug(self) -> str:
        """The name of its page."""
        return slug(self.file.rpartition("/")[2].removesuffix(".yaml"))

    @property
    def since(self) -> date | None:
        """The day on which it came into its state; a step that stays there does not count."""
        day = self.day
        for event in reversed(self.history):
            if event.state != self.state:
                break
            day = event.day or day
        return day

    def days(self, today: date) -> int | None:
        """How many days it has been in its state."""
        return None if self.since is None else max(0, (today - self.since).days)


def read_asked(repository: Repository) -> tuple[Asked, ...]:
    """The requests, by the names of their files. Raises RequestFileError where a file is not YAML."""
    if not repository.requests.is_dir():
        return ()
    files = sorted(each for each in repository.requests.glob("*.yaml") if each.is_file() and each.name[0] != ".")
    found = []
    for file in files:
        data = read(file, RequestFileError).data
        if data is not None and not isinstance(data, Mapping):
            raise RequestFileError(
                f"{repository.relative(file)} holds no request.", hint="connector-sdk request check ID"
            )
        found.append(_asked(Facts(data), file.stem, repository.relative(file)))
    return tuple(found)


def _asked(request: Facts, name: str, file: str) -> Asked:
    need, check, decision = request.at("need"), request.at("catalogCheck"), request.at("decision")
    kind = request.text("connectorKind")
    return Asked(
        id=request.text("id") or name,
        system=request.text("system") or name,
        kind=kind or "capture",
        requester=request.text("requester"),
        day=request.day("date"),
        need=tuple((key, ", ".join(each.texts())) for key, each in need.members() if each.texts()),
        streams=need.texts("streams"),
        urls=request.texts("urls"),
        auth=request.text("auth"),
        classification=request.text("dataClassification"),
        query=check.text("query"),
        answer=check.text("answer"),
        answer_connector=check.text("connector"),
        candidates=check.texts("candidates"),
        gaps=decision.texts("gap") or check.texts("gaps"),
        catalog_version=check.text("catalogVersion"),
        replaces=request.texts("replaces"),
        decision=decision.text("answer"),
        decided_by=decision.text("by"),
        decided_on=decision.day("date"),
        reason=decision.text("reason"),
        until=decision.day("until"),
        state=request.text("state"),
        history=tuple(
            Event(each.text("state"), each.day("date"), each.text("by"), each.text("note"))
            for each in request.each("history")
        ),
        connector=request.text("connector"),
        file=file,
    )
