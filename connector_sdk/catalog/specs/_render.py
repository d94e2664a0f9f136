"""YAML as reviewers like it: block style, short lists on one line, comments that help; the same bytes each time."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from connector_sdk.catalog.specs._plain import Where

__all__ = ["block", "indented", "inline", "scalar"]

_WORD = re.compile(r"[A-Za-z_/][\w/.\-]*", re.ASCII)  # what no reader takes for a number or a mark
_MEANINGS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
_SHORT = 100  # a list or mapping of scalars that fits stands on one line, where it is asked to


def block(data: Any, comments: Mapping[Where, str] | None = None, short: tuple[str, ...] = ()) -> list[str]:
    """The lines of a mapping or a list; ``comments`` stand behind values, by their paths.

    ``short`` names keys whose values stand on one line, such as ``key: [/id]``.
    """
    return _block(data, comments or {}, short, ())


def indented(lines: list[str], by: int) -> list[str]:
    """The lines, further to the right."""
    return [" " * by + each if each else each for each in lines]


def _block(data: Any, comments: Mapping[Where, str], short: tuple[str, ...], at: Where) -> list[str]:
    lines: list[str] = []
    if isinstance(data, Mapping):
        for name, value in data.items():
            lines += _entry(name, value, comments, short, (*at, name))
    else:
        for index, value in enumerate(data):
            inner = [inline(value)] if _flat(value) else _block(value, comments, short, (*at, index))
            lines += [f"- {inner[0]}", *indented(inner[1:], 2)]
    return lines


def _entry(name: str, value: Any, comments: Mapping[Where, str], short: tuple[str, ...], at: Where) -> list[str]:
    head = f"{scalar(name)}:"
    remark = f"  # {comments[at]}" if at in comments else ""
    one = inline(value)
    if _flat(value) or (name in short and len(one) <= _SHORT):
        return [f"{head} {one}{remark}"]
    return [f"{head}{remark}", *indented(_block(value, comments, short, at), 2)]


def _flat(value: Any) -> bool:
    return not isinstance(value, Mapping | list | tuple) or not value


def inline(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(name)}: {inline(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(each) if isinstance(each, str) else inline(each) for each in value) + "]"
    return scalar(value)


def _flow(text: str) -> str:
    return text if _plain(text) and not set(text) & set(",[]{}?:&*") else _quoted(text)


def scalar(value: Any) -> str:
    """A scalar: text without quotes where every YAML reader takes it for that text."""
    if isinstance(value, str):
        return value if _plain(value) else _quoted(value)
    return json.dumps(value)


def _quoted(text: str) -> str:
    """A text in quotes, with what cannot be printed as escapes that both JSON and YAML have."""
    quoted = json.dumps(text, ensure_ascii=False)
    if quoted.isprintable():
        return quoted
    return "".join(each if each.isprintable() else _escape(ord(each)) for each in quoted)


def _escape(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


@functools.lru_cache(maxsize=4096)
def _plain(text: str) -> bool:
    """Whether readers of YAML 1.1 and 1.2 both take it for this text."""
    if _WORD.fullmatch(text):
        return text.lower() not in _MEANINGS
    if not text.isprintable() or not text.isascii() or len(text) > _SHORT:
        return False
    for version in ((1, 2), (1, 1)):
        reader = YAML(typ="safe", pure=True)
        reader.version = version
        try:
            if reader.load(f"a:\n- {text}\n") != {"a": [text]} or reader.load(f"a: {text} # b\n") != {"a": text}:
                return False
        except (YAMLError, ValueError):
            return False
    return True
