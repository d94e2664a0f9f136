"""Filling in the template of a connector's folder, so that all of it is there or nothing."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.scaffold._names import Names, check_module, check_name, check_title, names_of, title_of
from connector_sdk.errors import CatalogUsageError, ScaffoldError, did_you_mean

__all__ = ["KINDS", "new_connector"]

KINDS = ("rest",)
"""The kinds of new connector: ``rest`` reads JSON over HTTP."""
_TEMPLATES = Path(__file__).parent / "template"
_SUFFIX = ".txt"  # keeps linters, type checkers and pytest away from files that are not Python yet
_PACKAGE = "package"
_PLACE = re.compile(r"@([A-Z]+)@")


def new_connector(within: Repository | Path, name: str, *, title: str = "", kind: str = "rest") -> Path:
    """Make the folder of a new connector, ``connectors/NAME`` of a repository or ``NAME`` in a folder; gives its path.

    It previews, passes the conformance kit and builds as it is. Without a ``title`` one is made of the name. Nothing
    is written over, and where it is interrupted nothing is left. Raises CatalogUsageError for a name, title or kind
    that cannot be, ScaffoldError for a folder or package that is there already and a place that cannot be written.
    """
    if kind not in KINDS:
        raise CatalogUsageError(f"There is no kind of connector {kind!r}.", hint=did_you_mean(kind, KINDS))
    check_name(name)
    title = title or title_of(name)
    check_title(title)
    home = within.connectors if isinstance(within, Repository) else within
    target = home / name
    _check_free(target)
    check_module(name)
    shown = f"connectors/{name}" if isinstance(within, Repository) else target.as_posix()
    values = _values(names_of(name), title, shown)
    with _beside(target) as made:
        _fill(_TEMPLATES / kind, made, values)
        _check_free(target)
        made.rename(target)
    return target


def _check_free(target: Path) -> None:
    if target.exists() or target.is_symlink():
        raise ScaffoldError(
            f"{target} is there already, and nothing is written over.",
            hint="take another name, or move what is there away",
        )


def _values(names: Names, title: str, folder: str) -> dict[str, str]:
    return {
        "NAME": names.name,
        "MODULE": names.module,
        "VARIABLE": names.variable,
        "CLASS": names.config,
        "HOST": names.host,
        "TITLE": title,
        "FOLDER": folder,
    }


def _fill(template: Path, made: Path, values: dict[str, str]) -> None:
    for source in sorted(template.rglob(f"*{_SUFFIX}")):
        inside = source.relative_to(template).as_posix().removesuffix(_SUFFIX)
        if inside.startswith(f"{_PACKAGE}/"):
            inside = values["MODULE"] + inside.removeprefix(_PACKAGE)
        path = made / inside
        path.parent.mkdir(parents=True, exist_ok=True)
        # one pass: what a title holds is never taken for a place
        text = _PLACE.sub(lambda found: values[found[1]], source.read_text("utf-8"))
        path.write_text(text, "utf-8")


@contextlib.contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """An empty folder beside the target, on the same disk; gone at the end, with every folder made for it, unless it
    was renamed."""
    missing = [each for each in (target.parent, *target.parent.parents) if not each.exists()]
    holder: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        holder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        made = holder / target.name
        made.mkdir()
        yield made
    except OSError as wrong:
        raise ScaffoldError(
            f"{wrong.filename or target} cannot be written: {os.strerror(wrong.errno or 0)}.",
            hint="make room there, or name another folder",
        ) from None
    finally:
        if holder is not None:
            shutil.rmtree(holder, ignore_errors=True)
        for folder in missing:  # the innermost first; one that holds something stays
            with contextlib.suppress(OSError):
                folder.rmdir()
