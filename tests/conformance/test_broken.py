"""The kit catches what it is there for: every defect of a small connector, by the check that is meant for it."""

from __future__ import annotations

from functools import lru_cache

import pytest

from connector_sdk.testing.conformance import CHECKS, Outcome, Source, try_check

from .defects import DEFECTS, FOLDER, shop
from .matrix import PAGE, rows


@lru_cache
def source(defect: str) -> Source:
    return Source(shop(defect))


def tried(check: str, defect: str = "") -> Outcome:
    return try_check(CHECKS[check], source(defect))


@pytest.mark.parametrize("check", list(CHECKS))
def test_a_sound_connector_passes_every_check(check: str) -> None:
    outcome = tried(check)
    assert outcome.status != "failed", outcome.told
    unproved = {"the-table-of-streams-is-current", "a-blocked-reader-is-waited-for", "the-same-in-airbyte"}
    assert outcome.status == "passed" or check in unproved, outcome.told


@pytest.mark.parametrize("defect", list(DEFECTS))
def test_a_defect_is_caught_by_the_check_that_is_there_for_it(defect: str) -> None:
    outcome = tried(DEFECTS[defect], defect)
    assert outcome.status == "failed", f"{DEFECTS[defect]} {outcome.status}: {outcome.told}"
    assert outcome.told
    assert "Error:" not in outcome.told.split(" ")[0], f"the check itself failed: {outcome.told}"


def test_the_table_tells_every_defect_and_what_caught_it() -> None:
    told = rows(PAGE.read_text("utf-8"))
    assert told.keys() == DEFECTS.keys(), "write it anew: python -m tests.conformance.matrix"
    for defect, due in DEFECTS.items():
        assert told[defect][0] == due
        assert set(told[defect]) <= CHECKS.keys()


def test_every_check_has_a_reason_and_a_rule_or_a_page() -> None:
    for check in CHECKS.values():
        assert check.why.endswith("."), check.name
        assert check.rules or check.group == "documentation", check.name


def test_the_shop_has_each_defect() -> None:
    text = (FOLDER / "source_shop" / "__init__.py").read_text("utf-8")
    for defect in DEFECTS:
        assert f'broken("{defect}")' in text, defect
