"""Safety rules of the engine, each with the way to switch it off and a story that ends badly without it.

``python -m tests.world.switched_off`` writes the table into ``docs/engine.md``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from connector_sdk.engine.overtaken import Overtaken
from connector_sdk.engine.runtime import SourceClock
from connector_sdk.engine.seen import Seen

from .declared import Declared
from .play import Violation, play
from .story import Crash, Edit, Hold, Past, SetClock, Story, Wait

__all__ = ["PAGE", "RULES", "Rule", "table", "with_table"]

PAGE = Path(__file__).parents[2] / "docs" / "engine.md"
_BEGIN, _END = "<!-- switched off: begin -->", "<!-- switched off: end -->"


@dataclass(frozen=True)
class Rule:
    """A rule, what stands in its place when it is switched off (class, method, replacement), and a story."""

    name: str
    off: str
    switches: tuple[tuple[type, str, Callable[..., Any]], ...]
    story: Story

    def without(self) -> Violation | None:
        """How the story ends without the rule."""
        _digests.clear()
        with ExitStack() as stack:
            for owner, method, instead in self.switches:
                stack.enter_context(patch.object(owner, method, instead))
            return play(self.story).violation


def _any_digest(self: Seen, key: bytes, digest: int) -> bool:
    return digest in _digests


_digests: set[int] = set()
_remember = Seen.remember


def _remember_all(self: Seen, key: bytes, tick: int, digest: int) -> None:
    _digests.add(digest)
    _remember(self, key, tick, digest)


RULES = (
    Rule(
        "overtaken records are not written (R26)",
        "every record of a page is written",
        ((Overtaken, "passed", lambda self, key, tick, asked: False),),
        Story(Declared(), (Past("k1", 1),), (Hold(602), Wait(2), Edit("k1"))),
    ),
    Rule(
        "a frozen page is as old as its step's first request",
        "it is as old as its own request",
        ((Overtaken, "first", lambda self, lane: self.stamp),),
        Story(Declared(paging="frozen", size=1), (Past("k1", 100), Past("k2", 100)),
              (Hold(700), Wait(5), Edit("k2"), Wait(800))),
    ),
    Rule(
        "the smaller of both clocks (R7)",
        "our own clock alone",
        (
            (SourceClock, "now", lambda self: self.clock.now()),
            (SourceClock, "at", lambda self, own, monotonic: own),
        ),
        Story(Declared(), (), (SetClock(7200), Crash(0, 1), Wait(1800), Edit("k1"), Wait(60))),
    ),
    Rule(
        "the memory is a map from key to digest (R10)",
        "a set of digests",
        ((Seen, "sent_before", _any_digest), (Seen, "remember", _remember_all)),
        Story(Declared(moves=False, reread=(21600,), every=3600), (),
              (Wait(10), Edit("k1"), Wait(5000), Edit("k1", 1), Wait(4000), Edit("k1"))),
    ),
)  # fmt: skip


def table() -> str:
    """The table, from playing the stories."""
    lines = ["| rule | switched off | what then goes wrong | history |", "|---|---|---|---|"]
    for rule in RULES:
        found = rule.without()
        history = "; ".join(map(str, (rule.story.declared, *rule.story.past, *rule.story.events)))
        lines.append(f"| {rule.name} | {rule.off} | {found.what if found else 'nothing'} | `{history}` |")
    return "\n".join(lines)


def with_table(page: str) -> str:
    """The page with the table between its marks; they are added at the end of a page that has none."""
    if _BEGIN not in page:
        page = f"{page.rstrip()}\n\n## Rules, switched off\n\n{_BEGIN}\n{_END}\n".lstrip()
    head, rest = page.split(_BEGIN)
    return f"{head}{_BEGIN}\n{table()}\n{_END}{rest.split(_END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text() if PAGE.exists() else ""))
    sys.exit(0)
