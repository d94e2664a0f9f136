"""The keys of a binding, each with a digest of what was sent last: what is compared, and what may be missing (R13)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from connector_sdk.declare import Missing, Stream
from connector_sdk.errors import StateFullError
from connector_sdk.plan import Patch

from .room import Room
from .state import BindingState

__all__ = ["Keys"]

_COST = 14  # quotes, colon, comma and the digest beside a key
_DIGEST = 8  # characters of a digest
_AT_ONCE = 2_000  # keys: keeps the patch of a transaction under 256 KiB (R27)


class Keys:
    """Keys and digests by partition, in the state under ``kind``: ``rows`` for listings, ``held`` for the window of an
    increment, where each digest is followed by the record's tick.

    What is put or dropped is seen at once, and written by the patch that ``take`` gives. Beyond its room it takes no
    new key, and says so (``full``): from then on absence proves nothing.
    """

    def __init__(self, kind: str, state: BindingState, room: Room) -> None:
        self.kind = kind
        self.full = False
        self._state = state
        self._room = room
        self._changed: dict[str, dict[str, str | None]] = {}
        for found in state.data.get(kind, {}).values():
            for key, value in found.items():
                self._took(len(key) + len(value))

    def _took(self, size: int) -> bool:
        taken = self._room.take(size + _COST - _DIGEST)
        self.full |= not taken
        return taken

    def of(self, partition: str) -> Mapping[str, str]:
        """What is remembered of a partition, but for what is put since the last ``take``."""
        found: Mapping[str, str] = self._state.data.get(self.kind, {}).get(partition, {})
        return found

    def _value(self, partition: str, key: str) -> str | None:
        changed = self._changed.get(partition)
        return changed[key] if changed is not None and key in changed else self.of(partition).get(key)

    def same(self, partition: str, key: str, digest: str) -> bool:
        """Whether this is what was sent last for the key."""
        found = self._value(partition, key)
        return found is not None and found[:_DIGEST] == digest

    def holds(self, partition: str, key: str) -> bool:
        """Whether the key is remembered."""
        return self._value(partition, key) is not None

    def put(self, partition: str, key: str, digest: str, tick: int | None = None) -> None:
        """This version is sent with the transaction that is being made."""
        value = digest if tick is None else digest + str(tick)
        before = self._value(partition, key)
        if before is None and not self._took(len(key) + len(value)):
            return
        self._changed.setdefault(partition, {})[key] = value

    def drop(self, partition: str, keys: Iterable[str]) -> None:
        """These are not remembered any more."""
        for key in keys:
            value = self._value(partition, key)
            if value is not None:
                self._room.give(len(key) + len(value) + _COST - _DIGEST)
                self._changed.setdefault(partition, {})[key] = None

    def take(self) -> Patch:
        """The change of state for what was put and dropped since the last time."""
        changed, self._changed = self._changed, {}
        return {self.kind: changed} if changed else {}

    def forget(self, partition: str, before: int) -> bool:
        """Nothing before this tick is read again: a part of what lies there is dropped, the rest the next time.
        Whether there is no rest."""
        old = (key for key, value in self.of(partition).items() if int(value[_DIGEST:]) < before)
        some = list(itertools.islice(old, _AT_ONCE))
        self.drop(partition, some)
        return len(some) < _AT_ONCE

    def elsewhere(self, key: str, partition: str, among: str = "") -> bool:
        """Whether another partition holds this key, of those whose ids begin with ``among``."""
        found: Mapping[str, Mapping[str, Any]] = self._state.data.get(self.kind, {})
        return any(key in keys for other, keys in found.items() if other != partition and other.startswith(among))

    def check(self, stream: Stream) -> None:
        """Raise StateFullError where a stream's deletes are required, and there is no room for all keys."""
        if self.full and (missing := stream.learns(Missing)) and missing.required:
            raise StateFullError(
                f"stream {stream.name!r} has more keys than can be remembered, and its deletes are required.",
                hint="split it (per=), take out required=True, or key it by row_id",
            )

    def warning(self) -> str:
        """What the user should know."""
        if self.full:
            return "it has more keys than can be remembered, so deletes are no longer captured"
        if self._room.filled > 0.8:
            return f"the memory for its keys is {self._room.filled:.0%} full; beyond it deletes are not captured"
        return ""
