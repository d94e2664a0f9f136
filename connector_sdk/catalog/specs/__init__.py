"""flow.yaml: written from a connector, merged with what a person changed, and checked before flowctl sees it."""

from __future__ import annotations

from connector_sdk.catalog.specs._lint import lint
from connector_sdk.catalog.specs._tree import flow_files

__all__ = ["flow_files", "lint"]
