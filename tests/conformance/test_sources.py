"""Sources made for the kit, shaped like a CRM's search and a chat's history: they conform, and bear a short ordeal."""

from __future__ import annotations

from functools import lru_cache

import pytest

from connector_sdk.testing.conformance import CHECKS, Source, try_check

from .long import SOURCES, ordeal, subject


@lru_cache
def source(name: str) -> Source:
    return Source(subject(name))


@pytest.mark.parametrize("check", [each.name for each in CHECKS.values() if each.quick])
@pytest.mark.parametrize("name", ["source-crm", "source-chat"])
def test_it_conforms(name: str, check: str) -> None:
    outcome = try_check(CHECKS[check], source(name), quick=True)
    assert outcome.status == "passed", outcome.told


@pytest.mark.slow
@pytest.mark.parametrize("name", list(SOURCES))
def test_edits_kills_and_faults_end_in_equality(name: str) -> None:
    told = ordeal(source(name), seed=100, edits=120, kills=4)
    assert told.edits == 120 and told.kills == 4 and told.records > 50
