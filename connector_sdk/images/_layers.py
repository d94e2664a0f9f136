"""Layers: folders as tar archives that are the same bytes for the same files, compressed, with their digests."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

from isal import igzip

from connector_sdk.errors import BaseImageError
from connector_sdk.images._cache import cache_folder, digest_of, finished, half_made

__all__ = ["GZIP", "TAR", "Blob", "Layer", "compressed", "layer_of"]

GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
TAR = "application/vnd.oci.image.layer.v1.tar"
_LAYOUT = "2"
_CHUNK = 1 << 20
_FILE = "layer.tar.gz"


@dataclass(frozen=True)
class Blob:
    """A file and what it is known by: ``sha256:...``, and its bytes."""

    file: Path
    digest: str
    size: int


@dataclass(frozen=True)
class Layer:
    """A blob of files; ``diff_id`` is the digest of what it unpacks to. ``home`` is the repository it came from."""

    blob: Blob
    diff_id: str
    media_type: str = GZIP
    home: str = ""


class _Hashing(io.RawIOBase):
    """Writes to a file and hashes what passes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.hash = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        view = memoryview(data)  # type: ignore[arg-type]
        self.hash.update(view)
        self.size += len(view)
        self._file.write(view)
        return len(view)

    def __enter__(self) -> Self:
        return self

    @property
    def digest(self) -> str:
        return f"sha256:{self.hash.hexdigest()}"


def layer_of(folder: Path, key: str, target: str, epoch: int) -> Layer:
    """The layer that puts the files of a folder to ``target``; ``key`` tells the folder's content.

    Files belong to root and can be read by all; their time is ``epoch``, in seconds.
    """
    name = digest_of(_LAYOUT, key, target, str(epoch))[:32]
    kept = cache_folder("layers") / name
    if not kept.is_dir():
        _keep(kept, lambda out: _write_tar(out, folder, target.strip("/"), epoch))
    return _kept(kept)


def compressed(diff_id: str, source: BinaryIO) -> Blob:
    """An uncompressed layer, compressed once and kept. Raises BaseImageError where it is not what it is called."""
    kept = cache_folder(f"compressed-{_LAYOUT}") / diff_id.removeprefix("sha256:")
    if not kept.is_dir():
        _keep(kept, lambda out: shutil.copyfileobj(source, out, _CHUNK), expected=diff_id)
    return _kept(kept).blob


def _keep(kept: Path, write: Callable[[_Hashing], object], expected: str = "") -> None:
    """Compress what ``write`` writes into a folder of the cache, with what it is known by."""
    with half_made(kept) as made:
        made.mkdir()
        with (made / _FILE).open("wb") as file:
            packed = _Hashing(file)
            unpacked: Any = igzip.IGzipFile(  # type: ignore[no-untyped-call]
                fileobj=packed, mode="wb", compresslevel=2, mtime=0, filename=""
            )
            with unpacked:
                plain = _Hashing(unpacked)
                write(plain)
        if expected not in ("", plain.digest):
            raise BaseImageError(f"The base image is damaged: its layer {expected} is {plain.digest}.")
        told = {"digest": packed.digest, "size": packed.size, "diff_id": plain.digest}
        (made / "layer.json").write_text(json.dumps(told), "utf-8")
        finished(made, kept)


def _kept(kept: Path) -> Layer:
    told = json.loads((kept / "layer.json").read_text("utf-8"))
    return Layer(Blob(kept / _FILE, told["digest"], told["size"]), told["diff_id"])


def _write_tar(out: _Hashing, folder: Path, target: str, epoch: int) -> None:
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT, bufsize=_CHUNK) as tar:
        for name in _parents(target):
            tar.addfile(_entry(name, epoch, tarfile.DIRTYPE, 0o755))
        for place, folders, names in os.walk(folder):
            folders.sort()
            below = Path(target) / Path(place).relative_to(folder)
            for name in folders:
                tar.addfile(_entry(str(below / name), epoch, tarfile.DIRTYPE, 0o755))
            for name in sorted(names):
                path = Path(place) / name
                entry = _entry(str(below / name), epoch, tarfile.REGTYPE, 0o644)
                entry.mode |= 0o111 if path.stat().st_mode & 0o100 else 0
                entry.size = path.stat().st_size
                with path.open("rb") as file:
                    tar.addfile(entry, file)


def _parents(target: str) -> Sequence[str]:
    parts = target.split("/")
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def _entry(name: str, epoch: int, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.mtime = kind, mode, epoch
    return entry
