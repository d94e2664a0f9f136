"""``connector-sdk catalog site``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from connector_sdk.cli._output import print_json

__all__ = ["site"]


def site(output: Path, today: datetime | None, data: Path | None, root: Path | None, json: bool) -> int:
    """Write the site, and say where it begins."""
    from connector_sdk.catalog import known
    from connector_sdk.catalog._repository import Repository
    from connector_sdk.catalog.site import build

    written = build(Repository.find(root), known.load(data), output, today=today.date() if today else None)
    start = output / "index.html"
    if json:
        print_json({"output": str(output), "start": str(start), "files": [str(each) for each in written]})
    else:
        print(f"{len(written)} files in {output}; open {start}")
    return 0
