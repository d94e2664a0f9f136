"""Is there a connector already? One question, one answer, with an exit code of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from connector_sdk.catalog.known._answer import KINDS, Answer, AnswerWord, kind_of
from connector_sdk.catalog.known._ladder import Match, climb
from connector_sdk.catalog.known._listed import Catalog, Kind, Listed
from connector_sdk.catalog.known._needs import Gap, Need, judge
from connector_sdk.catalog.known._notes import about, about_image
from connector_sdk.catalog.known._query import Query, parse
from connector_sdk.catalog.known._traps import BOTH_WAYS, among, distinct, log_based
from connector_sdk.errors import CatalogUsageError, did_you_mean

__all__ = ["check"]

_LIST = "https://docs.estuary.dev/reference/Connectors/"


def check(
    catalog: Catalog,
    query: str,
    *,
    kind: str | None = None,
    needs: Sequence[Need] = (),
    excluding: Sequence[str] = (),
) -> Answer:
    """Whether there is a connector for what somebody asks for: a name, an image, a vendor, a URL, a host, a package, an
    environment variable.

    ``kind`` keeps it to captures or to materializations. ``needs`` are compared with what is found. ``excluding``
    names connectors that a person has looked at, and that are not it. Raises CatalogUsageError where the question makes
    no sense.
    """
    return _Question(catalog, parse(query), kind_of(kind) if kind else None, tuple(needs), excluding).answer()


class _Question:
    """One question, on its way to its answer."""

    def __init__(
        self, catalog: Catalog, query: Query, kind: Kind | None, needs: tuple[Need, ...], excluding: Sequence[str]
    ) -> None:
        self.catalog = catalog
        self.query = query
        self.needs = needs
        for name in excluding:
            if catalog.get(name) is None:
                near = did_you_mean(name, [each.name for each in catalog])
                raise CatalogUsageError(f"There is no connector {name!r} to leave out.", hint=_short(near))
        self.entries = [each for each in catalog if not {each.name, self._last(each).name} & set(excluding)]
        self.kind = self._kind(kind)
        self.notes = list(query.notes)

    def _kind(self, wanted: Kind | None) -> Kind | None:
        """The kind that was asked for, or that the name says. They must not contradict each other."""
        told = self.query.kind
        exact = self.catalog.get(self.query.connector or self.query.text)
        told = exact.kind if exact is not None else told
        if told is not None and wanted is not None and told != wanted:
            raise CatalogUsageError(
                f"{self.query.connector or self.query.text} names a {told}, and a {wanted} was asked for.",
                hint=f"leave --kind out, or ask for the system alone: {self.query.name}",
            )
        return wanted or told

    def answer(self) -> Answer:
        matches = {each: climb(self.entries, each, self.query) for each in KINDS if self.kind in (None, each)}
        apart = distinct(self.query.name)
        if apart is not None and not any(each.rung in ("name", "alias") for each in matches.values()):
            return self._apart(*apart)
        self._about_the_name(matches)
        sure = {each: match for each, match in matches.items() if match.sure}
        if len(sure) == 2:
            return self._two_kinds(sure)
        if len(sure) == 1:
            (kind, match), *_ = sure.items()
            if _systems(match.entries) & BOTH_WAYS and all(each.entries for each in matches.values()):
                return self._two_kinds(matches) if self.kind is None else self._of_one_kind(kind, match)
            if kind == "materialization" and self.kind is None:
                self.notes.append(
                    f"Nothing in the catalog captures {self._called(match.entries)}: this writes into it."
                )
            return self._of_one_kind(kind, match)
        found = [match for match in matches.values() if match.entries]
        if not found:
            return self._nothing()
        part = [match for match in found if match.rung == "part"]
        entries = [entry for match in part or found for entry in match.entries]
        return self._choice(entries, self._like(part or found), (part or found)[0].rung)

    def _like(self, matches: Sequence[Match]) -> str:
        """Why a choice among those that are only like it is all that there is."""
        named = {each.name for match in matches for each in self._live(match.entries)}
        if matches[0].rung != "part":
            return f"Nothing in the catalog is called {self._shown}; only similar names are there."
        if len(named) == 1:
            return f"Nothing in the catalog is called {self._shown} alone; {named.pop()} has it in a longer name."
        return f"Nothing in the catalog is called {self._shown} alone; {len(named)} have it in a longer name."

    def _apart(self, product: str, system: str) -> Answer:
        """A product that has part of another's name, and is not it."""
        other = next((each for each in self._live(self.entries) if each.system == system), None)
        if other is not None:
            self.notes.append(f"{product} is not {_plain(other.title)}: {other.name} does not read it.")
        return self._nothing()

    def _two_kinds(self, matches: dict[Kind, Match]) -> Answer:
        """Both are there: what reads is meant, unless the system is as often written into."""
        reads, writes = (self._reduced(matches[each].entries) for each in KINDS)
        if _systems(reads) & BOTH_WAYS:
            why = f"{self._called(reads)} is a source as well as a target: say which with --kind."
            return self._choice([*reads, *writes], why, matches["capture"].rung)
        names = ", ".join(each.name for each in writes[:3])
        self.notes.append(f"To write into {self._called(reads)}, ask with --kind materialization: {names}.")
        return self._of_one_kind("capture", matches["capture"])

    def _of_one_kind(self, kind: Kind, match: Match) -> Answer:
        self.kind = kind
        theirs = self._reduced([each for each in match.entries if not each.ours])
        ours = [each for each in match.entries if each.ours and each.lifecycle != "retired"]
        if not theirs and not ours:
            return self._nothing()
        if len(theirs) == 1 and self._successor(theirs[0]) is None and ours:
            theirs = []
        if len(theirs) > 1:
            why = f"{len(theirs)} connectors answer to {self._shown}: somebody has to choose."
            return self._choice([*theirs, *ours], why, match.rung)
        if not theirs:
            mine = [each for each in ours if not each.gone] or ours
            if len(mine) > 1:
                return self._choice(mine, f"{len(mine)} connectors of ours answer to {self._shown}.", match.rung)
            return self._single(mine[0], match.rung)
        found = self._single(theirs[0], match.rung)
        return self._with_ours(found, ours)

    def _with_ours(self, found: Answer, ours: list[Listed]) -> Answer:
        """What Estuary's lacks, one of ours may have; without a gap, Estuary's is the one to use."""
        for each in ours:
            if found.answer == "gap" and found.entry is not None and not each.gone and not judge(each, self.needs).gaps:
                lacking = _listing(found.gaps)
                missing = {(gap.kind, gap.what) for gap in found.gaps}
                unsure = any((one.kind, one.what) in missing for one in judge(each, self.needs).unknown)
                has = "may have" if unsure else "has"
                why = f"Estuary's {found.entry.name} lacks {lacking}; our own {each.name} {has} it."
                self.notes = list(self.query.notes)
                return self._found(each, "use-existing", why, found.matched_by)
            self.notes.append(
                f"There is a {each.name} of ours too ({each.lifecycle}), which serves a gap of Estuary's."
            )
        return found if not ours else self._again(found)

    def _single(self, entry: Listed, rung: str) -> Answer:
        """One connector it is; or what took its place."""
        target = self._successor(entry)
        if target is None:
            why = f"{entry.name} is {entry.lifecycle}, and the catalog names nothing in its place."
            return self._choice([entry], why, rung)
        if target is not entry:
            why = f"{entry.name} is {entry.lifecycle}; {target.name} took its place."
            return self._judged(target, "use-replacement", why, rung)
        return self._judged(entry, "use-existing", self._what(entry), rung)

    def _judged(self, entry: Listed, word: AnswerWord, why: str, rung: str) -> Answer:
        """The answer, unless it lacks what is needed."""
        gaps = judge(entry, self.needs).gaps
        if not gaps:
            return self._found(entry, word, why, rung)
        if not entry.ours:
            self.notes.append(self._age)
        first = f"{why.rstrip('.')}, but it" if word == "use-replacement" else entry.name
        return self._found(entry, "gap", f"{first} lacks {_listing(gaps)}.", rung)

    def _found(self, entry: Listed, word: AnswerWord, why: str, rung: str) -> Answer:
        judged = judge(entry, self.needs)
        self.notes += about(entry, self.catalog, self.query)
        return self._again(
            Answer(
                self.query.text,
                word,
                why,
                entry.kind,
                entry=entry,
                gaps=judged.gaps if word == "gap" else (),
                unknown=judged.unknown,
                matched_by=rung,
                catalog_version=self.catalog.version,
            )
        )

    def _again(self, answer: Answer) -> Answer:
        """The answer with all notes that there are by now."""
        return replace(answer, notes=tuple(dict.fromkeys(self.notes)))

    def _choice(self, entries: Sequence[Listed], why: str, rung: str) -> Answer:
        found = self._live(entries) or list(entries)
        self.notes += among(found)
        kinds = {each.kind for each in found}
        return self._again(
            Answer(
                self.query.text,
                "needs-choice",
                why,
                self.kind or (kinds.pop() if len(kinds) == 1 else None),
                candidates=tuple(dict.fromkeys(found)),
                matched_by=rung,
                catalog_version=self.catalog.version,
            )
        )

    def _nothing(self) -> Answer:
        kind = self.kind or "capture"
        does = "captures" if kind == "capture" else "writes into"
        if self.query.host or self.query.scheme or "_" in (self.query.variable or ""):
            does = "answers to"
        self.notes.append(self._age)
        if self.kind == "materialization":
            self.notes.append(
                "This SDK makes captures. A materialization has to be asked of Estuary: "
                "https://github.com/estuary/connectors/issues"
            )
        elif self.kind == "capture":
            other = climb(self.entries, "materialization", self.query)
            if other.sure:
                names = ", ".join(each.name for each in self._reduced(other.entries)[:3])
                self.notes.append(f"There are only materializations of this name, which write into it: {names}.")
        return self._again(
            Answer(
                self.query.text,
                "request-custom",
                f"Nothing in the catalog {does} {self._shown}.",
                kind,
                catalog_version=self.catalog.version,
            )
        )

    # what is chosen among those that were found

    def _reduced(self, entries: Iterable[Listed]) -> list[Listed]:
        """Those that are left when each has given way to a better one of the same system."""
        found = list(dict.fromkeys(entries))
        exact = [each for each in found if each.name == (self.query.connector or self.query.text)]
        if exact:
            return exact
        found = self._live(found) or self._with_successors(found)
        images = [each for each in found if each.family != "dekaf"]
        found = images or found
        return [each for each in found if not any(_gives_way(each, other) for other in found)]

    def _with_successors(self, entries: list[Listed]) -> list[Listed]:
        """All are out of use: one of them stands for those that lead to the same successor."""
        leads = {(self._successor(each) or each).name: each for each in reversed(entries)}
        return [each for each in entries if each in leads.values()]

    def _live(self, entries: Iterable[Listed]) -> list[Listed]:
        return [each for each in entries if not each.gone]

    def _successor(self, entry: Listed) -> Listed | None:
        """The connector to use in place of one that is out of use: itself where it is not."""
        last = self._last(entry)
        return None if last.gone else last

    def _last(self, entry: Listed) -> Listed:
        """The end of the line of those that took each other's place."""
        seen, here = {entry.name}, entry
        while here.gone:
            after = self.catalog.get(here.replaced_by) if here.replaced_by else None
            if after is None or after.name in seen:
                break
            seen.add(after.name)
            here = after
        return here

    # what is said of it

    @property
    def _age(self) -> str:
        """Said where something is missing: it may be there by now."""
        return f"The catalog tells of {self.catalog.as_of}; see whether Estuary has it by now: {_LIST}"

    @property
    def _shown(self) -> str:
        return self.query.name if self.query.connector else self.query.text

    def _called(self, entries: Iterable[Listed]) -> str:
        titles = [_plain(each.title) for each in self._live(entries)] or [self._shown]
        return min(titles, key=len)

    def _what(self, entry: Listed) -> str:
        if entry.ours:
            return f"{entry.name} is a connector of ours ({entry.lifecycle}); Estuary has none."
        log = log_based(entry)
        title = _plain(entry.title)
        if log:
            return (
                f"{entry.name} is Estuary's native change data capture of {title}: it follows {log}, deletes included."
            )
        if entry.kind == "materialization":
            return f"{entry.name} writes into {title}, and is in Estuary's catalog."
        return f"{entry.name} captures {title}, and is in Estuary's catalog."

    def _about_the_name(self, matches: dict[Kind, Match]) -> None:
        """What is wrong in how it was asked, apart from the connector that it means."""
        query = self.query
        name = query.connector
        if name and self.catalog.get(name) is None and not any(match.rung == "name" for match in matches.values()):
            self.notes.insert(0, f"The catalog has no {name}.")
        image = query.image
        if image is None:
            return
        entry = self.catalog.by_image(image.name) or next(
            (each for match in matches.values() if match.rung == "name" for each in match.entries), None
        )
        self.notes += about_image(image, entry)


def _gives_way(one: Listed, other: Listed) -> bool:
    """Whether one of two of a system is second to the other: batches to a log, a wrapper to Estuary's own."""
    if one is other or one.system != other.system or one.kind != other.kind or one.ours != other.ours:
        return False
    if "unlisted" in (one.lifecycle, other.lifecycle) and one.lifecycle != other.lifecycle:
        return one.lifecycle == "unlisted"
    if one.origin == other.origin:
        return one.name in (f"{other.name}-batch", f"{other.name}-ct")
    return (one.origin or "").startswith("airbyte") and other.origin == "estuary"


def _systems(entries: Iterable[Listed]) -> set[str]:
    return {each.system for each in entries}


def _plain(title: str) -> str:
    return re.sub(r"\s*\([^)]*\)", "", title)


def _listing(gaps: Sequence[Gap]) -> str:
    said = {"stream": "the stream ", "auth": "the login ", "deletes": "deletes", "freshness": "the freshness "}
    return ", ".join(f"{said.get(each.kind, f'the {each.kind} ')}{each.what}".strip() for each in gaps)


def _short(hint: str) -> str:
    return hint if hint.startswith("did you mean") else "connector-sdk catalog search finds names"
