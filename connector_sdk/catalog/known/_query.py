"""What somebody asked for, taken apart: a connector's name, an image, a URL, a host, a package, a variable."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from connector_sdk.catalog.known._listed import Kind
from connector_sdk.catalog.known._traps import not_a_system
from connector_sdk.errors import CatalogUsageError

__all__ = ["Image", "Query", "parse"]

_LONGEST = 300
_WEB = ("http", "https", "ws", "wss")
_PREFIXES: dict[str, tuple[Kind, str]] = {
    "source-": ("capture", ""),
    "materialize-": ("materialization", ""),
    "dekaf-": ("materialization", ""),
    "destination-": ("materialization", "destination-... is Airbyte's word; Estuary's targets are materialize-..."),
    "target-": ("materialization", "target-... is Singer's word; Estuary's targets are materialize-..."),
    "tap-": ("capture", "tap-... is Singer's word; Estuary's captures are source-..."),
}
_REGISTRIES = re.compile(
    r"(ghcr\.io|docker\.io|index\.docker\.io|quay\.io|gcr\.io|[\w-]+\.gcr\.io|[\w-]+-docker\.pkg\.dev|public\.ecr\.aws"
    r"|registry\.[\w.-]+|localhost:\d+|[\w-]+\.azurecr\.io|\d+\.dkr\.ecr\.[\w-]+\.amazonaws\.com)/"
)
_IMAGE = re.compile(
    r"(?P<path>[a-z0-9][a-z0-9._-]*(?::\d+(?=/))?(?:/[a-z0-9._-]+)*?)(?::(?P<tag>\w[\w.-]*))?(?:@(?P<digest>sha256:[0-9a-f]+))?"
)
_VARIABLE = re.compile(r"(?P<reference>\$\{?|%)?(?P<name>[A-Z][A-Z0-9]*_?[A-Z0-9_]*)[}%]?(?:=.*)?", re.DOTALL)
_PACKAGE = re.compile(
    r"(?:(?:pypi|npm|pip):)?(?P<name>@?[\w.-]+(?:/[\w.-]+)?)(?:\[[\w, -]*\])?"
    r"\s*(?:(?:===?|[<>!~^]=?|@)\s*[\w.*^~<>=, -]*)?"
)
_HOST = re.compile(r"(?:[a-z0-9*_-]+\.)+[a-z][a-z0-9-]*(?::\d+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Image:
    """An image reference: its name without tag and digest, and those."""

    name: str
    tag: str | None
    digest: str | None


@dataclass(frozen=True)
class Query:
    """A question, taken apart. ``text`` is what may be shown of it: no password of a URL, no value of a variable.

    ``name`` is what it calls the system, without such prefixes as ``source-``; ``connector`` the whole name where it
    had one. ``kind`` is what the prefix says. ``notes`` say what is wrong in how it was written.
    """

    text: str
    name: str
    connector: str | None = None
    kind: Kind | None = None
    image: Image | None = None
    scheme: str | None = None
    host: str | None = None
    path: str = ""
    package: str | None = None
    variable: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def web(self) -> bool:
        """Whether it is the URL of a web site or an API, not of a database."""
        return self.scheme in _WEB


def parse(text: str) -> Query:
    """What is asked for. Raises CatalogUsageError where it names nothing, or what is no system at all."""
    asked = " ".join(text.split()).strip("'\"`").strip()
    if not any(each.isalnum() for each in asked):
        raise CatalogUsageError(
            "There is nothing to look for.", hint="name a system, a URL, a host, a package or a variable"
        )
    if len(asked) > _LONGEST:
        raise CatalogUsageError(f"{asked[:40]}... is too long to be a name.", hint="name one system")
    refused = not_a_system(asked)
    if refused is not None:
        raise CatalogUsageError(refused[0], hint=refused[1])
    return _url(asked) or _image(asked) or _variable(asked) or _plain(asked)


def _url(asked: str) -> Query | None:
    bare = asked.removeprefix("jdbc:")
    if "://" not in bare:
        return None
    try:
        found = urlsplit(bare)
        host, port = (found.hostname or "").rstrip("."), found.port
    except ValueError:
        raise CatalogUsageError("That URL cannot be read.", hint="name its host alone, as in api.gong.io") from None
    shown = f"{found.scheme}://{host}{f':{port}' if port else ''}{found.path}"
    name = host.removeprefix("www.") if found.scheme in _WEB else found.scheme.partition("+")[0]
    return Query(shown, name, scheme=found.scheme, host=host or None, path=found.path)


def _image(asked: str) -> Query | None:
    match = _IMAGE.fullmatch(asked)
    if match is None:
        return None
    path = match["path"]
    last = path.rpartition("/")[2]
    listed = last.startswith(tuple(_PREFIXES))
    if not (_REGISTRIES.match(asked) or (listed and (match["tag"] or match["digest"] or "/" in path))):
        return None
    name, kind, notes = _without_prefix(last)
    image = Image(path.removeprefix("index.").removeprefix("docker.io/"), match["tag"], match["digest"])
    return Query(asked, name, connector=last, kind=kind, image=image, notes=notes)


def _variable(asked: str) -> Query | None:
    match = _VARIABLE.fullmatch(asked)
    if match is None or not (match["reference"] or "_" in match["name"] or "=" in asked):
        return None
    notes: tuple[str, ...] = ()
    if match["reference"]:
        notes = (
            f"flow.yaml knows no variables: ${{{match['name']}}} would be taken as it stands. Encrypt the config with "
            "sops, or render the file before flowctl reads it.",
        )
    name = match["name"]
    return Query(name, name.strip("_").lower(), variable=name, notes=notes)


def _plain(asked: str) -> Query:
    lower = asked.lower()
    name, kind, notes = _without_prefix(lower)
    connector = lower if kind is not None else None
    match = _PACKAGE.fullmatch(asked)
    package = match["name"] if match else None
    host, slash, path = lower.partition("/")
    if not _HOST.fullmatch(host) or " " in asked:
        host, slash, path = "", "", ""
    return Query(
        asked,
        name if kind is not None else asked,
        connector=connector,
        kind=kind,
        host=host.partition(":")[0] or None,
        path=f"/{path}" if slash else "",
        package=package,
        variable=asked if asked.isupper() and asked.isidentifier() else None,
        notes=notes,
    )


def _without_prefix(name: str) -> tuple[str, Kind | None, tuple[str, ...]]:
    for prefix, (kind, note) in _PREFIXES.items():
        if name.startswith(prefix) and len(name) > len(prefix):
            return name.removeprefix(prefix), kind, (note,) if note else ()
    return name, None, ()
