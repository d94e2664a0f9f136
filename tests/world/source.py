"""The source's side: rows, boxes and threads with their versions, and a log of what happened to rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from .declared import Declared, length_of

__all__ = ["Entry", "Source", "Table", "Version", "floor", "written"]


@dataclass(frozen=True)
class Version:
    """A record from the instant ``seen`` on, until a later version (by ``number``) is seen. Instants are seconds.

    ``value``: its cursor, as the instant at which it moved there or as a number. ``where``: what it lies in or below.
    """

    number: int
    value: int
    seen: float
    body: bytes
    alive: bool = True
    where: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """What the log tells: that this row changed, or went, at that instant."""

    number: int
    key: str
    version: Version


class Table:
    """Records and their history."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Version]] = {}

    def last(self, key: str) -> Version | None:
        """The latest version, seen or not."""
        versions = self.rows.get(key)
        return versions[-1] if versions else None

    def add(self, key: str, version: Version) -> None:
        """A later version."""
        self.rows.setdefault(key, []).append(version)

    def visible(self, at: float) -> dict[str, Version]:
        """The records that are seen at an instant."""
        found = {}
        for key, versions in self.rows.items():
            for version in reversed(versions):
                if version.seen <= at:
                    if version.alive:
                        found[key] = version
                    break
        return found

    def seen(self, key: str, at: float) -> Version | None:
        """A record as it is seen at an instant."""
        for version in reversed(self.rows.get(key, ())):
            if version.seen <= at:
                return version if version.alive else None
        return None


