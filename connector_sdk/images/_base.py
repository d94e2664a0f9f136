"""The base image for the builder without an engine: from an archive, an OCI layout, or a registry."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from connector_sdk.errors import BaseImageError
from connector_sdk.images._cache import cache_folder, finished, half_made
from connector_sdk.images._layers import GZIP, TAR, Blob, Layer, compressed
from connector_sdk.images._reference import Reference, parse_reference
from connector_sdk.images._registry import Registry

__all__ = ["Base", "base_from", "is_file"]

_AMD64 = {"architecture": "amd64", "os": "linux"}
_DOCKER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip"


@dataclass(frozen=True)
class Base:
    """The base: its image config, its layers in order, and the digest by which it can be pinned."""

    config: dict[str, Any]
    layers: list[Layer]
    digest: str


def is_file(base: str) -> bool:
    """Whether ``--base`` names an archive or a layout instead of an image."""
    looks = base.startswith((".", "/")) or base.endswith(".tar") or (Path(base) / "oci-layout").is_file()
    return looks and Path(base).exists()


def base_from(base: str) -> Base:
    """The base that ``--base`` names: a path of an archive or layout, or a reference. Raises BaseImageError."""
    if not is_file(base):
        if base.startswith((".", "/")) or base.endswith(".tar"):
            raise BaseImageError(
                f"There is no base image {base}.", hint="--base is an archive, an OCI layout or a name"
            )
        return _from_registry(parse_reference(base))
    path = Path(base)
    if path.is_dir():
        return _from_layout(lambda name: (path / name).open("rb"), base)
    try:
        with tarfile.open(path) as tar:
            names = {each.name.removeprefix("./"): each for each in tar.getmembers() if each.isfile()}

            def opened(name: str) -> BinaryIO:
                file = tar.extractfile(names[name])
                assert file is not None
                return file  # type: ignore[return-value]

            if "index.json" in names:
                return _from_layout(opened, base)
            if "manifest.json" in names:
                return _from_docker(opened, base)
    except (OSError, tarfile.TarError, KeyError) as wrong:
        raise BaseImageError(f"The base image {base} cannot be read: {wrong}.") from None
    raise BaseImageError(
        f"{base} is no archive of an image: it has neither index.json nor manifest.json.",
        hint="write one with docker save, or skopeo copy ... oci-archive:FILE",
    )


def _from_layout(opened: Callable[[str], BinaryIO], where: str) -> Base:
    def blob(digest: str) -> BinaryIO:
        return opened(f"blobs/{digest.replace(':', '/')}")

    def read(digest: str) -> bytes:
        with blob(digest) as file:
            data = file.read()
        if f"sha256:{hashlib.sha256(data).hexdigest()}" != digest:
            raise BaseImageError(f"The base image {where} is damaged: {digest} is another file.")
        return data

    try:
        with opened("index.json") as file:
            index = json.load(file)
        digest, manifest = _for_amd64(index, "", read, where)
        config = json.loads(read(manifest["config"]["digest"]))
        layers = []
        for each, diff_id in zip(manifest["layers"], config["rootfs"]["diff_ids"], strict=True):
            with blob(each["digest"]) as source:
                layers.append(_kept(each, diff_id, source))
    except (OSError, LookupError, ValueError) as wrong:
        raise BaseImageError(f"The base image {where} cannot be read: {wrong!r}.") from None
    return Base(_checked(config, where), layers, digest)


def _from_docker(opened: Callable[[str], BinaryIO], where: str) -> Base:
    """What ``docker save`` writes: layers are mostly not compressed."""
    try:
        with opened("manifest.json") as file:
            (manifest,) = json.load(file)
        with opened(manifest["Config"]) as file:
            data = file.read()
        config, layers = json.loads(data), []
        for name, diff_id in zip(manifest["Layers"], config["rootfs"]["diff_ids"], strict=True):
            with opened(name) as source:
                layers.append(Layer(compressed(diff_id, source), diff_id))
    except (OSError, LookupError, ValueError) as wrong:
        raise BaseImageError(
            f"The base image {where} cannot be read: {wrong!r}.", hint="an archive of one image is taken"
        ) from None
    return Base(_checked(config, where), layers, f"sha256:{hashlib.sha256(data).hexdigest()}")


def _from_registry(reference: Reference) -> Base:
    with Registry(reference) as registry:

        def read(digest: str) -> bytes:
            found = registry.manifest(digest)
            if found is None:
                raise _unknown(reference)
            return found[0]

        found = registry.manifest(reference.digest or reference.tag or "latest")
        if found is None:
            raise _unknown(reference)
        digest, manifest = _for_amd64(json.loads(found[0]), found[2], read, str(reference))
        config = json.loads(_fetched(registry, manifest["config"]["digest"]).read_bytes())
        layers = []
        for each, diff_id in zip(manifest["layers"], config["rootfs"]["diff_ids"], strict=True):
            file = _fetched(registry, each["digest"])
            if _type(each) == GZIP:
                layers.append(Layer(Blob(file, each["digest"], each["size"]), diff_id, home=reference.path))
            else:
                with file.open("rb") as source:
                    layers.append(_kept(each, diff_id, source))
    return Base(_checked(config, str(reference)), layers, found[2] or digest)


def _unknown(reference: Reference) -> BaseImageError:
    return BaseImageError(
        f"The base image {reference} is not known at {reference.host}.",
        hint="name one that exists with --base, best by its digest",
    )


def _fetched(registry: Registry, digest: str) -> Path:
    kept = cache_folder("blobs") / digest.removeprefix("sha256:")
    if not kept.is_file():
        with half_made(kept) as made:
            registry.blob(digest, made)
            finished(made, kept)
    return kept


def _for_amd64(
    index: dict[str, Any], digest: str, read: Callable[[str], bytes], where: str
) -> tuple[str, dict[str, Any]]:
    """The manifest for linux/amd64 in what may be an index of several platforms, and its digest."""
    for _ in range(3):
        if "manifests" not in index:
            return digest, index
        found = [each for each in index["manifests"] if _fits(each.get("platform"))]
        if not found:
            raise BaseImageError(f"The base image {where} has nothing for linux/amd64.")
        digest = found[0]["digest"]
        index = json.loads(read(digest))
    raise BaseImageError(f"The base image {where} is an index of indexes of indexes.")


def _fits(platform: dict[str, str] | None) -> bool:
    return platform is None or all(platform.get(key) == value for key, value in _AMD64.items())


def _kept(each: dict[str, Any], diff_id: str, source: BinaryIO) -> Layer:
    """A layer of an archive, in the cache: as it is where it is gzip, compressed where it is plain tar."""
    if _type(each) == TAR:
        return Layer(compressed(diff_id, source), diff_id)
    if _type(each) != GZIP:
        raise BaseImageError(
            f"A layer of the base image is {each['mediaType']}.", hint="take one whose layers are gzip"
        )
    kept = cache_folder("blobs") / each["digest"].removeprefix("sha256:")
    if not kept.is_file():
        with half_made(kept) as made:
            found = hashlib.sha256()
            with made.open("wb") as file:
                while chunk := source.read(1 << 20):
                    found.update(chunk)
                    file.write(chunk)
            if f"sha256:{found.hexdigest()}" != each["digest"]:
                raise BaseImageError(f"The base image is damaged: {each['digest']} is another file.")
            finished(made, kept)
    return Layer(Blob(kept, each["digest"], each["size"]), diff_id)


def _type(each: dict[str, Any]) -> str:
    kind = str(each.get("mediaType", GZIP))
    plain = kind.replace("application/vnd.docker.image.rootfs.diff.tar", TAR)
    return GZIP if kind in (_DOCKER_GZIP, GZIP) else TAR if plain == TAR else kind


def _checked(config: dict[str, Any], where: str) -> dict[str, Any]:
    if not _fits({key: str(config.get(key, "")) for key in _AMD64}):
        raise BaseImageError(
            f"The base image {where} is for {config.get('os')}/{config.get('architecture')}; Flow runs linux/amd64."
        )
    return config
