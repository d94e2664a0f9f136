"""What ``new`` does and prints."""

from __future__ import annotations

import os
from pathlib import Path

from connector_sdk.cli._output import console, print_json
from connector_sdk.cli._problems import UsageProblemError
from connector_sdk.cli._signals import ended_by_signals

__all__ = ["new"]


def new(name: str, title: str, kind: str, folder: Path | None, root: Path | None, json: bool) -> int:
    """Make the folder, and tell what to do next."""
    from connector_sdk.catalog._repository import Repository
    from connector_sdk.catalog.scaffold import new_connector, title_of

    if folder is not None and root is not None:
        raise UsageProblemError("--folder and --root exclude each other.", hint="--folder names where NAME/ is made")
    within = folder if folder is not None else Repository.find(root)
    with ended_by_signals():
        made = new_connector(within, name, title=title, kind=kind)
    files = sorted(each.relative_to(made).as_posix() for each in made.rglob("*") if each.is_file())
    shown = _shown(made)
    steps = [
        f"connector-sdk preview {shown} --sandbox",
        f"connector-sdk test {shown}",
        f"connector-sdk build {shown} --builder oci",
    ]
    if json:
        told = {"connector": name, "title": title or title_of(name), "kind": kind, "folder": shown, "files": files}
        print_json({**told, "next": steps})
        return 0
    out = console()
    out.print(f"made: {shown}, with {', '.join(files)}", soft_wrap=True)
    out.print("It reads a vendor that is made up. These hold as it is, and should after each of your changes:")
    for each in steps:
        out.print(f"  {each}", soft_wrap=True)
    out.print("The last one fetches the base image and packages; --base takes an image from a file.")
    out.print("What is yours to change is marked with Change: in the files; AGENTS.md has the order to do it in.")
    return 0


def _shown(path: Path) -> str:
    """The folder as a user would type it."""
    try:
        return Path(os.path.relpath(path)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()
