"""Declaration, state and time in; steps out. Pure: nothing here reads, waits or writes."""

from .changelog import ChangeLogPlan
from .cursors import Cursor, border, cursor_of
from .incremental import Again, IncrementalPlan, TailPass
from .snapshot import SnapshotPlan
from .steps import FILL, FULL, LOG, REREAD, SWEEP, TAIL, Patch, Planned, Step, is_fill, lane_key, share

__all__ = [
    "FILL",
    "FULL",
    "LOG",
    "REREAD",
    "SWEEP",
    "TAIL",
    "Again",
    "ChangeLogPlan",
    "Cursor",
    "IncrementalPlan",
    "Patch",
    "Planned",
    "SnapshotPlan",
    "Step",
    "TailPass",
    "border",
    "cursor_of",
    "is_fill",
    "lane_key",
    "share",
]
