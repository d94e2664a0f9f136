"""The log of requests: what came, and what was sent."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

from connector_sdk.engine.clock import instant_text
from connector_sdk.testing.fake._faults import matches

__all__ = ["Exchange", "RequestLog"]


@dataclass
class Exchange:
    """One request and its answer. ``status`` is 0 until the answer is sent, or if none was."""

    n: int
    time: int
    method: str
    path: str
    query: dict[str, str]
    json: Any
    headers: dict[str, str]
    status: int = 0
    records: int | None = None
    bytes: int = 0
    fault: str | None = None
    route: str = field(default="", repr=False)

    @property
    def at(self) -> str:
        """When it came, as ISO 8601 on the API's clock."""
        return instant_text(self.time)


class RequestLog(Sequence[Exchange]):
    """The requests so far, oldest first: a sequence of ``Exchange``."""

    def __init__(self) -> None:
        self._entries: list[Exchange] = []
        self._lock = threading.Lock()

    def add(self, entry: Exchange) -> None:
        with self._lock:
            self._entries.append(entry)

    def of(self, on: str) -> list[Exchange]:
        """Those that match ``"GET /v2/calls"``, ``"/v2/users/*"``."""
        return [entry for entry in self if matches(on, entry.method, entry.path)]

    def count(self, on: str = "*") -> int:
        """How many match."""
        return len(self.of(on))

    def counts(self) -> dict[str, int]:
        """How many per method and path."""
        return dict(Counter(f"{entry.method} {entry.path}" for entry in self))

    def statuses(self) -> dict[int, int]:
        """How many per status sent; 0 counts those without an answer."""
        return dict(Counter(entry.status for entry in self))

    def clear(self) -> None:
        """Forget all of them; numbers go on."""
        with self._lock:
            self._entries = []

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Exchange]:
        with self._lock:
            return iter(list(self._entries))

    @overload
    def __getitem__(self, index: int) -> Exchange: ...
    @overload
    def __getitem__(self, index: slice) -> list[Exchange]: ...
    def __getitem__(self, index: int | slice) -> Exchange | list[Exchange]:
        return self._entries[index]
