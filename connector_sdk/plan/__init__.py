"""Declaration, state and time in; steps out. Pure: nothing here reads, waits or writes."""

from .cursors import Cursor, border, cursor_of
from .incremental import IncrementalPlan, TailPass
from .snapshot import SnapshotPlan
from .steps import FILL, SWEEP, TAIL, Patch, Planned, Step, lane_key

__all__ = [
    "FILL",
    "SWEEP",
    "TAIL",
    "Cursor",
    "IncrementalPlan",
    "Patch",
    "Planned",
    "SnapshotPlan",
    "Step",
    "TailPass",
    "border",
    "cursor_of",
    "lane_key",
]
