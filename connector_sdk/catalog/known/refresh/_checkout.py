"""The checkouts that a catalog is made of, and what git knows of them."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from connector_sdk.errors import CatalogUsageError

__all__ = ["AIRBYTE", "CONNECTORS", "Checkouts", "Git", "find_checkouts"]

CONNECTORS = "estuary/connectors"
AIRBYTE = "estuary/airbyte"
_MARKS = {CONNECTORS: "docs/reference/Connectors", AIRBYTE: "airbyte-integrations/connectors"}


@dataclass(frozen=True)
class Checkouts:
    """The folders of the two repositories."""

    connectors: Path
    airbyte: Path


def find_checkouts(folders: Sequence[Path]) -> Checkouts:
    """The two checkouts among these folders, or one level below them. Raises CatalogUsageError where one is missing,
    or is there twice."""
    found: dict[str, list[Path]] = {name: [] for name in _MARKS}
    for folder in folders:
        if not folder.is_dir():
            raise CatalogUsageError(f"There is no folder {folder}.")
        inside = sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))
        for name, mark in _MARKS.items():
            here = [folder] if (folder / mark).is_dir() else [each for each in inside if (each / mark).is_dir()]
            found[name] += [each for each in here if each.resolve() not in {one.resolve() for one in found[name]}]
    for name, several in found.items():
        if len(several) > 1:
            raise CatalogUsageError(
                f"There are two checkouts of {name}: {several[0]} and {several[1]}.", hint="name one with --from"
            )
        if not several:
            raise CatalogUsageError(
                f"There is no checkout of {name} (no {_MARKS[name]}/) in {', '.join(map(str, folders))}.",
                hint=f"git clone https://github.com/{name}, then --from each of the two, or the folder that holds both",
            )
    return Checkouts(found[CONNECTORS][0], found[AIRBYTE][0])


class Git:
    """What git knows of a checkout; nothing, where it is a plain copy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        top = self._ask("rev-parse", "--show-toplevel")
        self.there = top is not None and Path(top).resolve() == folder.resolve()
        self.whole = self.there and self._ask("rev-parse", "--is-shallow-repository") == "false"

    def commit(self) -> tuple[str | None, str | None]:
        """The commit that is checked out, and its date."""
        told = self._ask("log", "-1", "--format=%H %cI") if self.there else None
        commit, _, date = (told or "").partition(" ")
        return commit or None, date or None

    def changed(self, path: str) -> str | None:
        """The day on which code below a path changed last; None where the history is not whole."""
        return self._ask("log", "-1", "--format=%cs", "--", path, f":(exclude){path}/*.md") if self.whole else None

    def _ask(self, *args: str) -> str | None:
        command = ["git", "-c", "core.fsmonitor=false", *args]
        try:
            done = subprocess.run(
                command, cwd=self.folder, capture_output=True, text=True, errors="replace", check=False, timeout=120
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return (done.stdout.strip() or None) if done.returncode == 0 else None
