"""Changing files that people write too: with the line ends that they have, and several together or none."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections import Counter
from difflib import SequenceMatcher
from pathlib import Path

from connector_sdk.errors import CatalogError

__all__ = ["Change", "like", "replace"]

Change = tuple[Path, bytes]
"""A file that is there, and what it is to hold."""
_MARK = "\ufeff"  # what some editors begin a file with
_END = re.compile(r"(\r\n|\r|\n)")


def like(before: bytes, text: str) -> bytes:
    """A file's new text in the ways of what stands there: its line ends, its byte order mark, a last newline or none.
    Where line ends are mixed, each line keeps its own, and a new one has the most frequent."""
    old = before.decode("utf-8")
    mark = _MARK if old.startswith(_MARK) else ""
    lines = _END.sub("\n", text.removeprefix(_MARK)).removesuffix("\n").split("\n")
    parts = _END.split(old.removeprefix(_MARK))
    ends = _ends(parts[::2], parts[1::2], lines)
    last = "" if parts[-1] else ends[-1]  # what follows the last line end of a file is a line without one
    return (mark + "".join(map(str.__add__, lines, [*ends[:-1], last]))).encode("utf-8")


def _ends(old: list[str], ends: list[str], lines: list[str]) -> list[str]:
    """The line end of each line, by the lines that were there."""
    usual = Counter(ends).most_common(1)[0][0] if ends else "\n"
    found = [usual] * len(lines)
    if len(set(ends)) > 1:
        for was, now, count in SequenceMatcher(None, old[: len(ends)], lines, autojunk=False).get_matching_blocks():
            found[now : now + count] = ends[was : was + count]
    return found


def replace(*changes: Change) -> None:
    """Write these files, each at once, and all of them or, whatever comes between, none.
    Raises CatalogError where one cannot be written."""
    real = [(path.resolve(), data) for path, data in changes]  # a link stays one
    before = [(path, path.read_bytes()) for path, _ in real]
    try:
        for path, data in real:
            _put(_beside(path), data, path)
        for path, _ in real:
            _beside(path).replace(path)
    except BaseException as wrong:
        for (path, was), (_, data) in zip(before, real, strict=True):
            if path.read_bytes() == data != was:
                _put(_beside(path), was, path)
                _beside(path).replace(path)
        if isinstance(wrong, OSError):
            told = f"{wrong.filename or changes[0][0]} cannot be written: {wrong.strerror}."
            raise CatalogError(told, hint="make room there, or rights") from None
        raise
    finally:
        for path, _ in real:
            with contextlib.suppress(OSError):
                _beside(path).unlink()


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _put(made: Path, data: bytes, path: Path) -> None:
    made.write_bytes(data)
    shutil.copymode(path, made)
