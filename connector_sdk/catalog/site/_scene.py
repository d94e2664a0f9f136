"""All that the pages tell of, and where each thing has its page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from connector_sdk.catalog.known import Catalog, Listed
from connector_sdk.catalog.site._asked import Asked
from connector_sdk.catalog.site._facts import slug
from connector_sdk.catalog.site._ours import Own
from connector_sdk.catalog.site._words import OPEN, Stage

__all__ = ["ESTUARY", "INDEX", "REQUESTS", "Scene"]

INDEX, REQUESTS, ESTUARY = "index.html", "requests.html", "estuary.html"


@dataclass(frozen=True)
class Scene:
    """Our connectors, the requests, Estuary's catalog, and the day on which one looks at them."""

    own: tuple[Own, ...]
    asked: tuple[Asked, ...]
    catalog: Catalog
    today: date

    @cached_property
    def theirs(self) -> tuple[Listed, ...]:
        """Estuary's connectors, by title."""
        return tuple(sorted(self.catalog.theirs, key=lambda each: (each.title.casefold(), each.name)))

    @cached_property
    def waiting(self) -> tuple[tuple[Stage, tuple[Asked, ...]], ...]:
        """The stages, each with the requests in it, those that wait longest first."""
        return tuple((stage, self._longest_first(stage.name)) for stage in OPEN)

    @cached_property
    def overlapping(self) -> dict[str, tuple[Own, ...]]:
        """Our connectors beside one of Estuary's, by its name."""
        found: dict[str, tuple[Own, ...]] = {}
        for own in self.own:
            for name in dict.fromkeys([*(each.other for each in own.overlaps), own.name]):
                if self.known(name):
                    found[name] = (*found.get(name, ()), own)
        return found

    def known(self, name: str) -> Listed | None:
        """Estuary's connector of this name."""
        found = self.catalog.get(name)
        return None if found is None or found.ours else found

    def own_named(self, name: str) -> Own | None:
        """Our connector of this name."""
        return next((each for each in self.own if each.name == name), None)

    def request_of(self, own: Own) -> Asked | None:
        """The request that a connector was built for: the one it names, else the one that names it."""
        named = own.request.rpartition("/")[2]
        by_file = (each for each in self.asked if named and named in (each.file.rpartition("/")[2], each.id))
        return next(by_file, None) or next((each for each in self.asked if each.connector == own.name), None)

    def place(self, thing: Own | Asked | Listed) -> str:
        """The address of a thing, from the site's root."""
        if isinstance(thing, Own):
            return f"connectors/{thing.slug}.html"
        if isinstance(thing, Asked):
            return f"requests/{thing.slug}.html"
        return f"{ESTUARY}#{slug(thing.name)}"

    def _longest_first(self, state: str) -> tuple[Asked, ...]:
        found = [each for each in self.asked if each.state == state]
        return tuple(sorted(found, key=lambda each: (each.since or self.today, each.file)))
