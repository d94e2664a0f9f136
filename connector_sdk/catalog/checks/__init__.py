"""``check-all``: one check of a repository's request path, for its CI.

It runs every check there is (requests, entries, flow.yaml files), adds what only shows over all files together (the
strategy's review, days that have come, what Estuary's catalog has by now), and tells it as text, JSON, SARIF or a
comment for a pull request.
"""

from __future__ import annotations

from connector_sdk.catalog.checks._all import Answered, Report, check_all, look
from connector_sdk.catalog.checks._markdown import MARK, markdown, summary
from connector_sdk.catalog.checks._rules import QUESTIONS, RULES, Question
from connector_sdk.catalog.checks._sarif import sarif

__all__ = [
    "MARK",
    "QUESTIONS",
    "RULES",
    "Answered",
    "Question",
    "Report",
    "check_all",
    "look",
    "markdown",
    "sarif",
    "summary",
]
