"""What builds keep for the next one: packages, layers and blobs, under names made of what they were made from."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from connector_sdk.errors import ImageError

__all__ = ["cache_folder", "digest_of", "finished", "full_disk", "half_made", "settled"]

_EPOCH = 315_532_800  # 1 January 1980
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def cache_folder(kind: str) -> Path:
    """The folder for one kind of thing, in ``CONNECTOR_CACHE`` or the user's cache. It may be deleted at any time."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(os.environ.get("CONNECTOR_CACHE") or Path(home) / "connector-sdk") / kind
    with full_disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def digest_of(*parts: str | bytes) -> str:
    """The hex SHA-256 of the parts, each told apart from the next."""
    found = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        found.update(len(data).to_bytes(8, "big") + data)
    return found.hexdigest()


@contextlib.contextmanager
def half_made(path: Path) -> Iterator[Path]:
    """A name beside ``path`` for what is being made; what is left there at the end of the ``with`` is removed.

    So nothing half-made ever has a name that somebody looks for: give it its own with :func:`finished`.
    """
    folder = Path(tempfile.mkdtemp(prefix=f".{path.name[:40]}.", dir=path.parent))
    try:
        with full_disk(path):
            yield folder / path.name
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def finished(made: Path, path: Path) -> None:
    """Give what is whole its name. Where somebody else has made the same meanwhile, theirs stays."""
    try:
        made.replace(path)
    except OSError as wrong:
        if wrong.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


@contextlib.contextmanager
def full_disk(path: Path) -> Iterator[None]:
    """Tells a disk that is full, and a place that may not be written, in a sentence."""
    try:
        yield
    except OSError as wrong:
        if wrong.errno in _FULL:
            raise ImageError(
                f"The disk is full: {path} could not be written.", hint="make room, or name another place"
            ) from None
        if wrong.errno in (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR, errno.ENOENT):
            raise ImageError(
                f"{wrong.filename or path} cannot be written: {wrong.strerror}.", hint="name another place"
            ) from None
        raise


def settled(folder: Path) -> None:
    """Give what is in a folder the rights and times that it has in every image, whatever the umask and the clock."""
    for place, folders, names in os.walk(folder):
        for path in [Path(place), *(Path(place) / each for each in names)]:
            mode = path.stat().st_mode
            path.chmod(0o755 if path.is_dir() or mode & 0o100 else 0o644)
            os.utime(path, (_EPOCH, _EPOCH))
        folders.sort()
