"""``image.lock``: every package of a connector's image, by version and hash; and ``uv``, which makes and installs it.

The file is pip's format of requirements with hashes, resolved for all platforms. Its first lines say what it was made
for, so that a change of dependencies is noticed without asking an index.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from connector_sdk.errors import ImageLockError
from connector_sdk.images._cache import digest_of, finished, half_made
from connector_sdk.images._settings import SDK, Settings

__all__ = ["LOCK", "TARGET", "inputs", "locked", "make_lock", "uv"]

LOCK = "image.lock"
TARGET = "x86_64-manylinux_2_28"
_OLDEST = "3.11"
_MADE_FOR = "# made for: sha256:"
_PLATFORM = {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64", "os_name": "posix",
             "implementation_name": "cpython", "platform_python_implementation": "CPython"}  # fmt: skip


def inputs(settings: Settings) -> list[str]:
    """The requirements that the lock answers: the connector's own, and those of the SDK with the extras it asks for."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    own: list[str] = []
    extras: set[str] = set()
    for text in settings.requires:
        try:
            each = Requirement(text)
        except InvalidRequirement as wrong:
            raise ImageLockError(f"{settings.name} requires {text!r}, which is no requirement: {wrong}.") from None
        if canonicalize_name(each.name) == SDK:
            extras |= each.extras
        else:
            own.append(str(each))
    return sorted({*own, *_of_sdk(extras)})


def _of_sdk(extras: Iterable[str]) -> Iterable[str]:
    from packaging.requirements import Requirement

    try:
        lines = requires(SDK) or []
    except PackageNotFoundError:
        raise ImageLockError(f"{SDK} is not installed here, so its requirements are not known.") from None
    for each in map(Requirement, lines):
        marker = each.marker
        if marker is None or "extra" not in str(marker):
            yield str(each)
        elif any(marker.evaluate({**_PLATFORM, "extra": extra}) for extra in extras):
            each.marker = None
            yield str(each)


def locked(settings: Settings) -> str:
    """The text of the connector's lock. Raises ImageLockError where there is none, or it answers something else."""
    path = settings.folder / LOCK
    again = f"connector-sdk lock {_shown(settings.folder)}"
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise ImageLockError(f"{settings.name} has no {LOCK}.", hint=f"make it with {again}, and commit it") from None
    except (OSError, ValueError) as wrong:
        raise ImageLockError(f"{path} cannot be read: {wrong}.") from None
    made_for = next((line for line in text.splitlines() if line.startswith(_MADE_FOR)), "")
    if made_for != _MADE_FOR + digest_of(*inputs(settings)):
        raise ImageLockError(
            f"{LOCK} of {settings.name} was made for other dependencies than it has now.",
            hint=f"make it anew with {again}, and commit it",
        )
    return text


def make_lock(settings: Settings, *, upgrade: bool = False) -> tuple[Path, list[str]]:
    """Write the lock; versions in it stay unless ``upgrade``. Gives its path and its lines ``name==version``."""
    path = settings.folder / LOCK
    wanted = inputs(settings)
    with half_made(path) as made:
        made.write_text(path.read_text("utf-8") if path.is_file() and not upgrade else "", "utf-8")
        argv = ["pip", "compile", "-", "--universal", "--python-version", _OLDEST, "--generate-hashes",
                "--only-binary", ":all:", "--no-header", "--no-annotate", "--quiet", "--output-file", str(made),
                *(["--upgrade"] if upgrade else [])]  # fmt: skip
        uv(argv, settings.name, given="\n".join(wanted))
        head = "# The packages of this connector's image; connector-sdk lock writes it.\n"
        head += f"{_MADE_FOR}{digest_of(*wanted)}\n"
        text = head + made.read_text("utf-8")
        made.write_text(text, "utf-8")
        finished(made, path)
    return path, re.findall(r"^([A-Za-z0-9][^\s;\\]*)", text, re.MULTILINE)


def uv(argv: Sequence[str], name: str, *, given: str = "") -> None:
    """Run uv for the connector of that name. Raises ImageLockError with its own words."""
    env = {**os.environ, "UV_NO_PROGRESS": "1", "NO_COLOR": "1"}
    done = subprocess.run([_uv(), *argv], input=given, capture_output=True, text=True, env=env, check=False)
    if not done.returncode:
        return
    lines = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("Using CPython")]
    said = "\n".join(lines)
    if "No space left" in said or "os error 28" in said:
        raise ImageLockError(f"The disk is full: the packages of {name} could not be unpacked.", hint="make room")
    if re.search("has no usable wheels|no wheels with a matching|building from source is disabled", said):
        raise ImageLockError(
            f"A package of {name} has no wheel for linux/amd64 and this Python:\n{said}",
            hint="take another version of it, or another package: nothing is compiled into an image",
        )
    if "Hash mismatch" in said:
        raise ImageLockError(
            f"A package of {name} is not the one that was locked:\n{said}",
            hint="find out why the index gave another file before you lock again",
        )
    raise ImageLockError(
        f"The packages of {name} could not be had:\n{said}",
        hint="they come from PyPI, or from the index that UV_DEFAULT_INDEX names",
    )


def _uv() -> str:
    try:
        from uv import find_uv_bin

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv")
        if found:
            return found
        raise ImageLockError("uv is not installed.", hint="pip install uv, or the SDK with its extra images") from None


def _shown(folder: Path) -> str:
    """The folder as a user would type it."""
    return str(folder.relative_to(Path.cwd())) if folder.is_relative_to(Path.cwd()) else str(folder)
