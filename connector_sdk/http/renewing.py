"""Logins that are renewed: once for all who wait, before they run out or when they are refused (R4)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from connector_sdk.errors import UnreachableError

from .limits import Clock
from .login import Grant, Login

__all__ = ["Given", "Renewing"]

_OF_LIFE = 0.75
_CLOSING = 5.0


class Given(NamedTuple):
    """What a provider gave: ``lives`` seconds, where it says how long."""

    grant: Grant
    lives: float | None = None


class Renewing(Login):
    """Credentials that ``fresh`` renews: for the first request, after three quarters of their life, and when they
    were refused. However many requests wait for that, it is called once; a request that is cancelled meanwhile does
    not cancel it, since a token that was changed for a new one is good for nothing else."""

    def __init__(self, name: str, fresh: Callable[[], Awaitable[Given]], clock: Clock) -> None:
        super().__init__(name, Grant())
        self._fresh = fresh
        self._clock = clock
        self._current: Grant | None = None
        self._due = self._end = -math.inf
        self._task: asyncio.Task[None] | None = None

    async def grant(self) -> Grant:
        """What the next request carries. Raises CredentialsError, and UnreachableError where nobody gives any."""
        if self._current is None or self._clock.monotonic() >= self._due:
            try:
                await self._renewed()
            except UnreachableError:
                now = self._clock.monotonic()
                if self._current is None or now >= self._end:
                    raise
                self._due = now + min(60.0, (self._end - now) / 2)  # still good: tried again a little later
        assert self._current is not None
        return self._current

    async def renew(self, refused: Grant) -> bool:
        """After ``refused`` was refused: there is another grant now."""
        if self._current is refused:
            await self._renewed()
        return True

    async def aclose(self) -> None:
        """Let a renewal under way finish: what it is given may replace the only token there is."""
        if self._task is not None and not self._task.done():
            await asyncio.wait({self._task}, timeout=_CLOSING)
            self._task.cancel()

    async def _renewed(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._renewal())
            self._task.add_done_callback(lambda done: done.cancelled() or done.exception())
        await asyncio.shield(self._task)

    async def _renewal(self) -> None:
        given = await self._fresh()
        now = self._clock.monotonic()
        self._current = given.grant
        self._end = math.inf if given.lives is None else now + given.lives
        self._due = math.inf if given.lives is None else now + given.lives * _OF_LIFE
