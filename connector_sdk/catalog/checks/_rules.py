"""The rules of ``check-all``: which question of the review each belongs to, and what it is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from connector_sdk.catalog._findings import Finding

__all__ = ["QUESTIONS", "RULES", "Question", "question_of", "told"]


@dataclass(frozen=True)
class Question:
    """A question of the review. ``needs`` is what has to be there for it to be asked."""

    key: str
    text: str
    needs: str = ""


QUESTIONS = (
    Question("flow", "Is Estuary Flow being used?", "flow files"),
    Question("scripts", "Are the scripts gone that requests replace?", "requests"),
    Question("collections", "Is data flowing through collections with keys and schemas, in sound specs?", "flow files"),
    Question("materializations", "Is each collection materialized, or declared not to be?", "flow files"),
    Question("requests", "Did every request go its way, decided by another person?", "requests"),
    Question("entries", "Do the catalog entries say what the connectors are?", "entries"),
    Question("again", "Is nothing to be looked at again?"),
)
"""The strategy's review checklist, and what this repository's record adds to it."""

RULES: dict[str, tuple[str, str]] = {
    "flow-not-used": ("flow", "A connector that is to be used is in no capture."),
    "connector-without-request": ("flow", "A connector was added that no approved request asked for."),
    "script-not-removed": ("scripts", "A script is still there that a connector replaced."),
    "collection-not-materialized": ("materializations", "A collection reaches no destination, and nobody says why."),
    "request-unreadable": ("requests", "A request is not YAML."),
    "request-schema": ("requests", "A request does not fit its schema."),
    "request-file-name": ("requests", "A request's file is not named by its id and system."),
    "request-number-twice": ("requests", "Two requests have one number."),
    "request-twice": ("requests", "A system is asked for twice at a time."),
    "request-removed": ("requests", "A request's file is gone."),
    "request-state": ("requests", "A request is in a state that no allowed step leads to."),
    "request-history": ("requests", "A request's history was rewritten."),
    "request-changed": ("requests", "What stays as it was decided was edited."),
    "request-decider": ("requests", "Who asked has decided."),
    "request-decision": ("requests", "A decision lacks its ground, or is not what the history tells."),
    "request-date": ("requests", "A day of a request is in the future, or out of order."),
    "request-check-stale": ("requests", "The catalog says something else than a request that is to be decided."),
    "request-entry": ("requests", "A request's state is not what its connector's folder and entry show."),
    "until-overdue": ("again", "The day to look again has come."),
    "catalog-overlap": ("again", "Estuary's catalog has by now what one of our connectors was made for."),
}
"""Each rule of requests and of the whole repository: its question's key, and what it is about."""
_PREFIXES = (("flow-", "collections"), ("request-", "requests"), ("entry-", "entries"), ("catalog-", "again"))


def question_of(rule: str) -> str:
    """The key of the question that a rule belongs to."""
    if rule in RULES:
        return RULES[rule][0]
    return next((key for prefix, key in _PREFIXES if rule.startswith(prefix)), "entries")


def told(rule: str, findings: Iterable[Finding]) -> str:
    """What a rule is about, in a sentence: the table's, else that of the first finding."""
    from connector_sdk.catalog.specs import RULES as LINTED

    if rule in RULES:
        return RULES[rule][1]
    if rule in LINTED:
        return f"{LINTED[rule][:1].upper()}{LINTED[rule][1:]}."
    return next((each.message for each in findings if each.rule == rule), rule)
