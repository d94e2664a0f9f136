"""What takes the space in an image, beyond its base."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from connector_sdk.errors import ImageRefusedError
from connector_sdk.images._settings import Settings
from connector_sdk.images._stage import PARTS, Stage

__all__ = ["Size", "check_budget", "size_of"]

_MEGABYTE = 1_000_000
_SMALL = 200_000


@dataclass(frozen=True)
class Size:
    """Bytes, unpacked: of each part of the image's own layers, the largest first, and all of them together."""

    parts: dict[str, int]
    total: int

    def table(self) -> str:
        """The parts as lines of megabytes."""
        return "\n".join(f"  {size / _MEGABYTE:6.2f} MB  {name}" for name, size in self.parts.items())


def size_of(stage: Stage) -> Size:
    """What the staged folders hold; what is small in the packages is one line."""
    found: dict[str, int] = {}
    for part in PARTS:
        for place, _, names in os.walk(stage.folder / part):
            below = Path(place).relative_to(stage.folder / part).parts
            for name in names:
                key = _owner((*below, name)[0]) if part == "packages" else {"sdk": "connector_sdk"}.get(part, part)
                found[key] = found.get(key, 0) + (Path(place) / name).stat().st_size
    small = {name for name, size in found.items() if size < _SMALL and name not in ("connector_sdk", "connector")}
    parts = {name: size for name, size in found.items() if name not in small}
    parts = dict(sorted(parts.items(), key=lambda item: -item[1]))
    if small:
        parts[f"{len(small)} smaller packages"] = sum(found[name] for name in small)
    return Size(parts, sum(found.values()))


def check_budget(size: Size, settings: Settings) -> None:
    """Raises ImageRefusedError, with the table, where the image's own layers are larger than their budget."""
    if size.total > settings.budget * _MEGABYTE:
        taken, table = size.total / _MEGABYTE, f"\n{size.table()}"
        raise ImageRefusedError(
            f"The image's own layers take {taken:.1f} MB; the budget is {settings.budget:g} MB.{table}",
            hint="leave packages out, or set budget under [tool.connector-sdk.image]",
        )


def _owner(name: str) -> str:
    """The package that a top-level file or folder belongs to."""
    plain = re.sub(r"-[^-]+\.dist-info$|\.libs$|\.py$|(\.cpython-\S+|\.abi3)?\.so$", "", name)
    return plain.lower().replace("-", "_")
