"""The builder without an engine: the same Dockerfile, made into an image of the same bytes each time.

The archive is an OCI image layout (v1.1), and ``docker load`` reads it too.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connector_sdk.errors import BaseImageError, ImageUsageError
from connector_sdk.images._base import Base
from connector_sdk.images._cache import finished, half_made
from connector_sdk.images._dockerfile import Recipe
from connector_sdk.images._layers import Blob, Layer, layer_of
from connector_sdk.images._reference import Reference
from connector_sdk.images._registry import Registry
from connector_sdk.images._stage import Stage

__all__ = ["Image", "assemble", "epoch", "push", "write_archive"]

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"


@dataclass(frozen=True)
class Image:
    """An image that is ready to be written or sent. ``config`` is decoded; ``layers`` are the base's, then its own."""

    config: dict[str, Any]
    config_bytes: bytes
    manifest_bytes: bytes
    layers: list[Layer]

    @property
    def digest(self) -> str:
        """The digest of the manifest: what a registry knows the image by."""
        return _digest(self.manifest_bytes)

    @property
    def id(self) -> str:
        """The digest of the config: what an engine knows it by."""
        return _digest(self.config_bytes)


def epoch() -> int:
    """The time of files and of the image: ``SOURCE_DATE_EPOCH``, else 1 January 1980."""
    text = os.environ.get("SOURCE_DATE_EPOCH", "315532800")
    if not text.isdigit():
        raise ImageUsageError(f"SOURCE_DATE_EPOCH={text!r} is no number of seconds.")
    return int(text)


def assemble(stage: Stage, recipe: Recipe, base: Base) -> Image:
    """The image that the recipe makes of the base and the staged folders."""
    layers = [*base.layers, *(_copied(stage, source, target) for source, target in recipe.copies)]
    config = _encoded(_config(recipe, base, layers))
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": CONFIG, "digest": _digest(config), "size": len(config)},
        "layers": [
            {"mediaType": each.media_type, "digest": each.blob.digest, "size": each.blob.size} for each in layers
        ],
        # as in the labels, where registries look for them
        "annotations": {
            key: value for key, value in recipe.labels.items() if key.startswith("org.opencontainers.image.")
        },
    }
    return Image(json.loads(config), config, _encoded(manifest), layers)


def _copied(stage: Stage, source: str, target: str) -> Layer:
    part = source.strip("/")
    if part not in stage.keys:
        raise ImageUsageError(
            f"The Dockerfile copies {source!r}; there is {', '.join(stage.keys)}.", hint="mend Dockerfile.template"
        )
    return layer_of(stage.folder / part, stage.keys[part], target, epoch())


def _config(recipe: Recipe, base: Base, layers: list[Layer]) -> dict[str, Any]:
    told = base.config.get("config") or {}
    env = dict(each.partition("=")[::2] for each in told.get("Env") or []) | recipe.env
    created = datetime.fromtimestamp(epoch(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    diff_ids = base.config["rootfs"]["diff_ids"]
    if len(diff_ids) != len(base.layers):
        raise BaseImageError("The base image is damaged: its config and its manifest name different layers.")
    return {
        "architecture": "amd64",
        "os": "linux",
        "created": created,
        # an ENTRYPOINT takes the base's CMD away, as it does with docker
        "config": {
            "Env": [f"{name}={value}" for name, value in env.items()],
            "Labels": {**(told.get("Labels") or {}), **recipe.labels},
            "User": recipe.user or told.get("User", ""),
            "WorkingDir": recipe.workdir or told.get("WorkingDir", ""),
            "Entrypoint": recipe.entrypoint or told.get("Entrypoint"),
        },
        "rootfs": {"type": "layers", "diff_ids": [each.diff_id for each in layers]},
        "history": [
            *(base.config.get("history") or [{"created": created, "comment": "base"}] * len(base.layers)),
            *({"created": created, "created_by": f"COPY {source} {target}"} for source, target in recipe.copies),
        ],
    }


def write_archive(image: Image, tag: str, path: Path) -> None:
    """Write the archive; it gets its name when it is whole."""
    blobs = {each.blob.digest: each.blob for each in image.layers}
    small = {image.digest: image.manifest_bytes, image.id: image.config_bytes}
    index = {
        "schemaVersion": 2,
        "mediaType": _INDEX,
        "manifests": [
            {
                "mediaType": MANIFEST,
                "digest": image.digest,
                "size": len(image.manifest_bytes),
                "platform": {"architecture": "amd64", "os": "linux"},
                "annotations": {
                    "org.opencontainers.image.ref.name": tag.rpartition(":")[2],
                    "io.containerd.image.name": tag,
                },
            }
        ],
    }
    docker = [
        {"Config": _place(image.id), "RepoTags": [tag], "Layers": [_place(each.blob.digest) for each in image.layers]}
    ]
    entries: dict[str, bytes | Blob] = {_place(digest): each for digest, each in blobs.items()}
    entries |= {_place(digest): data for digest, data in small.items()}
    entries["index.json"] = _encoded(index)
    entries["manifest.json"] = _encoded(docker)
    entries["oci-layout"] = b'{"imageLayoutVersion":"1.0.0"}'
    with half_made(path) as made:
        with tarfile.open(made, "w", format=tarfile.PAX_FORMAT) as tar:
            for folder in ("blobs", "blobs/sha256"):
                tar.addfile(_entry(folder, None))
            for name in sorted(entries):
                _add(tar, name, entries[name])
        finished(made, path)


def _add(tar: tarfile.TarFile, name: str, content: bytes | Blob) -> None:
    if isinstance(content, bytes):
        tar.addfile(_entry(name, len(content)), io.BytesIO(content))
        return
    with content.file.open("rb") as file:
        tar.addfile(_entry(name, content.size), file)


def _entry(name: str, size: int | None) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.mtime = epoch()
    entry.type, entry.mode = (tarfile.DIRTYPE, 0o755) if size is None else (tarfile.REGTYPE, 0o644)
    entry.size = size or 0
    return entry


def push(image: Image, reference: Reference, folder: Path, say: Callable[[str], object] = lambda text: None) -> str:
    """Send the image; the digest under which the registry has it. The tag is set last, when all of it is there."""
    with Registry(reference) as registry:
        for number, each in enumerate(image.layers, 1):
            say(f"pushing layer {number} of {len(image.layers)}, {each.blob.size / 1e6:.1f} MB")
            registry.push_blob(each.blob.digest, each.blob.file, mount_from=each.home)
        config = folder / "config.json"
        config.write_bytes(image.config_bytes)
        registry.push_blob(image.id, config)
        return registry.push_manifest(reference.tag or "latest", image.manifest_bytes, MANIFEST)


def _place(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _encoded(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
