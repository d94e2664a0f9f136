"""The locked packages, unpacked and compiled for linux/amd64: one folder in the cache, made once."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from connector_sdk.images._cache import cache_folder, digest_of, finished, half_made, settled
from connector_sdk.images._compile import compile_folder
from connector_sdk.images._lock import TARGET, locked, uv
from connector_sdk.images._settings import Settings
from connector_sdk.images._symbols import without_symbols

__all__ = ["APP", "packages", "packages_of"]

APP = "/app"
"""Where everything stands in an image."""
_LAYOUT = "3"
_NOT_FOR_RUNNING = re.compile(
    r"(^|/)(tests?|__pycache__)(/|$)|\.(pyi|pyx|pxd|c|h|cpp|hpp)$|(^|/)py\.typed$"
    r"|\.dist-info/(RECORD|REQUESTED|INSTALLER|direct_url\.json|top_level\.txt)$"
)
_CURL = re.compile(r"^(pycurl(==|\b)|curl\b)")


def packages(settings: Settings, lock: str) -> tuple[Path, str]:
    """The folder of a connector's packages, and the key that tells its content. Made where it is not there yet.

    Raises ImageLockError.
    """
    wanted = _chosen(lock, settings.transport)
    key = digest_of(_LAYOUT, wanted, sys.version, TARGET)[:32]
    folder = cache_folder("packages") / key
    if not folder.is_dir():
        with half_made(folder) as made:
            _install(wanted, made, settings.name)
            finished(made, folder)
    return folder, key


def packages_of(settings: Settings) -> list[str]:
    """Fetch and unpack what the connector's lock names; the packages, as ``name==version``. Raises ImageLockError."""
    text = locked(settings)
    packages(settings, text)
    return re.findall(r"^([A-Za-z0-9][^\s;\\]*)", _chosen(text, settings.transport), re.MULTILINE)


def _chosen(lock: str, transport: str) -> str:
    """The lock without comments, and without libcurl where requests are carried by httpx."""
    entries = re.split(r"\n(?=\S)", "\n".join(line for line in lock.splitlines() if not line.startswith("#")))
    return "\n".join(each for each in entries if transport == "curl" or not _CURL.match(each)) + "\n"


def _install(wanted: str, folder: Path, name: str) -> None:
    file = folder.parent / "requirements.txt"
    file.write_text(wanted, "utf-8")
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    argv = ["pip", "install", "--target", str(folder), "--python", sys.executable, "--python-version", version,
            "--python-platform", TARGET, "--only-binary", ":all:", "--no-deps", "--require-hashes",
            "--link-mode", "copy", "--quiet", "-r", str(file)]  # fmt: skip
    folder.mkdir()
    uv(argv, name)
    shutil.rmtree(folder / "bin", ignore_errors=True)
    (folder / ".lock").unlink(missing_ok=True)
    for path in sorted(folder.rglob("*"), reverse=True):
        if _NOT_FOR_RUNNING.search(str(path.relative_to(folder))):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    without_symbols(folder)
    compile_folder(folder, APP)
    settled(folder)
