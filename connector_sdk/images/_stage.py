"""The folder that an image is built from: a Dockerfile, and what it copies."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import connector_sdk
from connector_sdk.errors import ImageUsageError
from connector_sdk.images._cache import cache_folder, digest_of, finished, full_disk, half_made, settled
from connector_sdk.images._compile import compile_folder
from connector_sdk.images._dockerfile import render, template_file
from connector_sdk.images._frozen import Frozen, freeze
from connector_sdk.images._lock import inputs, locked
from connector_sdk.images._packages import APP, packages
from connector_sdk.images._sbom import bill_of_materials, check_licences
from connector_sdk.images._settings import SDK, Settings

__all__ = ["PARTS", "Stage", "stage"]

PARTS = ("packages", "sdk", "connector")
"""The folders that are copied into the image, in the order of its layers."""
ENTRYPOINT = ("python3", f"{APP}/start.py")
_LAYOUT = "1"
_NOT_IN_IMAGES = {"cli", "testing", "images", "catalog", "explanations"}
_HIDDEN = re.compile(r"^(\..*|.*~|.*\.(pyc|pyo|swp|orig|rej)|__pycache__|tests?)$")


@dataclass(frozen=True)
class Stage:
    """What is ready to be built. ``keys`` tell the content of each part, ``bill`` is the bill of materials."""

    folder: Path
    dockerfile: str
    keys: dict[str, str]
    bill: dict[str, Any]
    frozen: Frozen


def stage(settings: Settings, folder: Path, base: str, *, keep: bool = False) -> Stage:
    """Lay out the build folder for the connector. ``base`` is the base image's name, empty where it has none.

    Files are shared with the cache unless the folder is to be kept.

    Raises ImageLockError, ImageRefusedError and ImageCheckError.
    """
    lock = locked(settings)
    third_party, key = packages(settings, lock)
    sdk, sdk_key = _code({**_sdk_files(), **_metadata(SDK, version(SDK), "Apache-2.0", inputs(settings))})
    own, _ = _code(_own_files(settings))
    bill = bill_of_materials(settings, [third_party, sdk, own])
    check_licences(bill, settings)
    frozen = freeze(settings, [third_party, sdk, own])
    files = {f"frozen/{name}.jsonl": answer for name, answer in frozen.answers.items()}
    files["sbom.cdx.json"] = (json.dumps(bill, indent=1, sort_keys=True) + "\n").encode()
    connector, connector_key = _code({**_own_files(settings), **files})
    text = render(template_file().read_text("utf-8"), _values(settings, frozen, base))
    with full_disk(folder):
        for part, source in zip(PARTS, (third_party, sdk, connector), strict=True):
            shutil.copytree(source, folder / part, symlinks=True, copy_function=shutil.copy2 if keep else _linked)
        (folder / "Dockerfile").write_text(text, "utf-8")
    keys = dict(zip(PARTS, (key, sdk_key, connector_key), strict=True))
    return Stage(folder, text, keys, bill, frozen)


def _values(settings: Settings, frozen: Frozen, base: str) -> dict[str, str]:
    airbyte = "airbyte" in frozen.answers
    return {
        "base": base,
        "module": settings.module,
        "title": frozen.title or settings.name,
        "description": settings.description,
        "version": settings.version,
        "licence": settings.licence,
        "documentation": frozen.documentation,
        "source": settings.source,
        "url": settings.url,
        "vendor": settings.vendor,
        "revision": _revision(settings.folder),
        "airbyte": settings.name if airbyte else "",
        "airbyte_version": settings.version if airbyte else "",
        "airbyte_entrypoint": " ".join((*ENTRYPOINT, settings.module)) if airbyte else "",
    }


def _revision(folder: Path) -> str:
    """The commit that changed the connector last, where its folder has no other change; else nothing."""
    git = ["git", "-C", str(folder)]
    try:
        changed, found = (
            subprocess.run([*git, *each], capture_output=True, text=True, timeout=20, check=False)
            for each in (["status", "--porcelain", "--", "."], ["log", "-1", "--format=%H", "--", "."])
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    clean = not changed.returncode and not changed.stdout.strip() and not found.returncode
    return found.stdout.strip() if clean else ""


def _sdk_files() -> dict[str, bytes]:
    root = Path(connector_sdk.__file__).parent
    found = {f"connector_sdk/{name}": data for name, data in _tree(root, skip=_NOT_IN_IMAGES)}
    return {**found, "start.py": (root / "images" / "start.py").read_bytes()}


def _own_files(settings: Settings) -> dict[str, bytes]:
    top = settings.module.partition(".")[0]
    place = settings.folder / top
    if not place.is_dir():
        found = find_spec(top)
        if found is None or not found.submodule_search_locations:
            raise ImageUsageError(f"{settings.folder} holds no package {top}.")
        place = Path(next(iter(found.submodule_search_locations)))
    return {
        **{f"{top}/{name}": data for name, data in _tree(place)},
        **_metadata(settings.name, settings.version, settings.licence, settings.requires, settings.description),
    }


def _tree(root: Path, skip: set[str] = frozenset()) -> Iterator[tuple[str, bytes]]:  # type: ignore[assignment]
    for place, folders, names in os.walk(root):
        below = Path(place).relative_to(root)
        folders[:] = sorted(each for each in folders if not _HIDDEN.match(each) and str(below / each) not in skip)
        for name in sorted(names):
            if not _HIDDEN.match(name):
                yield str(below / name), (Path(place) / name).read_bytes()


def _metadata(name: str, number: str, licence: str, requires: Any, about: str = "") -> dict[str, bytes]:
    """The METADATA by which scanners and ``importlib.metadata`` know a package."""
    lines = [f"Name: {name}", f"Version: {number}", *([f"Summary: {about}"] if about else [])]
    lines += [f"License-Expression: {licence}"] if licence else []
    lines += [f"Requires-Dist: {each}" for each in requires]
    text = "\n".join(["Metadata-Version: 2.4", *lines]) + "\n"
    return {f"{re.sub(r'[-_.]+', '_', name)}-{number}.dist-info/METADATA": text.encode()}


def _code(files: dict[str, bytes]) -> tuple[Path, str]:
    """A folder in the cache with these files and their byte code, and the key of its content."""
    key = digest_of(_LAYOUT, sys.version, *(part for name in sorted(files) for part in (name, files[name])))[:32]
    folder = cache_folder("code") / key
    if not folder.is_dir():
        with half_made(folder) as made:
            for name, data in files.items():
                path = made / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            compile_folder(made, APP)
            settled(made)
            finished(made, folder)
    return folder, key


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)
