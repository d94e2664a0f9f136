"""Linear's public schema, and queries against it: what a query asks for, whether it may, and what it costs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

SCHEMA = Path(__file__).parent / "tests" / "schema" / "linear.graphql"
_TOKEN = re.compile(r'\.\.\.|[$@]?[A-Za-z_]\w*|-?\d+(?:\.\d+)?|"(?:[^"\\]|\\.)*"|[{}()\[\]:!=|&]')


class Field(NamedTuple):
    """A field of a type: what it gives, whether that is a list or never null, and the arguments that it takes."""

    name: str
    type: str
    many: bool
    sure: bool
    arguments: frozenset[str]
    deprecated: bool


class Schema:
    """Types and interfaces, each with its fields, and enums with their values."""

    def __init__(self, text: str) -> None:
        self.types: dict[str, dict[str, Field]] = {}
        self.members: dict[str, list[str]] = {}
        self.enums = {name: re.findall(r"^\s+(\w+)", body, re.M) for name, body in _blocks(text, "enum")}
        self.scalars = {*re.findall(r"^scalar (\w+)", text, re.M), "String", "Int", "Float", "Boolean", "ID"}
        for kind in ("type", "interface"):
            for name, body in _blocks(text, kind):
                self.types[name] = dict(_fields(body))
        for name, parents in re.findall(r"^type (\w+) implements ([\w &]+)", text, re.M):
            for parent in parents.split("&"):
                self.members.setdefault(parent.strip(), []).append(name)

    def plain(self, each: Field) -> bool:
        """Whether a field holds a value, not an object."""
        return each.type in self.scalars or each.type in self.enums

    def nodes(self, connection: str) -> str:
        """The type of a connection's nodes."""
        return self.types[connection]["nodes"].type


def _blocks(text: str, kind: str) -> Iterator[tuple[str, str]]:
    return iter(re.findall(rf"^{kind} (\w+)[^{{\n]*\{{\n(.*?)^\}}", text, re.S | re.M))


def _fields(body: str) -> Iterator[tuple[str, Field]]:
    for name, arguments, kind, rest in re.findall(r"^\s+(\w+)(\([^)]*\))?: ([\[\]\w!]+)(.*)$", body, re.M):
        base = re.sub(r"[\[\]!]", "", kind)
        taken = frozenset(re.findall(r"(\w+):", arguments))
        yield name, Field(name, base, "[" in kind, kind.endswith("!"), taken, "@deprecated" in rest)


@cache
def schema() -> Schema:
    """The public schema."""
    return Schema(SCHEMA.read_text("utf-8"))


class Invalid(Exception):  # noqa: N818 - how a query is refused
    """The query does not fit the schema."""


@dataclass
class Selected:
    """A field that a query selects, under the name of the answer (``key``). ``on``: of an inline fragment, its type."""

    key: str
    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    inner: list[Selected] = field(default_factory=list)
    on: str = ""


class Query:
    """A query that was read, with its variables put in. Raises Invalid for text that is none."""

    def __init__(self, text: str, variables: Mapping[str, Any]) -> None:
        self._tokens = _TOKEN.findall(text)
        self._at = 0
        self._variables = variables
        if self._peek() == "query":
            while self._peek() != "{":
                self._at += 1
        self.fields = self._selection()

    def _peek(self) -> str:
        if self._at >= len(self._tokens):
            raise Invalid("Syntax Error: Unexpected <EOF>.")
        return str(self._tokens[self._at])

    def _take(self, wanted: str = "") -> str:
        token = self._peek()
        if wanted and token != wanted:
            raise Invalid(f"Syntax Error: Expected {wanted!r}, found {token!r}.")
        self._at += 1
        return token

    def _selection(self) -> list[Selected]:
        self._take("{")
        found = []
        while self._peek() != "}":
            found.append(self._selected())
        self._take("}")
        return found

    def _selected(self) -> Selected:
        name = self._take()
        if name == "...":
            self._take("on")
            kind = self._take()
            return Selected("", "", {}, self._selection(), kind)
        key = name
        if self._peek() == ":":
            self._take()
            name = self._take()
        arguments: dict[str, Any] = {}
        if self._peek() == "(":
            self._take()
            while self._peek() != ")":
                argument = self._take()
                self._take(":")
                arguments[argument] = self._value()
            self._take(")")
        return Selected(key, name, arguments, self._selection() if self._peek() == "{" else [])

    def _value(self) -> Any:
        token = self._take()
        if token.startswith("$"):
            return self._variables.get(token[1:])
        if token == "{":
            found = {}
            while self._peek() != "}":
                name = self._take()
                self._take(":")
                found[name] = self._value()
            self._take("}")
            return found
        if token == "[":
            items = []
            while self._peek() != "]":
                items.append(self._value())
            self._take("]")
            return items
        if token.startswith('"'):
            return token[1:-1]
        known: dict[str, Any] = {"true": True, "false": False, "null": None}
        if token in known:
            return known[token]
        return (float(token) if "." in token else int(token)) if token[0] in "-0123456789" else token


def check(selected: list[Selected], kind: str) -> None:
    """Raises Invalid where a field, or one of its arguments, is not there."""
    known = schema()
    for each in selected:
        if each.on:
            check(each.inner, each.on)
            continue
        if each.name == "__typename":
            continue
        found = known.types[kind].get(each.name)
        if found is None:
            raise Invalid(f'Cannot query field "{each.name}" on type "{kind}".')
        if wrong := each.arguments.keys() - found.arguments:
            raise Invalid(f'Unknown argument "{min(wrong)}" on field "{kind}.{each.name}".')
        if known.plain(found) == bool(each.inner):
            must = "must not" if known.plain(found) else "must"
            raise Invalid(f'Field "{each.name}" of type "{found.type}" {must} have a selection.')
        if each.inner:
            check(each.inner, found.type)


def cost(selected: list[Selected], kind: str) -> float:
    """The points of a query, from what it asks for: a property a tenth, an object one, and a connection so many times
    its children as its ``first`` says, fifty where it says nothing."""
    known, points = schema(), 0.0
    for each in selected:
        if each.on:
            points += cost(each.inner, each.on)
        elif each.name == "pageInfo":
            continue
        elif not each.inner:
            points += 0.1
        else:
            inner = known.types[kind][each.name].type
            if inner.endswith("Connection"):
                points += math.ceil((each.arguments.get("first") or 50) * cost(each.inner, inner))
            else:
                points += 1 + cost(each.inner, inner)
    return points
