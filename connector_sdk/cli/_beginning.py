"""How the connector of an approved request begins: its folder and its entry, both or neither."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.requests import Request
from connector_sdk.errors import EntryError, RequestFileError, SdkError

if TYPE_CHECKING:
    from connector_sdk.catalog.entries import Entry

__all__ = ["Beginning"]


@dataclass(frozen=True)
class Beginning:
    """Begins connectors in a repository, for an owner; without one the requester answers for them."""

    repository: Repository
    owner: str

    @contextmanager
    def __call__(self, request: Request) -> Iterator[str]:
        """The folder and the entry, made or, where a killed process left them, completed. They stay where the block has
        written the request; whatever else ends it, what was made here is gone again."""
        folder, entry = self._places(request.connector)
        told = f"{self.repository.relative(folder)}/ and {self.repository.relative(entry)} are begun"
        if self.left(request, request.connector):
            self._complete(request)
            yield told
            return
        undecided = request.path.read_bytes()
        made = [each for each in (folder, entry) if not _there(each)]
        homes = [each.parent for each in (folder, entry) if not _there(each.parent)]
        try:
            self._make(request, made)
            yield told
        except BaseException:
            if request.path.read_bytes() == undecided:
                _take_back(made, homes)
            raise

    def left(self, request: Request, connector: str) -> bool:
        """Whether folder and entry are there, and the entry names this request as its own."""
        from connector_sdk.catalog import entries

        folder, entry = self._places(connector)
        if not folder.is_dir() or not entry.is_file():
            return False
        try:
            named = entries.entry_named(self.repository, connector).request
        except EntryError:
            return False
        return named == self.repository.relative(request.path)

    def _places(self, connector: str) -> tuple[Path, Path]:
        return self.repository.connectors / connector, self.repository.entries / f"{connector}.yaml"

    def _make(self, request: Request, made: list[Path]) -> None:
        """Make both; ``made`` loses what is somebody else's, where they were faster."""
        from connector_sdk.catalog import entries, scaffold

        entry = self._places(request.connector)[1]
        try:
            scaffold.new_connector(self.repository, request.connector, title=request.system)
        except SdkError:
            made.clear()  # it takes back what it made itself
            raise
        try:
            entries.begin(
                self.repository,
                request.connector,
                title=request.system,
                owner=self.owner or request.requester,
                request=self.repository.relative(request.path),
                classification=request.data_classification,
                overlap=_overlap(request),
            )
        except SdkError:
            with contextlib.suppress(ValueError):
                made.remove(entry)
            raise

    def _complete(self, request: Request) -> None:
        """The entry that was left, brought up to its connector. Raises RequestFileError where it was begun for another
        decision than this one."""
        from connector_sdk.catalog import entries

        entry = entries.entry_named(self.repository, request.connector)
        told = {"spec.overlap": _overlaps(entry) == _gaps(request), "metadata.owner": self.owner in ("", entry.owner)}
        differing = [name for name, same in told.items() if not same]
        if differing:
            raise RequestFileError(
                f"{self.repository.relative(entry.path)} was begun for {request.id}, and says otherwise in "
                f"{' and '.join(differing)} than this decision.",
                hint=f"decide as it says, or take it and connectors/{request.connector} away",
            )
        entries.sync(self.repository, request.connector)


def _there(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _take_back(made: Iterable[Path], homes: Iterable[Path]) -> None:
    """Remove what was made, and the folders that were made for it where they are empty."""
    for each in made:
        if each.is_dir():
            shutil.rmtree(each, ignore_errors=True)
        else:
            each.unlink(missing_ok=True)
    for each in homes:
        with contextlib.suppress(OSError):
            each.rmdir()


def _overlap(request: Request) -> dict[str, Any] | None:
    """What Estuary's connector lacks, where there is one and a gap was named."""
    check, decision = request.catalog_check, request.decision
    if check is None or decision is None or not check.connector or not decision.gap or decision.until is None:
        return None
    return {"with": check.connector, "gap": _gaps(request), "until": decision.until}


def _gaps(request: Request) -> list[dict[str, str]]:
    """The gaps of a decision, as an entry has them; none where there is no connector that has them."""
    if request.decision is None or request.catalog_check is None or not request.catalog_check.connector:
        return []
    parts = [(kind, what.strip()) for kind, _, what in (each.partition(":") for each in request.decision.gap)]
    return [{"kind": kind, **({"what": what} if what else {})} for kind, what in parts]


def _overlaps(entry: Entry) -> list[dict[str, str]]:
    """The same, of an entry that is there."""
    gaps = entry.overlap.gap if entry.overlap is not None else ()
    return [{"kind": each.kind, **({"what": each.what} if each.what else {})} for each in gaps]
