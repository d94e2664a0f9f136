"""The YAML library, set up for files that people write, and its complaints in words that hold nothing of a file.

What the library says of a mistake quotes what it met, which may be a password that begins with a star. So its words are
never passed on: each kind of mistake has words of its own, and the line.
"""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import AliasEvent, ScalarEvent
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.scanner import RoundTripScanner

__all__ = ["NotYamlError", "loaded", "round_trip"]

_WIDTH = 120
_DEEPEST = 100
_LONGEST = 1_024  # bits of a whole number
_KEY = re.compile(r"[A-Za-z_][\w./-]{0,80}", re.ASCII)
_DEEP = "its values lie too deep in one another"
_QUOTED = "text that begins so goes in quotes"
_WORDS = (
    (r"mapping values are not allowed", "a colon stands where no key can be: text that holds ': ' goes in quotes"),
    (
        r"could not find expected ':'",
        "a line is neither a key nor part of what stands above it: a colon may be missing",
    ),
    (r"sequence entries are not allowed", "a dash stands where no list can begin"),
    (r"mapping keys are not allowed", "a question mark stands where no key can be"),
    (r"found character .* that cannot start", f"a text begins with a character that cannot begin one: {_QUOTED}"),
    (r"found unexpected (end of stream|document sep)", "a text in quotes is not closed"),
    (r"found unknown escape|expected escape sequence", "a backslash is no escape: single quotes take it as it is"),
    (r"expected <block end>", "a line does not fit the lines above it: look at indentation, dashes and quotes"),
    (r"expected ',' or '\]'", "a list in brackets is not closed, or lacks a comma"),
    (r"expected ',' or '\}'", "a mapping in braces is not closed, or lacks a comma"),
    (r"expected alphabetic or numeric", f"a star or an ampersand is followed by no name: {_QUOTED}"),
    (r"expected (chomping|indentation|a comment)", "more than | or > stands where a text of several lines begins"),
    (r"but found another document", "a second document begins here, and a file holds one"),
    (r"for merging", "<< takes a mapping, or a list of them"),
    (r"duplicate merge key", "a duplicate key: << stands twice"),
    (r"the node content", "a value is missing, or does not fit what stands before it"),
)
_TAG = f"it has a tag, which no value here needs: {_QUOTED} where it begins with an exclamation mark"


class NotYamlError(Exception):
    """What is wrong, in words that quote nothing; ``line`` counts from 1, and is 0 where it is not known."""

    def __init__(self, told: str, line: int = 0) -> None:
        super().__init__(told)
        self.told = told
        self.line = line


def round_trip() -> YAML:
    """The library, so that order, comments and quotes stay."""
    made = YAML()
    made.width = _WIDTH
    made.indent(mapping=2, sequence=4, offset=2)
    made.preserve_quotes = True
    return made


def loaded(text: str) -> Any:
    """The values of a text, as the library has them. Raises NotYamlError where it is not one YAML document."""
    made = round_trip()
    made.Scanner, made.Composer, made.Constructor = _Scanner, _Composer, _Constructor
    try:
        return made.load(text)
    except NotYamlError:
        raise
    except MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        raise NotYamlError(_words(str(wrong.problem)), mark.line + 1 if mark is not None else 0) from None
    except ReaderError:
        raise NotYamlError("it holds a control character, which YAML does not allow") from None
    except RecursionError:
        raise NotYamlError(_DEEP) from None
    except Exception:  # the library ends with whatever it stumbles over, and that may quote a value
        raise NotYamlError("this is not YAML") from None


def _words(problem: str) -> str:
    return next((told for pattern, told in _WORDS if re.search(pattern, problem, re.DOTALL)), "this is not YAML")


def _refuse(told: str, mark: Any) -> NotYamlError:
    return NotYamlError(told, mark.line + 1)


class _Scanner(RoundTripScanner):
    """Stops at what is nested too deep, since the time that a bracket takes grows with those that are open; and at
    directives, since other versions of YAML have other values."""

    def fetch_directive(self) -> None:
        raise _refuse("a line begins with a per cent sign, which stands for a directive", self.reader.get_mark())

    def fetch_flow_collection_start(self, TokenClass: Any, to_push: str) -> None:  # noqa: N803  (as it is called)
        if len(self.flow_context) >= _DEEPEST:
            raise NotYamlError(_DEEP)
        super().fetch_flow_collection_start(TokenClass, to_push)


class _Composer(Composer):
    """Refuses what no file here needs and what cannot be printed, before values are made of it."""

    def __init__(self, loader: Any = None) -> None:
        super().__init__(loader)
        self.warn_double_anchors = False  # the warning quotes the anchor
        self._heights: dict[int, int] = {}  # of nodes, by id: the nodes live as long as this

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.parser.peek_event()
        if isinstance(event, AliasEvent):
            return self._alias(event, super().compose_node, parent, index)
        if event.ctag is not None:
            raise _refuse(_TAG, event.start_mark)
        if self.depth >= _DEEPEST:
            raise NotYamlError(_DEEP)
        if isinstance(event, ScalarEvent):
            event.value = _paired(event)
        node = super().compose_node(parent, index)
        within = node.value if isinstance(node.value, list) else ()
        parts = [part for each in within for part in (each if isinstance(each, tuple) else (each,))]
        self._heights[id(node)] = 1 + max((self._heights.get(id(each), 0) for each in parts), default=0)
        return node

    def _alias(self, event: Any, compose: Any, parent: Any, index: Any) -> Any:
        """The node that an alias stands for, with all that lies in it."""
        if event.anchor not in self.anchors:
            raise _refuse(f"a star names no anchor of this file: {_QUOTED}", event.start_mark)
        node = compose(parent, index)
        if self.depth + self._heights.get(id(node), 0) > _DEEPEST:
            raise NotYamlError(_DEEP)
        return node


def _paired(event: Any) -> str:
    """A text whose surrogates, as JSON escapes them, are the characters that they stand for in pairs."""
    text = str(event.value)
    try:
        text.encode()
        return text
    except UnicodeEncodeError:
        pass
    try:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        raise _refuse("an escape is half a character (a lone surrogate)", event.start_mark) from None


class _Constructor(RoundTripConstructor):
    """Takes a day that no calendar has for the text that it is, and tells of keys and numbers without quoting them."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            made = super().construct_object(node, deep)
        except (ValueError, ArithmeticError):
            if str(node.tag).endswith(":timestamp"):
                self.recursive_objects.pop(node, None)
                return str(node.value)
            raise _refuse("a number cannot be read: text goes in quotes", node.start_mark) from None
        if isinstance(made, int) and int(made).bit_length() > _LONGEST:
            raise _refuse("a number is too long: text goes in quotes", node.start_mark)
        return made

    def check_mapping_key(self, node: Any, key_node: Any, mapping: Any, key: Any, value: Any) -> bool:
        if key in mapping:
            named = f' "{key}"' if value is not None and isinstance(key, str) and _KEY.fullmatch(key) else ""
            raise _refuse(f"found duplicate key{named}: a key stands once", key_node.start_mark)
        return bool(super().check_mapping_key(node, key_node, mapping, key, value))
