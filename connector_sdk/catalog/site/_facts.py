"""YAML that people wrote, looked into without trust: what is missing, or is of another kind, is simply not there.

``check-all`` says what is wrong in a file; a page shows what it can.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime

__all__ = ["Facts", "slug"]

_SAFE = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_MOST = 80


class Facts:
    """A value of a YAML file, and what lies in it."""

    def __init__(self, value: object) -> None:
        self._value = value

    def at(self, *keys: str) -> Facts:
        """What lies at a path of keys."""
        here = self._value
        for key in keys:
            here = here.get(key) if isinstance(here, Mapping) else None
        return Facts(here)

    def text(self, *keys: str) -> str:
        """The text there, on one line; of a number or a date too. Empty where there is none."""
        value = self.at(*keys)._value
        if isinstance(value, datetime):
            value = value.date()
        if isinstance(value, bool):
            return "yes" if value else "no"
        return " ".join(str(value).split()) if isinstance(value, str | int | float | date) else ""

    def number(self, *keys: str) -> int | None:
        """The whole number there."""
        value = self.at(*keys)._value
        return int(value) if isinstance(value, int) and not isinstance(value, bool) else None

    def flag(self, *keys: str) -> bool:
        """Whether there is ``true``."""
        return self.at(*keys)._value is True

    def day(self, *keys: str) -> date | None:
        """The date there, of a time its date."""
        try:
            return date.fromisoformat(self.text(*keys)[:10])
        except ValueError:
            return None

    def each(self, *keys: str) -> Iterator[Facts]:
        """The members of a list; a value that stands alone is a list of one."""
        value = self.at(*keys)._value
        if isinstance(value, list | tuple):
            yield from map(Facts, value)
        elif value is not None:
            yield Facts(value)

    def texts(self, *keys: str) -> tuple[str, ...]:
        """The texts in a list, or the one text that stands alone."""
        return tuple(told for each in self.each(*keys) if (told := each.text()))

    def members(self, *keys: str) -> Iterator[tuple[str, Facts]]:
        """The members of a mapping."""
        value = self.at(*keys)._value
        if isinstance(value, Mapping):
            yield from ((str(key), Facts(each)) for key, each in value.items())

    def __bool__(self) -> bool:
        return self._value not in (None, "", [], {})


def slug(name: str) -> str:
    """A name as a part of an address and of a file's name: itself where that can be, else what of it can be, with a
    mark that keeps two names apart."""
    if len(name) <= _MOST and _SAFE.fullmatch(name):
        return name
    kept = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[: _MOST - 9]
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{kept}-{mark}" if kept else mark
