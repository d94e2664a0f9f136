"""Drawing stories from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .declared import Declared
from .story import (
    Blank,
    Block,
    Break,
    Close,
    Crash,
    Dying,
    Edit,
    Event,
    Fail,
    Hide,
    Hold,
    Lose,
    Merge,
    Open,
    Past,
    Remove,
    SetClock,
    Split,
    Story,
    TokensDie,
    Wait,
)

__all__ = ["HOUR", "Habits", "draw_story"]

HOUR = 3600


@dataclass(frozen=True)
class Habits:
    """How often what happens; the weights of events. ``boxes``: boxes or threads come, go, and refuse to be read."""

    edit: int = 40
    remove: int = 3
    wait: int = 30
    hold: int = 8
    crash: int = 4
    tokens_die: int = 2
    dying: int = 2
    fail: int = 2
    breaks: int = 2
    block: int = 1
    clock: int = 0
    boxes: int = 0
    close: int = 0
    lose: int = 0
    blank: int = 0
    split: int = 0
    contents: int = 1000
    waits: Sequence[int] = (0, 1, 7, 60, 300, 900, 3600)
    holds: Sequence[int] = (30, 300, 1800, 2 * HOUR)
    downs: Sequence[int] = (1, 60, 1800, 8 * HOUR)
    clocks: Sequence[int] = (0, 600, -600, 12 * HOUR, -12 * HOUR, 40 * HOUR)
    most: int = 60
    keys: Sequence[int] = (3, 4, 5, 8, 14)


def draw_story(draw: random.Random, declared: Declared, habits: Habits = Habits()) -> Story:
    """A history of 3 to 14 keys in this source. Most are short: what goes wrong, goes wrong with few events."""
    keys = [f"k{number}" for number in range(draw.choice(habits.keys))]
    past = tuple(
        Past(key, draw.randrange(declared.start), draw.randrange(habits.contents))
        for key in keys
        if draw.random() < 0.7
    )
    makers = _makers(draw, declared, habits, keys)
    count = draw.randint(4, draw.choice((8, 8, 15, 15, habits.most)))
    events = draw.choices(list(makers), weights=list(makers.values()), k=count)
    return Story(declared, past, tuple(make() for make in events), draw.random() < 0.25)


def _makers(
    draw: random.Random, declared: Declared, habits: Habits, keys: Sequence[str]
) -> dict[Callable[[], Event], int]:
    def edit() -> Event:
        window = max((declared.lag, *declared.reread))
        late = draw.choice((0, 0, 1, window // 3, window)) if window else 0
        return Edit(draw.choice(keys), draw.randrange(habits.contents), late)

    def box() -> str:
        kinds = "b" if declared.kind != "follow" else "t" + "u" * declared.topics + "b" * bool(declared.per)
        return draw.choice(kinds) + str(draw.randrange(declared.boxes))

    def open_box() -> Event:
        return Open("b" + box()[1:])

    def hide() -> Event:
        return Hide("b" + box()[1:], draw.choice(habits.holds))

    def shards() -> Event:
        return draw.choice((Split(True), Split(False), Merge()))

    return {
        edit: habits.edit,
        lambda: Remove(draw.choice(keys)): habits.remove,
        lambda: Wait(draw.choice(habits.waits)): habits.wait,
        lambda: Hold(draw.choice(habits.holds)): habits.hold,
        lambda: Crash(draw.randrange(6), draw.choice(habits.downs)): habits.crash,
        TokensDie: habits.tokens_die,
        lambda: Dying(draw.choice((1, 1, 2, 3, 5))): habits.dying,
        lambda: Fail(draw.randint(1, 3)): habits.fail,
        lambda: Break(draw.randint(1, 3)): habits.breaks,
        lambda: Block(draw.choice(habits.holds)): habits.block,
        lambda: SetClock(draw.choice(habits.clocks)): habits.clock,
        open_box: habits.boxes,
        hide: habits.boxes if declared.per else 0,
        lambda: Close(box()): habits.close,
        lambda: Lose(draw.randint(1, 3)): habits.lose,
        lambda: Blank(draw.randint(1, 2)): habits.blank,
        shards: habits.split,
    }
