"""Requests for connectors: ``requests/<yyyy>-<nnn>-<system>.yaml``, their states, and who may take which step.

A request is a file, its state is a field in it, its history is in the file and in git. Which steps there are stands in
``_states``; whether an edit is one of them is told by ``problems``, a pure function over what a file was and is.
"""

from __future__ import annotations

from connector_sdk.catalog.requests._ask import ask
from connector_sdk.catalog.requests._asking import Wanted, check, new, person
from connector_sdk.catalog.requests._check import check_requests
from connector_sdk.catalog.requests._deciding import Begin, Verdict, decide, renew
from connector_sdk.catalog.requests._issue import LABELS, from_issue
from connector_sdk.catalog.requests._model import CatalogCheck, Decision, Need, Request, Step
from connector_sdk.catalog.requests._moving import Move, Verify, move
from connector_sdk.catalog.requests._named import find
from connector_sdk.catalog.requests._schema import schema
from connector_sdk.catalog.requests._states import DECIDED, ENDED, STATES, State
from connector_sdk.catalog.requests._store import Stored, read_requests, stored
from connector_sdk.catalog.requests._transitions import Problem, problems
from connector_sdk.catalog.requests._waiting import Waiting, overdue, waiting

__all__ = [
    "DECIDED",
    "ENDED",
    "LABELS",
    "STATES",
    "Begin",
    "CatalogCheck",
    "Decision",
    "Move",
    "Need",
    "Problem",
    "Request",
    "State",
    "Step",
    "Stored",
    "Verdict",
    "Verify",
    "Waiting",
    "Wanted",
    "ask",
    "check",
    "check_requests",
    "decide",
    "find",
    "from_issue",
    "move",
    "new",
    "overdue",
    "person",
    "problems",
    "read_requests",
    "renew",
    "schema",
    "stored",
    "waiting",
]
