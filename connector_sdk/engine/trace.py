"""What a binding's requests tell: stamps, counts, and what they wait for."""

from __future__ import annotations

from collections import Counter

from connector_sdk.plan import share

from .overtaken import Overtaken
from .runtime import SourceClock

__all__ = ["BindingTrace", "StepTrace"]


class BindingTrace:
    """The requests of one binding, counted."""

    def __init__(self, overtaken: Overtaken, time: SourceClock) -> None:
        self.requests = 0
        self.retries = 0
        self.shares: Counter[str] = Counter()
        self.overtaken = overtaken
        self.time = time
        self.waits: dict[object, tuple[int, str]] = {}
        self.total = 0  # how many records the source has told of, in what is read for the first time

    def step(self, key: str, lane: str, *, frozen: bool = False) -> StepTrace:
        """What the client tells of one step's requests."""
        return StepTrace(self, key, lane, frozen)

    @property
    def waiting(self) -> tuple[int, str] | None:
        """The longest wait that is under way: until when (microseconds), and for what."""
        return max(self.waits.values(), default=None)


class StepTrace:
    """Told by the client of every request of one step. ``frozen``: all its pages show the instant of the first."""

    def __init__(self, binding: BindingTrace, key: str, lane: str, frozen: bool) -> None:
        self._binding = binding
        self._key = key
        self._share = share(lane)
        self._frozen = frozen
        self._sent = 0
        self._counted = 0

    def sent(self) -> int:
        """A try of a request leaves; its stamp."""
        self._binding.requests += 1
        self._binding.shares[self._share] += 1
        self._sent += 1
        stamp = self._binding.overtaken.sent(self._key)
        return self._binding.overtaken.first(self._key) if self._frozen else stamp

    def retried(self, why: str) -> None:
        """A request is going to be repeated: if it was the only one, nothing is under way until then."""
        self._binding.retries += 1
        if self._sent == 1:
            self._left()

    def written(self) -> None:
        """What was asked for has been written: nothing is under way until the next request."""
        if not self._frozen:
            self._left()

    def ended(self) -> None:
        """The step is over."""
        self._left()

    def _left(self) -> None:
        self._sent = 0
        self._binding.overtaken.leave(self._key)

    def counted(self, total: int | None) -> None:
        """The source told how many records there are in what this step reads."""
        if total is not None and total > self._counted and self._share != "again":
            self._binding.total += total - self._counted
            self._counted = total

    def waiting(self, until: int | None, why: str) -> None:
        """A request waits until this instant (microseconds); None when that is over."""
        if until is None:
            self._binding.waits.pop(self, None)
        else:
            self._binding.waits[self] = (until, why)

    def answered(self, date: int | None) -> None:
        """An answer arrived, with this ``Date``."""
        self._binding.time.heard(date)
