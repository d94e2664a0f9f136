"""The plan of an Incremental stream: tail, fill and re-reads of one partition, from its state and the time alone.

The state of a partition ``p`` (docs/architecture.md has the whole layout):

- ``tail.p``: everything before this tick has been read once; its presence is "known"
- ``fill.p = {at, end}``: the backfill, which runs from ``at`` up to the cut-off ``end``; its absence is "done"
- ``settled.p = {to, due, at?, goal?}``: everything before ``to`` was read at an age of at least the re-read window;
  ``at`` and ``goal`` are there while a pass is on. Further windows are ``settled.1``, ``settled.2`` ...
- ``open.p/lane = {from, until, page, rows, n, t}``: a step whose token may be resumed, with its exact bounds
- ``w.p/lane``: a width in ticks, where it had to be narrowed
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connector_sdk.errors import StateError

from .cursors import DAY, Cursor
from .steps import FILL, TAIL, Patch, Planned, Step, earliest, lane_key

__all__ = ["IncrementalPlan", "TailPass"]

_HOUR = 3_600_000_000
State = Mapping[str, Any]


@dataclass
class TailPass:
    """What only this session knows of a tail: when its last pass began, and how far that one goes."""

    began: int | None = None
    goal: int | None = None
    filled: bool = False


@dataclass(frozen=True)
class IncrementalPlan:
    """What a declaration asks for, in ticks and microseconds.

    ``start``: the first tick of history. ``lag``, ``step``, ``every``, ``rereads``: microseconds. ``bounded``: whether
    the source takes an upper border; without one, and without order, every span reads to the end, so there is one.
    """

    cursor: Cursor
    start: int
    lag: int
    step: int
    every: int
    rereads: tuple[int, ...] = ()
    bounded: bool = True
    rising: bool = False

    def frontier(self, now: int) -> int:
        """The tick before which everything should be visible now."""
        return self.cursor.at(now - self.lag)

    def reread_lanes(self) -> list[str]:
        """The lanes that read recent windows again; each keeps its state under the kind ``settled...``."""
        return ["settled" if not at else f"settled.{at}" for at in range(len(self.rereads))]

    def init(self, now: int, partition: str = "") -> Patch:
        """The cut-off: a change of state that has to be written, alone, before anything is read."""
        cut = self.frontier(now)
        patch: Patch = {"tail": {partition: cut}}
        if self.start < cut:
            patch["fill"] = {partition: {"at": self.start, "end": cut}}
        for lane, window in zip(self.reread_lanes(), self.rereads, strict=True):
            to = max(self.start, self.cursor.at(now - self.lag - window))
            patch[lane] = {partition: {"to": min(to, cut), "due": now + self._pause(window)}}
        return patch

    def known(self, state: State, partition: str = "") -> bool:
        """Whether this partition's cut-off has been fixed."""
        return partition in state.get("tail", {})

    def plan(self, state: State, now: int, tail: TailPass, partition: str = "") -> Planned:
        """At most one step a lane. ``tail`` is changed when a new pass of the tail begins."""
        fill = state.get("fill", {}).get(partition)
        steps = list(self._tail(state, now, tail, partition, filled=fill is None))
        if fill is not None:
            steps.append(self._step(state, FILL, partition, fill["at"], fill["end"]))
        lazy: Patch = {}
        dues: list[int | None] = [None if tail.began is None else tail.began + self.every]
        rereading = False
        if fill is None:
            for lane, window in zip(self.reread_lanes(), self.rereads, strict=True):
                step, note, due = self._reread(state, now, lane, window, partition)
                rereading |= step is not None
                if step:
                    steps.append(step)
                lazy |= note
                dues.append(due)
        caught_up = not steps and fill is None and not rereading and tail.filled
        return Planned(tuple(steps), earliest(dues), lazy, caught_up)

    def _tail(self, state: State, now: int, tail: TailPass, partition: str, *, filled: bool) -> Iterator[Step]:
        at = state["tail"][partition]
        if at > self.frontier(now) + self.cursor.ticks(DAY):
            raise StateError(
                f"The state says that everything up to {self.cursor.write(at)} has been read, "
                f"which is in the future (it is now {self.cursor.write(self.frontier(now))}).",
                hint="set the clock right, or back up the binding's state and backfill it",
            )
        resumed = lane_key(partition, TAIL) in state.get("open", {})
        over = tail.goal is None or at >= tail.goal
        # one more pass as soon as the backfill is done: caught up means that the tail stands at its frontier then
        if over and (tail.began is None or now >= tail.began + self.every or (filled and not tail.filled)):
            tail.began, tail.goal, tail.filled = now, self.frontier(now), filled
        if tail.goal is not None and (resumed or at < tail.goal):
            yield self._step(state, TAIL, partition, at, tail.goal)

    def _reread(
        self, state: State, now: int, lane: str, window: int, partition: str
    ) -> tuple[Step | None, Patch, int | None]:
        entry = state.get(lane, {}).get(partition)
        frontier = state["tail"][partition]
        if entry is None:  # the window was declared after this state was begun
            to = max(self.start, min(frontier, self.cursor.at(now - self.lag - window)))
            return None, {lane: {partition: {"to": to, "due": now}}}, now
        if "goal" in entry:
            return self._step(state, lane, partition, entry["at"], entry["goal"]), {}, None
        if now < entry["due"]:
            return None, {}, entry["due"]
        due = now + self._pause(window)
        if entry["to"] >= frontier:
            return None, {lane: {partition: {"due": due}}}, due
        note = {lane: {partition: {"at": entry["to"], "goal": frontier, "due": due}}}
        return self._step(state, lane, partition, entry["to"], frontier), note, None

    def _step(self, state: State, lane: str, partition: str, at: int, end: int) -> Step:
        key = lane_key(partition, lane)
        if found := state.get("open", {}).get(key):
            return Step(lane, partition, found["from"], found["until"], found["page"], found["rows"],
                        found["n"], found["t"] * 1000)  # fmt: skip
        width = state.get("w", {}).get(key) or self.cursor.ticks(self.step)
        until = end if not self.bounded and not self.rising else min(end, at + width)
        return Step(lane, partition, at, until)

    def _pause(self, window: int) -> int:
        return max(_HOUR, window // 7)

    # ---- what a step has earned -----------------------------------------------------------------------------------

    def reached(self, state: State, step: Step, at: int) -> Patch:
        """The change that reading up to ``at``, in rising order, has earned."""
        return self._moved(state, step, at) if at > step.since else {}

    def page(self, step: Step, token: str, rows: int, began: int) -> Patch:
        """The change that keeps a live token, with the step's exact bounds and its count of rows so far."""
        entry = {"from": step.since, "until": step.until, "page": token, "rows": rows, "n": step.n, "t": began // 1000}
        return {"open": {step.key: entry}}

    def expired(self, step: Step, began: int) -> Patch:
        """The change after a token died: the same bounds from their first page; at the third time half of them."""
        if step.n < 3:
            again = Step(step.lane, step.partition, step.since, step.until, n=step.n + 1)
            return self.page(again, "", 0, began)
        return {"open": {step.key: None}, "w": {step.key: max(1, (step.until - step.since) // 2)}}

    def done(self, state: State, step: Step, until: int, began: int) -> Patch:
        """The change that reading ``[since, until)`` whole, from the instant ``began`` on, has earned.

        ``until`` may be less than was asked for: what lay in the source's future cannot be called read.
        """
        patch: Patch = {}
        if step.key in state.get("open", {}):
            patch["open"] = {step.key: None}
        if until <= step.since:
            return patch
        if width := state.get("w", {}).get(step.key):
            wider = width * 2
            patch["w"] = {step.key: wider if wider < self.cursor.ticks(self.step) else None}
        for kind, change in self._moved(state, step, until).items():
            patch[kind] = change
        for lane, window in zip(self.reread_lanes(), self.rereads, strict=True):
            entry = state.get(lane, {}).get(step.partition)
            if entry is None or step.since > entry["to"]:
                continue
            to = max(entry["to"], min(until, self.cursor.at(began - window)))
            if to != entry["to"]:
                patch.setdefault(lane, {}).setdefault(step.partition, {})["to"] = to
        return patch

    def _moved(self, state: State, step: Step, at: int) -> Patch:
        partition = step.partition
        if step.lane == TAIL:
            return {"tail": {partition: max(at, state["tail"][partition])}}
        if step.lane == FILL:
            end = state["fill"][partition]["end"]
            return {"fill": {partition: None if at >= end else {"at": at, "end": end}}}
        over = at >= state[step.lane][partition]["goal"]
        return {step.lane: {partition: {"at": None, "goal": None} if over else {"at": at}}}

    def started_earlier(self, state: State, before: int, partition: str = "") -> Patch:
        """The backfill that an earlier start asks for, on top of what ``before`` had asked for."""
        if self.start >= before:
            return {}
        fill = state.get("fill", {}).get(partition)
        end = fill["end"] if fill else min(before, state["tail"][partition])
        return {"fill": {partition: {"at": self.start, "end": end}}} if self.start < end else {}

    def forgettable(self, state: State, partition: str = "") -> int:
        """The tick before which no re-read will look again."""
        entries = [state.get(lane, {}).get(partition) for lane in self.reread_lanes()]
        settled: list[int] = [entry["to"] for entry in entries if entry]
        return min(settled, default=int(state["tail"][partition]))
