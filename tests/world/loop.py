"""Virtual time: an event loop whose timers cost nothing, and the clocks that people of the world look at."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

__all__ = ["EPOCH", "TURNS", "Stuck", "VirtualLoop", "WorldClock", "run"]

EPOCH = 1_772_928_000
"""The second (since 1970) at which every history begins: 2026-03-08T00:00:00Z, some hours before clocks are set forward
in New York, and in Havana at midnight."""

TURNS = 60_000
"""How often a loop may turn before that counts as spinning."""
SHORTEST = 60.0


class Stuck(AssertionError):
    """Everybody waits, and nothing will ever happen."""


class _Jump:
    """In place of a selector: instead of waiting it moves the loop's time."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        self._loop.turns += 1
        if self._loop.turns > TURNS:
            raise Stuck("the loop spins")
        if timeout is None:
            raise Stuck("everybody waits, and nothing will ever happen")
        self._loop.seconds += timeout
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """A loop without sockets or threads. When nothing is ready, time jumps to the next timer."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        self.turns = 0
        self._selector = _Jump(self)

    def time(self) -> float:
        return self.seconds

    def _process_events(self, events: list[Any]) -> None:
        pass

    def _write_to_self(self) -> None:
        pass


class WorldClock:
    """A clock of the engine (connector_sdk.engine.Clock), ``skew`` seconds ahead of the source's.

    ``spins`` counts the waits of a millisecond or less. They last longer here: an engine that spins while it waits for
    an answer would otherwise spend a history's whole time on that.
    """

    def __init__(self, loop: VirtualLoop, skew: int = 0) -> None:
        self.skew = skew
        self.spins = 0
        self._loop = loop

    def now(self) -> int:
        return (EPOCH + self.skew) * 1_000_000 + round(self._loop.seconds * 1_000_000)

    def monotonic(self) -> float:
        return self._loop.seconds

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0.001:
            self.spins += 1
            seconds = SHORTEST
        await asyncio.sleep(seconds)


def run(loop: VirtualLoop, main: Coroutine[Any, Any, None]) -> None:
    """Run to the end, then end every task that is left."""
    try:
        loop.run_until_complete(main)
    finally:
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
