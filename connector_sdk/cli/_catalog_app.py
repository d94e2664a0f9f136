"""The commands of ``connector-sdk catalog`` and their options. What they do is imported when one runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from connector_sdk.cli._options import Debug, Json, Root

__all__ = ["catalog_app"]

catalog_app = typer.Typer(
    help="Look into Estuary's catalog, and ours: is there a connector already?",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@catalog_app.callback()
def root() -> None:
    pass


@catalog_app.command()
def site(
    output: Annotated[Path, typer.Option("--output", metavar="FOLDER", help="Where the site is written.")],
    root: Root = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="FILE", help="Estuary's catalog, in place of the one that is shipped."),
    ] = None,
    today: Annotated[
        str | None, typer.Option("--today", metavar="DATE", help="The day it is made for, such as 2026-11-27 [today].")
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Write all of it as a static web page: our connectors, the requests by state, Estuary's catalog, and a search.

    Works from a file and from any web server; nothing is fetched. Open index.html.
    """
    from connector_sdk.cli import _site

    return _site.site(output, root, today, data, json)
