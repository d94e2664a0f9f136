"""The commands of ``connector-sdk catalog`` and their options. What they do is imported when one runs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from connector_sdk.cli._options import Debug, Json, Root, day

__all__ = ["catalog_app"]

catalog_app = typer.Typer(
    help="Look into Estuary's catalog, and ours: is there a connector already?",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Kind = Annotated[str | None, typer.Option("--kind", metavar="KIND", help="Only these: capture, or materialization.")]
Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="FILE", help="A catalog made by refresh, in place of the one that comes along."),
]


@catalog_app.callback()
def root() -> None:
    pass


@catalog_app.command()
def search(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A piece of a name, a host, a package or a stream.")],
    kind: Kind = None,
    data: Data = None,
    root: Root = None,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Find connectors by a piece of what is known of them.

    Estuary's and ours, the best first, those out of use last. Ends with 1 where there is none.
    """
    from connector_sdk.cli import _catalog

    return _catalog.search(text, kind, data, root, json)


@catalog_app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A connector, such as source-gong, or its image.")],
    data: Data = None,
    root: Root = None,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Show all that is known of one connector: image, config, streams, and what may surprise."""
    from connector_sdk.cli import _catalog

    return _catalog.show(name, data, root, json)


@catalog_app.command()
def check(
    query: Annotated[
        str,
        typer.Argument(
            metavar="QUERY",
            help="A system, vendor, connector, image, URL, host, Python or npm package, or environment variable.",
        ),
    ],
    kind: Kind = None,
    needs: Annotated[
        str | None,
        typer.Option(
            metavar="A,B",
            help="What it must have: stream:NAME, auth:KIND, deletes, freshness:PT5M, licence:ID, hosting:KIND.",
        ),
    ] = None,
    excluding: Annotated[
        list[str] | None,
        typer.Option("--not", metavar="NAME", help="This one was looked at, and is not it; may be given again."),
    ] = None,
    data: Data = None,
    root: Root = None,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Ask whether there is a connector already.

    Exit codes: 0 use-existing, 3 needs-choice (several, or only similar ones), 4 use-replacement (it is out of use,
    another took its place), 5 gap (it is there, but lacks a need), 6 request-custom (there is none); 1 failed, 2 a
    question that makes no sense. A need that the data cannot answer is listed as unknown, and is no gap.
    """
    from connector_sdk.cli import _catalog

    return _catalog.check(query, kind, needs, excluding or [], data, root, json)


@catalog_app.command()
def refresh(
    source: Annotated[
        list[Path],
        typer.Option(
            "--from",
            metavar="FOLDER",
            help="A checkout of estuary/connectors or estuary/airbyte, or a folder that holds both; may be repeated.",
        ),
    ],
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the catalog is written [estuary-catalog.json].")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="FILE", help="The catalog whose hand-written parts are kept [the one that comes along]."
        ),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; end with 1 if anything would change.")] = False,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Make the catalog anew from local checkouts of Estuary's two repositories, and tell what changed.

    Nothing is fetched, and nothing of a checkout is run. Aliases, packages and other parts written by hand are kept.
    """
    from connector_sdk.cli import _catalog

    return _catalog.refresh(source, output, data, check, json)


@catalog_app.command()
def site(
    output: Annotated[Path, typer.Option("--output", metavar="FOLDER", help="Where the site is written.")],
    today: Annotated[
        datetime | None,
        typer.Option(
            "--today", metavar="DATE", parser=day("--today"), help="The day it is made for, such as 2026-11-27 [today]."
        ),
    ] = None,
    data: Data = None,
    root: Root = None,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Write all of it as static web pages: our connectors, the requests by state, Estuary's catalog, and a search.

    They work from a file and from any web server, and fetch nothing; open index.html. The same files, catalog and day
    give the same bytes. Pages of an earlier site in the folder are replaced; a folder with other files is refused.
    """
    from connector_sdk.cli import _site

    return _site.site(output, today, data, root, json)
