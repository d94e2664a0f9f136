"""An entry as Python sees it: what is read of ``catalog-entries/NAME.yaml``, whatever may be wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector_sdk.catalog._files import Document, read
from connector_sdk.catalog._repository import Repository
from connector_sdk.errors import EntryError, did_you_mean

__all__ = ["API_VERSION", "Entry", "Gap", "Overlap", "entry_files", "entry_named", "read_entries"]

API_VERSION = "connector-catalog/v1"


@dataclass(frozen=True)
class Gap:
    """What Estuary's connector lacks. ``kind``: stream, auth, deletes, freshness, volume, licence or hosting."""

    kind: str
    what: str


@dataclass(frozen=True)
class Overlap:
    """The connector of Estuary's catalog that reads the same system, what it lacks, and when somebody looks again."""

    with_: str
    gap: tuple[Gap, ...]
    until: str


@dataclass(frozen=True)
class Entry:
    """One connector of this repository. What its file does not say is empty; ``data`` has all of it as plain values.

    ``generated`` is the part that ``entry sync`` writes, ``releases`` the list that it adds to.
    """

    path: Path
    data: Mapping[str, Any]
    document: Document

    @property
    def name(self) -> str:
        """What it is called: as its file, where the file does not say."""
        return str(self.at("metadata", "name") or self.path.stem)

    @property
    def title(self) -> str:
        """The system, as people write it."""
        return str(self.at("metadata", "title") or self.name)

    @property
    def description(self) -> str:
        """What is captured, in one sentence."""
        return str(self.at("metadata", "description") or "")

    @property
    def owner(self) -> str:
        """Who answers for it."""
        return str(self.at("metadata", "owner") or "")

    @property
    def lifecycle(self) -> str:
        """Its state: requested, approved, building, candidate, registered, deprecated or retired."""
        return str(self.at("metadata", "lifecycle") or "")

    @property
    def request(self) -> str:
        """The request that it answers, as a path in the repository."""
        return str(self.at("metadata", "request") or "")

    @property
    def vendor(self) -> str:
        """Whose system it reads."""
        return str(self.at("spec", "system", "vendor") or "")

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that it may call."""
        return tuple(map(str, _list(self.at("spec", "system", "hosts"))))

    @property
    def overlap(self) -> Overlap | None:
        """The overlap with Estuary's catalog, where one is told."""
        found = self.at("spec", "overlap")
        if not isinstance(found, Mapping):
            return None
        gaps = [each for each in _list(found.get("gap")) if isinstance(each, Mapping)]
        return Overlap(
            str(found.get("with", "")),
            tuple(Gap(str(each.get("kind", "")), str(each.get("what", ""))) for each in gaps),
            str(found.get("until", "")),
        )

    @property
    def licence(self) -> str:
        """The SPDX identifier of the connector's code."""
        return str(self.at("spec", "licence") or "")

    @property
    def code(self) -> tuple[str, str]:
        """The connector's folder in the repository, and the module that starts it."""
        return str(self.at("spec", "code", "path") or ""), str(self.at("spec", "code", "entrypoint") or "")

    @property
    def image(self) -> str:
        """The image's name without tag or digest; empty until there is a registry for it."""
        return str(self.at("spec", "image", "repository") or "")

    @property
    def generated(self) -> Mapping[str, Any]:
        """The generated part; empty before the first ``entry sync``."""
        found = self.data.get("generated")
        return found if isinstance(found, Mapping) else {}

    @property
    def releases(self) -> tuple[Mapping[str, Any], ...]:
        """The releases, the oldest first."""
        return tuple(each for each in _list(self.data.get("releases")) if isinstance(each, Mapping))

    @property
    def streams(self) -> tuple[str, ...]:
        """The names of its streams."""
        found = [each for each in _list(self.generated.get("streams")) if isinstance(each, Mapping)]
        return tuple(str(each.get("name", "")) for each in found)

    def at(self, *where: str) -> Any:
        """What stands at a path of keys, or None."""
        here: Any = self.data
        for each in where:
            here = here.get(each) if isinstance(here, Mapping) else None
        return here


def read_entries(repository: Repository) -> list[Entry]:
    """All entries of a repository, by name. Raises EntryError for a file that is no YAML mapping."""
    return [read_entry(path) for path in entry_files(repository)]


def entry_files(repository: Repository) -> list[Path]:
    """The files of the entries, by name."""
    return sorted(repository.entries.glob("*.yaml"))


def read_entry(path: Path) -> Entry:
    """The entry in a file. Raises EntryError where it is no YAML mapping."""
    document = read(path, EntryError)
    data = document.plain(EntryError)
    if not isinstance(data, dict):
        raise EntryError(f"{path} holds no mapping.", hint="docs/entries.md shows what an entry holds")
    return Entry(path, data, document)


def entry_named(repository: Repository, name: str) -> Entry:
    """The entry of that name. Raises EntryError where there is none, with the nearest name."""
    path = repository.entries / f"{name}.yaml"
    if path.is_file():
        return read_entry(path)
    known = [each.stem for each in entry_files(repository)]
    near = did_you_mean(name, known) if known else ""
    if (repository.connectors / name).is_dir():
        near = "an entry begins with an approved request: connector-sdk request new SYSTEM, then request decide"
    raise EntryError(f"There is no entry {name}: no {repository.relative(path)}.", hint=near)


def _list(value: Any) -> Iterator[Any]:
    return iter(value if isinstance(value, list) else ())
