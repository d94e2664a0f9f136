"""The plan of an Incremental stream: tail, fill and re-reads of one partition, from its state and the time alone.

The state of a partition ``p`` (docs/architecture.md has the whole layout):

- ``tail.p``: everything before this tick has been read once; its presence is "known"
- ``fill.p = {at, end, parts?}``: the backfill, which runs from ``at`` up to the cut-off ``end``; its absence is "done".
  Where it is parted, ``end`` lies lower, and each of ``parts`` is another ``{at, end}`` that runs beside it
- ``settled.p = {to, due, at?, goal?}``: everything before ``to`` was read at an age of at least the re-read window;
  ``at`` and ``goal`` are there while a pass is on. Further windows are ``settled.1``, ``settled.2`` ...; the last one
  is the sweep, whose window is all of history
- ``open.p/lane = {from, until, page, rows, n, t}``: a step whose token may be resumed, with its exact bounds
- ``w.p/lane``: a width in ticks, where it had to be narrowed
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connector_sdk.errors import StateError

from .cursors import DAY, Cursor
from .steps import FILL, REREAD, TAIL, Patch, Planned, Step, earliest, is_fill, lane_key

__all__ = ["Again", "IncrementalPlan", "TailPass"]

_HOUR = 3_600_000_000
_END = 1 << 62
_NOTHING: Mapping[str, Any] = {}
State = Mapping[str, Any]


@dataclass(frozen=True)
class Again:
    """A window that is read again, and how long after the last pass began the next one does (microseconds). Without a
    ``window`` it is a sweep: all of history."""

    window: int | None
    pause: int

    @classmethod
    def of(cls, window: int) -> Again:
        """A re-read window: again every seventh of its length, at most once an hour."""
        return cls(window, max(_HOUR, window // 7))


@dataclass
class TailPass:
    """What only this session knows of a tail: when its last pass began, and how far that one goes. ``once``: the
    session ends when it is caught up, so that no pass follows the one that does it, however long that has taken."""

    began: int | None = None
    goal: int | None = None
    filled: bool = False
    once: bool = False

    def again(self, every: int) -> int | None:
        """When the next pass is due; None where there is none, or where the first one is."""
        return None if self.began is None or (self.once and self.filled) else self.began + every


@dataclass(frozen=True)
class IncrementalPlan:
    """What a declaration asks for, in ticks and microseconds.

    ``start``: the first tick of history. ``lag``, ``step``, ``every``: microseconds. ``bounded``: whether the source
    takes an upper border; without one, and without order, every span reads to the end, so there is one. ``unit``: the
    coarsest filter, which a span is never narrower than. ``ceiling``: the days of a filter that takes only past ones;
    ``behind``: how many of them are left out, where it is not known when they end.
    ``compares``: whether what a window does not show any more is deleted: only reading again finds that. ``slips``:
    whether records may slip past the tail between two pages: only reading again finds them, however old they are.
    ``listing``: history is read from a listing without borders, in one step; ``swept``: sweeps are, in place of that,
    history is not. ``clocked``: the cursor is a time; a
    sequence has no frontier but what was read.
    """

    cursor: Cursor
    start: int
    lag: int
    step: int
    every: int
    rereads: tuple[Again, ...] = ()
    bounded: bool = True
    rising: bool = False
    unit: Cursor | None = None
    ceiling: Cursor | None = None
    behind: int = 0
    listing: bool = False
    swept: bool = False
    compares: bool = False
    slips: bool = False
    clocked: bool = True

    def frontier(self, now: int) -> int:
        """The tick before which everything should be visible now."""
        if not self.clocked:
            return _END
        frontier = self.cursor.at(now - self.lag)
        if self.ceiling is not None:
            frontier = min(frontier, self.cursor.at(self.ceiling.instant(self.ceiling.at(now) - self.behind)))
        return frontier

    def reread_lanes(self) -> list[str]:
        """The lanes that read recent windows again; each keeps its state under the kind ``settled...``."""
        return [REREAD if not at else f"{REREAD}.{at}" for at in range(len(self.rereads))]

    def lists(self, lane: str) -> bool:
        """Whether a lane reads the listing without borders rather than changes within a span."""
        if lane == TAIL or not (self.listing or self.swept):
            return False
        return self.listing if is_fill(lane) else self._again(lane).window is None

    def sweeps(self, lane: str) -> bool:
        """Whether a lane reads everything again."""
        return lane.startswith(REREAD) and self._again(lane).window is None

    def young(self, state: State, now: int, age: int, partition: str = "") -> int:
        """The tick from which on records may never have been read at an age of ``age``, though they are older now:
        whatever a window has not settled yet was younger when it was read last."""
        young = self.cursor.at(now - age)
        found: list[int] = []
        for lane, again in zip(self.reread_lanes(), self.rereads, strict=True):
            entry = state.get(lane, {}).get(partition)
            if entry is None or again.window is None:
                continue
            # of a longer window, what was that old at its last pass: a pause ago, or before an outage
            last = entry["to"] + self.cursor.ticks(again.window) - self.cursor.ticks(age)
            found.append(max(entry["to"], min(last, young - self.cursor.ticks(again.pause))))
        return min([young, *found])

    def _again(self, lane: str) -> Again:
        _, _, number = lane.partition(".")
        return self.rereads[int(number or 0)]

    def init(self, now: int, partition: str = "", cut: int | None = None) -> Patch:
        """The cut-off: a change of state that has to be written, alone, before anything is read.

        ``cut``: an earlier one than now's, for a binding that goes along with another.
        """
        if not self.clocked:
            return {TAIL: {partition: self.start}}
        cut = self.frontier(now) if cut is None else min(cut, self.frontier(now))
        patch: Patch = {TAIL: {partition: cut}}
        if self.start < cut:
            patch[FILL] = {partition: {"at": self.start, "end": cut}}
        for lane, again in zip(self.reread_lanes(), self.rereads, strict=True):
            to = min(self._settled_at(again, now), cut)
            patch[lane] = {partition: {"to": to, "due": now + again.pause}}
        return patch

    def _settled_at(self, again: Again, now: int) -> int:
        return self.start if again.window is None else max(self.start, self.cursor.at(now - self.lag - again.window))

    def known(self, state: State, partition: str = "") -> bool:
        """Whether this partition's cut-off has been fixed."""
        return partition in state.get("tail", {})

    def plan(self, state: State, now: int, tail: TailPass, partition: str = "", more: int = 0) -> Planned:
        """At most one step a lane. ``tail`` is changed when a new pass of the tail begins. ``more``: how many more
        lanes of the backfill there may be: it is parted where its spans do not depend on each other."""
        fills = self.fills(state, partition)
        steps = list(self._tail(state, now, tail, partition, filled=not fills))
        lazy: Patch = self._part(state, now, fills, partition, more)
        dues: list[int | None] = [tail.again(self.every)]
        for lane, (at, end) in fills.items():
            reachable = self._reachable(now, end)
            if at < reachable and (reachable == end or not self.lists(lane)):
                steps.append(self._step(state, lane, partition, at, reachable, lazy))
            else:
                dues.append(now + self.every)
        rereading = False
        if not fills:
            for lane, again in zip(self.reread_lanes(), self.rereads, strict=True):
                step, note, due = self._reread(state, now, lane, again, partition)
                rereading |= step is not None
                if step:
                    steps.append(step)
                lazy |= note
                dues.append(due)
        caught_up = not steps and not fills and not rereading and tail.filled
        return Planned(tuple(steps), earliest(dues), lazy, caught_up)

    def fills(self, state: State, partition: str = "") -> dict[str, tuple[int, int]]:
        """What is left of the backfill: by lane, the span ``[at, end)`` that it still has to read."""
        fill = state.get(FILL, {}).get(partition)
        if fill is None:
            return {}
        spans = {FILL: (fill["at"], fill["end"])} if fill["at"] < fill["end"] or "parts" not in fill else {}
        for number, part in fill.get("parts", {}).items():
            spans[f"{FILL}.{number}"] = (part["at"], part["end"])
        return spans

    def _reachable(self, now: int, end: int) -> int:
        # a cut-off may lie in the future, where our own clock was ahead and the source's was not known yet
        return min(end, self.frontier(now))

    def _part(self, state: State, now: int, fills: dict[str, tuple[int, int]], partition: str, more: int) -> Patch:
        """Part the backfill into at most ``more`` further lanes, each with half of the spans that the longest one had
        left behind the step that it is at; ``fills`` is changed too. The change of state says it all in one place:
        were it written in pieces, a crash between them could lose a part."""
        patch: Patch = {}
        if self.lists(FILL) or not (self.clocked and self.bounded):
            return patch
        for _ in range(more):
            ahead = {
                lane: (self._step(state, lane, partition, at, end, patch).until, end)
                for lane, (at, end) in fills.items()
                if at < end == self._reachable(now, end)
            }
            lane = max(ahead, key=lambda each: ahead[each][1] - ahead[each][0], default="")
            first, end = ahead.get(lane, (0, 0))
            if first >= end:
                break
            width = self._width(state, lane_key(partition, lane), patch)
            spans = -(-(end - first) // width)
            half = self._aligned(first, first + spans // 2 * width, end) if spans > 1 else first
            half = half if half < end else first
            taken = f"{FILL}.{next(number for number in itertools.count(1) if f'{FILL}.{number}' not in fills)}"
            fills[lane], fills[taken] = (fills[lane][0], half), (half, end)
            change = patch.setdefault(FILL, {}).setdefault(partition, {})
            self._filled(change, taken, half, end)
            self._filled(change, lane, fills[lane][0], half)
            if width != self.cursor.ticks(self.step):  # what had to be narrowed here has to be there as well
                patch.setdefault("w", {})[lane_key(partition, taken)] = width
        return patch

    @staticmethod
    def _filled(change: Patch, lane: str, at: int, end: int) -> None:
        """Have the change of a partition's ``fill`` say that this lane has ``[at, end)`` left."""
        _, _, number = lane.partition(".")
        if number:
            change.setdefault("parts", {})[number] = {"at": at, "end": end} if at < end else None
        else:
            change |= {"at": at, "end": end}

    def _tail(self, state: State, now: int, tail: TailPass, partition: str, *, filled: bool) -> Iterator[Step]:
        at = state["tail"][partition]
        if self.clocked and at > self.cursor.at(now) + self.cursor.ticks(DAY):
            raise StateError(
                f"The state says that everything up to {self.cursor.write(at)} has been read, "
                f"which is in the future (it is now {self.cursor.write(self.cursor.at(now))}).",
                hint="set the clock right, or back up the binding's state and backfill it",
            )
        resumed = lane_key(partition, TAIL) in state.get("open", {})
        over = tail.goal is None or at >= tail.goal
        # one more pass as soon as the backfill is done: caught up means that the tail stands at its frontier then
        again = tail.again(self.every)
        due = tail.began is None or (again is not None and now >= again)
        if over and (due or (filled and not tail.filled)):
            tail.began, tail.goal, tail.filled = now, self.frontier(now), filled
        if tail.goal is not None and (resumed or at < tail.goal):
            yield self._step(state, TAIL, partition, at, tail.goal)

    def _reread(
        self, state: State, now: int, lane: str, again: Again, partition: str
    ) -> tuple[Step | None, Patch, int | None]:
        entry = state.get(lane, {}).get(partition)
        frontier = state["tail"][partition]
        if entry is None:  # the window was declared after this state was begun
            to = min(frontier, self._settled_at(again, now))
            return None, {lane: {partition: {"to": to, "due": now}}}, now
        if "goal" in entry:
            return self._step(state, lane, partition, entry["at"], entry["goal"]), {}, None
        if now < entry["due"]:
            return None, {}, entry["due"]
        due = now + again.pause
        if entry["to"] >= frontier:
            return None, {lane: {partition: {"due": due}}}, due
        note = {lane: {partition: {"at": entry["to"], "goal": frontier, "due": due}}}
        return self._step(state, lane, partition, entry["to"], frontier), note, None

    def _step(
        self, state: State, lane: str, partition: str, at: int, end: int, noted: Mapping[str, Any] = _NOTHING
    ) -> Step:
        key = lane_key(partition, lane)
        if found := state.get("open", {}).get(key):
            return Step(lane, partition, found["from"], found["until"], found["page"], found["rows"],
                        found.get("of"), found["n"], found["t"] * 1000)  # fmt: skip
        if self.lists(lane) or not (self.bounded or self.rising) or end == _END:
            return Step(lane, partition, at, end)
        return Step(lane, partition, at, self._aligned(at, at + self._width(state, key, noted), end))

    def _width(self, state: State, key: str, noted: Mapping[str, Any]) -> int:
        found = noted.get("w", {}).get(key) or state.get("w", {}).get(key)
        return int(found or self.cursor.ticks(self.step))

    def _aligned(self, at: int, until: int, end: int) -> int:
        """The end of a span that begins at ``at``: on a border of the filter's unit, if it is not ``end`` itself."""
        if until >= end:
            return end
        if self.unit is None:
            return until
        floor = self.cursor.at(self.unit.instant(self.unit.at(self.cursor.instant(until))))
        return min(end, floor if floor > at else self._next_border(at))

    def _next_border(self, at: int) -> int:
        if self.unit is None:
            return at + 1
        return max(at + 1, self.cursor.at(self.unit.instant(self.unit.at(self.cursor.instant(at)) + 1)))

    # ---- what a step has earned -----------------------------------------------------------------------------------

    def reached(self, state: State, step: Step, at: int) -> Patch:
        """The change that reading up to ``at``, in rising order, has earned."""
        return self._moved(state, step, at) if at > step.since else {}

    def page(self, step: Step, token: str, rows: int, began: int, total: int | None = None) -> Patch:
        """The change that keeps a live token, with the step's exact bounds, its count of rows so far, and how many its
        first page told of: what is told after a restart no longer counts what has gone since."""
        entry = {"from": step.since, "until": step.until, "page": token, "rows": rows, "n": step.n, "t": began // 1000,
                 "of": total}  # fmt: skip
        return {"open": {step.key: entry}}

    def again(self, step: Step, began: int) -> Patch:
        """The change after a step that could not end (its token died): the same bounds from their first page; at the
        third time, half of them, where they can be halved."""
        if step.n < 3:
            again = Step(step.lane, step.partition, step.since, step.until, n=step.n + 1)
            return self.page(again, "", 0, began)
        return self.narrowed(step) or {"open": {step.key: None}}

    def dropped(self, state: State, step: Step) -> Patch:
        """The change that forgets that a step was begun: another goes on from where its lane stands."""
        return {"open": {step.key: None}} if step.key in state.get("open", {}) else {}

    def narrowed(self, step: Step) -> Patch | None:
        """The change that halves a span; None where it is one unit of the filter, or has no borders to be halved by."""
        if not self.clocked or self.lists(step.lane) or not (self.bounded or self.rising):
            return None
        if step.until <= self._next_border(step.since):
            return None
        return {"open": {step.key: None}, "w": {step.key: max(1, (step.until - step.since) // 2)}}

    def done(self, state: State, step: Step, until: int, began: int) -> Patch:
        """The change that reading ``[since, until)`` whole, from the instant ``began`` on, has earned.

        ``until`` may be less than was asked for: what lay in the source's future cannot be called read.
        """
        patch = self.dropped(state, step)
        if until <= step.since:
            return patch
        if width := state.get("w", {}).get(step.key):
            wider = width * 2
            over = is_fill(step.lane) and until >= self.fills(state, step.partition)[step.lane][1]
            patch["w"] = {step.key: wider if wider < self.cursor.ticks(self.step) and not over else None}
        for kind, change in self._moved(state, step, until).items():
            patch[kind] = change
        for lane, again in zip(self.reread_lanes(), self.rereads, strict=True):
            entry = state.get(lane, {}).get(step.partition)
            if entry is None or again.window is None or step.since > entry["to"]:
                continue
            if self.swept and self.lists(step.lane):  # of a listing of keys no record was read
                continue
            if self.compares and (step.lane == TAIL or is_fill(step.lane)):
                continue  # of a step that a crash ended, records left that this reading may not have shown
            if self.slips and step.lane == TAIL:  # a backfill is read until two passes agree
                continue
            to = max(entry["to"], min(until, self.cursor.at(began - again.window)))
            if to != entry["to"]:
                patch.setdefault(lane, {}).setdefault(step.partition, {})["to"] = to
        return patch

    def _moved(self, state: State, step: Step, at: int) -> Patch:
        partition = step.partition
        if step.lane == TAIL:
            return {"tail": {partition: max(at, state["tail"][partition])}}
        if is_fill(step.lane):
            return {FILL: {partition: self._fill_moved(state, step, at)}}
        over = at >= state[step.lane][partition]["goal"]
        return {step.lane: {partition: {"at": None, "goal": None} if over else {"at": at}}}

    def _fill_moved(self, state: State, step: Step, at: int) -> Patch | None:
        fills = self.fills(state, step.partition)
        _, end = fills.pop(step.lane)
        if at >= end and not fills:
            return None
        change: Patch = {}
        self._filled(change, step.lane, min(at, end), end)
        return change

    def restarted(self, state: State, before: int, partition: str = "") -> Patch:
        """The change that another start of history asks for, where ``before`` was the one so far: the backfill of what
        it adds, or the end of a backfill of what it leaves out."""
        fills = self.fills(state, partition)
        if self.start < before:
            _, end = fills.get(FILL, (0, min(before, state[TAIL][partition])))
            return {FILL: {partition: {"at": self.start, "end": end}}} if self.start < end else {}
        cut = {lane: (min(self.start, end), end) for lane, (at, end) in fills.items() if at < self.start}
        if not cut:
            return {}
        begun = {key: None for lane in cut if (key := lane_key(partition, lane)) in state.get("open", {})}
        patch: Patch = {"open": begun} if begun else {}
        if all(at == end for at, end in (fills | cut).values()):
            return {FILL: {partition: None}} | patch
        change: Patch = {}
        for lane, (at, end) in cut.items():
            self._filled(change, lane, at, end)
        return {FILL: {partition: change}} | patch

    def forgettable(self, state: State, partition: str = "") -> int:
        """The tick before which no re-read will look again."""
        entries = [state.get(lane, {}).get(partition) for lane in self.reread_lanes()]
        settled: list[int] = [min(entry["to"], entry.get("at", entry["to"])) for entry in entries if entry]
        return min(settled, default=int(state["tail"][partition]))
