"""The commands of ``connector-sdk request`` and their options. What they do is imported when one runs."""

from __future__ import annotations

import typer

__all__ = ["request_app"]

request_app = typer.Typer(
    help="Ask for a connector, and decide: files in requests/, states in them, history in git.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@request_app.callback()
def root() -> None:
    pass
