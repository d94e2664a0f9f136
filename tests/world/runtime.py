"""The runtime's side: an outbox that is slow to write, and commits of which a crash leaves a prefix."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

__all__ = ["Collection", "Committed", "Sent", "WorldOutbox", "merged"]

WRITING = 1.0
"""Seconds until a transaction is written, when nothing blocks."""
COMMITTING = 120.0
"""Seconds after that until the runtime has certainly committed it."""
LIMIT = 600
"""Bytes in the queue of the outbox."""

Collection = dict[tuple[int, object], bytes]
"""Documents by stream (its number) and key."""


def merged(target: Any, patch: Any) -> Any:
    """JSON merge patch, written from RFC 7396 and from nothing else."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


@dataclass
class Sent:
    """A transaction of one stream: documents as (op, body, row number), the patch as text, when it was written."""

    stream: int
    documents: list[tuple[str, bytes, int | None]]
    patch: bytes
    written: float | None = None


@dataclass
class Committed:
    """What the runtime has of one shard: the state of each stream. Its documents are in the ``collection``, which all
    shards share: last write by key. ``sent``: not committed yet."""

    collection: Collection = field(default_factory=dict)
    states: dict[int, Any] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    documents: int = 0

    def commit(self, count: int) -> None:
        """Commit the first so many of what was sent."""
        for sent in self.sent[:count]:
            self.states[sent.stream] = merged(self.states.get(sent.stream), orjson.loads(sent.patch))
            self.documents += len(sent.documents)
            for op, body, row in sent.documents:
                key = sent.stream, row if row is not None else orjson.loads(body)["id"]
                if op == "d":
                    self.collection.pop(key, None)
                else:
                    self.collection[key] = body
        del self.sent[:count]

    def crash(self, now: float, keep: int) -> None:
        """Commit what is certainly committed and ``keep`` more; the rest was never sent."""
        sure = sum(sent.written is not None and sent.written + COMMITTING <= now for sent in self.sent)
        self.commit(min(len(self.sent), sure + keep))
        self.sent.clear()

    def expected(self, stream: int) -> Any:
        """The state as it will be when everything that was sent is committed."""
        state = self.states.get(stream)
        for sent in self.sent:
            if sent.stream == stream:
                state = merged(state, orjson.loads(sent.patch))
        return state


class WorldOutbox:
    """The interface of connector_sdk.engine.Outbox, over ``committed``. ``blocked_until``: nothing leaves before."""

    def __init__(self, committed: Committed, loop: asyncio.AbstractEventLoop) -> None:
        self.committed = committed
        self.made: Sent | None = None
        self.blocked_until = 0.0
        self._loop = loop
        self._queue: deque[tuple[int, Sent, Callable[[], None] | None]] = deque()
        self._bytes = 0
        self._in_line = asyncio.Lock()
        self._room = asyncio.Event()

    async def put(self, size: int, make: Callable[[], bytes], written: Callable[[], None] | None = None) -> None:
        async with self._in_line:
            while self._bytes and self._bytes + size > LIMIT:
                self._room.clear()
                await self._room.wait()
            data = make()
            if not data:
                if written is not None:
                    written()
                return
            assert self.made is not None
            self._queue.append((len(data), self.made, written))
            self.committed.sent.append(self.made)
            self._bytes += len(data)
            if len(self._queue) == 1:
                self._later()

    def _later(self) -> None:
        self._loop.call_at(max(self._loop.time(), self.blocked_until) + WRITING, self._write)

    def _write(self) -> None:
        if self.blocked_until > self._loop.time():
            self._later()
            return
        size, sent, written = self._queue.popleft()
        sent.written = self._loop.time()
        self._bytes -= size
        self._room.set()
        if written is not None:
            written()
        if self._queue:
            self._later()

    @property
    def full(self) -> bool:
        """Whether a transaction waits for room."""
        return self._in_line.locked()

    async def drained(self) -> None:
        while self._bytes:
            self._room.clear()
            await self._room.wait()

    def abandon(self, grace: float) -> bool:
        return True
