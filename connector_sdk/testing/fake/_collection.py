"""Collections of records that change while they are read, and filters with declared borders."""

from __future__ import annotations

import copy
import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from connector_sdk.testing.fake._values import (
    Duration,
    Form,
    JsonObject,
    day_start,
    getter,
    instant_in,
    rank,
    seconds_of,
)

__all__ = ["Between", "Collection", "Filter", "among", "between", "equals", "on_days"]


@dataclass(frozen=True)
class Between:
    """A filter on the instant at a place. Records without a readable instant there are left out."""

    place: str
    since: int | None
    until: int | None
    since_inclusive: bool = True
    until_inclusive: bool = False
    unit: int = 1
    form: Form = "iso"

    def holds(self, instant: int) -> bool:
        """Whether an instant is within the borders, in whole units."""
        if self.unit > 1:
            instant -= instant % self.unit
        if self.since is not None and (instant < self.since or (instant == self.since and not self.since_inclusive)):
            return False
        return self.until is None or instant < self.until or (instant == self.until and self.until_inclusive)


Filter = Between | Callable[[JsonObject], bool]


def between(
    place: str,
    since: int | None,
    until: int | None,
    *,
    since_inclusive: bool = True,
    until_inclusive: bool = False,
    unit: Duration = 0.000001,
    form: Form = "iso",
) -> Between:
    """Records whose instant at ``place`` lies within the borders; None leaves a side open.

    ``unit`` is the source's granularity: the record's instant and the borders are cut down to whole units before
    they are compared.
    """
    ticks = max(1, round(seconds_of(unit) * 1_000_000))
    low = None if since is None else since - since % ticks
    high = None if until is None else until - until % ticks
    return Between(place, low, high, since_inclusive, until_inclusive, ticks, form)


def on_days(
    place: str,
    since: date | None,
    until: date | None,
    *,
    zone: str,
    since_inclusive: bool = True,
    until_inclusive: bool = False,
    form: Form = "iso",
) -> Between:
    """Records whose instant at ``place`` falls on one of the days, as days are in ``zone``."""
    next_day = timedelta(days=1)
    low = None if since is None else day_start(since if since_inclusive else since + next_day, zone)
    high = None if until is None else day_start(until + next_day if until_inclusive else until, zone)
    return Between(place, low, high, form=form)


def equals(place: str, value: Any) -> Callable[[JsonObject], bool]:
    """Records with this value at ``place``; a value of None lets all pass (the filter was not asked for)."""
    find = getter(place)
    return lambda record: value is None or find(record) == value


def among(place: str, values: Container[Any] | None) -> Callable[[JsonObject], bool]:
    """Records with one of the values at ``place``; None lets all pass."""
    find = getter(place)
    return lambda record: values is None or find(record) in values


@dataclass
class _Ordered:
    version: int
    ranks: list[tuple[int, Any]]
    records: list[JsonObject]


