"""Our own connectors, as catalog-entries/*.yaml tell of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from connector_sdk.catalog._files import read
from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.site._facts import Facts, slug
from connector_sdk.errors import EntryError

__all__ = ["Conformance", "Field", "Overlap", "Own", "Release", "Stream", "gap_of", "read_own"]

_DEEPEST = 6
_CHOICES = ("oneOf", "anyOf")


@dataclass(frozen=True)
class Stream:
    """A stream: its key, how it is synced, and how its deletes are learned."""

    name: str
    key: tuple[str, ...]
    sync: str
    cursor: str
    deletes: str
    interval: str
    scopes: tuple[str, ...]
    suggested: bool
    on: bool

    @property
    def tells_deletes(self) -> bool:
        """Whether records that vanish from the source vanish from the collection."""
        return bool(self.deletes)


@dataclass(frozen=True)
class Overlap:
    """A connector of Estuary's for the same system, what it lacks, and when that is looked at again."""

    other: str
    gaps: tuple[tuple[str, str], ...]
    until: date | None

    def overdue(self, today: date) -> bool:
        """Whether it had to be looked at again."""
        return self.until is not None and self.until < today


@dataclass(frozen=True)
class Conformance:
    """What the conformance kit said last; ``current`` is whether it judged the definition as it is now."""

    passed: int
    total: int
    untried: int
    day: str
    current: bool

    @property
    def failed(self) -> int:
        """How many checks failed."""
        return max(0, self.total - self.passed - self.untried)


@dataclass(frozen=True)
class Field:
    """A field of the config; ``pointer`` is its place, ``ways`` are those to log in that have it."""

    pointer: str
    ways: tuple[str, ...]
    title: str
    about: str
    required: bool
    secret: bool


@dataclass(frozen=True)
class Release:
    """A version that was published."""

    version: str
    day: str
    digest: str
    changes: tuple[tuple[str, str], ...]
    breaking: str
    upgrade_by: str


@dataclass(frozen=True)
class Own:
    """A connector of ours; what its entry does not say is empty."""

    name: str
    title: str
    description: str
    owner: str
    lifecycle: str
    request: str
    links: tuple[tuple[str, str], ...]
    aliases: tuple[str, ...]
    tags: tuple[str, ...]
    vendor: str
    hosts: tuple[str, ...]
    packages: tuple[str, ...]
    overlaps: tuple[Overlap, ...]
    support: tuple[tuple[str, str], ...]
    licence: str
    data: tuple[tuple[str, str], ...]
    path: str
    image: str
    digest: str
    registered: str
    reference: str
    deprecation: tuple[tuple[str, str], ...]
    replaced_by: str
    releases: tuple[Release, ...]
    streams: tuple[Stream, ...]
    conformance: Conformance | None
    auth: tuple[str, ...]
    fields: tuple[Field, ...]
    protocols: tuple[tuple[str, str], ...]
    sdk: str
    file: str

    @property
    def slug(self) -> str:
        """The name of its page."""
        return slug(self.name)


def read_own(repository: Repository) -> tuple[Own, ...]:
    """Our connectors by name. Raises EntryError where a file is not YAML."""
    if not repository.entries.is_dir():
        return ()
    files = sorted(each for each in repository.entries.glob("*.yaml") if each.is_file() and each.name[0] != ".")
    found = []
    for file in files:
        data = read(file, EntryError).data
        if data is not None and not isinstance(data, Mapping):
            raise EntryError(
                f"{repository.relative(file)} holds no entry.", hint="connector-sdk entry validate says more"
            )
        found.append(_own(Facts(data), file.stem, repository.relative(file)))
    return tuple(found)


def _own(entry: Facts, name: str, file: str) -> Own:
    meta, spec, made = entry.at("metadata"), entry.at("spec"), entry.at("generated")
    releases = tuple(map(_release, entry.each("releases")))
    estuary = spec.at("estuary")
    return Own(
        name=name,
        title=meta.text("title") or name,
        description=meta.text("description"),
        owner=meta.text("owner"),
        lifecycle=meta.text("lifecycle"),
        request=meta.text("request"),
        links=_links(meta),
        aliases=meta.texts("aliases"),
        tags=meta.texts("tags"),
        vendor=spec.text("system", "vendor"),
        hosts=spec.texts("system", "hosts"),
        packages=_packages(spec.at("system")),
        overlaps=tuple(_overlap(each) for each in spec.each("overlap") if each),
        support=_pairs(spec.at("support")),
        licence=spec.text("licence"),
        data=_pairs(spec.at("data")),
        path=spec.text("code", "path"),
        image=spec.text("image", "repository"),
        digest=_digest(made, releases),
        registered=(estuary.text("registeredOn") or "yes") if estuary.flag("registered") else "",
        reference=estuary.text("reference"),
        deprecation=_pairs(spec.at("deprecation")),
        replaced_by=spec.text("deprecation", "replacedBy"),
        releases=releases,
        streams=_streams(made, spec.texts("streams", "suggested")),
        conformance=_conformance(made),
        auth=tuple(each.text() or each.text("name") or each.text("title") for each in made.each("auth")),
        fields=tuple(_fields(made.at("configSchema"), frozenset(made.texts("secrets"))).values()),
        protocols=_pairs(made.at("protocols")),
        sdk=made.text("sdk"),
        file=file,
    )


