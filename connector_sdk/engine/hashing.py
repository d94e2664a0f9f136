"""The few hashes the engine uses; all BLAKE2b, all part of what is remembered, so none of them may change."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from hashlib import blake2b

__all__ = ["digest_text", "owner", "short"]


def short(data: bytes) -> int:
    """40 bits of hash."""
    return int.from_bytes(blake2b(data, digest_size=5).digest(), "big")


def digest_text(parts: Iterable[bytes]) -> str:
    """A digest of 48 bits over these parts and their borders, as 8 characters."""
    hasher = blake2b(digest_size=6)
    for part in parts:
        hasher.update(part)
        hasher.update(b"\n")  # no part holds a raw newline
    return b64encode(hasher.digest()).decode()


def owner(stream: str, partition: str = "") -> int:
    """The place of a partition in the key range of shards; not of the ``stateKey``, which a backfill changes."""
    return int.from_bytes(blake2b(f"{stream}\0{partition}".encode(), digest_size=4).digest(), "big")
