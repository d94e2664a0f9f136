"""What waits for whom, and how long."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.requests._facts import facts
from connector_sdk.catalog.requests._model import Request
from connector_sdk.catalog.requests._states import STATES

__all__ = ["Waiting", "overdue", "waiting"]


@dataclass(frozen=True)
class Waiting:
    """A request, who has to act next and how, and for how many days it has been in its state."""

    request: Request
    whom: str
    to_do: str
    days: int
    overdue: bool

    def as_json(self) -> dict[str, Any]:
        """The row as it stands in the output of ``--json``."""
        request = self.request
        until = request.decision.until if request.decision else None
        return {
            "id": request.id,
            "system": request.system,
            "connectorKind": request.connector_kind,
            "state": request.state,
            "since": request.since.isoformat(),
            "days": self.days,
            "waitsFor": self.whom,
            "next": self.to_do,
            "until": until.isoformat() if until else None,
            "overdue": self.overdue,
            "connector": request.connector or None,
            "requester": request.requester,
            "file": request.path.name,
        }


def overdue(request: Request, today: date) -> bool:
    """Whether the day to look again at a decision has come; what is retired needs no look."""
    until = request.decision.until if request.decision else None
    return until is not None and until <= today and request.state != "retired"


def waiting(repository: Repository, requests: Iterable[Request], today: date) -> list[Waiting]:
    """A row for each request, in the order given."""
    return [_row(repository, each, today) for each in requests]


def _row(repository: Repository, request: Request, today: date) -> Waiting:
    state = STATES[request.state]
    late = overdue(request, today)
    whom, to_do = _whom(repository, request), state.to_do.replace("ID", request.id)
    if to_do.startswith("request") and request.id not in to_do:
        to_do += f" {request.id}"
    if late:
        again = f"request renew {request.id} --until DATE" if state.then else "the day to look again has come"
        whom, to_do = whom or "a reviewer", f"{to_do}; {again}" if to_do else again
    return Waiting(request, whom, to_do, max(0, (today - request.since).days), late)


def _whom(repository: Repository, request: Request) -> str:
    kind = STATES[request.state].waits_for
    if kind == "requester":
        return request.requester
    if kind == "reviewer":
        return f"a reviewer (not {request.requester})"
    if kind == "owner":
        return facts(repository, request.connector).owner or "the platform team"
    return kind
