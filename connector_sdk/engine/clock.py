"""The process's clock: wall time for frontiers, monotonic time for waits; both can be moved by ``CONNECTOR_CLOCK``.

``CONNECTOR_CLOCK=2026-01-03T00:00:00Z`` starts the clock at that instant; ``2026-01-03T00:00:00Z*60`` also lets it
run sixty times faster, waits included (DESIGN: the outside contract).
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol

from connector_sdk.errors import ConfigError

__all__ = ["Clock", "SystemClock", "instant_text", "parse_instant"]

_FAR = 3600.0


class Clock(Protocol):
    """What the engine and the HTTP client know of time."""

    def now(self) -> int:
        """Wall time, in microseconds since 1970."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back; only differences mean anything."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that long on this clock."""
        ...


class SystemClock:
    """The machine's clock, moved to ``start`` and run ``factor`` times faster.

    ``SystemClock.from_spec(text)`` reads the form of ``CONNECTOR_CLOCK``; an empty text is the real clock.
    """

    def __init__(self, start: int | None = None, factor: float = 1.0) -> None:
        self.factor = factor
        self._began = time.monotonic()
        self._start = start if start is not None else time.time_ns() // 1000
        self._real = start is None and factor == 1.0

    @classmethod
    def from_spec(cls, spec: str) -> SystemClock:
        """The clock that ``CONNECTOR_CLOCK`` asks for; raises ConfigError for another form."""
        if not spec:
            return cls()
        text, _, factor = spec.partition("*")
        try:
            return cls(parse_instant(text), float(factor or 1))
        except ValueError:
            raise ConfigError(
                f"CONNECTOR_CLOCK={spec!r} is no clock:", hint="write 2026-01-03T00:00:00Z or 2026-01-03T00:00:00Z*60"
            ) from None

    def now(self) -> int:
        if self._real:
            return time.time_ns() // 1000
        return self._start + int((time.monotonic() - self._began) * self.factor * 1_000_000)

    def monotonic(self) -> float:
        return time.monotonic() * self.factor

    async def sleep(self, seconds: float) -> None:
        # in pieces, since a float of days overflows some selectors
        real = max(0.0, seconds) / self.factor
        while real > _FAR:
            await asyncio.sleep(_FAR)
            real -= _FAR
        await asyncio.sleep(real)

    def forward(self, microseconds: int) -> None:
        """Put the wall clock forward; waits do not notice. For tests of what is due hours later."""
        self._start += microseconds
        self._real = False

    def spec(self) -> str:
        """This clock's present moment in the form of ``CONNECTOR_CLOCK``, for another process to agree with."""
        return f"{instant_text(self.now())}*{self.factor:g}"


def parse_instant(text: str) -> int:
    """Microseconds since 1970 of an ISO 8601 instant; one without a zone is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def instant_text(instant: int) -> str:
    """An instant in microseconds as ISO 8601 in UTC, microseconds included where there are any."""
    moment = datetime.fromtimestamp(instant // 1_000_000, UTC).replace(microsecond=instant % 1_000_000)
    return moment.isoformat().replace("+00:00", "Z")
