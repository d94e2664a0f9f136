"""How much may be remembered: a bound for each binding, and one for the whole capture (R27)."""

from __future__ import annotations

__all__ = ["CAPTURE", "KEYS", "SEEN", "Room"]

CAPTURE = 16 << 20
"""The most bytes of state that the memories of a whole capture take."""
KEYS = 4 << 20
"""The most bytes of state for the keys of one binding, where deletes are found by comparing (R13)."""
SEEN = 1 << 20
"""The most bytes of state for what one binding sent and may read again."""


class Room:
    """Bytes of state that may still be taken, here and in the room that this one is part of."""

    def __init__(self, limit: int, within: Room | None = None) -> None:
        self.limit = limit
        self.used = 0
        self.within = within

    def take(self, size: int) -> bool:
        """Take so many bytes if they are there."""
        if self.used + size > self.limit or (self.within is not None and not self.within.take(size)):
            return False
        self.used += size
        return True

    def give(self, size: int) -> None:
        """Give bytes back."""
        self.used -= size
        if self.within is not None:
            self.within.give(size)

    @property
    def filled(self) -> float:
        """The part that is taken, by this room or by all of the capture."""
        part = self.used / self.limit
        return part if self.within is None else max(part, self.within.filled)
