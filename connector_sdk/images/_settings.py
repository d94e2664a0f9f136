"""What a connector's ``pyproject.toml`` says about its image."""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector_sdk.errors import ImageUsageError, did_you_mean

__all__ = ["BUDGET", "REFUSED", "SDK", "Settings", "default_base", "read_settings"]

SDK = "estuary-connector-sdk"
BUDGET = 25.0
"""Megabytes that an image may add to its base, unpacked."""
REFUSED = ("GPL-*", "AGPL-*", "SSPL-*", "BUSL-*", "CC-BY-NC*", "Elastic-*", "NOASSERTION")
"""Licences that do not go into an image unless a package is accepted by name; the last is no licence at all."""

_KEYS = {"base": str, "budget": (int, float), "transport": str, "accept": list, "refuse": list, "source": str,
         "url": str, "vendor": str}  # fmt: skip


def default_base() -> str:
    """The base image where none is named: the official slim Python of the version that runs this command."""
    return f"python:{sys.version_info[0]}.{sys.version_info[1]}-slim-bookworm"


@dataclass(frozen=True)
class Settings:
    """A connector as its image tells it. ``title`` and ``version`` become labels, ``budget`` is in megabytes.

    ``transport`` is ``httpx``, or ``curl`` to carry libcurl too. ``refuse`` are patterns of SPDX licences, ``accept``
    names of packages whose licence was looked at.
    """

    name: str
    module: str
    folder: Path
    version: str = "0.0.0"
    description: str = ""
    licence: str = ""
    requires: tuple[str, ...] = ()
    base: str = ""
    budget: float = BUDGET
    transport: str = "httpx"
    accept: tuple[str, ...] = ()
    refuse: tuple[str, ...] = REFUSED
    source: str = ""
    url: str = ""
    vendor: str = ""


def read_settings(name: str, module: str, folder: Path) -> Settings:
    """What ``folder/pyproject.toml`` says. Raises ImageUsageError for a file or a key that makes no sense."""
    path = folder / "pyproject.toml"
    try:
        text = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ImageUsageError(
            f"There is no {path}.", hint="an image takes the connector's name, version and dependencies from it"
        ) from None
    except (OSError, ValueError) as wrong:
        raise ImageUsageError(f"{path} cannot be read: {wrong}.") from None
    project = text.get("project", {})
    table = text.get("tool", {}).get("connector-sdk", {}).get("image", {})
    _check(table, path)
    lists = {key: tuple(map(str, value)) for key, value in table.items() if key in ("accept", "refuse")}
    licence = project.get("license", "")
    return Settings(
        name,
        module,
        folder,
        version=str(project.get("version", "0.0.0")),
        description=str(project.get("description", "")),
        licence=licence if isinstance(licence, str) else str(licence.get("text", "")),
        requires=tuple(map(str, project.get("dependencies", ()))),
        **{**table, **lists},
    )


def _check(table: Any, path: Path) -> None:
    where = f"[tool.connector-sdk.image] in {path}"
    if not isinstance(table, dict):
        raise ImageUsageError(f"{where} is no table.")
    for key, value in table.items():
        if key not in _KEYS:
            raise ImageUsageError(f"{where} has {key!r}, which is not known:", hint=did_you_mean(key, _KEYS))
        if not isinstance(value, _KEYS[key]) or isinstance(value, bool):  # type: ignore[arg-type]
            raise ImageUsageError(f"{where}: {key} cannot be {value!r}.")
    if table.get("transport", "httpx") not in ("httpx", "curl"):
        raise ImageUsageError(f"{where}: transport is httpx or curl, not {table['transport']!r}.")
    if table.get("budget", 1) <= 0:
        raise ImageUsageError(f"{where}: budget is a number of megabytes above 0.")
