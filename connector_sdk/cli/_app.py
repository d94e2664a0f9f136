"""The commands and their options. What they do is imported when one runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from connector_sdk.cli._catalog_app import catalog_app
from connector_sdk.cli._entry_app import entry_app
from connector_sdk.cli._flow_app import flow_app
from connector_sdk.cli._options import Config, Connector, Debug, Json, Sandbox, Streams
from connector_sdk.cli._path_app import register as register_path
from connector_sdk.cli._request_app import request_app

__all__ = ["command"]

app = typer.Typer(
    name="connector-sdk",
    help="Write, preview and check source connectors for Estuary Flow.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage or config.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def command() -> Any:
    """The whole command line, to be called with its arguments."""
    return typer.main.get_command(app)


@app.callback()
def root() -> None:
    pass


@app.command()
def spec(connector: Connector, json: Json = False, debug: Debug = False) -> int:
    """Show the fields of a connector's config."""
    from connector_sdk.cli import _answers

    return _answers.spec(connector, json)


@app.command()
def discover(
    connector: Connector,
    sandbox: Sandbox = False,
    config: Config = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the table of streams for a README; needs no config.")
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Show the streams, their keys, and what is promised of them."""
    from connector_sdk.cli import _answers

    if markdown:
        return _answers.markdown(connector)
    return _answers.discover(connector, json, sandbox, config)


@app.command()
def validate(
    connector: Connector,
    sandbox: Sandbox = False,
    config: Config = None,
    streams: Streams = None,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Ask the connector whether it accepts a config and its streams."""
    from connector_sdk.cli import _answers

    return _answers.validate(connector, json, sandbox, config, streams)


@app.command()
def preview(
    connector: Connector,
    sandbox: Sandbox = False,
    config: Config = None,
    streams: Streams = None,
    interval: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="Poll every stream at this interval (ISO 8601, such as PT1M)."),
    ] = None,
    db: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The DuckDB file for the rows [preview/CONNECTOR.duckdb].")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Go on from the state in this file, and keep it there.")
    ] = None,
    jsonl: Annotated[
        str | None, typer.Option(metavar="FILE", help="Also write committed documents as JSON lines; - for stdout.")
    ] = None,
    protocol: Annotated[
        str, typer.Option(metavar="PROTOCOL", help="flow, or airbyte: the protocol that the connector is to speak.")
    ] = "flow",
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Capture for real, once, into a DuckDB file, and tell what came.

    The connector runs as Flow, or Airbyte, would run it, until it is caught up; every line it writes is checked. Ends
    with a verdict: complete (exit code 0), partial or failed (1). Ctrl-C stops it and keeps what was committed.
    """
    from connector_sdk.cli._preview import Choices
    from connector_sdk.cli._preview import preview as run

    return run(Choices(connector, sandbox, config, streams, interval, db, state, jsonl, protocol, json))


@app.command()
def sandbox(
    connector: Connector,
    port: Annotated[int, typer.Option(metavar="PORT", help="The port on 127.0.0.1; 0 takes a free one.")] = 0,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Serve the connector's fake API until interrupted.

    Prints where it serves, and a config that fits it.
    """
    from connector_sdk.cli import _sandbox

    return _sandbox.serve_until_interrupted(connector, port, json)


@app.command()
def test(
    connector: Annotated[
        str, typer.Argument(metavar="CONNECTOR", help="A connector's folder or module, or image:REF.")
    ] = "",
    quick: Annotated[bool, typer.Option("--quick", help="A smoke of some twenty seconds.")] = False,
    only: Annotated[str | None, typer.Option("--only", metavar="A,B", help="Only these checks.")] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--connector", metavar="FOLDER", help="The folder of its sandbox and README; an image needs it."),
    ] = None,
    memory: Annotated[
        str, typer.Option(metavar="SIZE", help="The memory of an image's containers, as in 512m.")
    ] = "1g",
    jobs: Annotated[
        int | None, typer.Option(metavar="N", help="Checks at a time; twice as many as there are processors.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Of what is drawn at random.")] = 0,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write JUnit XML.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write a report, one page of HTML.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="Show all checks, and why each matters.")] = False,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Prove that a connector loses nothing: the conformance kit, against its own sandbox.

    Runs the connector as Flow does, spoils and changes its source, kills it, and compares. A check that has nothing to
    try is told as not exercised. Ends with 0 where all others passed. Of an image every process is a container, without
    capabilities and with a root that is read only; the sandbox stays outside, on 127.0.0.1.
    """
    from connector_sdk.cli import _test

    if listed:
        return _test.list_checks(json)
    if not connector:
        raise typer.BadParameter("it names no connector", param_hint="CONNECTOR")
    return _test.test(_test.Choices(connector, folder, quick, only, jobs, seed, json, junit, html, memory))


@app.command()
def build(
    connector: Connector,
    tag: Annotated[
        str,
        typer.Option(metavar="REF", help="The image's name; a registry first where it is pushed [CONNECTOR:local]."),
    ] = "",
    builder: Annotated[
        str,
        typer.Option(metavar="NAME", help="docker, or oci, which needs no engine and gives the same bytes each time."),
    ] = "docker",
    base: Annotated[
        str,
        typer.Option(metavar="IMAGE", help="The base image, best by digest; with oci an archive or OCI layout too."),
    ] = "",
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write an archive for docker load [oci: CONNECTOR.tar].")
    ] = None,
    push: Annotated[bool, typer.Option("--push", help="Push it to its registry when it has proved itself.")] = False,
    context: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Only write what an image is built from, for docker build by hand."),
    ] = None,
    sbom: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write the bill of materials (CycloneDX), which is in the image."),
    ] = None,
    memory: Annotated[
        str, typer.Option(metavar="SIZE", help="The memory that the image is started with, as in 512m.")
    ] = "1g",
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Build the connector's image, and start it as Flow and Airbyte do before it gets its name.

    Packages come from image.lock, for linux/amd64; nothing is compiled or fetched inside. A build that fails or is
    interrupted leaves no image, no container and no file.
    """
    from connector_sdk.cli import _build

    choices = _build.Choices(connector, tag, builder, base, output, push, context, sbom, memory, json)
    return _build.build(choices)


@app.command()
def lock(
    connector: Connector,
    upgrade: Annotated[
        bool, typer.Option("--upgrade", help="Take the newest versions instead of those locked.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail where the lock is missing or stale.")
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Lock the packages of the connector's image in image.lock, by version and hash, and fetch them.

    A lock that answers the connector's dependencies stays as it is.
    """
    from connector_sdk.cli import _build

    return _build.lock(connector, upgrade, check, json)


@app.command()
def explain(
    code: Annotated[str, typer.Argument(metavar="CODE", help="An error's code; without it, all codes.")] = "",
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Show what an error code means, and what to do."""
    from connector_sdk.cli import _explain

    return _explain.explain(code, json)


app.add_typer(catalog_app, name="catalog")
app.add_typer(request_app, name="request")
app.add_typer(entry_app, name="entry")
app.add_typer(flow_app, name="flow")
register_path(app)
