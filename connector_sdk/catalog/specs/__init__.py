"""flow.yaml: written from a connector, merged with what a person changed, and checked before flowctl sees it."""

from __future__ import annotations

from connector_sdk.catalog.specs._configs import seconds
from connector_sdk.catalog.specs._destinations import DESTINATIONS
from connector_sdk.catalog.specs._facts import Known
from connector_sdk.catalog.specs._init import Done, init
from connector_sdk.catalog.specs._lint import lint
from connector_sdk.catalog.specs._rules import RULES
from connector_sdk.catalog.specs._tree import documents, flow_files
from connector_sdk.catalog.specs._wanted import Wanted, from_answers, from_catalog

__all__ = [
    "DESTINATIONS",
    "RULES",
    "Done",
    "Known",
    "Wanted",
    "documents",
    "flow_files",
    "from_answers",
    "from_catalog",
    "init",
    "lint",
    "seconds",
]
