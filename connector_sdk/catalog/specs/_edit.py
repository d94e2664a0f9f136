"""A YAML text that is added to, line by line: nothing that a person wrote is moved, quoted anew or lost."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from connector_sdk.catalog._files import parse
from connector_sdk.catalog.specs._plain import Where, at, pointer
from connector_sdk.catalog.specs._render import block, indented, scalar
from connector_sdk.errors import FlowSpecError

__all__ = ["Fresh", "Text"]


class Fresh:
    """A YAML file that is not there yet, with what has been added to it so far, below lines of comment."""

    def __init__(self, header: str, path: Path) -> None:
        self.path = path
        self.data: Any = {}
        self._header = header
        self._short: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The whole text as it is now."""
        return self._header + "".join(f"{each}\n" for each in block(self.data, short=self._short))

    def add(self, where: Where, items: dict[str, Any] | list[Any], short: tuple[str, ...] = ()) -> None:
        """Put keys at the end of the mapping at ``where``, or items at the end of the list there."""
        if items:
            self._short = short or self._short
            self.data = _added(copy.deepcopy(self.data), where, copy.deepcopy(items))

    def set(self, where: Where, value: str) -> None:
        """Write another text in the place of the one at ``where``."""
        _put(self.data, where, value)


class Text:
    """The text of a YAML file. Each change is checked: read again, it says what was meant, and all that it said before.

    Raises FlowSpecError where a change cannot be made in place, such as in a list that is written on one line.
    """

    def __init__(self, text: str, path: Path) -> None:
        self._as_it_was = text
        self._changed = False
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n") if text else []
        self.path = path
        self.data: Any = self._read()

    @property
    def text(self) -> str:
        """The whole text as it is now."""
        return "".join(f"{each}{self._newline}" for each in self._lines) if self._changed else self._as_it_was

    def _read(self) -> Any:
        """What it says, as JSON has it."""
        return parse("\n".join(self._lines) + "\n", self.path, FlowSpecError).plain(FlowSpecError)

    def add(self, where: Where, items: dict[str, Any] | list[Any], short: tuple[str, ...] = ()) -> None:
        """Put keys at the end of the mapping at ``where``, or items at the end of the list there."""
        if not items:
            return
        if where and (not isinstance(above := at(self.data, where[:-1]), dict) or where[-1] not in above):
            self.add(where[:-1], {str(where[-1]): items}, short)
            return
        expected = _added(copy.deepcopy(self.data), where, items)
        node = self._node(where)
        lines = block(items, short=short)
        if node is None or _empty(node):
            self._fill(where, node, lines)
        else:
            kind: Any = MappingNode if isinstance(items, dict) else SequenceNode
            if not isinstance(node, kind) or node.flow_style:
                raise self._refused(where, "is written on one line, or is not what it should be")
            end = self._end(node)
            self._lines[end:end] = indented(lines, _column(node))
        self._check(expected, where)

    def set(self, where: Where, value: str) -> None:
        """Write another text in the place of the one at ``where``."""
        node = self._node(where)
        if not isinstance(node, ScalarNode) or node.start_mark.line != node.end_mark.line or node.anchor:
            raise self._refused(where, "is not a text on one line")
        expected = copy.deepcopy(self.data)
        _put(expected, where, value)
        line = self._lines[node.start_mark.line]
        self._lines[node.start_mark.line] = (
            line[: node.start_mark.column] + scalar(value) + line[node.end_mark.column :]
        )
        self._check(expected, where)

    def _fill(self, where: Where, node: Any, lines: list[str]) -> None:
        """Write where nothing is yet: an empty value, an empty file."""
        if not where:
            self._lines += lines
            return
        key = self._key(where)
        column = key.start_mark.column + 2
        row = key.end_mark.line
        if not isinstance(node, ScalarNode) or node.value:  # [], {}, ~ or null: a comment behind it stays
            if node.end_mark.line != row:
                raise self._refused(where, "is empty, over several lines")
            line = self._lines[row]
            self._lines[row] = (line[: node.start_mark.column].rstrip() + line[node.end_mark.column :]).rstrip()
        self._lines[row + 1 : row + 1] = indented(lines, column)

    def _node(self, where: Where) -> Any:
        node = self._root()
        for step in where:
            node = _child(node, step)
        return node

    def _key(self, where: Where) -> Any:
        parent = self._node(where[:-1])
        keys = [key for key, _ in parent.value if key.value == where[-1]] if isinstance(parent, MappingNode) else []
        if not keys or parent.flow_style:
            raise self._refused(where, "is not there, or is written on one line")
        return keys[0]

    def _root(self) -> Any:
        try:
            found: Any = YAML(typ="safe", pure=True).compose("\n".join(self._lines) + "\n")
        except YAMLError as wrong:
            raise FlowSpecError(f"{self.path}: {str(wrong).splitlines()[0]}.") from None
        return found

    def _end(self, node: Any) -> int:
        """The number of lines up to the end of a value in block style, without the comments that follow it."""
        while isinstance(node, MappingNode | SequenceNode) and not node.flow_style and node.value:
            last = node.value[-1]
            if not isinstance(last, tuple):
                node = last
            elif isinstance(last[1], ScalarNode) and _empty(last[1]):
                return int(last[0].end_mark.line) + 1
            else:
                node = last[1]
        line = int(node.end_mark.line)
        if not isinstance(node, ScalarNode) or node.style not in ("|", ">"):
            return line + 1
        while line and not self._lines[line - 1].strip():  # its end is where the next thing begins
            line -= 1
        return line

    def _check(self, expected: Any, where: Where) -> None:
        self._changed = True
        try:
            self.data = self._read()
        except FlowSpecError:
            self.data = None
        if self.data != expected:
            raise self._refused(where, "is written in a way that nothing can be added to it")

    def _refused(self, where: Where, why: str) -> FlowSpecError:
        place = pointer(where) or "the file"
        return FlowSpecError(
            f"{self.path}: {place} {why}; it was left as it is.",
            hint="write it in block style, one item a line, and run flow init again",
        )


def _added(data: Any, where: Where, items: dict[str, Any] | list[Any]) -> Any:
    """What the text is to say afterwards."""
    wanted: Any = {} if isinstance(items, dict) else []
    if data is None:
        data = wanted
    here = data
    for step in where:
        if isinstance(here, dict) and here.get(step) is None:
            here[step] = wanted if step == where[-1] else {}
        here = here[step]
    here.update(items) if isinstance(items, dict) else here.extend(items)
    return data


def _put(data: Any, where: Where, value: str) -> None:
    for step in where[:-1]:
        data = data[step]
    data[where[-1]] = value


def _child(node: Any, step: str | int) -> Any:
    if isinstance(node, MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    return None


def _empty(node: Any) -> bool:
    if isinstance(node, ScalarNode):
        return node.value in ("", "~", "null", "Null", "NULL") and node.style is None
    return not node.value


def _column(node: Any) -> int:
    first = node.value[0]
    column: int = (first[0] if isinstance(node, MappingNode) else node).start_mark.column
    return column
