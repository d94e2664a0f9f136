"""What is asked of Estuary's catalog here: the shipped data, as far as flow.yaml needs it."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from connector_sdk.errors import CatalogDataError

__all__ = ["Catalog", "Listed", "ListedStream", "SpecFacts", "load"]

_VERSION = 1


@dataclass(frozen=True)
class SpecFacts:
    """What is known of a connector's spec: names and places, not whole schemas."""

    required: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    secret_pointers: tuple[str, ...] = ()
    resource_properties: tuple[str, ...] = ()
    resource_required: tuple[str, ...] = ()
    resource_path_pointers: tuple[str, ...] = ()
    oauth2: bool = False
    documentation_url: str | None = None


@dataclass(frozen=True)
class ListedStream:
    """A stream that a connector of the catalog captures, and its collection key."""

    name: str
    key: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Listed:
    """A connector of the catalog. ``image`` has no tag, and is None for Dekaf; ``tag`` is the one that is published."""

    name: str
    kind: str
    title: str
    image: str | None
    tag: str | None
    lifecycle: str
    replaced_by: str | None
    family: str | None
    docs_url: str | None
    auth_kinds: tuple[str, ...] | None
    spec: SpecFacts | None
    streams: tuple[ListedStream, ...] | None
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class Catalog:
    """Estuary's connectors, by name and by image."""

    connectors: tuple[Listed, ...]

    def get(self, name: str) -> Listed | None:
        """The connector of exactly this name."""
        return self._by("name").get(name)

    def by_image(self, image: str) -> Listed | None:
        """The connector of this image, named without a tag."""
        return self._by("image").get(image)

    def _by(self, field: str) -> Mapping[str, Listed]:
        return _index(self, field)


@functools.lru_cache(maxsize=8)
def _index(catalog: Catalog, field: str) -> Mapping[str, Listed]:
    return {getattr(each, field): each for each in catalog.connectors}


@functools.cache
def load() -> Catalog:
    """The catalog that is shipped. Raises CatalogDataError where it is of a newer version."""
    data = json.loads(resources.files("connector_sdk.catalog").joinpath("data/estuary-catalog.json").read_text("utf-8"))
    if data.get("schema_version") != _VERSION:
        raise CatalogDataError(
            f"The catalog's data has version {data.get('schema_version')}; this SDK reads version {_VERSION}.",
            hint="update the SDK",
        )
    return Catalog(tuple(_listed(each) for each in data["connectors"]))


def _listed(data: Mapping[str, Any]) -> Listed:
    streams = data.get("streams")
    return Listed(
        name=data["name"],
        kind=data["kind"],
        title=data.get("title") or data["name"],
        image=data.get("image"),
        tag=data.get("tag"),
        lifecycle=data.get("lifecycle") or "",
        replaced_by=data.get("replaced_by"),
        family=data.get("family"),
        docs_url=data.get("docs_url"),
        auth_kinds=tuple(data.get("auth_kinds") or ()),
        spec=_spec(data["spec"]) if data.get("spec") else None,
        streams=None
        if streams is None
        else tuple(ListedStream(each["name"], tuple(each.get("key") or ())) for each in streams),
        aliases=tuple(data.get("aliases") or ()),
    )


def _spec(data: Mapping[str, Any]) -> SpecFacts:
    lists = ("required", "properties", "secret_pointers", "resource_properties", "resource_required",
             "resource_path_pointers")  # fmt: skip
    return SpecFacts(
        **{name: tuple(data.get(name) or ()) for name in lists},
        oauth2=bool(data.get("oauth2")),
        documentation_url=data.get("documentation_url"),
    )
