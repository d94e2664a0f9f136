"""Bytes stay bytes: places of a JSON text are read, and edited, without decoding what stands around them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Any

import msgspec

__all__ = [
    "Places",
    "as_text",
    "columns_of",
    "decode",
    "encode",
    "parts",
    "resolve",
    "slices_of",
    "struct_of",
    "with_members",
    "without",
]

_exact = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_items = msgspec.json.Decoder(list[msgspec.Raw])

NOTHING = msgspec.Raw()
"""What a decoded struct holds for a place that is not there."""


def decode(raw: bytes | memoryview) -> Any:
    """A value whose numbers are exact: integers of any size, and ``Decimal`` for those with a fraction."""
    return _exact.decode(raw)


def encode(value: object) -> bytes:
    """JSON text in which a Decimal is the number it was."""
    return _encoder.encode(value)


def parts(at: str) -> tuple[str, ...]:
    """The names that a JSON pointer goes through."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in at.split("/")[1:])


def resolve(raw: bytes | memoryview, at: str) -> bytes | None:
    """The raw JSON text at a place; None where there is none."""
    found = bytes(raw)
    for name in parts(at):
        head = found[:1]
        if head == b"{":
            member = _members.decode(found).get(name)
            if member is None:
                return None
            found = bytes(member)
        elif head == b"[" and name.isdecimal():
            items = _items.decode(found)
            if int(name) >= len(items):
                return None
            found = bytes(items[int(name)])
        else:
            return None
    return found


def members_of(raw: bytes | memoryview) -> dict[str, msgspec.Raw]:
    """The members of an object, each as the text it came as."""
    return _members.decode(raw)


def slices_of(raw: bytes | memoryview) -> list[memoryview]:
    """The items of an array, each as the text it came as; they keep the whole text in memory."""
    return [memoryview(item) for item in _items.decode(raw)]


def struct_of(leaves: Mapping[tuple[str, ...], tuple[Any, Any]]) -> tuple[type[msgspec.Struct], list[str]] | None:
    """A type whose decoder reads these places at once: path -> (type, default). With it, the attribute path of each.

    None where no type can: a place inside another one, the whole value, or a name that msgspec does not take.
    """
    if any(not path or not all(map(_takes, path)) for path in leaves):
        return None
    tree: dict[str, Any] = {}
    for path, leaf in leaves.items():
        inner = tree
        for name in path[:-1]:
            inner = inner.setdefault(name, {})
            if not isinstance(inner, dict):
                return None
        if path[-1] in inner:
            return None
        inner[path[-1]] = leaf
    return _struct(tree), [_attributes(tree, path) for path in leaves]


def _takes(name: str) -> bool:
    return not any(char in '"\\' or char < " " for char in name)


def _struct(tree: Mapping[str, Any]) -> type[msgspec.Struct]:
    fields: list[tuple[str, Any, Any]] = []
    for at, (name, leaf) in enumerate(tree.items()):
        if isinstance(leaf, dict):
            inner = _struct(leaf)
            fields.append((f"f{at}", inner, msgspec.field(name=name, default_factory=inner)))
        else:
            fields.append((f"f{at}", leaf[0], msgspec.field(name=name, default=leaf[1])))
    return msgspec.defstruct("Places", fields, frozen=True, gc=False)


def _attributes(tree: Mapping[str, Any], path: tuple[str, ...]) -> str:
    names = []
    for name in path:
        names.append(f"f{list(tree).index(name)}")
        tree = tree[name] if isinstance(tree[name], dict) else {}
    return ".".join(names)


