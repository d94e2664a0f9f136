"""The reference page of the command: ``python -m connector_sdk.cli._reference > docs/cli.md``."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from typing import Any

from connector_sdk.cli._app import command

__all__ = ["reference"]

_TOP = """\
# The `connector-sdk` command

<!-- generated: python -m connector_sdk.cli._reference > docs/cli.md -->

CONNECTOR is a connector's folder (`connectors/source-gong`) or its module (`source_gong`). It always runs as a process
of its own, over pipes, as Flow runs it.

Exit codes: 0 done, 1 failed, 2 wrong usage or config. With `--json`, stdout holds exactly one JSON object, which is
`{"error": {"message": ..., "hint": ..., "code": ...}}` when the command failed before it had an answer. Errors
go to stderr.
"""


def reference() -> str:
    """The whole page, made of what the commands say about themselves."""
    root = command()
    parts = [_TOP, *(_section(name, each) for name, each in _every(root))]
    return "\n".join(parts)


def _every(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """All commands, those of groups by both their words."""
    for name, each in group.commands.items():
        if hasattr(each, "commands"):
            yield from _every(each, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", each


def _section(name: str, each: Any) -> str:
    arguments = [one for one in each.params if one.param_type_name == "argument"]
    options = [one for one in each.params if one.param_type_name == "option" and not one.hidden]
    words = [one.metavar if one.required else f"[{one.metavar}]" for one in arguments]
    lines = [f"## {name}", "", inspect.cleandoc(each.help), "", "```"]
    lines.append(" ".join(["connector-sdk", name, *words, *(["[OPTIONS]"] if options else [])]))
    lines += ["```", "", "| | |", "|---|---|"]
    lines += [f"| `{one.metavar}` | {one.help} |" for one in arguments]
    lines += [f"| `{_spelt(one)}` | {one.help} |" for one in options]
    return "\n".join(lines) + "\n"


def _spelt(option: Any) -> str:
    value = "" if option.is_flag else f" {option.metavar or option.name.upper()}"
    return f"{option.opts[0]}{value}"


if __name__ == "__main__":
    sys.stdout.write(reference())
