"""Histories as data: what is declared, and a list of events. A failure is shrunk to the shortest such list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any

from .declared import Declared

__all__ = [
    "Blank",
    "Block",
    "Break",
    "Close",
    "Crash",
    "Dying",
    "Edit",
    "Event",
    "Fail",
    "Hide",
    "Hold",
    "Lose",
    "Merge",
    "Open",
    "Past",
    "Remove",
    "SetClock",
    "Split",
    "Story",
    "TokensDie",
    "Wait",
    "shrunk",
]


@dataclass(frozen=True)
class Past:
    """A row that was made so many seconds before the history begins."""

    key: str
    ago: int
    c: int = 0


@dataclass(frozen=True)
class Edit:
    """Somebody creates or changes a row; the source shows it ``late`` seconds after."""

    key: str
    c: int = 0
    late: int = 0


@dataclass(frozen=True)
class Remove:
    """Somebody deletes a row."""

    key: str


@dataclass(frozen=True)
class Wait:
    """Time passes."""

    seconds: int


@dataclass(frozen=True)
class Hold:
    """The answer to the next request takes so many seconds to arrive; its content is that of the request's instant."""

    seconds: int


@dataclass(frozen=True)
class Fail:
    """The next requests are refused."""

    count: int = 1


@dataclass(frozen=True)
class Break:
    """The connections of the next requests break."""

    count: int = 1


@dataclass(frozen=True)
class TokensDie:
    """The source forgets every page token it gave."""


@dataclass(frozen=True)
class Dying:
    """So many of the page tokens that come next are dead, but for those of the log."""

    count: int = 1


@dataclass(frozen=True)
class Block:
    """For so many seconds nobody reads what the connector writes."""

    seconds: int


@dataclass(frozen=True)
class SetClock:
    """The connector's clock is now so many seconds ahead of the source's."""

    ahead: int


@dataclass(frozen=True)
class Crash:
    """The process dies; of the transactions that were not surely committed the first ``keep`` are. It is down for so
    many seconds."""

    keep: int = 0
    down: int = 1


@dataclass(frozen=True)
class Open:
    """A box is there from now on, with what lies in it."""

    box: str


@dataclass(frozen=True)
class Close:
    """A box, or a thread, is not there any more."""

    box: str


@dataclass(frozen=True)
class Hide:
    """For so many seconds a box is listed, but refuses to be read."""

    box: str
    seconds: int


@dataclass(frozen=True)
class Blank:
    """The next answers of a listing are empty, although there are rows."""

    count: int = 1


@dataclass(frozen=True)
class Lose:
    """The log loses its next entries."""

    count: int = 1


@dataclass(frozen=True)
class Split:
    """The capture is split into two shards; the second has a copy of the state, or none."""

    copied: bool = True


@dataclass(frozen=True)
class Merge:
    """The two shards become one again, with the state of the first."""

    copied: bool = True


Event = (
    Edit | Remove | Wait | Hold | Fail | Break | Blank | TokensDie | Dying | Block | SetClock | Open | Close | Hide
    | Lose | Crash | Split | Merge
)  # fmt: skip


@dataclass(frozen=True)
class Story:
    """A history. ``lives_on``: at its end the process goes on; otherwise it is stopped and started again."""

    declared: Declared
    past: tuple[Past, ...] = ()
    events: tuple[Event, ...] = ()
    lives_on: bool = True

    def __str__(self) -> str:
        lines = [str(self.declared), *map(str, self.past), *map(str, self.events)]
        return "\n".join(["Story, which " + ("lives on" if self.lives_on else "ends with a restart"), *lines])

    def code(self) -> str:
        """The same as Python, for a test."""
        past = "".join(f"{each!r}, " for each in self.past)
        events = "".join(f"{each!r}, " for each in self.events)
        return f"Story({self.declared}, ({past}), ({events}), lives_on={self.lives_on})"


@dataclass
class _Shrinking:
    story: Story
    fails: Callable[[Story], bool]
    left: int = field(default=1000)

    def better(self, story: Story) -> bool:
        if self.left <= 0 or story == self.story or not story.declared.honest:
            return False
        self.left -= 1
        if not self.fails(story):
            return False
        self.story = story
        return True

    def drop(self, name: str) -> None:
        """Leave out as many items of a list as can be left out."""
        size = len(getattr(self.story, name))
        while size:
            at = 0
            while at < len(items := getattr(self.story, name)):
                if not self.better(replace(self.story, **{name: items[:at] + items[at + size :]})):
                    at += size
            size //= 2

    def simplify(self, name: str) -> None:
        """Make the numbers of the items smaller."""
        for at in range(len(getattr(self.story, name))):
            again = True
            while again:
                items = getattr(self.story, name)
                again = any(
                    self.better(replace(self.story, **{name: (*items[:at], item, *items[at + 1 :])}))
                    for item in _simpler(items[at])
                )

    def declare_less(self) -> None:
        for each in fields(Declared):
            if each.name not in ("kind", "moves"):
                self.better(replace(self.story, declared=replace(self.story.declared, **{each.name: each.default})))


def _simpler(item: Any) -> Iterator[Any]:
    for each in fields(item):
        value = getattr(item, each.name)
        if isinstance(value, int):
            for new in {0, value // 2, value - value % 3600, value - value % 60, value - 1} - {value}:
                if not isinstance(value, bool) and 0 <= new < value:
                    yield replace(item, **{each.name: new})


def shrunk(story: Story, fails: Callable[[Story], bool]) -> Story:
    """The shortest story found for which ``fails`` is still true."""
    it = _Shrinking(story, fails)
    before = None
    while before != it.story and it.left > 0:
        before = it.story
        it.better(replace(it.story, lives_on=False))
        it.drop("events")
        it.drop("past")
        it.declare_less()
        it.simplify("events")
        it.simplify("past")
    return it.story
