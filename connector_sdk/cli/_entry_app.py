"""The commands of ``connector-sdk entry`` and their options. What they do is imported when one runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from connector_sdk.cli._options import Debug, Json, Root

__all__ = ["entry_app"]

entry_app = typer.Typer(
    help="Catalog entries: what people write of a connector, and what is made of it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Name = Annotated[str, typer.Argument(metavar="[NAME]", help="A connector, such as source-acme; without it, all.")]
Image = Annotated[
    Path | None,
    typer.Option("--image", metavar="FILE", help="What connector-sdk build --json wrote, or the image's archive."),
]


@entry_app.callback()
def root() -> None:
    pass


@entry_app.command()
def sync(
    name: Name = "",
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail where an entry is not what it would be now.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Note what connector-sdk test CONNECTOR --json wrote.")
    ] = None,
    prove: Annotated[
        bool, typer.Option("--prove", help="Run the conformance kit now, and note what came of it.")
    ] = False,
    image: Image = None,
    change: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND:TEXT", help="With --image: what is new in this release, as in 'added: tasks'."),
    ] = None,
    root: Root = None,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Make the generated part of entries anew, from their connectors as they are now.

    Starts each connector against its sandbox. Reports and images are noted with a hash of what they were made of; an
    image adds a release. What people wrote stays as it is, to the byte.
    """
    from connector_sdk.cli import _entry

    return _entry.sync(_entry.Evidence(report, prove, image, tuple(change or ())), name, check, root, json)


@entry_app.command()
def validate(
    name: Name = "",
    base: Annotated[
        str | None, typer.Option(metavar="REF", help="Compare states and releases with the merge base of this branch.")
    ] = None,
    image: Image = None,
    root: Root = None,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Check entries: their schema, their connectors, Estuary's catalog, their evidence, and what they were.

    Ends with 1 where something is wrong. An entry whose generated part was edited, or does not say what its connector
    does now, is wrong; entry sync makes it right.
    """
    from connector_sdk.cli import _entry

    return _entry.validate(name, base, image, root, json)


@entry_app.command()
def pack(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A connector whose entry is a candidate.")],
    output: Annotated[Path, typer.Option("--output", metavar="FOLDER", help="A new folder for the pack.")],
    image: Image = None,
    root: Root = None,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Write what Estuary needs to register an image: text, values, spec, discovery, report.

    With --image the entry has to have that image's digest.
    """
    from connector_sdk.cli import _entry

    return _entry.pack(name, output, image, root, json)


@entry_app.command()
def schema(json: Json = False, debug: Debug = False) -> int:
    """Print the JSON Schema of an entry, for editors; it is one JSON object in any case."""
    from connector_sdk.cli import _entry

    return _entry.schema()
