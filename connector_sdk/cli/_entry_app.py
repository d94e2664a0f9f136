"""The commands of ``connector-sdk entry`` and their options. What they do is imported when one runs."""

from __future__ import annotations

import typer

__all__ = ["entry_app"]

entry_app = typer.Typer(
    help="Catalog entries: what people write of a connector, and what is made of it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@entry_app.callback()
def root() -> None:
    pass
