"""The one way out: whole transactions, in order, through one writer thread.

A transaction is the documents of one binding and the checkpoint that covers them, in one buffer. It is written with
nothing between, or the process dies with it half written; a checkpoint never follows half a transaction (R22).
"""

from __future__ import annotations

import asyncio
import os
import select
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from .pipe import Pipe

__all__ = ["Outbox"]


@dataclass
class _Parcel:
    data: bytes
    written: Callable[[], None] | None = None


class Outbox:
    """A queue of transactions of at most ``limit`` bytes, and the thread that writes them to ``fd``.

    ``put`` returns when the transaction is queued, and waits while the queue is full: a reader that does not read
    stops the fetching, not the loop. The transaction is made at the instant it is queued, without anything between,
    so the order of changes in memory is the order on the wire, and a cancelled ``put`` has done nothing.
    """

    def __init__(self, fd: int, limit: int = 4 << 20) -> None:
        self._fd = fd
        self._pipe = Pipe(fd)
        self._limit = limit
        self._parcels: deque[_Parcel] = deque()
        self._bytes = 0
        self._lock = threading.Condition()
        self._writing = threading.Lock()
        self._closing = False
        self._in_line = asyncio.Lock()
        self._room = asyncio.Event()
        self._room.set()
        self._loop = asyncio.get_running_loop()
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._write, name="stdout", daemon=True)
        self._thread.start()

    async def put(self, size: int, make: Callable[[], bytes], written: Callable[[], None] | None = None) -> None:
        """Queue the transaction that ``make`` gives once about ``size`` bytes are free.

        ``written`` is called on the loop when its last byte has left, or at once if there was nothing to write.
        """
        async with self._in_line:
            while self._bytes and self._bytes + size > self._limit:
                self._room.clear()
                await self._room.wait()
                self._raise()
            self._raise()
            data = make()
            if not data:
                if written is not None:
                    written()
                return
            if not self._parcels and self._pipe.takes(len(data)):
                self._write_now(data)
                if written is not None:
                    written()
                return
            with self._lock:
                self._parcels.append(_Parcel(data, written))
                self._bytes += len(data)
                self._lock.notify()

    def say(self, line: bytes) -> bool:
        """Queue a line of its own, from any thread, between two transactions. Whether there was room for it: nobody
        waits, so while twice the limit is waiting already it is not said."""
        with self._lock:
            if self._closing or self._failed is not None or self._bytes > 2 * self._limit:
                return False
            self._parcels.append(_Parcel(line))
            self._bytes += len(line)
            self._lock.notify()
        return True

    def _write_now(self, data: bytes) -> None:
        """Write it on the loop itself: there is room for all of it, so this does not wait, and nothing has to be
        handed to the thread and back."""
        try:
            self._write_all(data)
        except OSError as error:
            self._failed = error
            raise

    async def drained(self) -> None:
        """Wait until everything that was queued has left."""
        while self._bytes:
            self._room.clear()
            await self._room.wait()
            self._raise()

    def abandon(self, grace: float) -> bool:
        """Give the transaction under way ``grace`` real seconds, and take no other. Whether nothing is half written."""
        with self._lock:
            self._closing = True
            self._lock.notify()
        self._thread.join(grace)
        return not self._thread.is_alive()

    def _raise(self) -> None:
        if self._failed is not None:
            raise self._failed

    def _write(self) -> None:
        while True:
            with self._lock:
                while not self._parcels and not self._closing:
                    self._lock.wait()
                if self._closing:
                    return
                parcel = self._parcels[0]
            try:
                self._write_all(parcel.data)
            except OSError as error:
                self._failed = error
                self._loop.call_soon_threadsafe(self._room.set)
                return
            with self._lock:
                self._parcels.popleft()
                self._bytes -= len(parcel.data)
            self._call(parcel)

    def _write_all(self, data: bytes) -> None:
        view = memoryview(data)
        with self._writing:  # a line from another thread may be queued while the loop writes
            while view:
                try:
                    view = view[os.write(self._fd, view) :]
                except BlockingIOError:  # the other end made our pipe non-blocking
                    select.select([], [self._fd], [])

    def _call(self, parcel: _Parcel) -> None:
        def told() -> None:
            self._room.set()
            if parcel.written is not None:
                parcel.written()

        try:
            self._loop.call_soon_threadsafe(told)
        except RuntimeError:  # the loop has ended; nobody is left to be told
            return
