"""What the engine remembers of what it wrote: to write nothing that was overtaken, and nothing twice."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from connector_sdk.plan import Patch

from .hashing import short

__all__ = ["Overtaken", "Suppression"]

_DIGEST = (1 << 40) - 1


class Overtaken:
    """For one key, documents leave in the order of their versions (R26).

    Two lanes may hold two versions of a record: a page that was read before an edit must not be written after the page
    that showed the edit. Each request has a stamp from a counter that rises; each written record is remembered, while
    another lane is open, with its cursor and the counter at that moment.
    """

    def __init__(self) -> None:
        self.stamp = 0
        self._open: dict[str, int] = {}
        self._written: dict[bytes, tuple[int, int]] = {}
        self._prune_at = 1024

    def sent(self) -> int:
        """The stamp of a request that leaves now."""
        self.stamp += 1
        return self.stamp

    def enter(self, lane: str) -> None:
        """A lane begins a request, or goes on to its next one."""
        self._open[lane] = self.stamp

    def leave(self, lane: str) -> None:
        """A lane has no request open."""
        self._open.pop(lane, None)
        if len(self._open) < 2:
            self._written.clear()

    def passed(self, key: bytes, cursor: int, asked: int) -> bool:
        """Whether a later version of this record was written after the request with stamp ``asked`` left."""
        found = self._written.get(key)
        return found is not None and found[0] > cursor and found[1] >= asked

    def wrote(self, key: bytes, cursor: int) -> None:
        """A record is written now."""
        if len(self._open) > 1:
            self._written[key] = (cursor, self.stamp)
            if len(self._written) > self._prune_at:
                self._prune()

    def _prune(self) -> None:
        oldest = min(self._open.values())
        self._written = {key: found for key, found in self._written.items() if found[1] >= oldest}
        self._prune_at = max(1024, 2 * len(self._written))


class Suppression:
    """Which version of each record was sent last, for the records that will be read again (R10).

    Kept in the state as packed lists, 5 bytes of key hash and 5 of digest a row, in sub-spans of the window so that
    what has settled is dropped whole. Each transaction adds a chunk, and a later chunk wins. It maps keys to digests:
    a mere set of digests would lose the third of A, B, A.
    """

    def __init__(self, state: Mapping[str, Any], partition: str, width: int, limit: int = 1 << 20) -> None:
        self.full = False
        self._partition = partition
        self._width = max(1, width)
        self._limit = limit
        self._rows: dict[int, int] = {}  # key hash -> sub-span's number and digest
        self._chunks: dict[int, int] = {}  # sub-span's number -> the next chunk's number; never used twice
        self._sizes: dict[int, int] = {}  # sub-span's number -> rows in its chunks
        self._new: dict[int, list[bytes]] = {}
        self._patch: Patch = {}
        self._load(state)

    def _load(self, state: Mapping[str, Any]) -> None:
        found = {}
        for name, chunks in state.get("seen", {}).items():
            partition, _, start = name.rpartition("/")
            if partition != self._partition:
                continue
            if int(start) % self._width:  # written when the window had another length
                self._patch[name] = None
            else:
                found[int(start) // self._width] = chunks
        for span in sorted(found):
            for number in sorted(found[span], key=int):
                packed = b64decode(found[span][number])
                for at in range(0, len(packed), 10):
                    key = int.from_bytes(packed[at : at + 5], "big")
                    self._rows[key] = span << 40 | int.from_bytes(packed[at + 5 : at + 10], "big")
                self._sizes[span] = self._sizes.get(span, 0) + len(packed) // 10
                self._chunks[span] = int(number) + 1

    def sent_before(self, key: bytes, digest: int) -> bool:
        """Whether this version is what was sent last for the key."""
        found = self._rows.get(short(key))
        return found is not None and found & _DIGEST == digest

    def remember(self, key: bytes, cursor: int, digest: int) -> None:
        """This version is sent with the transaction that is being made."""
        hashed, span = short(key), cursor // self._width
        self._rows[hashed] = span << 40 | digest
        self._new.setdefault(span, []).append(hashed.to_bytes(5, "big") + digest.to_bytes(5, "big"))

    def take(self) -> Patch:
        """The change of state for what was remembered since the last time."""
        for span, packed in self._new.items():
            if self._chunks.get(span, 0) and self._chunks[span] % 32 == 0:
                packed = self._repacked(span)
            number = self._chunks.get(span, 0)
            self._chunks[span] = number + 1
            self._sizes[span] = self._sizes.get(span, 0) + len(packed)
            self._chunk_patch(span)[str(number)] = b64encode(b"".join(packed)).decode()
        self._new = {}
        while sum(self._sizes.values()) * 14 > self._limit:
            self.full = True
            self._drop(min(self._sizes))
        patch, self._patch = self._patch, {}
        return {"seen": patch} if patch else {}

    def forget(self, before: int) -> None:
        """Nothing before this tick is read again: drop the sub-spans that lie behind it."""
        for span in [span for span in self._sizes if (span + 1) * self._width <= before]:
            self._drop(span)

    def _name(self, span: int) -> str:
        return f"{self._partition}/{span * self._width}"

    def _chunk_patch(self, span: int) -> dict[str, Any]:
        found = self._patch.get(self._name(span))
        if not isinstance(found, dict):
            found = self._patch[self._name(span)] = {}
        return found

    def _repacked(self, span: int) -> list[bytes]:
        # the chunks of one sub-span into one, under a new number
        for number in range(self._chunks[span]):
            self._chunk_patch(span)[str(number)] = None
        rows = [(key, value & _DIGEST) for key, value in self._rows.items() if value >> 40 == span]
        self._sizes[span] = 0
        return [key.to_bytes(5, "big") + digest.to_bytes(5, "big") for key, digest in rows]

    def _drop(self, span: int) -> None:
        del self._sizes[span]
        self._patch[self._name(span)] = None
        self._rows = {key: value for key, value in self._rows.items() if value >> 40 != span}
