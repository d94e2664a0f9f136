"""A request as the code sees it: the fields of ``requests/<yyyy>-<nnn>-<system>.yaml``."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = [
    "CatalogCheck",
    "Decision",
    "Need",
    "Request",
    "Step",
    "folded",
    "parse",
    "same_person",
    "slug",
    "slug_without_signs",
]

_SIGNS = {"+": "plus", "#": "sharp", "\u266f": "sharp"}
"""Signs that tell systems apart, as they are read aloud; U+266F is music's."""


@dataclass(frozen=True)
class Need:
    """What is wanted of the connector. Durations are ISO 8601."""

    streams: tuple[str, ...] = ()
    deletes: bool = False
    freshness: str = ""
    volume: str = ""
    destination: str = ""
    licence: str = ""
    hosting: str = ""


@dataclass(frozen=True)
class CatalogCheck:
    """What the catalog said when it was asked, and which catalog that was.

    ``gaps`` is what the connector lacks of what is needed, ``unknown`` what the catalog does not tell of it.
    """

    query: str
    catalog_version: str
    answer: str
    candidates: tuple[str, ...] = ()
    connector: str = ""
    gaps: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """The check as it stands in the file."""
        told: dict[str, Any] = {
            "query": self.query,
            "catalogVersion": self.catalog_version,
            "answer": self.answer,
            "candidates": list(self.candidates),
        }
        if self.connector:
            told["connector"] = self.connector
        if self.gaps:
            told["gaps"] = list(self.gaps)
        if self.unknown:
            told["unknown"] = list(self.unknown)
        return told


@dataclass(frozen=True)
class Decision:
    """Who decided what, when, why, and until when it holds; ``gap`` is what the existing connector lacks."""

    answer: str
    by: str
    date: dt.date
    reason: str
    gap: tuple[str, ...] = ()
    none_fits: tuple[str, ...] = ()
    until: dt.date | None = None


@dataclass(frozen=True)
class Step:
    """One line of a request's history."""

    state: str
    date: dt.date
    by: str
    note: str = ""


@dataclass(frozen=True)
class Request:
    """A request. ``question`` are the fields that its catalog check and its decision are about."""

    id: str
    system: str
    connector_kind: str
    requester: str
    date: dt.date
    need: Need
    urls: tuple[str, ...]
    auth: str
    data_classification: str
    catalog_check: CatalogCheck | None
    replaces: tuple[str, ...]
    decision: Decision | None
    state: str
    history: tuple[Step, ...]
    connector: str
    path: Path

    @property
    def question(self) -> tuple[Any, ...]:
        """What was asked for."""
        return self.need, frozenset(self.urls), self.auth, self.data_classification

    @property
    def since(self) -> dt.date:
        """The day on which it came into its state; renewing a decision is no new state."""
        day = self.history[-1].date
        for step in reversed(self.history):
            if step.state != self.state:
                break
            day = step.date
        return day


def parse(data: Mapping[str, Any], path: Path) -> Request:
    """The request in data that fit the schema."""
    check, decision = data.get("catalogCheck"), data.get("decision")
    return Request(
        id=data["id"],
        system=data["system"],
        connector_kind=data["connectorKind"],
        requester=data["requester"],
        date=_day(data["date"]),
        need=_need(data["need"]),
        urls=tuple(data.get("urls", ())),
        auth=data.get("auth", ""),
        data_classification=data.get("dataClassification", ""),
        catalog_check=_check(check) if check else None,
        replaces=tuple(data.get("replaces", ())),
        decision=_decision(decision) if decision else None,
        state=data["state"],
        history=tuple(
            Step(each["state"], _day(each["date"]), each["by"], each.get("note", "")) for each in data["history"]
        ),
        connector=data.get("connector", ""),
        path=path,
    )


def folded(text: str) -> str:
    """A name without case, accents, spaces and punctuation: what two spellings of one system have in common. Signs that
    are read aloud count as their words: C, C++ and C# are three systems."""
    plain = _aloud(unicodedata.normalize("NFKD", text)).casefold()
    return "".join(each for each in plain if each.isalnum())


def slug(text: str) -> str:
    """A name as it stands in the name of a file; empty where it has no letter of a to z and no digit."""
    plain = unicodedata.normalize("NFKD", text)
    return _hyphened(_aloud(plain)) if _hyphened(plain) else ""


def slug_without_signs(text: str) -> str:
    """The same, as it was when signs did not count: files that are there are named so too."""
    return _hyphened(unicodedata.normalize("NFKD", text))


def _aloud(text: str) -> str:
    for sign, word in _SIGNS.items():
        text = text.replace(sign, f" {word} ")
    return text


def _hyphened(text: str) -> str:
    return "-".join(re.findall("[a-z0-9]+", text.encode("ascii", "ignore").decode().lower()))


def same_person(one: str, other: str) -> bool:
    """Whether two addresses are one person's, whatever their case."""
    alike = [unicodedata.normalize("NFKC", each).strip().casefold() for each in (one, other)]
    return alike[0] == alike[1]


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def _need(data: Mapping[str, Any]) -> Need:
    return Need(**{**data, "streams": tuple(data.get("streams", ()))})


def _check(data: Mapping[str, Any]) -> CatalogCheck:
    return CatalogCheck(
        data["query"],
        data["catalogVersion"],
        data["answer"],
        tuple(data["candidates"]),
        data.get("connector", ""),
        tuple(data.get("gaps", ())),
        tuple(data.get("unknown", ())),
    )


def _decision(data: Mapping[str, Any]) -> Decision:
    until = data.get("until")
    return Decision(
        data["answer"],
        data["by"],
        _day(data["date"]),
        data["reason"],
        tuple(data["gap"]),
        tuple(data.get("noneFits", ())),
        _day(until) if until else None,
    )
