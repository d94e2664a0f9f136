"""A connector's streams as a Markdown table, for its README: ``connector-sdk discover CONNECTOR --markdown``."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

from connector_sdk.cli._connector import Target
from connector_sdk.cli._problems import FailedError
from connector_sdk.errors import SdkError

__all__ = ["BEGIN", "END", "imported", "kind_of", "streams_table"]

if TYPE_CHECKING:
    from connector_sdk.declare import Connector, Limit, Stream

BEGIN = "<!-- streams -->"
END = "<!-- /streams -->"


def streams_table(target: Target) -> str:
    """The table of the streams that the connector declares, between the marks that a README has for it.

    Made of the definition alone, without a config. Raises FailedError where the definition cannot be imported.
    """
    from connector_sdk.declare import verdict

    lines = [
        BEGIN,
        "| stream | key | sync | deletes | asked every | promise | its own limits | scope | |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for stream in imported(target).declared():
        found = verdict(stream)
        cells = [
            f"`{stream.name}`",
            ", ".join(f"`{each}`" for each in stream.keys),
            _sync(stream),
            found.deletes or "not captured",
            _asked(stream),
            f"{found.word}: {found.why}",
            ", ".join(dict.fromkeys(f"{each.count} in {each.per}" for each in _limits(stream))),
            ", ".join(f"`{each}`" for each in stream.scopes),
            " ".join(filter(None, [stream.about, "Off by default." if stream.optional else ""])),
        ]
        lines.append("| " + " | ".join(each.replace("|", "\\|") for each in cells) + " |")
    return "\n".join([*lines, END])


def kind_of(stream: Stream) -> str:
    """What kind of sync a stream has, in a word."""
    from connector_sdk.declare import ChangeLog, Follow, Incremental

    kinds = {Incremental: "increment", ChangeLog: "change log", Follow: "follow"}
    return next((word for kind, word in kinds.items() if isinstance(stream.sync, kind)), "snapshot")


def _sync(stream: Stream) -> str:
    from connector_sdk.declare import Follow, Incremental
    from connector_sdk.declare import Stream as Parent

    if isinstance(stream.sync, Incremental):
        return f"increment by `{stream.sync.cursor}`"
    if isinstance(stream.sync, Follow):
        parents = [f"`{each.name}`" if isinstance(each, Parent) else "itself" for each in stream.sync.streams]
        return f"follows {' and '.join(parents)}"
    return kind_of(stream)


def _asked(stream: Stream) -> str:
    """How long a change takes to be captured at most, where all goes well."""
    from connector_sdk.declare import ChangeLog, Incremental, interval, micros

    lag = stream.sync.lag if isinstance(stream.sync, Incremental | ChangeLog) else "0s"
    return f"{interval(stream)}{f', {lag} behind' if micros(lag) else ''}"


def _limits(stream: Stream) -> list[Limit]:
    """The limits of its own endpoints, beside those that all requests share."""
    from connector_sdk.declare import Endpoint

    readers = [each for each in stream.readers() if isinstance(each, Endpoint)]
    return [limit for reader in readers for endpoint in reader.chain() for limit in endpoint.limits]


def imported(target: Target) -> Connector[Any]:
    """The definition. Raises FailedError, and what the SDK says of it, where it cannot be imported."""
    from connector_sdk.process import load

    sys.path.insert(0, str(target.folder))
    try:
        with contextlib.redirect_stdout(sys.stderr):
            found: Connector[Any] = load(target.module)
            return found
    except SdkError:
        raise
    except Exception as error:
        raise FailedError(f"{target.name} cannot be imported: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove(str(target.folder))
