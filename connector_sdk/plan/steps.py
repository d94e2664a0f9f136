"""What the planner gives the performer: steps, the time of the next one, and changes of state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "FILL",
    "FULL",
    "LOG",
    "REREAD",
    "SWEEP",
    "TAIL",
    "Patch",
    "Planned",
    "Step",
    "earliest",
    "is_fill",
    "lane_key",
    "share",
]

Patch = dict[str, Any]
"""A change of a binding's state, as RFC 7396 merges it; ``None`` removes."""

TAIL, FILL, REREAD, SWEEP, LOG, FULL = "tail", "fill", "settled", "sweep", "log", "full"


def is_fill(lane: str) -> bool:
    """Whether a lane is one of the backfill: ``fill``, and ``fill.1``, ``fill.2`` ... where it was parted."""
    return lane == FILL or lane.startswith(f"{FILL}.")


def share(lane: str) -> str:
    """Which share of a binding's requests a lane's come from (R28): ``new``, ``history`` or ``again``."""
    if lane in (TAIL, LOG, SWEEP):
        return "new"
    return "history" if lane == FULL or is_fill(lane) else "again"


@dataclass(frozen=True)
class Step:
    """One unit of planned reading: a lane of a partition, and the span ``[since, until)`` in ticks.

    ``page``, ``rows``: where a resumed step goes on, and how many rows were read before. ``total``: how many there were
    when it was begun, where the source told it. ``began``: the instant (microseconds) of its first request, when it was
    begun in an earlier session. ``n``: how often it was begun.
    """

    lane: str
    partition: str = ""
    since: int = 0
    until: int = 0
    page: str = ""
    rows: int = 0
    total: int | None = None
    n: int = 1
    began: int | None = None

    @property
    def key(self) -> str:
        """Its place under ``open`` in the state."""
        return lane_key(self.partition, self.lane)


def lane_key(partition: str, lane: str) -> str:
    """The name of a partition's lane in the state."""
    return f"{partition}/{lane}"


@dataclass(frozen=True)
class Planned:
    """What can be done now (at most one step a lane), when there may be more, and what state to note first.

    ``due``: the instant at which to plan again; None where only the end of a step can bring more.
    ``lazy``: a change of state that need not be written at once. ``caught_up``: nothing that is due is left.
    """

    steps: tuple[Step, ...] = ()
    due: int | None = None
    lazy: Patch = field(default_factory=dict)
    caught_up: bool = False


def earliest(instants: Iterable[int | None]) -> int | None:
    """The first of these instants; None where there is none."""
    known = [each for each in instants if each is not None]
    return min(known) if known else None
