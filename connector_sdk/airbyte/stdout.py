"""Stdout, which holds whole lines of the protocol and nothing else."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

__all__ = ["Stdout"]


class Stdout:
    """Says whole lines, from any thread. While a read has an outbox, they go through it (``through``), since no line
    may stand within another."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.through: Callable[[bytes], object] | None = None
        self._lock = threading.Lock()

    def say(self, line: bytes) -> None:
        """Write the line, or queue it where there is a queue."""
        if self.through is not None:
            self.through(line)
            return
        with self._lock:
            view = memoryview(line)
            while view:
                view = view[os.write(self.fd, view) :]
