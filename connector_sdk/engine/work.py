"""What the lanes of one binding work with, and the way their records leave."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from connector_sdk.plan import Patch, Planned, Step

from .documents import Document, Row, pieces, size_of
from .emission import Emission
from .ledger import Ledger
from .overtaken import Overtaken
from .partitions import Discovery, Partition
from .room import Room
from .runtime import Runtime
from .state import compose
from .trace import BindingTrace

__all__ = ["Lanes", "Origin", "PlainSink", "Sink", "Work"]

_TOMBSTONES = 1_000


@dataclass
class Work:
    """One binding's share of the session. ``every``: the interval (microseconds); ``start``: the instant at which
    history begins, as text; ``room``: for what is remembered; ``wake``: have the binding plan again now; ``parts``: the
    ids of the partitions that there are; ``discovery``: who finds them."""

    runtime: Runtime
    ledger: Ledger
    trace: BindingTrace
    overtaken: Overtaken
    every: int
    start: str
    room: Room
    wake: Callable[[], None]
    parts: Callable[[], Collection[str]] = tuple
    discovery: Discovery | None = None


class Origin(Protocol):
    """Where a page's records come from."""

    @property
    def part(self) -> Partition: ...
    @property
    def lane(self) -> str: ...
    @property
    def stamp(self) -> int: ...
    @property
    def keep(self) -> int: ...


@dataclass(frozen=True)
class Page:
    """The origin of one page's records: its partition and lane, the stamp of its request, and the tick from which on
    records are remembered."""

    part: Partition
    lane: str
    stamp: int
    keep: int = 0


class Sink(Protocol):
    """Where the records of a page go: out, or to what follows them."""

    async def write(
        self, rows: Sequence[Row], origin: Origin, patch: Callable[[], Patch], written: Callable[[], None] | None
    ) -> int:
        """Have the records leave, the last transaction with the change of state that ``patch`` gives. How many bytes
        left. ``written`` is called when the page needs no memory any more."""
        ...

    async def gone(self, keys: Sequence[str], origin: Origin) -> None:
        """These records are deleted in the source."""
        ...


class Lanes(Protocol):
    """A kind of sync at work: what can be done now in a partition, and doing it."""

    async def prepare(self) -> None:
        """Find what is needed before anything can be planned."""
        ...

    def begin(self, part: Partition) -> Patch | None:
        """The cut-off of a partition that is not known yet: written alone, before anything of it is read (R9)."""
        ...

    def known(self) -> set[str]:
        """The partitions that something is remembered of, whether or not they are there now."""
        ...

    def restart(self, partition: str, before: str) -> Patch:
        """The change that another start of history asks for; so far it was the instant ``before``."""
        ...

    def plan(self, part: Partition) -> Planned:
        """At most one step a lane."""
        ...

    async def perform(self, step: Step, part: Partition) -> None:
        """Read what the step says, and write it."""
        ...

    def forget(self, part: Partition, *, keys: bool = True) -> Patch:
        """The change that removes a partition; with or without the keys of its records."""
        ...

    async def looked(self) -> None:
        """The partitions have been looked for again."""
        ...

    async def orphan(self, part: Partition) -> None:
        """The parent is gone for good: delete what is known to be below it."""
        ...

    def backfilling(self) -> bool:
        """Whether history is still being read somewhere."""
        ...

    def where(self) -> str:
        """How far reading has come, for people."""
        ...

    def warning(self) -> str:
        """What the user should know."""
        ...


class PlainSink:
    """Records leave as the binding's own documents."""

    def __init__(self, emission: Emission, ledger: Ledger) -> None:
        self.emission = emission
        self._ledger = ledger

    async def write(
        self, rows: Sequence[Row], origin: Origin, patch: Callable[[], Patch], written: Callable[[], None] | None
    ) -> int:
        cut = pieces(rows) or [()]
        whole = 0
        for at, piece in enumerate(cut):
            final = at == len(cut) - 1

            def make(piece: Sequence[Row] = piece, final: bool = final) -> tuple[Sequence[Document], Patch]:
                documents = self.emission.documents(piece, origin.part.id, origin.stamp, keep=origin.keep)
                change = self.emission.take(origin.part.id)
                return documents, compose(change, patch()) if final else change

            size = size_of(piece)
            whole += size
            await self._ledger.commit(size, make, written=written if final else None)
        return whole

    async def gone(self, keys: Sequence[str], origin: Origin) -> None:
        for begin in range(0, len(keys), _TOMBSTONES):
            some = keys[begin : begin + _TOMBSTONES]

            def make(some: Sequence[str] = some) -> tuple[list[Document], Patch]:
                documents = self.emission.tombstones(some, origin.part.id, origin.stamp)
                return documents, self.emission.take(origin.part.id)

            await self._ledger.commit(100 * len(some), make)
