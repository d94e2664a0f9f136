"""The properties: each draws stories of one sort, all of which have to end well."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from connector_sdk.errors import DefinitionError

from .declared import Declared
from .drawing import HOUR, Habits, draw_story
from .play import Outcome, play
from .story import Story, shrunk

__all__ = ["PROPERTIES", "check", "failing", "how_many"]

_UNITS = ("second", "minute", "hour", "day")


def _incremental(draw: random.Random, **fixed: Any) -> Declared:
    tick = draw.choice(("second", "second", "minute", "hour"))
    choices: dict[str, Any] = {
        "tick": tick,
        "unit": draw.choice((tick, *_UNITS)),
        "since": draw.choice(("inclusive", "exclusive")),
        "until": draw.choice(("inclusive", "exclusive", "exclusive", "none")),
        "listing": draw.choice(("key", "rising", "falling", "edit")),
        "lag": draw.choice((0, 60, 600)),
        "every": draw.choice((300, 900, 3600)),
        "step": draw.choice((6 * HOUR, 24 * HOUR, 720 * HOUR)),
        "paging": draw.choice(("one", "keyset", "keyset")),
        "size": draw.choice((1, 2, 3, 5)),
    }
    if choices["paging"] == "keyset" and draw.random() < 0.5:
        choices["lives"] = 240 * HOUR  # longer than any hold
    return Declared(**choices | fixed)


def borders(draw: random.Random) -> Story:
    """Every border variant, ties, late commits within the lag, keyset pages, tokens that live and die, crashes."""
    return draw_story(draw, _incremental(draw))


def held(draw: random.Random) -> Story:
    """The same with little else than edits and answers that arrive late."""
    habits = Habits(hold=30, wait=40, crash=1, remove=0, tokens_die=0, fail=0, waits=(0, 1, 300, 900, 3600))
    return draw_story(draw, _incremental(draw, until="exclusive", every=300), habits)


def rising(draw: random.Random) -> Story:
    """Declared rising order: the state moves with every page."""
    paging = draw.choice(("one", "keyset", "keyset"))
    return draw_story(draw, _incremental(draw, listing="rising", rising=True, paging=paging))


def frozen(draw: random.Random) -> Story:
    """A result that is fixed at its first page."""
    return draw_story(draw, _incremental(draw, paging="frozen", lives=0), Habits(hold=15))


def shifting(draw: random.Random) -> Story:
    """Positions in a live listing, where nothing ever leaves a window."""
    window = draw.choice((HOUR, 6 * HOUR))
    declared = _incremental(draw, paging="shifting", lives=0, moves=False, reread=(window,))
    return draw_story(draw, declared, Habits(remove=0, contents=3))


def late(draw: random.Random) -> Story:
    """Rows that come late, or change without moving, within the window; outages longer than that; A, B, A."""
    windows = (draw.choice((HOUR, 6 * HOUR, 24 * HOUR)),)
    paging = draw.choice(("one", "keyset", "frozen"))
    declared = _incremental(draw, moves=draw.random() < 0.5, reread=windows, paging=paging, lives=0,
                            every=draw.choice((900, 3600)))  # fmt: skip
    waits = (0, 1, 300, 900, 3600, 4 * HOUR)
    return draw_story(draw, declared, Habits(contents=3, hold=10, waits=waits, downs=(1, 1800, 8 * HOUR, 40 * HOUR)))


def windows(draw: random.Random) -> Story:
    """Two windows at once, whose passes overlap."""
    both = draw.choice(((6 * HOUR, HOUR), (HOUR, 24 * HOUR)))
    declared = _incremental(draw, moves=draw.random() < 0.3, reread=both, paging="one", lives=0, every=3600)
    return draw_story(draw, declared, Habits(contents=3, hold=20, waits=(0, 1, 300, 900, 3600, 4 * HOUR)))


def clocks(draw: random.Random) -> Story:
    """A clock of the connector's own that is wrong, and is set."""
    habits = Habits(clock=6, crash=6, fail=4, holds=(30, 300, 1800),
                    clocks=(0, 600, -600, 12 * HOUR, 40 * HOUR))  # fmt: skip
    return draw_story(draw, _incremental(draw, paging=draw.choice(("one", "keyset", "frozen"))), habits)


def blocked(draw: random.Random) -> Story:
    """Nobody reads what the connector writes, requests fail, processes die."""
    return draw_story(draw, _incremental(draw), Habits(block=10, fail=8, crash=8))


def _listed(draw: random.Random, **fixed: Any) -> Declared:
    choices: dict[str, Any] = {
        "kind": "snapshot",
        "listing": draw.choice(("key", "rising", "falling", "edit")),
        "every": draw.choice((300, 900, 3600)),
        "paging": draw.choice(("one", "keyset", "frozen")),
        "size": draw.choice((1, 2, 3, 5)),
        "total": draw.random() < 0.3,
    }
    return Declared(**choices | fixed)


_LISTED = Habits(remove=12, contents=3)


def snapshot(draw: random.Random) -> Story:
    """A natural key over stable pages: what is gone is deleted, and nothing else."""
    declared = _listed(draw)
    if declared.paging == "keyset":
        declared = replace(declared, listing="key")
    return draw_story(draw, declared, _LISTED)


def snapshot_shifting(draw: random.Random) -> Story:
    """A natural key over pages that shift when rows before them go."""
    return draw_story(draw, _listed(draw, paging="shifting", listing="key"), _LISTED)


def snapshot_moving(draw: random.Random) -> Story:
    """Pages that shift, in an order that edits change."""
    return draw_story(draw, _listed(draw, paging="shifting", listing="edit"), Habits(contents=3, remove=8, hold=20))


def numbered(draw: random.Random) -> Story:
    """Rows known by their number."""
    paging = draw.choice(("one", "frozen", "shifting"))
    return draw_story(draw, _listed(draw, kind="numbered", paging=paging), _LISTED)


PROPERTIES: dict[str, Callable[[random.Random], Story]] = {
    each.__name__: each
    for each in (
        borders,
        held,
        rising,
        frozen,
        shifting,
        late,
        windows,
        clocks,
        blocked,
        snapshot,
        snapshot_shifting,
        snapshot_moving,
        numbered,
    )
}


def how_many() -> int:
    """How many histories a property is checked with."""
    return int(os.environ.get("WORLD_HISTORIES", "2000"))


def check(name: str, seeds: range) -> None:
    """Play a property's stories; raise AssertionError with the shortest story that ends badly."""
    logging.getLogger("connector_sdk").setLevel(logging.CRITICAL)
    for seed in seeds:
        story = PROPERTIES[name](random.Random(seed))
        outcome = play(story)
        if outcome.violation is not None:
            raise AssertionError(failing(story, outcome, f"{name}, seed {seed}"))


def failing(story: Story, outcome: Outcome, where: str) -> str:
    """What to tell of a story that ended badly: the shortest one of its sort, and how it went."""
    assert outcome.violation is not None
    what = outcome.violation.what

    def fails(other: Story) -> bool:
        try:
            found = play(other).violation
        except DefinitionError:
            return False
        return found is not None and found.what == what

    least = shrunk(story, fails)
    again = play(least, aloud=True)
    return "\n".join([f"{where}: {again.violation}", str(least), "", *again.told, "", least.code()])
