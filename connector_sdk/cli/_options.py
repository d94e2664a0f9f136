"""Arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["Config", "Connector", "Debug", "Json", "Root", "Sandbox", "Streams"]

Connector = Annotated[str, typer.Argument(metavar="CONNECTOR", help="A connector's folder, or its module.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, and nothing else there.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Sandbox = Annotated[bool, typer.Option("--sandbox", help="Run against the connector's own fake API.")]
Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Run against the real API, with the config in this file."),
]
Streams = Annotated[
    str | None,
    typer.Option("--streams", metavar="A,B", help="Only these; without it, all that are not off by default."),
]
Root = Annotated[
    Path | None,
    typer.Option("--root", metavar="FOLDER", help="The repository; without it, the one around this folder."),
]
