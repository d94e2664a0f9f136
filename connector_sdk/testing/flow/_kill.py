"""When and how a session is ended from outside."""

from __future__ import annotations

import random
from dataclasses import dataclass
from signal import SIGKILL

__all__ = ["Kill"]


@dataclass(frozen=True)
class Kill:
    """The moment at which the player ends the process; the first of the given moments counts.

    ``Kill.byte(n)``, ``.line(n)`` and ``.checkpoint(n)`` count what was read of stdout, ``.after(s)`` seconds since the
    start; ``.random(rng, n)`` is some byte up to n. What the process wrote beyond the moment was never read, as
    after a real crash. With ``signal=SIGTERM`` the player goes on reading and the process may end by itself.
    """

    at_byte: int | None = None
    at_line: int | None = None
    at_checkpoint: int | None = None
    at_second: float | None = None
    signal: int = SIGKILL

    @classmethod
    def byte(cls, count: int, signal: int = SIGKILL) -> Kill:
        """After exactly that many bytes of stdout; the last line may be cut."""
        return cls(at_byte=count, signal=signal)

    @classmethod
    def line(cls, count: int, signal: int = SIGKILL) -> Kill:
        """After that many whole lines of stdout, ``opened`` included."""
        return cls(at_line=count, signal=signal)

    @classmethod
    def checkpoint(cls, count: int, signal: int = SIGKILL) -> Kill:
        """After that many checkpoints."""
        return cls(at_checkpoint=count, signal=signal)

    @classmethod
    def after(cls, seconds: float, signal: int = SIGKILL) -> Kill:
        """That many seconds after the start."""
        return cls(at_second=seconds, signal=signal)

    @classmethod
    def random(cls, rng: random.Random, at_most: int, signal: int = SIGKILL) -> Kill:
        """At some byte from 0 to ``at_most``; the same for the same random generator."""
        return cls.byte(rng.randint(0, at_most), signal)