@dataclass
class Source:
    """Rows and their history. ``now`` gives the source's own time in seconds since 1970.

    ``hidden``: until when a box refuses to be read. ``losing``: how many entries its log is about to lose.
    ``refused``: how many entries its log has refused to tell.
    """

    declared: Declared
    now: Callable[[], float]
    rows: Table = field(default_factory=Table)
    boxes: Table = field(default_factory=Table)
    threads: Table = field(default_factory=Table)
    log: list[Entry] = field(default_factory=list)
    hidden: dict[str, float] = field(default_factory=dict)
    losing: int = 0
    dead_before: float = 0.0
    refused: int = 0
    went: list[tuple[float, str]] = field(default_factory=list)
    """When which row went, or may have become unseen."""
    _count: int = 0

    def __post_init__(self) -> None:
        if self.declared.per == "constants":
            for number in range(self.declared.boxes):
                self.open_box(f"b{number}")

    # ---- what people do in it --------------------------------------------------------------------------------------

    def edit(self, key: str, content: int, *, late: float = 0, ago: float = 0) -> None:
        """Create or change a row; the change is seen ``late`` seconds after. ``ago``: it happened so long before."""
        declared = self.declared
        late = min(late, max((declared.lag, *declared.reread)))
        at = self.now() - ago
        last = self.rows.last(key)
        value = self._value(int(at))
        if declared.kind != "follow" and not declared.moves and last is not None:
            value = last.value  # also when it comes back
            if at + late > value + declared.late:
                return  # nobody promised to find an edit as late as that
        where = self.where(key, content)
        if (
            declared.kind == "follow"
            and where[0].startswith("k")
            and ((parent := self.rows.last(where[0])) is None or not parent.alive)
        ):
            return  # there is nothing that it could be below
        body = {"id": key, "at": written(value, declared.tick, declared.zone), "c": content}
        version = self._version(value, at + late, body, where=where)
        self._touch(where, at, late)
        self.rows.add(key, version)
        self._tell(key, version)

    def remove(self, key: str) -> None:
        """Delete a row."""
        declared, last, now = self.declared, self.rows.last(key), self.now()
        if last is None or not last.alive:
            return
        if declared.deletes == "missing" and declared.kind == "incremental" and now > last.value + declared.late_gone:
            return  # nobody promised to find a deletion as late as that
        if declared.deep and any(key in each[-1].where and each[-1].alive for each in self.rows.rows.values()):
            return  # what is below it would have no parent any more
        seen = max(now, last.seen)  # never before the version that it ends
        if declared.deletes == "marked":
            value = self._value(int(now))
            body = {"id": key, "at": written(value, declared.tick, declared.zone), "gone": True}
            version = self._version(value, seen, body, alive=declared.kind not in ("log", "entries"), where=last.where)
        else:
            at = written(self._value(int(seen)), declared.tick, declared.zone)
            gone = {"id": key, "gone_at": at, "gone": True}
            version = self._version(last.value, seen, gone, alive=False, where=last.where)
        self._touch(last.where, now, seen - now)
        self.rows.add(key, version)
        self.went.append((version.seen, key))
        self._tell(key, version)

    def open_box(self, name: str) -> None:
        """A box is there, or is back."""
        last = self.boxes.last(name)
        if last is None or not last.alive:
            self.boxes.add(name, self._version(0, self.now(), {"id": name, "n": self._count}))

    def close_box(self, name: str) -> None:
        """A box goes, with all that lies in it; so does a thread that has nothing below it."""
        table = self.boxes if name.startswith("b") else self.threads
        last, now = table.last(name), self.now()
        if last is None or not last.alive:
            return
        seen = max(now, last.seen)
        below = [key for key, versions in self.rows.rows.items() if versions[-1].alive and name in versions[-1].where]
        below = [] if name.startswith("b") and self.declared.kind == "follow" else below
        if self.declared.kind == "follow" and below and not self._may_go():
            return
        table.add(name, self._version(last.value, seen, {}, alive=False))
        for key in below if self.declared.kind == "follow" else ():
            self.rows.add(key, self._version(0, max(seen, self.rows.rows[key][-1].seen), {}, alive=False))
        lay = [key for key, versions in self.rows.rows.items() if any(name in each.where for each in versions)]
        self.went += [(seen, key) for key in lay]
        self._out_of_sight()

    def _out_of_sight(self) -> None:
        """Note what is below threads that lie in no box which is there."""
        if self.declared.kind == "follow" and self.declared.per:
            shown = self.truth(self.now())
            self.went += [(self.now(), key) for key in self.rows.visible(self.now()) if key not in shown]

    def _may_go(self) -> bool:
        return self.declared.orphans and self.declared.root == "snapshot" and not self.declared.deep

    def _value(self, at: int) -> int:
        match self.declared.tick:
            case "number":
                return self._count + 1
            case "day":
                return at  # of which zone, the reader is told
        return floor(at, length_of(self.declared.tick))

    def _version(
        self, value: int, seen: float, body: dict[str, object], *, alive: bool = True, where: tuple[str, ...] = ()
    ) -> Version:
        self._count += 1
        return Version(self._count, value, seen, json.dumps(body).encode(), alive, where)

    def _tell(self, key: str, version: Version) -> None:
        if self.declared.kind not in ("log", "entries"):
            return
        if self.losing and self.declared.loses:
            self.losing -= 1
            return
        self.log.append(Entry(len(self.log), key, version))

    def _touch(self, where: tuple[str, ...], at: float, late: float) -> None:
        """What is below a thread moves it."""
        if self.declared.kind != "follow":
            return
        names = list(where)
        while names and names[0].startswith("k"):
            names = list(self.where(names[0], 0))
        for name in names:
            value = self._value(int(at))
            topic = name.startswith("u")
            body = {
                "id": f"t{name[1:]}",
                "at": written(value, self.declared.tick, self.declared.zone),
                "n": self._count,
            }
            if self.declared.topics:
                body["topic"] = topic
            last = self.threads.last(name)
            seen = at + late if last is None else max(at + late, last.seen)
            boxes = self._boxes(int(name[1:]), self._count) if self.declared.per and not topic else ()
            self.threads.add(name, self._version(value, seen, body, where=boxes))
            self._out_of_sight()

    def where(self, key: str, content: int) -> tuple[str, ...]:
        """What a row lies in: a box (or two), or the thread or row that it is below."""
        declared, number = self.declared, int(key[1:])
        if declared.kind == "follow":
            if declared.deep and number >= declared.boxes:
                return (f"k{number - declared.boxes}",)
            kind = "u" if declared.topics and number % 2 else "t"
            return (f"{kind}{number % declared.boxes}",)
        return self._boxes(number, content) if declared.per else ()

    def _boxes(self, number: int, content: int) -> tuple[str, ...]:
        first, second = f"b{number % self.declared.boxes}", f"b{(number + 1) % self.declared.boxes}"
        if not self.declared.shared:
            return (first,)
        return ((first, second), (first,), (second,))[content % 3]

    # ---- what is there ---------------------------------------------------------------------------------------------

    def truth(self, at: float) -> dict[str, bytes]:
        """The rows that a reader who sees everything would find at an instant."""
        return {key: version.body for key, version in self.there(at).items()}

    def there(self, at: float) -> dict[str, Version]:
        """The same, with their versions."""
        rows = self.rows.visible(at)
        if self.declared.deletes == "marked" and self.declared.kind == "incremental":
            rows = {key: version for key, version in rows.items() if b'"gone"' not in version.body}
        if self.declared.kind == "follow" and self.declared.per:
            threads = self.threads_there(at)
            return {key: version for key, version in rows.items() if version.where[0] in threads}
        if self.declared.per:
            boxes = self.boxes.visible(at)
            rows = {key: version for key, version in rows.items() if any(box in boxes for box in version.where)}
        return rows

    def threads_there(self, at: float) -> dict[str, Version]:
        """The threads and topics that are seen at an instant, in boxes that are there."""
        boxes = self.boxes.visible(at)
        found = self.threads.visible(at).items()
        return {name: each for name, each in found if not each.where or any(box in boxes for box in each.where)}

    def last_seen(self) -> float:
        """When the last change becomes visible."""
        tables = (self.rows, self.threads, self.boxes)
        return max((one.seen for table in tables for versions in table.rows.values() for one in versions), default=0.0)

    def matching(self, table: Table, low: int | None, high: int | None) -> Iterator[tuple[str, Version]]:
        """The records seen now whose cursor, in units of the filter, lies within these borders."""
        declared = self.declared
        for key, version in table.visible(self.now()).items():
            at = version.value if declared.unit == "number" else self.unit_of(version.value)
            if low is not None and (at < low or (at == low and declared.since == "exclusive")):
                continue
            if high is not None and (at > high or (at == high and declared.until == "exclusive")):
                continue
            yield key, version

    def unit_of(self, value: int) -> int:
        """The number of the filter's unit that an instant lies in."""
        if self.declared.unit != "day":
            return value // length_of(self.declared.unit)
        return datetime.fromtimestamp(value, ZoneInfo(self.declared.zone)).toordinal()


def floor(at: int, length: int) -> int:
    """The beginning of the step of this length that an instant lies in."""
    return at - at % length


def written(at: int, how: str, zone: str) -> object:
    """An instant as the source writes it."""
    if how in ("second", "number"):
        return at
    moment = datetime.fromtimestamp(at, UTC)
    if how == "day":
        return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d")
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
