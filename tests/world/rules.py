"""The safety rules of the engine, and what stands in the place of each when it is switched off."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import connector_sdk.engine.binding as binding_module
import connector_sdk.engine.borders as borders_module
import connector_sdk.engine.incremental as incremental_module
import connector_sdk.http.walk as walk_module
from connector_sdk.declare import Since
from connector_sdk.engine.binding import BindingRun
from connector_sdk.engine.changelog import ChangeLogLanes
from connector_sdk.engine.doubts import Elsewhere
from connector_sdk.engine.follow import FollowSink
from connector_sdk.engine.keys import Keys
from connector_sdk.engine.ledger import Ledger
from connector_sdk.engine.numbered import NumberedLanes
from connector_sdk.engine.overtaken import Overtaken
from connector_sdk.engine.partitions import Partition
from connector_sdk.engine.reading import Reading
from connector_sdk.engine.runtime import SourceClock
from connector_sdk.engine.seen import Seen
from connector_sdk.engine.snapshot import KeyedListing, Listing
from connector_sdk.engine.span import Performance
from connector_sdk.engine.state import compose, merge
from connector_sdk.engine.turns import Turns
from connector_sdk.http import ExpiredToken
from connector_sdk.plan import FILL, ChangeLogPlan, IncrementalPlan, Step, lane_key

__all__ = ["RULES", "Rule"]

LOST = ("a row was never found", "an old version stayed")
DELETED = ("a living row was deleted",)
GHOST = ("a deleted row stayed",)
AGAIN = ("a quiet source is told again",)
STUCK = ("it never catches up", "it cannot catch up", "it asks and asks", "the session died")

Switch = tuple[Any, str, Any]


@dataclass(frozen=True)
class Rule:
    """A rule; what is done when it is ``off``; the sort of stories that need it; the ways in which they end badly
    without; and what stands in its place: owner, name, replacement, made anew for each story."""

    name: str
    off: str
    sort: str
    what: Sequence[str]
    switches: Callable[[], Sequence[Switch]]


def _instead(owner: Any, name: str, replacement: Any) -> Callable[[], Sequence[Switch]]:
    return lambda: [(owner, name, replacement)]


def _around(owner: Any, name: str, changed: Callable[..., Any]) -> Callable[[], Sequence[Switch]]:
    """``changed`` is given the original, and what it is called with."""
    original = getattr(owner, name)

    def replacement(*args: Any, **kwargs: Any) -> Any:
        return changed(original, *args, **kwargs)

    return lambda: [(owner, name, replacement)]


# ---- what stands in the place of a rule ----------------------------------------------------------------------------


def _own_clock() -> Sequence[Switch]:
    return [
        (SourceClock, "now", lambda self: self.clock.now()),
        (SourceClock, "at", lambda self, own, monotonic: own),
    ]


def _set_of_digests() -> Sequence[Switch]:
    digests: set[int] = set()
    remember = Seen.remember

    def remember_all(self: Seen, key: bytes, tick: int, digest: int) -> None:
        digests.add(digest)
        remember(self, key, tick, digest)

    return [(Seen, "sent_before", lambda self, key, digest: digest in digests), (Seen, "remember", remember_all)]


async def _begin_unwritten(self: BindingRun, track: Any, parts: list[Partition]) -> None:
    for part in parts:
        merge(self.state.data, track.lanes.begin(part) or {})


def _new_until(
    self: IncrementalPlan, state: Any, lane: str, partition: str, at: int, end: int, noted: Any = None
) -> Step:
    if found := state.get("open", {}).get(lane_key(partition, lane)):
        return Step(lane, partition, at, end, found["page"], found["rows"], found["n"])
    return Step(lane, partition, at, end)


async def _plain_offsets(asker: Any, ask: Any, key: Any) -> AsyncGenerator[Any, None]:
    while True:
        page = await asker.ask(ask)
        yield page
        if page.token is None:
            return
        ask = replace(ask, token=page.token)


def _window_from_now(
    original: Any, self: IncrementalPlan, state: Any, now: int, lane: str, again: Any, partition: str
) -> Any:
    entry = state.get(lane, {}).get(partition)
    if entry is not None and again.window is not None:
        state = dict(state) | {lane: {partition: {**entry, "to": max(entry["to"], self._settled_at(again, now))}}}
    return original(self, state, now, lane, again, partition)


def _count_at_the_end() -> Sequence[Switch]:
    commit, shorten = NumberedLanes._commit, NumberedLanes._shorten

    async def without_count(self: NumberedLanes, documents: Any, patch: Any, size: int) -> None:
        await commit(self, documents, patch if documents[0].op == "d" else {
            kind: change for kind, change in patch.items() if kind != "n"
        }, size)  # fmt: skip

    async def at_the_end(self: NumberedLanes, count: int) -> None:
        await shorten(self, count)
        self.work.ledger.state.note({"n": count})

    return [(NumberedLanes, "_commit", without_count), (NumberedLanes, "_shorten", at_the_end)]


async def _token_after(original: Any, self: ChangeLogLanes, step: Step, part: Partition) -> None:
    await original(self, step, part)
    page = await self._ask(part, None, self.work.trace.step(step.key, step.lane))
    await self._commit({"token": {part.id: page.token or page.mark}})


def _keys_forgotten(original: Any, self: Any, state: Any, token: Any, now: int, served: bool, partition: str) -> Any:
    return compose(original(self, state, token, now, served, partition), {"rows": {partition: None}})


def _unbent(bound: Any, cursor: Any, since: int, until: int, unit: Any, *, pad: bool = False) -> Any:
    """The borders as they are wanted, whatever the filter includes or how coarse it is."""
    if isinstance(bound, Since):
        return unit.write(unit.at(cursor.instant(since)))
    return unit.write(unit.at(cursor.instant(until)))


def _no_halving(self: IncrementalPlan, step: Step, began: int) -> Any:
    return self.page(Step(step.lane, step.partition, step.since, step.until, n=step.n + 1), "", 0, began)


def _by_records() -> Sequence[Switch]:
    make = Performance.__init__

    def risen(self: Performance, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        self.rising = not self.plan.lists(self.step.lane)

    def highest(self: Performance, rows: Any) -> None:
        self.reading.last = max((row.tick for row in rows), default=self.reading.last)

    return [(Performance, "__init__", risen), (Performance, "_check_order", highest)]


def _from_now(original: Any, self: IncrementalPlan, now: int, partition: str = "", cut: int | None = None) -> Any:
    patch: dict[str, Any] = original(self, now, partition, cut)
    return {kind: change for kind, change in patch.items() if kind != FILL} if partition else patch


@asynccontextmanager
async def _at_once(self: Turns, names: Any) -> AsyncGenerator[None, None]:
    yield


def _never_comparing(*given: Any, **named: Any) -> IncrementalPlan:
    return IncrementalPlan(*given, **{**named, "compares": False})


def _all_at_once(self: Elsewhere) -> Any:
    for part, missing in self._missing.items():
        keys = list(missing)
        missing.clear()
        yield part, keys


def _untold(original: Any, plan: IncrementalPlan, step: Step, token: str, rows: int, began: int, *total: Any) -> Any:
    return original(plan, step, token, rows, began)


async def _taken_before(self: Ledger) -> None:
    waiting, self.state.lazy = self.state.lazy, {}
    if waiting:
        await self.commit(0, lambda: ((), waiting), lazy=False)


async def _cut_short(original: Any, self: Listing, sweep: Any, part: Any, key: str) -> AsyncGenerator[Any, None]:
    try:
        async for found in original(self, sweep, part, key):
            yield found
    except ExpiredToken:
        return


def _read_once(self: Elsewhere) -> Any:
    for part, missing in self._missing.items():
        since = min([self._looked(), *(self._read.get(other, 0) for other in self._parts() if other != part)])
        keys = [key for key, at in missing.items() if at <= since]
        self.found(part, keys)
        yield part, keys


def _leaving() -> Sequence[Switch]:
    make = Performance.__init__

    def plain(self: Performance, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        self._compares = False

    return [(Performance, "__init__", plain)]


def _only_remembered(original: Any, self: Performance, rows: Any) -> Any:
    if self._compares:
        return [row for row in rows if row.key.decode() in (self._expected or ())]
    return original(self, rows)


RULES = (
    Rule("overtaken records are not written (R26)", "every record of a page is written", "held", LOST,
         _instead(Overtaken, "passed", lambda self, key, tick, asked: False)),
    Rule("a frozen page is as old as its step's first request", "it is as old as its own request", "frozen", LOST,
         _instead(Overtaken, "first", lambda self, lane: self.stamp)),
    Rule("the smaller of both clocks (R7)", "our own clock alone", "clocks", LOST, _own_clock),
    Rule("nothing younger than the lag is called read (R7)", "all up to now is called read", "borders", LOST,
         _instead(IncrementalPlan, "frontier", lambda self, now: self.cursor.at(now))),
    Rule("a cursor is moved by finished spans (R7)", "by the highest record of a page", "borders", LOST, _by_records),
    Rule("in rising order, ties of the last value are read again (R7)", "on from behind the last value", "rising", LOST,
         _around(IncrementalPlan, "reached", lambda original, self, state, step, at: original(
             self, state, step, at + 1))),
    Rule("the cut-off is written before anything is read (R9)", "it is fixed, but not written", "borders",
         LOST + STUCK, _instead(BindingRun, "_begin", _begin_unwritten)),
    Rule("requests ask for a superset (R8)", "for the borders as they are wanted", "borders", LOST,
         _instead(borders_module, "border", _unbent)),
    Rule("the memory is a map from key to digest (R10)", "a set of digests", "late", LOST, _set_of_digests),
    Rule("what was sent is remembered in the state (R10)", "only in memory", "late", AGAIN,
         _instead(Seen, "take", lambda self: {})),
    Rule("re-reading has a frontier of its own (R10)", "it begins a window before now", "late", LOST,
         _around(IncrementalPlan, "_reread", _window_from_now)),
    Rule("two windows never read the same records at once", "they may", "windows", LOST,
         _instead(BindingRun, "_overlaps", lambda self, step: False)),
    Rule("a span that hits the cap is not done (R11)", "what came is taken for all", "capped", LOST,
         _instead(Reading, "capped", False)),
    Rule("rows are counted from the first page of a chain on (R11)", "from the restart on", "capped", LOST,
         _around(Reading, "__init__", lambda original, self, reader, before=0, total=None, *, keyed=True: original(
             self, reader, 0, total, keyed=keyed))),
    Rule("a span whose tokens die is halved (R12)", "it is begun again for ever", "dying", STUCK,
         _instead(IncrementalPlan, "again", _no_halving)),
    Rule("a token is kept with its step's bounds (R16)", "with new bounds", "borders", LOST,
         _instead(IncrementalPlan, "_step", _new_until)),
    Rule("offset pages overlap", "each begins where the last one ended", "counted", LOST,
         _instead(walk_module, "overlapping", _plain_offsets)),
    Rule("page numbers are proved by a total", "the total is not looked at", "counted", LOST,
         _instead(Reading, "short_of", 0)),
    Rule("a backfill over shifting pages is read until two passes agree", "once", "shifting", LOST,
         _instead(Performance, "_doubts", False)),
    Rule("a deletion over shifting pages needs two equal passes (R13)", "one", "snapshot_shifting", DELETED,
         _instead(Reading, "slips", False)),
    Rule("an empty page alone deletes nothing (R6)", "it does", "snapshot", DELETED,
         _instead(Listing, "denied", lambda self, sweep, part, known: False)),
    Rule("the count of numbered rows rises with each block", "at the end", "numbered",
         ("the collection is not the listing",), _count_at_the_end),
    Rule("a log's token is taken before everything is listed (R14)", "after it", "log", LOST + GHOST,
         _around(ChangeLogLanes, "_full", _token_after)),
    Rule("an expired token has everything listed again (R14)", "the log goes on from a new one", "log", LOST + GHOST,
         _instead(ChangeLogPlan, "expired", lambda self, state, token, now, served, partition: {
             "token": {partition: token}})),
    Rule("keys are kept when a token expires (R14)", "they are forgotten", "log", GHOST,
         _around(ChangeLogPlan, "expired", _keys_forgotten)),
    Rule("a listing beside a log is read until two passes agree, where pages shift", "once", "log", LOST,
         _around(KeyedListing, "sweep", lambda original, self, part, key, skip=None, *, once=False: original(
             self, part, key, *([skip] if skip else [])))),
    Rule("what the log told of is newer than a listing that trails it", "the listing may be", "log", LOST + GHOST,
         _instead(ChangeLogLanes, "_touch", lambda self, keys, part: None)),
    Rule("a page of the log is never older than a listing that trails it", "it is as old as its request", "log",
         LOST + GHOST, _instead(ChangeLogLanes, "_stamp", lambda self, page: page.stamp)),
    Rule("a listing begins `lag` after the token was taken (R14)", "at once", "log", LOST + GHOST,
         _around(ChangeLogPlan, "init", lambda original, self, token, now, partition="": original(
             self, token, now - self.lag, partition))),
    Rule("a listing begins `lag` after a restart (R14)", "at once", "log", LOST + GHOST,
         _around(ChangeLogPlan, "plan", lambda original, self, state, now, log, opened, partition="": original(
             self, state, now, log, -math.inf, partition))),
    Rule("a new partition is backfilled", "it is read from now on", "partitions", LOST,
         _around(IncrementalPlan, "init", _from_now)),
    Rule("a partition that is refused is its own matter (R21)", "the binding fails with it", "partitions", STUCK,
         _instead(binding_module, "is_own", lambda error: False)),
    Rule("a key that another partition holds is not deleted (R13)", "it is", "shared", DELETED,
         _instead(Keys, "elsewhere", lambda self, key, partition: False)),
    Rule("before a shared key is deleted, the other partitions are read (R13)", "it is deleted at once", "shared",
         DELETED, _instead(Elsewhere, "certain", _all_at_once)),
    Rule("before a shared key is deleted, partitions are looked for (R13)", "those that are known count", "shared",
         DELETED, _instead(KeyedListing, "_looked", lambda self: math.inf)),
    Rule("before a shared key is deleted, its own partition is read once more (R13)", "the others alone",
         "shared", DELETED, _instead(Elsewhere, "certain", _read_once)),
    Rule("what is below a record stays while another partition has it (R13)", "it goes with the first", "follow_apart",
         DELETED, _instead(FollowSink, "_lives_on", lambda self, key, partition: False)),
    Rule("a listing whose page token has died begins again (R3)", "what came is taken for all", "snapshot",
         LOST + DELETED, _around(Listing, "pages", _cut_short)),
    Rule("nothing of a listing of keys leaves", "it leaves as any other record", "keys_listed", LOST, _leaving),
    Rule("of a listing of keys all that is listed counts where two passes are compared (R13)",
         "what may be gone counts", "keys_listed", DELETED, _around(Performance, "_own_rows", _only_remembered)),
    Rule("after a split, what another shard owns is forgotten (R19)", "it is kept", "shards", LOST + GHOST + DELETED,
         _around(BindingRun, "_strangers", lambda original, self, track, found, mine: set())),
    Rule("only reading again settles what is compared", "the tail does so too, after an outage", "orphans", GHOST,
         lambda: [(incremental_module, "IncrementalPlan", _never_comparing)]),
    Rule("what may slip past the tail is settled by reading again alone", "by the tail too, after an outage",
         "shifting", LOST, _instead(incremental_module, "may_slip", lambda reader: False)),
    Rule("a chain that goes on is counted against its first page's total (R11)", "against what is told after a restart",
         "shifting", LOST, _around(IncrementalPlan, "page", _untold)),
    Rule("one lane at a time reads what is below a parent", "two may", "follow", GHOST,
         _instead(Turns, "of", _at_once)),
    Rule("state that waited is written in its turn", "as it was when it was asked for", "capped",
         LOST + AGAIN + STUCK,
         _instead(Ledger, "flush", _taken_before)),
    Rule("a parent is remembered before its children leave", "after them", "follow", GHOST,
         _instead(FollowSink, "_orphans_known", lambda self, rows, origin: None)),
)  # fmt: skip
