"""A connector's streams as a Markdown table, for its README: ``connector-sdk discover CONNECTOR --markdown``."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

from connector_sdk.cli._connector import Target
from connector_sdk.cli._problems import FailedError
from connector_sdk.errors import SdkError

__all__ = ["BEGIN", "END", "streams_table"]

BEGIN = "<!-- streams -->"
END = "<!-- /streams -->"


def streams_table(target: Target) -> str:
    """The table of the streams that the connector declares, between the marks that a README has for it.

    Made of the definition alone, without a config. Raises FailedError where the definition cannot be imported.
    """
    from connector_sdk.declare import interval

    connector = _imported(target)
    lines = [
        BEGIN,
        "| stream | key | asked every | promise | scope | |",
        "|---|---|---|---|---|---|",
    ]
    for stream in connector.declared():
        cells = [
            f"`{stream.name}`",
            ", ".join(f"`{each}`" for each in stream.keys),
            str(interval(stream)),
            _promise(stream),
            ", ".join(f"`{each}`" for each in stream.scopes),
            " ".join(filter(None, [stream.about, "Off by default." if stream.optional else ""])),
        ]
        lines.append("| " + " | ".join(each.replace("|", "\\|") for each in cells) + " |")
    return "\n".join([*lines, END])


def _promise(stream: Any) -> str:
    from connector_sdk.declare import verdict

    found = verdict(stream)
    return f"{found}: {found.why}" if found.why else str(found)


def _imported(target: Target) -> Any:
    from connector_sdk.process import load

    sys.path.insert(0, str(target.folder))
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return load(target.module)
    except SdkError:
        raise
    except Exception as error:
        raise FailedError(f"{target.name} cannot be imported: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove(str(target.folder))
