"""``new`` and ``check-all``: the commands of the request path that stand alone."""

from __future__ import annotations

import typer

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands to the whole command line."""
