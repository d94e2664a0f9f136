"""The commands of ``connector-sdk catalog`` and their options. What they do is imported when one runs."""

from __future__ import annotations

import typer

__all__ = ["catalog_app"]

catalog_app = typer.Typer(
    help="Look into Estuary's catalog, and ours: is there a connector already?",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@catalog_app.callback()
def root() -> None:
    pass
