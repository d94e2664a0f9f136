"""``new`` and ``check-all``: the commands of the request path that stand alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from connector_sdk.cli._options import Debug, Json, Root

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
