"""The commands of ``connector-sdk request`` and their options. What they do is imported when one runs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from connector_sdk.cli._options import Debug, Json, Root, day

__all__ = ["Today", "request_app"]

request_app = typer.Typer(
    help="Ask for a connector, and decide: files in requests/, states in them, history in git.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Id = Annotated[
    str, typer.Argument(metavar="ID", help="A request: its id (2026-001), its number, its file, or its system.")
]
By = Annotated[str, typer.Option("--by", metavar="ADDRESS", help="Who does this [git's user.email].")]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="What is to be said of this step.")]
Today = Annotated[
    datetime | None,
    typer.Option("--today", metavar="DATE", parser=day("--today"), help="The day to go by [today, in UTC]."),
]
Until = typer.Option(metavar="DATE", parser=day("--until"), help="The day to look again [approved: half a year on].")


@request_app.callback()
def root() -> None:
    pass


@request_app.command()
def new(
    system: Annotated[
        str, typer.Argument(metavar="SYSTEM", help="The system, as its vendor writes it; not needed with --issue.")
    ] = "",
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help="capture, or materialization.")] = "capture",
    streams: Annotated[
        str, typer.Option("--streams", metavar="A,B", help="What is to be captured, such as calls,transcripts.")
    ] = "",
    deletes: Annotated[bool, typer.Option("--deletes", help="Deletions in the source have to arrive.")] = False,
    freshness: Annotated[
        str, typer.Option(metavar="DURATION", help="How old data may be at most, such as PT15M (ISO 8601).")
    ] = "",
    volume: Annotated[str, typer.Option(metavar="TEXT", help="About how much, such as '20000 calls a day'.")] = "",
    destination: Annotated[str, typer.Option(metavar="TEXT", help="Where the data are needed.")] = "",
    licence: Annotated[str, typer.Option(metavar="TEXT", help="What the connector's licence has to be.")] = "",
    hosting: Annotated[str, typer.Option(metavar="TEXT", help="Where the connector has to run.")] = "",
    url: Annotated[
        list[str] | None, typer.Option("--url", metavar="URL", help="The vendor's site or API reference; repeatable.")
    ] = None,
    auth: Annotated[str, typer.Option(metavar="KIND", help="How one logs in, such as oauth or api-key.")] = "",
    data: Annotated[
        str, typer.Option("--data", metavar="CLASS", help="public, internal, confidential or restricted.")
    ] = "",
    replaces: Annotated[
        list[str] | None,
        typer.Option("--replaces", metavar="FILE", help="A script that the connector makes superfluous; repeatable."),
    ] = None,
    requester: Annotated[str, typer.Option("--requester", metavar="ADDRESS", help="Who asks [git's user.email].")] = "",
    issue: Annotated[
        Path | None,
        typer.Option("--issue", metavar="FILE", help="Take all of it from an issue made by the form in docs/ci."),
    ] = None,
    today: Today = None,
    root: Root = None,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Ask for a connector: write a request, a draft.

    Takes the first number that no file here has, nor one on a branch that git knows. Refuses a system that is asked
    for already. The next step is `request check`.
    """
    from connector_sdk.cli import _request

    asked = _request.Asked(
        system, kind, streams, deletes, freshness, volume, destination, licence, hosting, tuple(url or ()), auth, data,
        tuple(replaces or ()), requester, issue,
    )  # fmt: skip
    return _request.new(_request.Place(root, today, json), asked)


@request_app.command()
def check(
    request: Id,
    by: By = "",
    today: Today = None,
    root: Root = None,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Ask the catalog about a request, and write its answer into it.

    By the system's name first, then by the hosts of its addresses. May be done again until it is decided.
    """
    from connector_sdk.cli import _request

    return _request.check(_request.Place(root, today, json), request, by)


@request_app.command()
def decide(
    request: Id,
    approve: Annotated[bool, typer.Option("--approve", help="The connector is to be built.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="It is not.")] = False,
    use_existing: Annotated[
        str, typer.Option("--use-existing", metavar="NAME", help="This connector is there, and is to be used.")
    ] = "",
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; a decision has a reason.")] = "",
    gap: Annotated[
        list[str] | None,
        typer.Option(
            "--gap",
            metavar="KIND:WHAT",
            help="What that connector lacks: stream, auth, deletes, freshness, volume, licence, hosting; repeatable.",
        ),
    ] = None,
    none_fits: Annotated[
        bool, typer.Option("--none-fits", help="The connectors of similar names are of other systems: looked at.")
    ] = False,
    until: Annotated[datetime | None, Until] = None,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="The name of the connector to build [source-SYSTEM].")
    ] = "",
    owner: Annotated[
        str, typer.Option("--owner", metavar="TEAM", help="Who answers for the connector [the requester].")
    ] = "",
    scaffold: Annotated[
        bool, typer.Option("--scaffold/--no-scaffold", help="Begin the connector's folder and entry at once.")
    ] = True,
    by: By = "",
    today: Today = None,
    root: Root = None,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Decide a request: approve it, reject it, or name the connector to use instead.

    Who decides is not who asked. What the catalog has is approved only with a gap that is named. An approval begins
    the connector: connectors/NAME/, and catalog-entries/NAME.yaml.
    """
    from connector_sdk.cli import _request

    choice = _request.Choice(
        approve, reject, use_existing, reason, tuple(gap or ()), none_fits, until, name, owner, scaffold
    )
    return _request.decide(_request.Place(root, today, json), request, choice, by)


@request_app.command()
def move(
    request: Id,
    state: Annotated[
        str,
        typer.Argument(metavar="STATE", help="building, candidate, submitted, registered or retired."),
    ],
    reference: Annotated[
        str, typer.Option("--reference", metavar="URL", help="Where Estuary answers; for submitted.")
    ] = "",
    tag: Annotated[
        str, typer.Option("--tag", metavar="TAG", help="The tag under which Estuary runs the image; for registered.")
    ] = "",
    owner: Annotated[
        str, typer.Option("--owner", metavar="TEAM", help="Who answers for the connector; for building.")
    ] = "",
    note: Note = "",
    by: By = "",
    today: Today = None,
    root: Root = None,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Take an approved request on, and its catalog entry with it.

    building: the connector is begun, where it is not; candidate: it conforms and its image is recorded; submitted:
    Estuary has the pack; registered: Estuary runs it; retired: no longer wanted, or replaced (--note says why).
    """
    from connector_sdk.cli import _request

    return _request.move(
        _request.Place(root, today, json), request, _request.Goal(state, reference, tag, owner, note), by
    )


@request_app.command()
def renew(
    request: Id,
    until: Annotated[datetime, Until],
    note: Note = "",
    by: By = "",
    today: Today = None,
    root: Root = None,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Look at an approval again: it holds until another day."""
    from connector_sdk.cli import _request

    return _request.renew(_request.Place(root, today, json), request, until, note, by)


@request_app.command("list")
def list_(
    all: Annotated[bool, typer.Option("--all", help="Also those that wait for nothing.")] = False,
    state: Annotated[str, typer.Option("--state", metavar="STATE", help="Only those in this state.")] = "",
    today: Today = None,
    root: Root = None,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Show what waits for whom, and how long."""
    from connector_sdk.cli import _request

    return _request.show(_request.Place(root, today, json), all, state)
