"""Families of sources, whose histories are drawn from seeds. Every history is checked for all the properties:

the collection equals the source once that is quiet; no living record was ever deleted; the state stays within its
bounds and is what its patches make of it; and it makes progress, and then is quiet.
"""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Callable

from connector_sdk.errors import DefinitionError

from .play import Outcome, play
from .sorts import SORTS
from .story import Story, shrunk

__all__ = ["FAMILIES", "check", "failing", "how_many"]


def _any_of(name: str, *sorts: str) -> tuple[str, Callable[[random.Random], Story]]:
    return name, lambda draw: SORTS[draw.choice(sorts)](draw)


FAMILIES: dict[str, Callable[[random.Random], Story]] = dict(
    [
        _any_of(
            "increments",
            *("borders", "held", "rising", "frozen", "blocked", "sequences", "clocks", "zones"),
            *("keys", "dying", "counted", "counted", "capped", "capped"),
            *("shifting", "late", "windows", "sweeps", "missing", "keys_listed", "keys_listed", "marked", "listed"),
        ),
        _any_of("listings", "snapshot", "snapshot_shifting", "snapshot_moving", "numbered"),
        _any_of("logs", "log", "log", "log_that_loses", "log_that_loses", "log_alone"),
        _any_of(
            "partitions",
            *("partitions", "shared", "orphans", "shards"),
            *("follow", "follow", "follow", "follow_apart", "follow_apart", "follow_two"),
        ),
    ]
)


def how_many() -> int:
    """How many histories of each family the properties are checked with: ``WORLD_HISTORIES`` in all."""
    return int(os.environ.get("WORLD_HISTORIES", "2000")) // len(FAMILIES)


def check(name: str, seeds: range) -> None:
    """Play a family's stories; raise AssertionError with the shortest story that ends badly."""
    log = logging.getLogger("connector_sdk")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        for seed in seeds:
            story = FAMILIES[name](random.Random(seed))
            outcome = play(story)
            if outcome.violation is not None:
                raise AssertionError(failing(story, outcome, f"{name}, seed {seed}"))
    finally:
        log.setLevel(level)


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