class Collection:
    """Records by key. Every change is atomic under the API's lock, and is seen by the next page that is read.

    A record handed out is never changed in place (an edit makes a new one), so what was read stays as it was read;
    treat it as read-only. A change with ``visible_after`` is seen by reads only that much later, on the clock: a late
    commit, or an index that lags.
    """

    def __init__(
        self,
        name: str,
        *,
        key: str | tuple[str, ...],
        lock: AbstractContextManager[Any],
        now: Callable[[], int],
        order: str | None = None,
        descending: bool = False,
        visible_after: Duration = 0,
    ) -> None:
        self.name = name
        self.visible_after = visible_after
        self._keys = [getter(place) for place in ((key,) if isinstance(key, str) else key)]
        self._lock = lock
        self._now = now
        self._order = None if order is None else "/" + order.removeprefix("/")
        self._descending = descending
        self._records: dict[Any, JsonObject] = {}
        self._late: list[tuple[int, int, Any, JsonObject | Callable[[JsonObject], None] | None]] = []
        self._changes = 0
        self._version = 0
        self._instants: dict[tuple[str, Form], dict[Any, int | None]] = {}
        self._ordered: _Ordered | None = None

    def key_of(self, record: JsonObject) -> Any:
        """The record's key: a value, or a tuple where the key has several places."""
        key = self._keys[0](record) if len(self._keys) == 1 else tuple(find(record) for find in self._keys)
        if key is None or (isinstance(key, tuple) and None in key):
            raise KeyError(f"a record of {self.name} has no key")
        return key

    def put(self, record: JsonObject, *, visible_after: Duration | None = None) -> Any:
        """Add the record, or replace the one with its key; gives the key."""
        key = self.key_of(record)
        self._change(key, copy.deepcopy(record), visible_after)
        return key

    def put_all(self, records: Iterable[JsonObject], *, visible_after: Duration | None = None) -> None:
        """Put several at once: no reader sees a part of them."""
        with self._lock:
            for record in records:
                self.put(record, visible_after=visible_after)

    def edit(
        self,
        key: Any,
        change: Callable[[JsonObject], None] | None = None,
        /,
        *,
        visible_after: Duration | None = None,
        **fields: Any,
    ) -> None:
        """Change a record: by fields (``edit(key, title="New")``), or by a function that changes a copy in place.

        A late edit is applied, when its time has come, to the record as it is by then. Raises KeyError for a record
        that was never put.
        """

        def apply(record: JsonObject) -> None:
            if change is not None:
                change(record)
            record.update(copy.deepcopy(fields))

        with self._lock:
            self._settle(self._now())
            if key not in self._records and not any(each[2] == key for each in self._late):
                raise KeyError(f"{self.name} has no record {key!r}")
            self._change(key, apply, visible_after)

    def delete(self, key: Any, *, visible_after: Duration | None = None) -> None:
        """Remove a record, and whatever of it is still late. Raises KeyError for one that is not there."""
        with self._lock:
            if key not in self:
                raise KeyError(f"{self.name} has no record {key!r}")
            self._late = [each for each in self._late if each[2] != key]
            heapq.heapify(self._late)
            self._change(key, None, visible_after)

    def clear(self) -> None:
        """Remove every record, the late ones too."""
        with self._lock:
            for key in list(self._records):
                self._apply(key, None)
            self._late.clear()

    def settle(self) -> int:
        """Make every late change visible now; gives how many there were."""
        with self._lock:
            count = len(self._late)
            self._settle(None)
            return count

    @property
    def late(self) -> int:
        """How many changes are not visible yet."""
        with self._lock:
            self._settle(self._now())
            return len(self._late)

    def truth(self) -> dict[Any, JsonObject]:
        """What a perfect capture would hold now: every visible record, by key."""
        with self._lock:
            self._settle(self._now())
            return dict(self._records)

    def get(self, key: Any) -> JsonObject | None:
        """The visible record with this key."""
        with self._lock:
            self._settle(self._now())
            return self._records.get(key)

    def select(self, *filters: Filter) -> list[JsonObject]:
        """The visible records that pass every filter, in the collection's order, as they are now."""
        with self._lock:
            self._settle(self._now())
            records, rest = self._narrowed(list(filters))
            for each in rest:
                if isinstance(each, Between):
                    records = self._within(each, records)
                else:
                    records = [record for record in records if each(record)]
            return records[::-1] if self._descending else records

    def __len__(self) -> int:
        return len(self.truth())

    def __contains__(self, key: object) -> bool:
        return key in self.truth()

    def __iter__(self) -> Iterator[JsonObject]:
        return iter(self.select())

    def _narrowed(self, filters: list[Filter]) -> tuple[list[JsonObject], list[Filter]]:
        """Records in ascending order, cut by bisection where a filter is on the place they are ordered by."""
        if self._order is None:
            return list(self._records.values()), filters
        ordered = self._sorted()
        for each in filters:
            if isinstance(each, Between) and each.place == self._order and each.unit == 1 and each.form == "iso":
                low = (2, each.since) if each.since is not None else (1, float("inf"))
                high = (2, each.until) if each.until is not None else (2, float("inf"))
                first = (bisect_left if each.since_inclusive else bisect_right)(ordered.ranks, low)
                last = (bisect_right if each.until_inclusive else bisect_left)(ordered.ranks, high)
                return ordered.records[first:last], [other for other in filters if other is not each]
        return list(ordered.records), filters

    def _sorted(self) -> _Ordered:
        if self._ordered is None or self._ordered.version != self._version:
            assert self._order is not None
            find = getter(self._order)
            rows = [(rank(find(record)), _comparable(key), record) for key, record in self._records.items()]
            rows.sort(key=lambda row: row[:2])
            self._ordered = _Ordered(self._version, [row[0] for row in rows], [row[2] for row in rows])
        return self._ordered

    def _within(self, wanted: Between, records: list[JsonObject]) -> list[JsonObject]:
        known = self._instants.setdefault((wanted.place, wanted.form), {})
        find = getter(wanted.place)
        kept = []
        for record in records:
            key = self.key_of(record)
            if key not in known:
                try:
                    known[key] = instant_in(find(record), wanted.form)
                except ValueError:
                    known[key] = None
            instant = known[key]
            if instant is not None and wanted.holds(instant):
                kept.append(record)
        return kept

    def _change(
        self, key: Any, change: JsonObject | Callable[[JsonObject], None] | None, visible_after: Duration | None
    ) -> None:
        wait = seconds_of(self.visible_after if visible_after is None else visible_after)
        with self._lock:
            now = self._now()
            self._settle(now)
            self._changes += 1
            if callable(change) and key not in self._records:
                wait = max(wait, 0.000001)  # an edit of a record that is itself still late follows it
                now = max([now, *(each[0] for each in self._late if each[2] == key)])
            if wait > 0:
                heapq.heappush(self._late, (now + int(wait * 1_000_000), self._changes, key, change))
            else:
                self._apply(key, change)

    def _settle(self, now: int | None) -> None:
        while self._late and (now is None or self._late[0][0] <= now):
            _, _, key, change = heapq.heappop(self._late)
            self._apply(key, change)

    def _apply(self, key: Any, change: JsonObject | Callable[[JsonObject], None] | None) -> None:
        if callable(change):
            if key not in self._records:
                return  # deleted meanwhile
            record = copy.deepcopy(self._records[key])
            change(record)
            change = record
            new_key = self.key_of(record)
            if new_key != key:
                raise ValueError(f"an edit changed the key of {self.name} {key!r} to {new_key!r}")
        if change is None:
            self._records.pop(key, None)
        else:
            self._records[key] = change
        for known in self._instants.values():
            known.pop(key, None)
        self._version += 1


def _comparable(key: Any) -> tuple[Any, ...]:
    return tuple(rank(part) for part in key) if isinstance(key, tuple) else (rank(key),)
