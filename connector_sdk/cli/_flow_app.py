"""The commands of ``connector-sdk flow`` and their options. What they do is imported when one runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from connector_sdk.cli._options import Config, Debug, Json, Root, Sandbox

__all__ = ["flow_app"]

flow_app = typer.Typer(
    help="flow.yaml for a connector: write it, and check it before flowctl does.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@flow_app.callback()
def root() -> None:
    pass


@flow_app.command()
def init(
    connector: Annotated[
        str,
        typer.Argument(
            metavar="CONNECTOR", help="A connector's folder or module; or a connector of Estuary's, by name or image."
        ),
    ],
    image: Annotated[
        str, typer.Option(metavar="REF", help="The image that Flow is to run; where it is known it may be left out.")
    ] = "",
    prefix: Annotated[
        str, typer.Option(metavar="NAME", help="What names begin with, your tenant first, such as acmeCo/gong/.")
    ] = "",
    sandbox: Sandbox = False,
    config: Config = None,
    to: Annotated[
        str,
        typer.Option(
            metavar="A,B",
            help="Add materializations: snowflake, postgres, elasticsearch, s3-parquet, s3-csv, s3-iceberg.",
        ),
    ] = "",
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the files go.")] = Path(),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail where something would change.")] = False,
    root: Root = None,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Write flow.yaml for a connector, or bring it up to date: again, it keeps what you changed.

    Asks a connector of ours what it offers, with --sandbox or --config; of Estuary's, the catalog tells. Writes
    flow.yaml, a config to be filled in and a schema a stream, and for a connector of ours NAME.local.flow.yaml, which
    runs it by a command.
    """
    from connector_sdk.cli import _flow

    return _flow.init(_flow.Choices(connector, image, prefix, sandbox, config, to, output, check, root, json))


@flow_app.command()
def lint(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILES", help="Files, or folders of them; without any, all in this folder and below."),
    ] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="They are to be published: what is unready is an error.")
    ] = False,
    allow: Annotated[
        str, typer.Option(metavar="A,B", help="Rules whose findings are meant, such as flow-removal: notes only.")
    ] = "",
    latency: Annotated[
        str, typer.Option(metavar="DURATION", help="How old rows may be, as in 5m: schedules are held against it.")
    ] = "",
    root: Root = None,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Check flow.yaml files and what they import, before flowctl sees them.

    Looks at shape, images and tags, configs and resources, secrets, keys, and what names what. Ends with 0 where there
    is no error, 1 where there is one, 2 where it was asked wrongly. flowctl itself is not run; its commands are told.
    """
    from connector_sdk.cli import _flow

    return _flow.lint(files or [], publish, allow, latency, root, json)
