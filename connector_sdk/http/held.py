"""Bytes that a page in flight has reserved."""

from __future__ import annotations

from .limits import Budget

__all__ = ["Held"]


class Held:
    """What one request holds of the budget for bytes; without a budget nothing is counted."""

    def __init__(self, budget: Budget | None) -> None:
        self._budget = budget
        self.size = 0

    async def take(self, size: int) -> None:
        """Wait until so many bytes are free, and take them."""
        if self._budget is not None:
            await self._budget.reserve(size)
            self.size = size

    def resize(self, size: int) -> None:
        """Hold so many from now on, without waiting: the answer was smaller or larger than had been thought."""
        if self._budget is not None:
            more, self.size = size - self.size, size
            self._budget.release(-more)

    def release(self) -> None:
        """Give all of it back; again does nothing."""
        if self._budget is not None and self.size:
            size, self.size = self.size, 0
            self._budget.release(size)
