"""pydantic's errors as sentences that name the field and never show a value."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, SecretStr

from connector_sdk.config._section import OWN_ERROR
from connector_sdk.errors import did_you_mean

__all__ = ["Problems", "at", "kind_of", "nearest"]

_HIDDEN = "(hidden)"

# by the beginning of the error's type: what was expected; {} is filled from the error's context
_EXPECTED = {
    "string_type": "must be text",
    "string_sub_type": "must be text",
    "string_unicode": "must be text",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must match the pattern {pattern}",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "must be a smaller number",
    "int_": "must be a whole number",
    "float_": "must be a number",
    "finite_number": "must be a finite number",
    "decimal_": "must be a number",
    "bool_": "must be true or false",
    "list_": "must be a list",
    "tuple_": "must be a list",
    "set_": "must be a list",
    "frozen_set_": "must be a list",
    "dict_": "must be an object",
    "mapping_": "must be an object",
    "model_": "must be an object",
    "dataclass_": "must be an object",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "datetime_": "must be a date and time, such as 2024-01-01T00:00:00Z",
    "date_": "must be a date, such as 2024-01-01",
    "timezone_": "must be a date and time with an offset, such as 2024-01-01T00:00:00Z",
    "time_delta_": "must be a duration, such as PT5M",
    "time_": "must be a time of day, such as 08:30:00",
    "url_": "must be an address, such as https://example.com",
    "uuid_": "must be a UUID",
}
_MISTYPED = re.compile(r".*(_type|_parsing)$")


def at(path: str, key: object) -> str:
    """The path of something inside: ``at("accounts", 0)`` is ``accounts[0]``."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else str(key)


def kind_of(value: object) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, (list, tuple)) else "an object"


def nearest(key: str, known: Sequence[str]) -> str:
    """``did you mean "start_date"?``, as JSON quotes it."""
    return did_you_mean(key, known).replace("'", '"')


@dataclass
class Problems:
    """What is wrong with a config, in sentences; each is kept with the path it is about."""

    found: list[tuple[str, str]] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    """Fields whose problems are already here; whatever pydantic says about their stand-in is not told."""
    guessed: set[str] = field(default_factory=set)
    """Paths that were offered for a misspelt key: that they are missing as well is not told."""

    def add(self, path: str, text: str) -> None:
        self.found.append((path, text))

    def unknown(self, path: str, key: object, known: Sequence[str], whose: str) -> None:
        """A key that is no field."""
        hint = nearest(str(key), known)
        if hint.startswith("did you mean"):
            self.guessed.add(at(path, hint.split('"')[1]))
        here = at(path, str(key))
        self.add(here, f"{here} is no field of {whose}" + (f": {hint}" if hint else ""))

    def sentences(self) -> list[str]:
        """Each problem once."""
        kept = [text for path, text in self.found if not (path in self.guessed and text.endswith(" is missing"))]
        return list(dict.fromkeys(kept))

    def take(self, errors: Sequence[Mapping[str, Any]], data: object, path: str = "") -> None:
        """What pydantic found in ``data``, which stands at ``path``."""
        for error in errors:
            loc = error["loc"]
            if not (loc and str(loc[0]) in self.failed and not path):
                where = _path(loc, data, path)
                if error["type"] == "extra_forbidden":
                    if not any(known == where for known, _ in self.found):
                        self.add(where, f"{where} is no field here")
                else:
                    self.add(where, _sentence(error, where))


def _path(loc: Sequence[int | str], data: object, path: str) -> str:
    """The place in the user's data; pydantic also names the variants it went through, which are not part of it."""
    for number, key in enumerate(loc):
        last = number == len(loc) - 1
        if isinstance(data, Mapping) and key in data:
            data, path = data[key], at(path, key)
        elif isinstance(key, int) and isinstance(data, (list, tuple)):
            data, path = (data[key] if key < len(data) else None), at(path, key)
        elif isinstance(data, Mapping) and last:
            path = at(path, key)
    return path


def _sentence(error: Mapping[str, Any], where: str) -> str:
    kind, context = str(error["type"]), error.get("ctx") or {}
    if kind == "missing":
        return f"{where} is missing"
    if kind in ("literal_error", "enum"):
        return f"{where} must be one of {_choices(str(context.get('expected', '')))}"
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        where = at(where, str(context.get("discriminator", "")).strip("'"))
        tags = context.get("expected_tags")
        return f"{where} must be one of {_choices(str(tags))}" if tags else f"{where} is missing"
    if kind == "none_required":
        return f"{where} must be null"
    for start, text in sorted(_EXPECTED.items(), key=lambda item: -len(item[0])):
        if kind.startswith(start):
            told = f"{where} {text.format_map(_Context(context))}"
            mistyped = _MISTYPED.match(kind) and "such as" not in text and "UUID" not in text
            return f"{told}, not {kind_of(error.get('input'))}" if mistyped else told
    own = str(context["error"]) if isinstance(context.get("error"), Exception) else str(error["msg"])
    if kind != OWN_ERROR:
        own = _hide(own.replace("Input should be", "must be").replace("Input should", "must"), error.get("input"))
    own = own.strip().removesuffix(".") or "is refused"
    if not where:
        return own
    return f"{where} {own}" if own[0].islower() else f"{where}: {own}"


class _Context(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "the declared limit"


def _choices(expected: str) -> str:
    return expected.replace(" or ", ", ").replace("'", '"')


def _hide(text: str, value: object) -> str:
    """An author's own message without the user's values in it."""
    for each in sorted(set(_leaves(value)), key=len, reverse=True):
        if len(each) >= 4:
            text = text.replace(each, _HIDDEN)
    return text


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, enum.Enum):
        yield str(value.value)
    elif isinstance(value, BaseModel):
        for key, each in value:
            if key != "credentials_title":
                yield from _leaves(each)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            if key != "credentials_title":
                yield from _leaves(each)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for each in value:
            yield from _leaves(each)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
        yield repr(value).strip("'\"")
