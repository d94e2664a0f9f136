"""The catalog as typed values: what is listed, and how it is found by name or image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

__all__ = ["Catalog", "Detect", "Kind", "Listed", "ListedStream", "SpecFacts"]

Kind = Literal["capture", "materialization"]


@dataclass(frozen=True)
class Detect:
    """What betrays a system in code or in a config; hosts may hold ``*`` and a path, as in ``*.atlassian.net/wiki``."""

    hosts: tuple[str, ...] = ()
    python_packages: tuple[str, ...] = ()
    npm_packages: tuple[str, ...] = ()
    env_prefixes: tuple[str, ...] = ()
    url_schemes: tuple[str, ...] = ()


@dataclass(frozen=True)
class SpecFacts:
    """What is known of a connector's config and resources; pointers are JSON pointers."""

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
    """A stream, its key where that is known, and for our own connectors what its entry says of deletes and interval.

    ``deletes`` is None where nothing is known of them, and ``""`` where they are known not to be captured.
    """

    name: str
    key: tuple[str, ...] | None = None
    deletes: str | None = None
    interval: str | None = None


@dataclass(frozen=True)
class Listed:
    """A connector that there is: one of Estuary's, or one of ours.

    ``image`` has no tag, and is None for what is no image (Dekaf), or has none yet. ``streams`` is None where they are
    not known. ``ours`` are those of this repository's ``catalog-entries/``; their ``lifecycle`` is the one of entries
    (``building``, ``candidate``, ``registered`` ...), that of Estuary's is active, deprecated, superseded, unlisted or
    internal.
    """

    name: str
    kind: Kind
    title: str
    system: str
    image: str | None = None
    tag: str | None = None
    lifecycle: str = "active"
    replaced_by: str | None = None
    origin: str | None = None
    family: str | None = None
    variant_of: str | None = None
    docs_url: str | None = None
    auth_kinds: tuple[str, ...] | None = None
    spec: SpecFacts | None = None
    streams: tuple[ListedStream, ...] | None = None
    streams_source: str | None = None
    aliases: tuple[str, ...] = ()
    detect: Detect = field(default_factory=Detect)
    notes: tuple[str, ...] = ()
    last_code_change: str | None = None
    upstream_image: str | None = None
    licence: str | None = None
    registered: bool = True
    request: str | None = None
    ours: bool = False

    @property
    def reference(self) -> str | None:
        """The image with its tag, as the catalog names it."""
        return f"{self.image}:{self.tag}" if self.image and self.tag else self.image

    @property
    def gone(self) -> bool:
        """Whether it is not to be used by anyone who begins today."""
        return self.lifecycle in ("deprecated", "superseded", "retired")

    def as_json(self) -> dict[str, Any]:
        """The entry as it stands in the output of ``--json``."""
        told = {
            "name": self.name,
            "kind": self.kind,
            "title": self.title,
            "system": self.system,
            "image": self.image,
            "tag": self.tag,
            "lifecycle": self.lifecycle,
            "replaced_by": self.replaced_by,
            "origin": self.origin,
            "family": self.family,
            "variant_of": self.variant_of,
            "docs_url": self.docs_url,
            "auth_kinds": None if self.auth_kinds is None else list(self.auth_kinds),
            "streams": None
            if self.streams is None
            else [{"name": each.name, "key": None if each.key is None else list(each.key)} for each in self.streams],
            "ours": self.ours,
        }
        return {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True)
class Catalog:
    """All that is listed. ``version`` is the day it was built on and a short hash of what it lists, so that a request
    can tell whether it was checked against this one; our own entries are no part of either."""

    version: str
    built: str
    provenance: tuple[Mapping[str, Any], ...]
    connectors: tuple[Listed, ...]

    @cached_property
    def _by_name(self) -> dict[str, Listed]:
        return {each.name: each for each in reversed([*self.theirs, *self.ours])}

    @cached_property
    def _by_image(self) -> dict[str, Listed]:
        return {each.image: each for each in reversed([*self.theirs, *self.ours]) if each.image}

    @property
    def theirs(self) -> tuple[Listed, ...]:
        """Estuary's."""
        return tuple(each for each in self.connectors if not each.ours)

    @property
    def ours(self) -> tuple[Listed, ...]:
        """Those of this repository."""
        return tuple(each for each in self.connectors if each.ours)

    @property
    def as_of(self) -> str:
        """The day that its data are of: that of the newer of the commits it was made of."""
        days = [str(each["commit_date"])[:10] for each in self.provenance if each.get("commit_date")]
        return max(days, default=self.built)

    def __iter__(self) -> Iterator[Listed]:
        return iter(self.connectors)

    def get(self, name: str) -> Listed | None:
        """The connector of this name; Estuary's, where there is one of ours too."""
        return self._by_name.get(name)

    def by_image(self, image_without_tag: str) -> Listed | None:
        """The connector whose image this is."""
        return self._by_image.get(image_without_tag)

    def with_ours(self, ours: Sequence[Listed]) -> Catalog:
        """This catalog with these entries of ours, in place of those it had."""
        return replace(self, connectors=(*self.theirs, *ours))
