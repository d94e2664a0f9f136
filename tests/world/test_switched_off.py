"""Every safety rule is there for a reason: without it, its story ends badly."""

from __future__ import annotations

import pytest

from .play import play
from .switched_off import PAGE, RULES, Rule, with_table


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_that_is_switched_off_is_missed(rule: Rule) -> None:
    assert play(rule.story).violation is None
    assert rule.without() is not None


def test_the_page_tells_what_happens_without_each_rule() -> None:
    page = PAGE.read_text()
    assert page == with_table(page), "write it: python -m tests.world.switched_off"
