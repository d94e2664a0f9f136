"""Waiting for what comes first: an instant, or a sign."""

from __future__ import annotations

import asyncio

from .clock import Clock

__all__ = ["Alarm"]


class Alarm:
    """Rings at an instant, or when something says so. One timer serves as long as no earlier instant is waited for: one
    that rings too early does no harm to those who look again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rung = asyncio.Event()
        self._timer: asyncio.Task[None] | None = None
        self._at = 0.0

    def ring(self, _: object = None) -> None:
        """Now; also as what is called when a task is done."""
        self._rung.set()

    async def wait(self, seconds: float) -> None:
        """Until it rings, but for so long at most."""
        at = self._clock.monotonic() + seconds
        if self._timer is None or self._timer.done() or self._at > at:
            self.stop()
            self._timer, self._at = asyncio.create_task(self._clock.sleep(seconds)), at
            self._timer.add_done_callback(self.ring)
        await self._rung.wait()
        self._rung.clear()

    def stop(self) -> None:
        """End the timer."""
        if self._timer is not None:
            self._timer.remove_done_callback(self.ring)
            self._timer.cancel()
