"""Drawing stories from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .declared import Declared
from .story import Block, Crash, Edit, Event, Fail, Hold, Past, Remove, SetClock, Story, TokensDie, Wait

__all__ = ["Habits", "draw_story"]

HOUR = 3600


@dataclass(frozen=True)
class Habits:
    """How often what happens; the weights of events."""

    edit: int = 40
    remove: int = 3
    wait: int = 30
    hold: int = 8
    crash: int = 4
    tokens_die: int = 2
    fail: int = 2
    block: int = 1
    clock: int = 0
    contents: int = 1000
    waits: Sequence[int] = (0, 1, 7, 60, 300, 900, 3600)
    holds: Sequence[int] = (30, 300, 1800, 2 * HOUR)
    downs: Sequence[int] = (1, 60, 1800, 8 * HOUR)
    clocks: Sequence[int] = (0, 600, -600, 12 * HOUR, -12 * HOUR, 40 * HOUR)
    most: int = 150


def draw_story(draw: random.Random, declared: Declared, habits: Habits = Habits()) -> Story:
    """A history of 8 to 17 keys in this source."""
    keys = [f"k{number}" for number in range(draw.randint(8, 17))]
    past = tuple(
        Past(key, draw.randrange(declared.start), draw.randrange(habits.contents))
        for key in keys
        if draw.random() < 0.7
    )
    makers = _makers(draw, declared, habits, keys)
    events = draw.choices(list(makers), weights=list(makers.values()), k=draw.randint(40, habits.most))
    return Story(declared, past, tuple(make() for make in events), draw.random() < 0.5)


def _makers(
    draw: random.Random, declared: Declared, habits: Habits, keys: Sequence[str]
) -> dict[Callable[[], Event], int]:
    def edit() -> Event:
        late = draw.choice((0, 0, 1, declared.late // 3, declared.late)) if declared.late else 0
        return Edit(draw.choice(keys), draw.randrange(habits.contents), late)

    return {
        edit: habits.edit,
        lambda: Remove(draw.choice(keys)): habits.remove,
        lambda: Wait(draw.choice(habits.waits)): habits.wait,
        lambda: Hold(draw.choice(habits.holds)): habits.hold,
        lambda: Crash(draw.randrange(6), draw.choice(habits.downs)): habits.crash,
        TokensDie: habits.tokens_die,
        lambda: Fail(draw.randint(1, 3)): habits.fail,
        lambda: Block(draw.choice(habits.holds)): habits.block,
        lambda: SetClock(draw.choice(habits.clocks)): habits.clock,
    }
