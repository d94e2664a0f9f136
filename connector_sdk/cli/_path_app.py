"""``new`` and ``check-all``: the commands of the request path that stand alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from connector_sdk.cli._options import Debug, Json, Root
from connector_sdk.cli._request_app import Today

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands to the whole command line."""
    app.command("check-all")(_check_all)


def _check_all(
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="REF", help="Also compare with where this branch left REF, as origin/main."),
    ] = None,
    sarif: Annotated[Path | None, typer.Option("--sarif", metavar="FILE", help="Also write SARIF 2.1.0.")] = None,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="Also write a comment for a pull request.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Warnings fail too: days that have come, and news of the catalog.")
    ] = False,
    today: Today = None,
    root: Root = None,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Check the whole repository: requests, entries, flow.yaml files, dates, and what Estuary's catalog has by now.

    The review's checklist as one command for CI. Ends with 1 where there is an error. What time alone brings, a date
    that has come or a new connector of Estuary's, is a warning and fails only with --strict, as a weekly run has it.
    """
    from connector_sdk.cli import _check_all as command

    return command.check_all(command.Choices(root, base, today, sarif, markdown, strict, json))
