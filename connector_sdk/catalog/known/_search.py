"""Connectors by a piece of what is known of them: a name, a host, a package, a stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connector_sdk.catalog.known._ladder import names_of
from connector_sdk.catalog.known._listed import Catalog, Kind, Listed
from connector_sdk.catalog.known._words import fold, is_slip
from connector_sdk.errors import CatalogUsageError

__all__ = ["Hit", "nearest", "search"]

_SHORT = 3  # letters that stand together by chance where spaces and dashes are left out


@dataclass(frozen=True)
class Hit:
    """A connector that was found, and what of it: ``name``, ``host``, ``package``, ``stream`` ..."""

    entry: Listed
    where: str
    what: str


def search(catalog: Catalog, text: str, *, kind: Kind | None = None) -> list[Hit]:
    """All connectors in which a text occurs, the best first: whole names, then names that begin with it, then hosts,
    packages, variables and streams. Those out of use come last. Raises CatalogUsageError where there is no text."""
    wanted = fold(text)
    if not wanted:
        raise CatalogUsageError("There is nothing to look for.", hint="name a system, a host, a package or a stream")
    found = []
    for entry in catalog:
        if kind in (None, entry.kind):
            best = min(_places(entry, wanted, text.strip().lower()), default=None)
            if best is not None:
                found.append(((entry.gone, best[0], entry.name), Hit(entry, best[1], best[2])))
    return [hit for _, hit in sorted(found, key=lambda each: each[0])]


def _places(entry: Listed, wanted: str, text: str) -> Iterator[tuple[int, str, str]]:
    for each in (entry.name, entry.title, entry.system, *entry.aliases):
        name = fold(each)
        if name == wanted or (each == entry.name and wanted in names_of(entry)):
            yield 0, "name", each
        elif name.startswith(wanted):
            yield 1, "name", each
        elif wanted in name if len(wanted) > _SHORT else text in each.lower():
            yield 2, "name", each
    for rank, where, several in (
        (3, "host", entry.detect.hosts),
        (4, "package", (*entry.detect.python_packages, *entry.detect.npm_packages)),
        (5, "variable", entry.detect.env_prefixes),
        (6, "stream", tuple(each.name for each in entry.streams or ())),
        (7, "image", tuple(filter(None, (entry.image, entry.upstream_image)))),
    ):
        for each in several:
            if text in each.lower() or (where == "stream" and wanted in fold(each)):
                yield rank, where, each


def nearest(catalog: Catalog, text: str, most: int = 3) -> list[str]:
    """The names of connectors that were perhaps meant."""
    wanted = fold(text)
    hits = [each.entry.name for each in search(catalog, text)] if wanted else []
    slips = [each.name for each in catalog if any(is_slip(wanted, one) for one in {fold(each.name), *names_of(each)})]
    return list(dict.fromkeys([*hits, *slips]))[:most]
