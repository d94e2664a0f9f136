"""The commands of ``connector-sdk flow`` and their options. What they do is imported when one runs."""

from __future__ import annotations

import typer

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
