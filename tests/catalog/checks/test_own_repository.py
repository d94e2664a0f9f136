"""This repository is checked as it asks others to check theirs."""

from __future__ import annotations

from pathlib import Path

from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.checks import look


def test_this_repository_is_clean() -> None:
    report = look(Repository(Path(__file__).parents[3]))
    assert report.clean(), [each for each in report.findings if each.severity == "error"]
    assert report.looked["entries"] >= 5
