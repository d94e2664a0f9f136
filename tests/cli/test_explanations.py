"""The example on every page of an error code is a sentence that the program really says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import connector_sdk
from connector_sdk.cli._explain import pages
from connector_sdk.config import Config, StartDate, parse_config
from connector_sdk.errors import ConfigError, all_errors

PACKAGE = Path(connector_sdk.__file__).parent
CLASSES = {each.__name__: each.code for each in all_errors()}
FEWEST = 10  # letters that a sentence must have of its own


def pattern(node: ast.expr | None) -> str:
    """A regular expression for the texts that an expression can give."""
    match node:
        case ast.Constant(value=str(text)):
            return re.escape(text)
        case ast.JoinedStr(values=parts):
            return "".join(map(pattern, parts))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return pattern(left) + pattern(right)
        case ast.IfExp(body=body, orelse=other):
            return f"(?:{pattern(body)}|{pattern(other)})"
        case _:
            return ".*"


def sentences() -> Iterator[tuple[str, str]]:
    """The code and the pattern of every error that is made somewhere in the package."""
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
                continue
            name, args = node.func.id, [pattern(each) for each in node.args]
            hint = next((pattern(each.value) for each in node.keywords if each.arg == "hint"), "")
            if name in CLASSES:
                yield CLASSES[name], args[0] + (f" {hint}" if hint else "")
            elif name == "kind":  # of files: whose error it is, the caller says; the tree's own where nobody does
                yield "catalog", args[0]
            elif name == "fail" and len(args) >= 3:
                yield "definition", f"{args[0]}: {args[1]}(?: \\(.+\\):)? {args[2]}"
            elif name == "FailedError":
                yield "error", args[0]


SAID: dict[str, list[str]] = {}
for _code, _pattern in sentences():
    if len(re.sub(r"\\.|\W", "", _pattern.replace(".*", ""))) >= FEWEST:
        SAID.setdefault(_code, []).append(_pattern)


def example(page: str) -> str:
    """The sentence under the last heading, in one line; a command before it is left out."""
    lines = [line[4:] for line in page.partition("## Example\n")[2].splitlines() if line.startswith("    ")]
    return " ".join(line.strip() for line in lines if not line.startswith("$"))


class Example(Config):
    """Where the calls are."""

    start_date: StartDate = "2026-01-01T00:00:00Z"


def test_the_example_of_a_config_is_what_the_program_says() -> None:
    with pytest.raises(ConfigError) as refused:
        parse_config(Example, {"start_dat": "2026-01-01"}, name="source-gong")
    assert str(refused.value) == example(pages()["config"])


@pytest.mark.parametrize("code", sorted(set(pages()) - {"config"}))
def test_the_example_of_the_page_is_what_the_program_says(code: str) -> None:
    found = example(pages()[code])
    said = SAID.get(code, [])
    known = any(re.fullmatch(f"(?:error: )?{each}\\.?", found, re.IGNORECASE) for each in said)
    assert known, f"{found!r} is none of what is said with the code {code}:\n" + "\n".join(said)
