"""Bytes stay bytes: the envelope is decoded for the records' slices; a record is decoded only where someone asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
import orjson

__all__ = ["Places", "as_text", "decode", "encode", "resolve", "slices_of", "with_members", "without"]

_exact = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NOTHING = msgspec.Raw()
_items = msgspec.json.Decoder(list[msgspec.Raw])


def decode(raw: bytes | memoryview) -> Any:
    """A value whose numbers are exact: integers of any size, and ``Decimal`` for those with a fraction."""
    return _exact.decode(raw)


def encode(value: object) -> bytes:
    """JSON text in which a Decimal is the number it was."""
    return _encoder.encode(value)


def parts(at: str) -> list[str]:
    """The names that a JSON pointer goes through."""
    return [part.replace("~1", "/").replace("~0", "~") for part in at.split("/")[1:]]


def resolve(raw: bytes | memoryview, at: str) -> bytes | memoryview | None:
    """The raw JSON text at a place; None where there is none."""
    for name in parts(at):
        head = bytes(raw[:1])
        if head == b"{":
            found = _members.decode(raw).get(name)
        elif head == b"[" and name.isdigit():
            items = _items.decode(raw)
            found = items[int(name)] if int(name) < len(items) else None
        else:
            return None
        if found is None:
            return None
        raw = memoryview(found)
    return raw


def slices_of(raw: bytes | memoryview) -> list[memoryview]:
    """The items of an array, each as the text it came as."""
    return [memoryview(item) for item in _items.decode(raw)]


class Places:
    """Reads the raw JSON text of a few places of each record, in one decode through a type made for them."""

    def __init__(self, pointers: Sequence[str]) -> None:
        self.pointers = tuple(pointers)
        self._paths = [parts(at) for at in self.pointers]
        top = sorted({path[0] for path in self._paths if path})
        fields = [(f"f{at}", msgspec.Raw, msgspec.field(name=name, default=_NOTHING)) for at, name in enumerate(top)]
        self._decoder = msgspec.json.Decoder(msgspec.defstruct("Places", fields))
        self._slots = [(f"f{top.index(path[0])}", "".join(f"/{p}" for p in at.split("/")[2:]))
                       for path, at in zip(self._paths, self.pointers, strict=True)]  # fmt: skip

    def of(self, record: bytes | memoryview) -> tuple[bytes | None, ...]:
        """The raw text at each place; None where there is none."""
        found = self._decoder.decode(record)
        values = []
        for slot, rest in self._slots:
            view = memoryview(getattr(found, slot))
            inner = None if not view else resolve(view, rest) if rest else view
            values.append(None if inner is None else bytes(inner))
        return tuple(values)


def as_text(record: bytes | memoryview, pointers: Iterable[str]) -> bytes:
    """The record with the numbers at these places written as text, digit for digit; ``*`` is every item of a list."""
    for at in pointers:
        record = _changed(record, parts(at), lambda raw: b'"' + raw + b'"' if raw[:1] in b"-0123456789" else raw)
    return bytes(record)


def without(record: bytes | memoryview, pointers: Iterable[str]) -> bytes:
    """The record without these places."""
    for at in pointers:
        record = _changed(record, parts(at), lambda raw: None)
    return bytes(record)


def with_members(record: bytes | memoryview, members: Mapping[str, bytes]) -> bytes:
    """The record with these members, given as raw text, added or replaced."""
    found: dict[str, Any] = _members.decode(record)
    found.update({name: msgspec.Raw(raw) for name, raw in members.items()})
    return _encoder.encode(found)


def _changed(raw: bytes | memoryview, path: list[str], change: Any) -> Any:
    head = bytes(raw[:1])
    if not path:
        return change(bytes(raw))
    name, rest = path[0], path[1:]
    if head == b"[" and (name == "*" or name.isdigit()):
        items = [bytes(item) for item in _items.decode(raw)]
        chosen = range(len(items)) if name == "*" else [int(name)] if int(name) < len(items) else []
        new = {at: _changed(items[at], rest, change) for at in chosen}
        return b"[" + b",".join(part for at, item in enumerate(items) if (part := new.get(at, item)) is not None) + b"]"
    if head != b"{":
        return bytes(raw)
    found: dict[str, Any] = _members.decode(raw)
    if name in found:
        inner = _changed(memoryview(found[name]), rest, change)
        if inner is None:
            del found[name]
        else:
            found[name] = msgspec.Raw(inner)
    return _encoder.encode(found)


def lists_in(body: bytes) -> str:
    """The lists that an answer holds, for the author whose pointer found none: ``/calls (100), /errors (0)``."""
    told: list[str] = []

    def look(value: object, at: str, depth: int) -> None:
        if isinstance(value, list):
            told.append(f"{at or '(the whole body)'} ({len(value)})")
        elif isinstance(value, dict) and depth < 4:
            for name, inner in value.items():
                look(inner, f"{at}/{name.replace('~', '~0').replace('/', '~1')}", depth + 1)

    look(orjson.loads(body), "", 0)
    return ", ".join(told[:12]) or "none"
