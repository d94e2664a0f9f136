"""YAML files that people write: read with the place of every value, changed without losing comments or order."""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from connector_sdk.catalog._yaml import NotYamlError, loaded, round_trip
from connector_sdk.errors import CatalogError

__all__ = ["Document", "dump", "parse", "plain", "read", "unread"]

_LINE = re.compile(r", line (\d+)")
_MOST = 1_000_000  # values; what aliases unfold to more than this was not written by anybody
_ENDLESS = 1 << 20


@dataclass(frozen=True)
class Document:
    """A YAML file: ``data`` behaves as the plain dicts and lists that it holds, and keeps comments when dumped."""

    path: Path
    data: Any

    def plain(self, kind: type[CatalogError] = CatalogError) -> Any:
        """The document as JSON has it; see :func:`plain`."""
        return plain(self.data, self.path, kind)

    def place(self, *where: str | int) -> tuple[int, int]:
        """Line and column, from 1, of the value at a path of keys and indexes: of its key, or of its nearest parent
        that is there."""
        line, column, here = 1, 1, self.data
        for step in where:
            try:
                if isinstance(here, CommentedMap):
                    line, column = (each + 1 for each in here.lc.key(step))
                elif isinstance(here, CommentedSeq):
                    line, column = (each + 1 for each in here.lc.item(step))
                here = here[step]
            except (KeyError, IndexError, TypeError):
                break
        return line, column


def read(path: Path, kind: type[CatalogError] = CatalogError) -> Document:
    """The document in a file. Raises ``kind`` where it cannot be read or is not one YAML document, with its line."""
    try:
        return parse(path.read_text("utf-8"), path, kind)
    except OSError as wrong:
        raise kind(f"{path} cannot be read: {wrong.strerror}.") from None
    except UnicodeDecodeError:
        raise kind(f"{path} is not UTF-8 text.") from None


def parse(text: str, path: Path, kind: type[CatalogError] = CatalogError) -> Document:
    """The document in a text; ``path`` is named in errors."""
    try:
        found = Document(path, loaded(text))
    except NotYamlError as wrong:
        place = f", line {wrong.line}" if wrong.line else ""
        raise kind(f"{path}{place} cannot be read: {wrong.told}.") from None
    found.plain(kind)  # what unfolds without end is refused before anybody walks through it
    return found


def unread(wrong: CatalogError, path: Path) -> tuple[str, int]:
    """What is told of a file that cannot be read, for a finding about it: without its folder, which differs from one
    machine to another; and the line, 0 where it is not known."""
    line = _LINE.match(wrong.message, len(str(path))) if wrong.message.startswith(str(path)) else None
    return wrong.message.replace(str(path), path.name), int(line[1]) if line else 0


def plain(data: Any, path: Path, kind: type[CatalogError] = CatalogError) -> Any:
    """YAML's values as JSON has them: built-in dicts and lists, aliases unfolded, dates and keys as text.

    Raises ``kind``, which names ``path``, for values that contain themselves or unfold beyond measure.
    """
    sizes: dict[int, int] = {}

    def size(value: Any) -> int:
        """How many values it unfolds to; each alias is counted without being walked through again."""
        if id(value) not in sizes:
            sizes[id(value)] = _MOST  # until it is known: what is met inside itself has no end
            within = value.values() if isinstance(value, Mapping) else value if _is_list(value) else ()
            sizes[id(value)] = 1 + sum(map(size, within))
        return sizes[id(value)]

    def turned(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {_key(name): turned(each) for name, each in value.items()}
        return [turned(each) for each in value] if _is_list(value) else _scalar(value)

    if size(data) > _MOST:
        raise kind(f"{path} cannot be read: its aliases make it endless.", hint="write the values out")
    return turned(data)


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple | set)


def _key(name: Any) -> str:
    found = _scalar(name)
    return found if isinstance(found, str) else str(found)


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, datetime.datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, datetime.date):
        return value.isoformat()
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind(value)  # the YAML library's own kinds know how they were written
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "replace")
    # a boolean with an anchor, or a tag of its own
    return bool(value) if type(value).__name__ == "ScalarBoolean" else str(value)


def dump(data: Any, *, comments: Sequence[str] = (), fold: bool = True) -> str:
    """The text of a document, the same each time; ``comments`` are lines above it. Without ``fold`` long lines stay
    long, as people write them."""
    out = io.StringIO()
    out.writelines(f"# {each}\n" for each in comments)
    made = round_trip()
    if not fold:
        made.width = _ENDLESS
    made.dump(data, out)
    return out.getvalue()
