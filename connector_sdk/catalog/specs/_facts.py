"""What is known of the connector behind an endpoint: from Estuary's catalog, our entry, or the connector itself."""

from __future__ import annotations

import functools
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connector_sdk.catalog._files import read
from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.known import Catalog, Listed
from connector_sdk.catalog.specs._misfits import Fitting
from connector_sdk.catalog.specs._plain import MISSING, at
from connector_sdk.catalog.specs._secrets import secret_pointers
from connector_sdk.catalog.specs._spots import spot
from connector_sdk.errors import CatalogError, EntryError

__all__ = ["Facts", "Known", "Own", "answer_of", "image_parts"]

_OFFICIAL = "ghcr.io/estuary/"
_STRICT = ("estuary-go",)  # these decode config and resources strictly, as materializations
_ANSWERS = ("configSchema", "resourceConfigSchema", "resourcePathPointers")
_SDK = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Facts:
    """What is known of a connector's spec. ``whole`` and ``whole_resource`` are its schemas, where they are known.

    ``strict`` is whether it refuses keys that it does not know; ``paths`` are the pointers that identify a resource.
    """

    name: str
    kind: str = "capture"
    strict: bool = False
    required: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    resource_required: tuple[str, ...] = ()
    resource_properties: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    whole: Fitting | None = None
    whole_resource: Fitting | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names that it knows at the top of its config."""
        return self.properties if self.whole is None else tuple(self.whole.schema.get("properties") or ())

    def plain(self, named: tuple[str, ...]) -> bool:
        """Whether it knows a place of its config, without calling it secret: of a listed connector's, only the top is
        known."""
        if self.whole is None:
            return len(named) == 1 and named[0] in self.properties
        return spot(self.whole.schema, named, lambda reference: MISSING).known


@dataclass(frozen=True)
class Own:
    """A connector of the repository: its folder, its entry, or both."""

    name: str
    folder: Path | None = None
    entry: Path | None = None
    image: str = ""
    tag: str = ""
    registered: bool = False
    generated: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)

    @property
    def module(self) -> str:
        """The package that is run."""
        return self.name.replace("-", "_")


class Known:
    """All that is known of images and commands, for one run of lint."""

    def __init__(self, repository: Repository | None, catalog: Catalog | None) -> None:
        self.catalog = catalog
        self.root = repository.root if repository is not None else None
        self.ours = _own(repository) if repository is not None else {}
        self.unreadable: dict[str, str] = {}

    def listed(self, image: str) -> Listed | None:
        """The connector of Estuary's catalog with this image (without its tag)."""
        return self.catalog.by_image(image) if self.catalog is not None else None

    def own(self, image: str) -> Own | None:
        """Our connector with this image: as its entry says, or else by the last part of the name."""
        for each in self.ours.values():
            if each.image and each.image == image:
                return each
        found = None if image.startswith(_OFFICIAL) else self.ours.get(image.rpartition("/")[2])
        return found if found is not None and not found.image else None

    def own_of_command(self, command: Any) -> Own | None:
        """Our connector that a local command starts, as in ``python -m source_gong``."""
        words = [each for each in command if isinstance(each, str)] if isinstance(command, list) else []
        module = words[words.index("-m") + 1] if "-m" in words[:-1] else ""
        return next((each for each in self.ours.values() if each.module == module), None)

    def facts(self, listed: Listed | None, own: Own | None) -> Facts | None:
        """What is known of its spec; None where nothing is."""
        if own is not None:
            return self._of_own(own)
        if listed is None or listed.spec is None:
            return None
        spec = listed.spec
        return Facts(
            listed.name,
            listed.kind,
            strict=listed.kind == "materialization" and listed.family in _STRICT,
            required=tuple(spec.required),
            properties=tuple(spec.properties),
            secrets=tuple(spec.secret_pointers),
            resource_required=tuple(spec.resource_required),
            resource_properties=tuple(spec.resource_properties),
            paths=tuple(spec.resource_path_pointers),
        )

    def _of_own(self, own: Own) -> Facts | None:
        config, resource = own.generated.get("configSchema"), own.generated.get("resourceSchema")
        paths = own.generated.get("resourcePathPointers")
        if not isinstance(config, dict) and own.folder is not None:
            try:
                answer = _spec(own.folder, own.module)
            except Exception as wrong:  # whatever a connector does instead of answering
                self.unreadable[own.name] = str(wrong).splitlines()[0][:200]
                return None
            config, resource, paths = (answer[each] for each in _ANSWERS)
        if not isinstance(config, dict):
            return None
        return Facts(
            own.name,
            secrets=secret_pointers(config),
            paths=tuple(paths) if isinstance(paths, list) else (),
            whole=Fitting(config),
            whole_resource=Fitting(resource) if isinstance(resource, dict) else None,
        )


def image_parts(image: str) -> tuple[str, str]:
    """An image's name, and what follows it as Flow parts them: a tag, or ``@sha256:...``; empty where there is none."""
    name, at_sign, digest = image.partition("@")
    base, colon, tag = name.rpartition(":")
    if colon and "/" not in tag:
        name = base
    else:
        tag = ""
    return name, f"@{digest}" if at_sign else tag


def _own(repository: Repository) -> dict[str, Own]:
    """Our connectors by name; an entry that cannot be read is for ``entry validate`` to tell."""
    found: dict[str, Own] = {}
    for folder in sorted(repository.connectors.glob("*/")) if repository.connectors.is_dir() else ():
        if (folder / folder.name.replace("-", "_") / "__main__.py").is_file():
            found[folder.name] = Own(folder.name, folder)
    for path in sorted(repository.entries.glob("*.yaml")) if repository.entries.is_dir() else ():
        try:
            data = read(path, EntryError).plain(EntryError)
        except CatalogError:
            continue
        name = at(data, ("metadata", "name"))
        if isinstance(name, str):
            image, generated = at(data, ("spec", "image", "repository")), at(data, ("generated",))
            tag = at(data, ("spec", "estuary", "tag"))
            found[name] = Own(
                name,
                found[name].folder if name in found else None,
                path,
                image if isinstance(image, str) else "",
                tag if isinstance(tag, str) else "",
                at(data, ("spec", "estuary", "registered")) is True,
                generated if isinstance(generated, dict) else {},
            )
    return found


@functools.lru_cache(maxsize=64)
def _spec(folder: Path, module: str) -> dict[str, Any]:
    answer: dict[str, Any] = answer_of(folder, module).spec()
    return answer


def answer_of(folder: Path, module: str) -> Any:
    """The runtime's side of a connector in a folder, to ask it for its spec."""
    from connector_sdk.testing.flow import Player

    path = os.pathsep.join([str(folder), str(_SDK), *filter(None, [os.environ.get("PYTHONPATH", "")])])
    return Player([sys.executable, "-m", module], env={"PYTHONPATH": path}, timeout=60.0)
