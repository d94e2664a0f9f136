"""Which version of each record was sent last, for the records that will be read again (R10)."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from connector_sdk.plan import Patch

from .hashing import short
from .room import Room

__all__ = ["Seen"]

_DIGEST = (1 << 40) - 1
_ROW = 14  # characters of state a row: ten bytes in base64
_CHUNK = 12  # and what stands around a chunk
_SPAN = 40  # and around a sub-span
_CHUNKS = 32


class Seen:
    """The suppression memory of one partition.

    Kept in the state under ``seen.<partition>`` as packed lists, 5 bytes of key hash and 5 of digest a row, in
    sub-spans of the window, so that what has settled is dropped whole. Each transaction adds a chunk, and a later
    chunk wins. It maps keys to digests: a mere set of digests would lose the third of A, B, A.
    """

    def __init__(self, state: Mapping[str, Any], partition: str, width: int, room: Room) -> None:
        self.full = False
        self._partition = partition
        self._width = max(1, width)
        self._room = room
        self._rows: dict[int, int] = {}  # key hash -> sub-span's number and digest
        self._chunks: dict[int, int] = {}  # sub-span's number -> the next chunk's number; never used twice
        self._sizes: dict[int, int] = {}  # sub-span's number -> characters of state that its chunks take
        self._new: dict[int, list[bytes]] = {}
        self._patch: dict[str, Any] = {}
        self._load(state.get("seen", {}).get(partition, {}))

    def _load(self, found: Mapping[str, Any]) -> None:
        spans = {}
        for name, chunks in found.items():
            if int(name) % self._width:  # written when the window had another length
                self._patch[name] = None
            else:
                spans[int(name) // self._width] = chunks
        for span in sorted(spans):
            for number in sorted(spans[span], key=int):
                packed = b64decode(spans[span][number])
                for at in range(0, len(packed), 10):
                    key = int.from_bytes(packed[at : at + 5], "big")
                    self._rows[key] = span << 40 | int.from_bytes(packed[at + 5 : at + 10], "big")
                self._grow(span, len(packed) // 10)
                self._chunks[span] = int(number) + 1

    def sent_before(self, key: bytes, digest: int) -> bool:
        """Whether this version is what was sent last for the key."""
        found = self._rows.get(short(key))
        return found is not None and found & _DIGEST == digest

    def remember(self, key: bytes, tick: int, digest: int) -> None:
        """This version is sent with the transaction that is being made."""
        hashed, span = short(key), tick // self._width
        self._rows[hashed] = span << 40 | digest
        self._new.setdefault(span, []).append(hashed.to_bytes(5, "big") + digest.to_bytes(5, "big"))

    def take(self) -> Patch:
        """The change of state for what was remembered since the last time."""
        for span, packed in sorted(self._new.items()):
            if self._chunks.get(span, 0) and self._chunks[span] % _CHUNKS == 0:
                packed = self._repacked(span)
            if not self._grow(span, len(packed)):
                if (
                    span in self._sizes
                ):  # an older version of a record must not stand where there is no room for a later
                    self._drop(span)
                for row in packed:
                    self._rows.pop(int.from_bytes(row[:5], "big"), None)
                continue
            number = self._chunks.get(span, 0)
            self._chunks[span] = number + 1
            self._chunk_patch(span)[str(number)] = b64encode(b"".join(packed)).decode()
        self._new = {}
        patch, self._patch = self._patch, {}
        return {"seen": {self._partition: patch}} if patch else {}

    def forget(self, before: int) -> None:
        """Nothing before this tick is read again: drop the sub-spans that lie behind it."""
        for span in [span for span in self._sizes if (span + 1) * self._width <= before]:
            self._drop(span)

    def _grow(self, span: int, rows: int) -> bool:
        # when all is taken the oldest go: their records repeat when they are read again, and nothing is lost
        size = rows * _ROW + _CHUNK + (0 if span in self._sizes else _SPAN)
        while not self._room.take(size):
            self.full = True
            oldest = min(self._sizes, default=span)
            if oldest >= span:
                return False
            self._drop(oldest)
        self._sizes[span] = self._sizes.get(span, 0) + size
        return True

    def _chunk_patch(self, span: int) -> dict[str, Any]:
        name = str(span * self._width)
        found = self._patch.get(name)
        if isinstance(found, dict):
            return found
        first = max(0, self._chunks.get(span, 0) - _CHUNKS)
        # what was dropped and comes back must not be merged over its old chunks
        old = range(first, self._chunks.get(span, 0)) if name in self._patch else ()
        self._patch[name] = chunks = dict.fromkeys(map(str, old))
        return chunks

    def _repacked(self, span: int) -> list[bytes]:
        # the chunks of one sub-span into one, under a new number
        first = max(0, self._chunks[span] - _CHUNKS)
        for number in range(first, self._chunks[span]):
            self._chunk_patch(span)[str(number)] = None
        self._room.give(self._sizes[span] - _SPAN)
        self._sizes[span] = _SPAN
        rows = [(key, value & _DIGEST) for key, value in self._rows.items() if value >> 40 == span]
        return [key.to_bytes(5, "big") + digest.to_bytes(5, "big") for key, digest in rows]

    def _drop(self, span: int) -> None:
        self._room.give(self._sizes.pop(span))
        self._patch[str(span * self._width)] = None
        self._rows = {key: value for key, value in self._rows.items() if value >> 40 != span}
