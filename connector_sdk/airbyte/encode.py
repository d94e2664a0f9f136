"""Transactions as Airbyte's lines: the slices as they came, framed; a state once in a while."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from connector_sdk.engine import Clock, Document, merge
from connector_sdk.plan import Patch

from . import messages
from .dialect import CURSOR, DELETED, cursor_of
from .inputs import REFRESHING, Configured

__all__ = ["AirbyteEncoder"]


class _Sent:
    """One stream on its way out: its state as of the last record that was sent, and how many since the last STATE."""

    def __init__(self, configured: Configured, state: dict[str, Any]) -> None:
        self.name = configured.stream.name
        self.refresh = configured.refresh
        self.resumable = not configured.stream.numbered
        self.state = state
        self.records = 0
        self.running = False
        self.ended = False
        self.stated: float | None = None
        self.told = 0
        self.numbered = cursor_of(configured.stream) == [CURSOR]
        self.head = b'{"type":"RECORD","record":{"stream":' + orjson.dumps(self.name) + b',"data":'

    def message(self, *, whole: bool) -> bytes:
        """The STATE. A full refresh that has not ended is marked, so that another one goes on with it."""
        data: Mapping[str, Any] = self.state
        if not self.resumable:
            data = {"__ab_no_cursor_state_message": True}
        elif self.refresh and not whole:
            data = {**self.state, REFRESHING: True}
        count, self.records = self.records, 0
        return messages.state(self.name, data, count)


class AirbyteEncoder:
    """Gives the lines of a read, each stream's in order. ``every``: the fewest seconds between two states of a stream
    while it is read; ``totals``: how many records of a binding the source has told of, 0 where it tells none."""

    def __init__(
        self,
        streams: Sequence[tuple[Configured, dict[str, Any]]],
        clock: Clock,
        every: float,
        totals: Callable[[int], int],
    ) -> None:
        self._sent = [_Sent(configured, state) for configured, state in streams]
        self._clock = clock
        self._every = every
        self._totals = totals
        self._last = 0

    def transaction(self, binding: int, documents: Sequence[Document], patch: Patch) -> bytes:
        """The records; and the state behind them, where the last one was long enough ago."""
        each = self._sent[binding]
        merge(each.state, patch)
        now = self._clock.monotonic()
        if each.stated is None:
            each.stated = now
        due = now - each.stated >= self._every
        parts: list[bytes | memoryview] = []
        if documents:
            self._records(each, documents, parts)
        total = self._totals(binding)
        if parts and total != each.told and (due or not each.told):
            each.told = total
            parts.insert(0, messages.estimate(each.name, total))
        if parts and not each.running:
            each.running = True
            parts.insert(0, messages.status(each.name, "RUNNING"))
        if due and each.resumable:
            each.stated = now
            parts.append(each.message(whole=False))
        return b"".join(parts)

    def _records(self, each: _Sent, documents: Sequence[Document], parts: list[bytes | memoryview]) -> None:
        now = self._clock.now()
        tail = b',"emitted_at":%d}}\n' % (now // 1000)
        deleted = b'"%s":"%s",' % (DELETED.encode(), _instant(now))
        self._last = max(self._last, now)
        count = 0
        for op, body, _, _ in documents:
            first = b"{"
            if op == "d":
                if each.refresh:  # what is gone is not part of all there is
                    continue
                first += deleted
            if each.numbered:
                self._last += 1
                first += b'"%s":%d,' % (CURSOR.encode(), self._last)
            rest = body[1:]
            if len(first) > 1 and bytes(rest[:64]).lstrip()[:1] == b"}":
                first = first[:-1]
            parts += (each.head, first, rest, tail)
            count += 1
        each.records += count

    # ---- the beginning and the end ----------------------------------------------------------------------------------

    def began(self) -> bytes:
        """All streams begin."""
        return b"".join(messages.status(each.name, "STARTED") for each in self._sent)

    def ended(self, binding: int, error: bytes = b"") -> bytes:
        """A stream has been read, or has failed with this error: its last state, and how it ended."""
        each = self._sent[binding]
        each.ended = True
        return each.message(whole=not error) + error + messages.status(each.name, "INCOMPLETE" if error else "COMPLETE")

    def broken(self) -> bytes:
        """The read ends early: the last states of the streams that have not ended, and that they have not."""
        lines = [
            (each.message(whole=False) if each.resumable else b"") + messages.status(each.name, "INCOMPLETE")
            for each in self._sent
            if not each.ended
        ]
        return b"".join(lines)


def _instant(micros: int) -> bytes:
    moment = datetime.fromtimestamp(micros / 1e6, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()
