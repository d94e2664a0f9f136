"""Every safety rule is there for a reason: without it, its history ends badly."""

from __future__ import annotations

import pytest

from .histories import HISTORIES
from .play import play
from .switched_off import PAGE, RULES, Rule, story_of, with_table, without


def test_every_rule_has_a_history_and_every_history_a_rule() -> None:
    assert sorted(HISTORIES) == sorted(rule.name for rule in RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_that_is_switched_off_is_missed(rule: Rule) -> None:
    story = story_of(rule)
    assert play(story).violation is None
    found = without(rule, story)
    assert found is not None and found.what in rule.what


def test_the_page_tells_what_happens_without_each_rule() -> None:
    page = PAGE.read_text()
    assert page == with_table(page), "write it: python -m tests.world.switched_off"