def getter(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Reads several attribute paths in one call, as a tuple however many they are."""
    if len(names) > 1:
        return attrgetter(*names)
    if not names:
        return lambda value: ()
    one = attrgetter(names[0])
    return lambda value: (one(value),)


class Places:
    """Reads the raw JSON text of a few places of each record, in one decode through a type made for them."""

    def __init__(self, pointers: Sequence[str]) -> None:
        self.pointers = tuple(pointers)
        self._read: Callable[[bytes | memoryview], tuple[bytes | None, ...]] = self._step_by_step
        distinct = list(dict.fromkeys(map(parts, self.pointers)))
        made = struct_of(dict.fromkeys(distinct, (msgspec.Raw, NOTHING)))
        if made is not None:
            names = dict(zip(distinct, made[1], strict=True))
            self._read = _reader(made[0], [names[parts(at)] for at in self.pointers])

    def of(self, record: bytes | memoryview) -> tuple[bytes | None, ...]:
        """The raw text at each place; None where there is none."""
        try:
            return self._read(record)
        except msgspec.ValidationError:  # a list, a null or a scalar on the way
            return self._step_by_step(record)

    def _step_by_step(self, record: bytes | memoryview) -> tuple[bytes | None, ...]:
        return tuple([resolve(record, at) for at in self.pointers])


def _reader(
    kind: type[msgspec.Struct], names: Sequence[str]
) -> Callable[[bytes | memoryview], tuple[bytes | None, ...]]:
    """Reads these attributes of a record decoded as ``kind``; one and two, as most streams have, without a loop."""
    decoded = msgspec.json.Decoder(kind).decode
    if len(names) == 1:
        one = attrgetter(names[0])
        return lambda record: (bytes(one(decoded(record))) or None,)
    if len(names) == 2:
        first, second = map(attrgetter, names)

        def two(record: bytes | memoryview) -> tuple[bytes | None, ...]:
            found = decoded(record)
            return bytes(first(found)) or None, bytes(second(found)) or None

        return two
    get = getter(names)
    return lambda record: tuple([bytes(raw) or None for raw in get(decoded(record))])


@functools.lru_cache(maxsize=512)
def columns_of(at: str, pointers: tuple[str, ...]) -> Callable[[bytes], list[list[bytes]]] | None:
    """Reads the raw text at these places of every record of a body whose records stand at ``at``, in one decode: by
    place, in the order of the records, empty where there is nothing. It raises msgspec.ValidationError for a body of
    another shape, such as one with a list on the way. None where no type can be made for it."""
    distinct = list(dict.fromkeys(map(parts, pointers)))
    record = struct_of(dict.fromkeys(distinct, (msgspec.Raw, NOTHING)))
    if record is None:
        return None
    names = dict(zip(distinct, record[1], strict=True))
    gets = [attrgetter(names[parts(each)]) for each in pointers]
    listed: Any = list.__class_getitem__(record[0])
    envelope = struct_of({parts(at): (listed, ())}) if at else (listed, [])
    if envelope is None:
        return None
    opened: Callable[[bytes], Any] = msgspec.json.Decoder(envelope[0]).decode
    records = attrgetter(envelope[1][0]) if at else None

    def columns(body: bytes) -> list[list[bytes]]:
        found = opened(body)
        if records is not None:
            found = records(found)
        return [[b"" if raw is NOTHING else bytes(raw) for raw in map(get, found)] for get in gets]

    return columns


_Change = Callable[[bytes], "bytes | None"]


def as_text(record: bytes | memoryview, pointers: Iterable[str]) -> bytes:
    """The record with the numbers at these places written as text, digit for digit; ``*`` is every item of a list."""
    edited = bytes(record)
    for at in pointers:
        edited = _edited(edited, parts(at), _quoted) or edited
    return edited


def without(record: bytes | memoryview, pointers: Iterable[str]) -> bytes:
    """The record without these places and without insignificant space: what two versions are compared by."""
    edited = bytes(record)
    for at in pointers:
        edited = _edited(edited, parts(at), lambda raw: None) or b"null"
    return msgspec.json.format(edited, indent=-1)


def with_members(record: bytes | memoryview, members: Mapping[str, bytes]) -> bytes:
    """The record with these members, given as raw text, added or replaced."""
    found = _members.decode(record)
    found.update({name: msgspec.Raw(raw) for name, raw in members.items()})
    return _encoder.encode(found)


def _quoted(raw: bytes) -> bytes:
    return b'"' + raw + b'"' if raw[0] in b"-0123456789" else raw


def _edited(raw: bytes, path: tuple[str, ...], change: _Change) -> bytes | None:
    """The text with a change at a place; the very same object where nothing changes."""
    if not path:
        return change(raw)
    name, rest = path[0], path[1:]
    if raw[:1] == b"{":
        found = _members.decode(raw)
        if name not in found:
            return raw
        old = bytes(found[name])
        new = _edited(old, rest, change)
        if new is old:
            return raw
        if new is None:
            del found[name]
        else:
            found[name] = msgspec.Raw(new)
        return _encoder.encode(found)
    if raw[:1] == b"[" and (name == "*" or name.isdecimal()):
        olds = [bytes(item) for item in _items.decode(raw)]
        news = [_edited(old, rest, change) if name in ("*", str(at)) else old for at, old in enumerate(olds)]
        if all(new is old for new, old in zip(news, olds, strict=True)):
            return raw
        return b"[" + b",".join(new for new in news if new is not None) + b"]"
    return raw
