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

    @app.command()
    def new(
        name: Annotated[str, typer.Argument(metavar="NAME", help="The connector's name, such as source-acme.")],
        title: Annotated[
            str, typer.Option(metavar="TEXT", help="The system's name as its vendor writes it [made of NAME].")
        ] = "",
        kind: Annotated[str, typer.Option(metavar="KIND", help="What it reads: rest, JSON over HTTP.")] = "rest",
        folder: Annotated[
            Path | None, typer.Option(metavar="FOLDER", help="Where its folder is made [the repository's connectors].")
        ] = None,
        root: Root = None,
        json: Json = False,
        debug: Debug = False,
    ) -> int:
        """Begin a connector: a folder that previews, passes the conformance kit and builds as it is.

        Needs no network. Nothing is written over, and nothing is left when it is interrupted.
        """
        from connector_sdk.cli import _new

        return _new.new(name, title, kind, folder, root, json)

    @app.command("check-all")
    def check_all(
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

        The review's checklist as one command for CI. Ends with 1 where there is an error. What time alone brings, a
        date that has come or a new connector of Estuary's, is a warning: it fails only with --strict, for a weekly run.
        """
        from connector_sdk.cli import _check_all as command

        return command.check_all(command.Choices(root, base, today, sarif, markdown, strict, json))