def _pairs(facts: Facts) -> tuple[tuple[str, str], ...]:
    told = ((key, ", ".join(each.texts())) for key, each in facts.members())
    return tuple((key, value) for key, value in told if value)


def _links(meta: Facts) -> tuple[tuple[str, str], ...]:
    """Links as a list of type and url, or as a mapping from the one to the other."""
    named = tuple((key, each.text()) for key, each in meta.at("links").members())
    listed = tuple(
        (each.text("type") or each.text("title") or "link", each.text("url") or each.text("href"))
        for each in meta.each("links")
    )
    return tuple((kind, url) for kind, url in (named or listed) if url)


def _packages(system: Facts) -> tuple[str, ...]:
    """Packages as one list, or as a list for each language."""
    return system.texts("packages") or tuple(
        name for _, each in system.at("packages").members() for name in each.texts()
    )


def _overlap(facts: Facts) -> Overlap:
    gaps = (
        (each.text("kind"), each.text("what")) if each.text("kind") else gap_of(each.text())
        for each in facts.each("gap")
    )
    return Overlap(facts.text("with"), tuple(each for each in gaps if any(each)), facts.day("until"))


def gap_of(text: str) -> tuple[str, str]:
    """The kind of a gap, and what it is, of a text such as ``stream:transcripts``."""
    kind, _, what = text.partition(":")
    return kind.strip(), what.strip()


def _release(facts: Facts) -> Release:
    changes = tuple(
        (each.text("kind"), each.text("what") or each.text("description") or each.text())
        for each in facts.each("changes")
    )
    return Release(
        facts.text("version"),
        facts.text("date"),
        facts.text("digest"),
        changes,
        facts.text("breaking", "message"),
        facts.text("breaking", "upgradeBy"),
    )


def _digest(made: Facts, releases: tuple[Release, ...]) -> str:
    """The digest of the newest image: of the last release, which is appended, or of what was built."""
    built = made.text("image", "digest") or made.text("digest")
    dated = sorted((each for each in releases if each.digest), key=lambda each: each.day)
    return dated[-1].digest if dated else built


def _conformance(made: Facts) -> Conformance | None:
    told = made.at("conformance")
    passed, total = told.number("passed"), told.number("total")
    if passed is None or total is None:
        return None
    judged = told.text("definitionHash")
    current = not judged or judged == made.text("definitionHash")
    return Conformance(passed, total, told.number("notExercised") or 0, told.text("date"), current)


def _streams(made: Facts, suggested: tuple[str, ...]) -> tuple[Stream, ...]:
    named = ((each.text("name") or each.text(), each) for each in made.each("streams"))
    return tuple(_stream(name, each, name in suggested) for name, each in named if name)


def _stream(name: str, facts: Facts, suggested: bool) -> Stream:
    """A stream; how it is synced is what is promised of it, else the modes that Airbyte may choose from."""
    return Stream(
        name=name,
        key=facts.texts("key"),
        sync=facts.text("promise") or ", ".join(facts.texts("syncModes")),
        cursor=", ".join(facts.texts("cursor")),
        deletes=facts.text("deletes"),
        interval=facts.text("defaultInterval"),
        scopes=facts.texts("scopes"),
        suggested=suggested,
        on=facts.text("enabled") != "no",
    )


def _fields(schema: Facts, secrets: frozenset[str], at: str = "", way: str = "", depth: int = 0) -> dict[str, Field]:
    """The fields of a config's JSON Schema by their places, those of sections and of ways to log in included."""
    found: dict[str, Field] = {}
    required = schema.texts("required")
    for name, each in schema.at("properties").members():
        place = f"{at}/{name}"
        if each.at("const"):  # which way to log in, not something to fill in
            continue
        if depth < _DEEPEST and any(each.at(word) for word in ("properties", *_CHOICES)):
            _add(found, _fields(each, secrets, place, way, depth + 1))
            continue
        secret = place in secrets or each.flag("secret") or each.flag("airbyte_secret")
        ways = (way,) if way else ()
        found[place] = Field(place, ways, each.text("title"), each.text("description"), name in required, secret)
    for choice in (each for word in _CHOICES for each in schema.each(word)):
        _add(found, _fields(choice, secrets, at, choice.text("title") or way, depth + 1))
    return found


def _add(found: dict[str, Field], more: dict[str, Field]) -> None:
    """Fields added to others; one that several ways to log in have is one field."""
    for place, field in more.items():
        known = found.get(place)
        found[place] = field if known is None else replace(known, ways=(*known.ways, *field.ways))
