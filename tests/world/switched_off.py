"""Safety rules of the engine, each with the way to switch it off and a story that ends badly without it.

``python -m tests.world.switched_off`` writes the table into ``docs/engine.md``. ``--find NAME`` looks for the story
of a rule: it plays drawn stories without the rule until one ends badly, and shrinks it.
"""

from __future__ import annotations

import logging
import random
import sys
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

from connector_sdk.errors import DefinitionError

from .histories import HISTORIES
from .play import Violation, play
from .rules import RULES, Rule
from .sorts import SORTS
from .story import Story, shrunk

__all__ = ["PAGE", "RULES", "Rule", "story_of", "table", "with_table", "without"]

PAGE = Path(__file__).parents[2] / "docs" / "engine.md"
_BEGIN, _END = "<!-- switched off: begin -->", "<!-- switched off: end -->"
_MOST = 5_000


def story_of(rule: Rule) -> Story:
    """The history that fails without this rule."""
    return HISTORIES[rule.name]


def without(rule: Rule, story: Story) -> Violation | None:
    """How a story ends without a rule."""
    with ExitStack() as stack:
        for owner, name, instead in rule.switches():
            stack.enter_context(patch.object(owner, name, instead))
        return play(story, trusting=True).violation


def find(rule: Rule) -> Story:
    """The shortest story found that ends well with the rule, and badly without it."""

    def bad(story: Story) -> bool:
        try:
            found = without(rule, story)
            return found is not None and found.what in rule.what and play(story).violation is None
        except DefinitionError:
            return False

    for seed in range(_MOST):
        story = SORTS[rule.sort](random.Random(seed))
        if bad(story):
            return shrunk(story, bad)
    raise LookupError(f"{rule.name}: {_MOST:,} stories of {rule.sort} ended well without it")


def table() -> str:
    """The table, from playing the stories."""
    lines = ["| rule | switched off | what then goes wrong | history |", "|---|---|---|---|"]
    for rule in RULES:
        story = story_of(rule)
        found = without(rule, story)
        ending = "" if story.lives_on else "; then a restart"
        history = "; ".join(map(str, (story.declared, *story.past, *story.events))) + ending
        lines.append(f"| {rule.name} | {rule.off} | {found.what if found else 'nothing'} | `{history}` |")
    return "\n".join(lines)


def with_table(page: str) -> str:
    """The page with the table between its marks."""
    head, rest = page.split(_BEGIN)
    return f"{head}{_BEGIN}\n{table()}\n{_END}{rest.split(_END)[1]}"


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    if sys.argv[1:2] == ["--find"]:
        for each in RULES:
            if each.name in sys.argv[2:] or (not sys.argv[2:] and each.name not in HISTORIES):
                try:
                    print(f"    {each.name!r}: {find(each).code()},", flush=True)
                except LookupError as nothing:
                    print(f"    # {nothing}", flush=True)
    else:
        PAGE.write_text(with_table(PAGE.read_text()))
