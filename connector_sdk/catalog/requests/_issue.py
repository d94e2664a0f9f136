"""A request as somebody filed it: an issue made by the form ``docs/ci/request-a-connector.yml``."""

from __future__ import annotations

import re

from connector_sdk.catalog.requests._asking import Wanted
from connector_sdk.catalog.requests._model import Need
from connector_sdk.errors import CatalogUsageError, did_you_mean

__all__ = ["LABELS", "from_issue"]

LABELS = {
    "system": "System",
    "requester": "Your e-mail address",
    "kind": "Direction",
    "streams": "What is to be captured",
    "deletes": "Deletions have to arrive",
    "freshness": "Freshness",
    "volume": "Volume",
    "destination": "Destination",
    "licence": "Licence",
    "hosting": "Hosting",
    "urls": "Addresses",
    "auth": "Login",
    "data": "Class of the data",
    "replaces": "Scripts that it replaces",
}
"""The headings of the form, by what stands below them."""
_HEADING = re.compile(r"^### (.+?)\s*$", re.MULTILINE)
_NOTHING = "_No response_"  # what GitHub writes below what was left empty


def from_issue(text: str) -> Wanted:
    """What an issue asks for. Raises CatalogUsageError for a text that the form did not make."""
    found = _sections(text)
    for name in ("system", "requester"):
        if not found.get(name):
            raise CatalogUsageError(
                f"The issue has nothing below {LABELS[name]!r}.", hint="it is made by the form in docs/ci"
            )
    need = Need(
        streams=_listed(found.get("streams", "")),
        deletes=found.get("deletes", "").casefold() == "yes",
        **{name: _line(found.get(name, "")) for name in ("freshness", "volume", "destination", "licence", "hosting")},
    )
    return Wanted(
        system=_line(found["system"]),
        requester=_line(found["requester"]),
        kind=found.get("kind", "") or "capture",
        need=need,
        urls=tuple(found.get("urls", "").split()),
        auth=_line(found.get("auth", "")),
        data_classification=found.get("data", ""),
        replaces=_listed(found.get("replaces", "")),
    )


def _sections(text: str) -> dict[str, str]:
    """What stands below each heading of the form."""
    names = {label.casefold(): name for name, label in LABELS.items()}
    parts = _HEADING.split(text.replace("\r\n", "\n"))[1:]
    found: dict[str, str] = {}
    for heading, body in zip(parts[::2], parts[1::2], strict=True):
        name = names.get(heading.casefold())
        if name is None:
            raise CatalogUsageError(
                f"The form has no heading {heading[:60]!r}:", hint=did_you_mean(heading, LABELS.values())
            )
        if name in found:
            raise CatalogUsageError(f"The issue has the heading {heading!r} twice.", hint="leave one")
        found[name] = "" if body.strip() == _NOTHING else body.strip()
    return found


def _listed(text: str) -> tuple[str, ...]:
    parts = (each.strip().lstrip("-*").strip() for each in re.split(r"[,\n]", text))
    return tuple(dict.fromkeys(each for each in parts if each))


def _line(text: str) -> str:
    return " ".join(text.split())
