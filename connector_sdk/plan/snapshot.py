"""The plan of a Snapshot stream: one sweep after another, from its state and the time alone.

The state of a partition ``p``: ``due.p`` is the instant (microseconds) of the next sweep. ``rows`` holds, for every
key, the digest of what was sent last; ``blocks`` and ``n`` hold the same for rows that are known by their number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .steps import SWEEP, Patch, Planned, Step

__all__ = ["SnapshotPlan"]


@dataclass(frozen=True)
class SnapshotPlan:
    """What a declaration asks for: a sweep every so many microseconds."""

    every: int

    def plan(self, state: Mapping[str, Any], now: int, partition: str = "") -> Planned:
        """The sweep, if it is due."""
        due = state.get("due", {}).get(partition)
        if due is None or now >= due:
            return Planned((Step(SWEEP, partition),))
        # a longer pause than is asked for now was written under another interval
        return Planned(due=min(due, now + self.every), caught_up=True)

    def done(self, began: int, partition: str = "") -> Patch:
        """The change that a sweep which began at that instant has earned."""
        return {"due": {partition: began + self.every}}
