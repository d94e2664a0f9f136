"""What all bindings of a session share: the client, time, and the way out."""

from __future__ import annotations

from dataclasses import dataclass, field

from connector_sdk.http import Client

from .clock import Clock
from .exchange import Exchange
from .ledger import Encoder
from .outbox import Outbox
from .room import CAPTURE, Room

__all__ = ["History", "Runtime", "SourceClock"]


class SourceClock:
    """The time that counts for frontiers: the smaller of our clock and the source's own (R7).

    A cursor committed in the future loses every row until then, so a wrong clock of ours must not matter.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.skew = 0
        self._last: tuple[int, float] | None = None

    def heard(self, date: int | None) -> None:
        """An answer carried this ``Date`` (microseconds); None where it had none that can be believed."""
        if date is not None:
            self._last = (date, self.clock.monotonic())
            self.skew = self.clock.now() - date

    @property
    def known(self) -> bool:
        """Whether the source has told its time."""
        return self._last is not None

    def now(self) -> int:
        """The smaller of both clocks, in microseconds since 1970."""
        return self.at(self.clock.now(), self.clock.monotonic())

    def at(self, own: int, monotonic: float) -> int:
        """The same for a moment that has passed, by what is known of the source's clock now."""
        if self._last is None:
            return own
        date, heard = self._last
        return min(own, date + int((monotonic - heard) * 1_000_000))


class History:
    """How many lanes read history side by side, in all bindings: beyond ``most`` no backfill is parted further. One
    source has no use for more, and what they hold would keep what is new waiting."""

    def __init__(self, most: int = 16) -> None:
        self.most = most
        self._lanes: dict[object, int] = {}
        self._all = 0

    def more(self, who: object, lanes: int) -> int:
        """How many more there may be, now that these lanes of ``who`` are known."""
        self._all += lanes - self._lanes.get(who, 0)
        self._lanes[who] = lanes
        return max(0, self.most - self._all)


@dataclass
class Runtime:
    """What the bindings of a session share. ``once``: end when everything is caught up; ``owned``: the part of the key
    range that this shard reads, both ends included."""

    client: Client
    clock: Clock
    outbox: Outbox
    encoder: Encoder
    once: bool = False
    owned: tuple[int, int] = (0, 0xFFFFFFFF)
    exchange: Exchange = field(default_factory=Exchange)
    room: Room = field(default_factory=lambda: Room(CAPTURE))
    history: History = field(default_factory=History)
    time: SourceClock = field(init=False)

    def __post_init__(self) -> None:
        self.time = SourceClock(self.clock)
