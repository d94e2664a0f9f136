"""Taking turns: work for the same names is done one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

__all__ = ["Turns"]


class Turns:
    """A lock for each name that is in use."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._wanted: dict[str, int] = {}

    @asynccontextmanager
    async def of(self, names: Iterable[str]) -> AsyncGenerator[None, None]:
        """Wait until nobody else has any of these names, and have them all."""
        async with AsyncExitStack() as stack:
            for name in sorted(set(names)):  # all in one order, so that no two wait for each other
                stack.callback(self._left, name)
                self._wanted[name] = self._wanted.get(name, 0) + 1
                await stack.enter_async_context(self._locks.setdefault(name, asyncio.Lock()))
            yield

    def _left(self, name: str) -> None:
        self._wanted[name] -= 1
        if not self._wanted[name]:
            del self._wanted[name], self._locks[name]
