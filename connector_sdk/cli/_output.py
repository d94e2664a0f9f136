"""Where output goes: results to stdout, errors and progress to stderr."""

from __future__ import annotations

import json
import sys
import unicodedata
from typing import IO, TYPE_CHECKING, Any

from connector_sdk.cli._problems import ProblemError

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["console", "line", "print_json", "show_problem", "table"]

_SCREEN = 20
_CONTROL = ("Cc", "Cs", "Zl", "Zp")


def console(file: IO[str] | None = None) -> Console:
    """A console that prints names and messages as they are: no markup, no emoji, no guessing at colours."""
    from rich.console import Console

    out = file or sys.stdout
    wide = None if out.isatty() else 120
    return Console(file=out, markup=False, emoji=False, highlight=False, width=wide, soft_wrap=False)


def table(title: str, *columns: str, right: tuple[str, ...] = ()) -> Any:
    """An empty table in the style of all tables; ``right`` names the columns of numbers."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(title=Text(title) if title else None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(Text(column), justify="right" if column in right else "left", overflow="fold")
    return made


def print_json(value: Any) -> None:
    """The one JSON object that ``--json`` prints on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def line(text: str) -> str:
    """A text as one line of output: control characters are escaped, and it begins with nothing that GitHub's runner
    takes for a command (``::error``), whatever the name of a file or of a system may hold."""
    shown = "".join(repr(each)[1:-1] if unicodedata.category(each) in _CONTROL else each for each in text)
    return f"./{shown}" if shown.lstrip().startswith(("::", "##[")) else shown


def show_problem(problem: ProblemError) -> None:
    """A problem on stderr: what failed, what to do, and where to read more. One screen at most."""
    lines = problem.message.strip().splitlines() or ["It failed."]
    if len(lines) > _SCREEN:
        lines = [*lines[: _SCREEN // 2], f"... {len(lines) - _SCREEN} more lines ...", *lines[-_SCREEN // 2 :]]
    sys.stderr.write("error: " + "\n".join(line(each)[:400] for each in lines) + "\n")
    if problem.hint:
        sys.stderr.write(f"  hint: {line(problem.hint)}\n")
    if problem.code:
        sys.stderr.write(f"  more: connector-sdk explain {problem.code}\n")
    sys.stderr.flush()
