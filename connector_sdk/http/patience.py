"""How long a request is repeated: failures have a budget of time, waits that the source asks for a larger one."""

from __future__ import annotations

import random
from collections.abc import Callable

from connector_sdk.errors import SourceError, UnreachableError

from .limits import Clock, Trace, told_sleep

__all__ = ["Patience"]

_FIRST, _LONGEST = 0.5, 60.0
_ASKED = 86_400.0


class Patience:
    """The tries of one request.

    ``most``: the seconds that may pass between its first failure and its last, not counting what it waits for limits,
    for bytes, or because the source asked to; that may be a day in all.
    """

    def __init__(self, clock: Clock, most: Callable[[], float], trace: Trace | None) -> None:
        self._clock = clock
        self._most = most
        self._trace = trace
        self._failures = 0
        self._asked = 0
        self._spent = 0.0
        self._waited = 0.0
        self._began = 0.0

    def begin(self) -> None:
        """A try leaves."""
        self._began = self._clock.monotonic()

    async def failed(self, error: SourceError, why: str) -> None:
        """A try failed: wait a little longer than the last time. Raises the error when the time is spent."""
        if self._failures:
            self._spent += self._clock.monotonic() - self._began
        self._failures, self._asked = self._failures + 1, 0
        left = self._most() - self._spent
        if left <= 0:
            raise error from error.__cause__
        self._tell(why)
        pause = min(_LONGEST, _FIRST * 2.0 ** min(self._failures - 1, 10)) * random.uniform(0.75, 1.25)
        pause = min(pause, left)
        self._spent += pause
        await told_sleep(self._clock, pause, f"the source to recover ({why})", self._trace)

    def asked(self, after: float | None, where: object, why: str) -> float:
        """The source asked to wait: how many seconds. Raises UnreachableError when that becomes a day."""
        self._asked += 1
        pause = 0.0 if after is None else after
        if after is None or (after < 1 and self._asked > 1):  # no time, or one that does not help
            pause = max(pause, min(_LONGEST, 2.0 ** min(self._asked - 1, 10)))
        self._waited += pause
        if self._waited > _ASKED:
            raise UnreachableError(
                f"{where}: the source asks to wait for more than a day in all ({why}).",
                hint="ask the vendor for a larger quota, or capture fewer streams",
            )
        self._tell(why)
        return pause + random.uniform(0, min(1.0, 0.1 * max(pause, 0.5)))

    def _tell(self, why: str) -> None:
        if self._trace is not None:
            self._trace.retried(why)
