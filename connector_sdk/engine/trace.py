"""What a binding's requests tell: stamps, counts, and what they wait for."""

from __future__ import annotations

from .memory import Overtaken
from .runtime import SourceClock

__all__ = ["BindingTrace"]


class BindingTrace:
    """Told by the client of every request of one binding."""

    def __init__(self, overtaken: Overtaken, time: SourceClock) -> None:
        self.requests = 0
        self.retries = 0
        self.waits_until: int | None = None
        self.waits_for = ""
        self._overtaken = overtaken
        self._time = time

    def sent(self) -> int:
        """A try of a request leaves; its stamp."""
        self.requests += 1
        return self._overtaken.sent()

    def retried(self, why: str) -> None:
        """A request is going to be repeated."""
        self.retries += 1

    def waiting(self, until: int | None, why: str) -> None:
        """A request waits until this instant (microseconds); None when that is over."""
        self.waits_until, self.waits_for = until, why if until is not None else ""

    def answered(self, date: int | None) -> None:
        """An answer arrived, with this ``Date``."""
        self._time.heard(date)
