"""Arguments and options that several commands have."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from connector_sdk.cli._problems import UsageProblemError

__all__ = ["Config", "Connector", "Debug", "Json", "Root", "Sandbox", "Streams", "day"]

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


def day(option: str) -> Callable[[str], datetime]:
    """What reads the day that an option takes, for all options the same."""

    def parsed(text: str) -> datetime:
        try:
            return datetime.fromisoformat(text if _DAY.fullmatch(text) else "")
        except ValueError:
            raise UsageProblemError(f"{option} {text} is no day.", hint="write it as 2026-11-27") from None

    return parsed


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
