"""The ladder by which a question is matched to connectors of one kind: the first rung that finds something decides.

name, alias, host, package, variable, variant, words; then ``part`` and ``similar``, which find what a person has to
look at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from connector_sdk.catalog.known._listed import Kind, Listed
from connector_sdk.catalog.known._query import Query
from connector_sdk.catalog.known._words import COMMON, canonical, fold, is_slip

__all__ = ["Match", "climb", "names_of"]

_PREFIX = re.compile(r"^(source|materialize|dekaf)-")
_VARIANTS = frozenset(
    {
        "alloydb",
        "aurora",
        "rds",
        "googlecloudsql",
        "supabase",
        "neon",
        "heroku",
        "timescaledb",
        "heatwave",
        "documentdb",
        "cosmosdb",
        "fabric",
    }
)


@dataclass(frozen=True)
class Match:
    """What was found, and on which rung."""

    rung: str
    entries: tuple[Listed, ...]

    @property
    def sure(self) -> bool:
        """Whether what was found is what was asked for."""
        return bool(self.entries) and self.rung not in ("part", "similar")


@lru_cache(maxsize=2048)
def names_of(entry: Listed) -> frozenset[str]:
    """All that a connector is called, folded."""
    return frozenset(fold(each) for each in _called(entry))


@lru_cache(maxsize=2048)
def _called(entry: Listed) -> tuple[str, ...]:
    """All that a connector is called, as it is written."""
    plain = re.sub(r"\s*\([^)]*\)", "", entry.title)
    bare = _PREFIX.sub("", entry.name)
    every = (bare, bare.removesuffix("-native"), entry.title, plain, entry.system, *entry.aliases)
    return tuple(dict.fromkeys(each for each in every if each))


def climb(entries: Iterable[Listed], kind: Kind, query: Query) -> Match:
    """The connectors of a kind that a question means. Internal ones are found by their whole name alone."""
    every = [each for each in entries if each.kind == kind]
    public = [each for each in every if each.lifecycle != "internal"]
    rungs: Sequence[tuple[str, Callable[[], list[Listed]]]] = (
        ("name", lambda: _by_name(every, query)),
        ("alias", lambda: _by_alias(public, query)),
        ("host", lambda: _by_host(public, query)),
        ("package", lambda: _by_package(public, query)),
        ("variable", lambda: _by_variable(public, query)),
        ("variant", lambda: _by_variant(public, query)),
        ("words", lambda: _by_words(public, query)),
        ("part", lambda: _by_part(public, query)),
        ("similar", lambda: _similar(public, query)),
    )
    for rung, find in rungs:
        found = find()
        if found:
            return Match(rung, tuple(found))
    return Match("", ())


def _by_name(entries: list[Listed], query: Query) -> list[Listed]:
    if query.image is not None:
        name = query.image.name
        found = [
            each for each in entries if name in (each.image, (each.upstream_image or "").partition(":")[0] or None)
        ]
        if found:
            return found
    return [each for each in entries if each.name in (query.connector, query.text)]


def _by_alias(entries: list[Listed], query: Query) -> list[Listed]:
    if query.scheme is not None and not query.web:
        return []
    wanted = fold(query.name)
    return [each for each in entries if wanted in names_of(each)] if wanted else []


def _by_host(entries: list[Listed], query: Query) -> list[Listed]:
    """The longest pattern wins, so that a wiki is Confluence and the rest of the site Jira; a host without a path may
    be either. A URL whose host says nothing is known by its scheme."""
    found: dict[str, int] = {}
    if query.host:
        for each in entries:
            sizes = [len(one) for one in each.detect.hosts if _fits(one, query.host, query.path)]
            if sizes:
                found[each.name] = max(sizes)
    if found and query.path.strip("/"):
        longest = max(found.values())
        found = {name: size for name, size in found.items() if size == longest}
    if found and query.scheme and not query.web:
        engine = canonical(query.name)
        found = {name: size for name, size in found.items() if engine & canonical(name)} or found
    if not found and query.scheme:
        schemes = {query.scheme, query.scheme.partition("+")[0]}
        return [each for each in entries if schemes & set(each.detect.url_schemes)]
    return [each for each in entries if each.name in found]


def _fits(pattern: str, host: str, path: str) -> bool:
    pattern_host, slash, pattern_path = pattern.partition("/")
    if pattern_host[:1] == "*" and pattern_host[1:2] not in (".", ""):
        parts = r"(?:[^/]+\.)?" + _regex(pattern_host[1:])  # *acme.com is acme.com and all below, not notacme.com
    else:
        parts = _regex(pattern_host)
    if not re.fullmatch(parts, host):
        return False
    return not slash or path.strip("/") == "" or f"{path}/".startswith(f"/{pattern_path}/")


def _regex(pattern: str) -> str:
    return re.escape(pattern).replace(r"\*", ".+")


def _by_package(entries: list[Listed], query: Query) -> list[Listed]:
    if query.package is None:
        return []
    python, npm = _distribution(query.package), query.package.lower()
    return [
        each
        for each in entries
        if python in {_distribution(one) for one in each.detect.python_packages}
        or npm in {one.lower() for one in each.detect.npm_packages}
    ]


def _distribution(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _by_variable(entries: list[Listed], query: Query) -> list[Listed]:
    if query.variable is None:
        return []
    found = {
        each.name: max(sizes)
        for each in entries
        if (sizes := [len(one) for one in each.detect.env_prefixes if _begins(query.variable, one)])
    }
    return [each for each in entries if found.get(each.name) == max(found.values(), default=0)]


def _begins(variable: str, prefix: str) -> bool:
    """A prefix without a line at its end, such as PG, is one of PGHOST and of PG_HOST, not of PGP_KEY."""
    if not variable.startswith(prefix):
        return variable == prefix.rstrip("_")
    rest = variable[len(prefix) :]
    return prefix.endswith("_") or not rest or rest[0] == "_" or (rest.isalpha() and len(rest) >= 4)


def _by_variant(entries: list[Listed], query: Query) -> list[Listed]:
    """A hosted form of a database, by the words that tell it apart: aurora, rds, cloud sql, supabase."""
    wanted = canonical(query.name)
    if not wanted & _VARIANTS:
        return []
    named = [(each, canonical(_PREFIX.sub("", each.name))) for each in entries]
    return [each for each, have in named if wanted == have] or [each for each, have in named if wanted < have]


def _by_words(entries: list[Listed], query: Query) -> list[Listed]:
    """The same words in another order, or with such that say nothing: ``the Gong API``."""
    if query.host:
        return []
    wanted = canonical(query.name)
    return [each for each in entries if any(canonical(one) == wanted for one in _called(each))]


def _by_part(entries: list[Listed], query: Query) -> list[Listed]:
    """A part of longer names: S3, of which there are three to write into; a vendor, of which there are many."""
    wanted = canonical(query.name)
    if query.host and (query.web or query.scheme is None):
        return []
    return [each for each in entries if any(wanted < canonical(one) for one in _called(each))]


def _similar(entries: list[Listed], query: Query) -> list[Listed]:
    """A longer name that holds one, a slip of typing, another site of the same owner."""
    wanted, folded = canonical(query.name), fold(query.name)
    found = []
    for each in entries:
        called = [(fold(one), canonical(one)) for one in _called(each)]
        if any((_tells(name) and have < wanted) or is_slip(folded, name) for name, have in called) or _same_site(
            each, query
        ):
            found.append(each)
    return found


def _tells(name: str) -> bool:
    """Whether a name says anything when it stands among other words."""
    return len(name) > 3 and name not in COMMON


def _same_site(entry: Listed, query: Query) -> bool:
    """Whether the host is another one of the same owner's: ``app.gong.io`` beside ``api.gong.io``."""
    if not query.host or not (query.web or query.scheme is None):
        return False
    site = _owner(query.host)
    patterns = [each.partition("/")[0].lstrip("*.") for each in entry.detect.hosts]
    return any(_owner(each) == site for each in patterns if each) or fold(site.partition(".")[0]) in (
        names_of(entry) - COMMON
    )


def _owner(host: str) -> str:
    """The last two words of a host, three where the last two are a country's."""
    parts = host.split(".")
    country = len(parts) > 2 and len(parts[-1]) == 2 and parts[-2] in ("co", "com", "org", "net", "ac", "gov")
    return ".".join(parts[-3 if country else -2 :])
