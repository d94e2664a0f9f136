"""How a word of the vocabulary is made: a frozen dataclass that answers a wrong name with the nearest right one."""

from __future__ import annotations

import dataclasses
import functools
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, TypeVar, dataclass_transform

from connector_sdk.errors import DefinitionError, did_you_mean

__all__ = ["Duration", "check_duration", "check_pointer", "check_type", "fail", "micros", "word"]

Duration = str | timedelta
"""A length of time: ``"500ms"``, ``"10s"``, ``"5m"``, ``"1h"``, ``"30d"`` or a ``timedelta``."""

T = TypeVar("T")

_UNITS = {"us": 1, "ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
_DURATION = re.compile(r"(\d+)(us|ms|s|m|h|d)")
_POINTER = re.compile(r"(/([^~/]|~[01])*)*")
_SDK = str(Path(__file__).parent.parent)


def _author_line() -> str:
    """The author's line that is being imported: the first one outside the SDK."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith((_SDK, "<frozen", "<string>")) and Path(name).name != "dataclasses.py":
            path = Path(name)
            return f" ({path.parent.name}/{path.name}, line {frame.f_lineno})"
        frame = frame.f_back
    return ""


def fail(where: str, what: str, hint: str = "", kind: type[DefinitionError] = DefinitionError) -> NoReturn:
    """Raise the DefinitionError that says ``where: what``, the author's line, and the hint."""
    raise kind(f"{where}: {what}{_author_line()}", hint=hint)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def word(cls: type[T]) -> type[T]:
    """Make a word: frozen, compared by identity, and helpful about names that it does not have."""
    made = dataclass(frozen=True, eq=False)(cls)
    init: Callable[..., None] = made.__init__
    names = [each.name for each in dataclasses.fields(made) if each.init]  # type: ignore[arg-type]
    needed = {
        each.name
        for each in dataclasses.fields(made)  # type: ignore[arg-type]
        if each.init and each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING
    }

    @functools.wraps(init)
    def checked(self: Any, *args: Any, **kwargs: Any) -> None:
        where = _called(cls.__name__, args, kwargs)
        for wrong in kwargs.keys() - set(names):
            fail(where, f"there is no argument {wrong!r}", did_you_mean(wrong, names))
        if len(args) > len(names):
            fail(where, f"takes at most {len(names)} arguments: {', '.join(names)}")
        if missing := [name for name in names if name in needed and name not in {*names[: len(args)], *kwargs}]:
            fail(where, f"says nothing about {', '.join(missing)}")
        init(self, *args, **kwargs)

    setattr(made, "__init__", checked)  # noqa: B010
    return made


def _called(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """``Stream 'calls'``: the word, and what it was called, so that the author finds it."""
    own = kwargs.get("name", args[0] if args else None)
    if name == "Endpoint":
        verb, path = (*args, None, None)[:2]
        return f"{verb} {path}" if isinstance(verb, str) and isinstance(path, str) else "endpoint"
    if name in ("Stream", "Connector") and isinstance(own, str):
        return f"{name.lower()} {own!r}"
    return name


def check_pointer(value: object, where: str, what: str, *, items: bool = False) -> None:
    """Refuse what is no JSON pointer. ``items``: a ``*`` may stand for every item of a list."""
    if not isinstance(value, str):
        fail(where, f"{what} is a {type(value).__name__}; a place in JSON is a pointer such as '/id'")
    if value and not value.startswith("/"):
        fail(where, f"{what}={value!r} is no JSON pointer", f"did you mean '/{value.replace('.', '/')}'?")
    if not _POINTER.fullmatch(value):
        fail(where, f"{what}={value!r} is no JSON pointer", "write '~' as '~0' and '/' in a name as '~1'")
    if "*" in value.split("/") and not items:
        fail(where, f"{what}={value!r}: '*' stands for every item only in text= and volatile=")


def check_duration(value: object, where: str, what: str) -> None:
    """Refuse what is no length of time."""
    if isinstance(value, timedelta):
        if value < timedelta(0):
            fail(where, f"{what} is negative")
    elif not isinstance(value, str) or not _DURATION.fullmatch(value):
        fail(where, f"{what}={value!r} is no duration", "write '500ms', '10s', '5m', '1h' or '30d'")


def check_type(value: object, kinds: type | tuple[type, ...], where: str, what: str, expected: str) -> None:
    """Refuse a value of another kind than ``kinds``, which ``expected`` names for the author."""
    if not isinstance(value, kinds):
        fail(where, f"{what} is {_named(value)}", f"it takes {expected}")


def _named(value: object) -> str:
    return repr(value) if isinstance(value, str | int | float | bool | type(None)) else f"a {type(value).__name__}"


def micros(value: Duration) -> int:
    """A duration in microseconds. Its form has been checked on import."""
    if isinstance(value, timedelta):
        return (value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds
    count, unit = _DURATION.fullmatch(value).groups()  # type: ignore[union-attr]
    return int(count) * _UNITS[unit]


def as_tuple(value: T | Iterable[T]) -> tuple[T, ...]:
    """One thing or many, as a tuple. Text is one thing."""
    if isinstance(value, str | timedelta) or not isinstance(value, Iterable):
        return (value,)
    return tuple(value)
