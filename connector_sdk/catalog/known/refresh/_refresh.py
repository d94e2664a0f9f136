"""The catalog made of what CI builds, what the documentation lists, and what was known before.

CI is believed over the documentation, and VERSION over both lists. What vanished from all sources stays listed as
deprecated: people go on asking for it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from connector_sdk.catalog.known._load import SCHEMA_VERSION, raw
from connector_sdk.catalog.known.refresh._builds import Build, airbyte_builds, connector_builds
from connector_sdk.catalog.known.refresh._checkout import AIRBYTE, CONNECTORS, Git
from connector_sdk.catalog.known.refresh._docs import Page, Row, pages, rows
from connector_sdk.catalog.known.refresh._snapshots import auth_kinds, hosts, spec_of, streams_of
from connector_sdk.errors import CatalogDataError

__all__ = ["counts", "dump", "refresh"]

_INTERNAL = ("source-hello-world", "source-test")
_NOTHING: dict[str, Any] = {}
_DETECT = ("hosts", "python_packages", "npm_packages", "env_prefixes", "url_schemes")
_USED = {
    CONNECTORS: [
        "docs/reference/Connectors/*/README.md",
        "docs/reference/Connectors/**/*.md",
        ".github/workflows/*.yaml",
        ".github/*.yaml",
        "*/VERSION",
        "*/VARIANTS",
        "spec and discover snapshots",
        "source_*/**/*.py (hosts)",
    ],
    AIRBYTE: [".github/workflows/connectors.yml", "airbyte-integrations/connectors/*/Dockerfile"],
}
_BY_HAND = [
    "aliases",
    "detect.python_packages",
    "detect.npm_packages",
    "detect.env_prefixes",
    "detect.url_schemes",
    "part of detect.hosts",
    "replaced_by",
]


def refresh(
    connectors_checkout: Path,
    airbyte_checkout: Path,
    *,
    before: Mapping[str, Any] | None = None,
    today: date | None = None,
) -> dict[str, Any]:
    """The catalog, as its file holds it, of checkouts of estuary/connectors and estuary/airbyte.

    ``before`` is the catalog whose hand-written parts are kept: aliases, packages, variables, notes, what took whose
    place; without it, the one that comes with the SDK. It is built ``today`` where a connector changed; else its day
    stays. Raises CatalogDataError where the checkouts hold no connectors, or so few that they cannot be whole.
    """
    before = raw() if before is None else before
    made = _Making(connectors_checkout, airbyte_checkout, before)
    connectors = made.connectors()
    same = connectors == before.get("connectors")
    return {
        "schema_version": SCHEMA_VERSION,
        "title": before.get("title", "Estuary connector catalog (reconstructed from public sources)"),
        "built": before["built"] if same and before.get("built") else str(today or datetime.now(UTC).date()),
        "provenance": [
            made.provenance(CONNECTORS, made.git),
            made.provenance(AIRBYTE, made.airbyte_git),
            {"repository": "(hand-written here)", "used": _BY_HAND},
        ],
        "caveats": list(before.get("caveats", [])),
        "counts": counts(connectors),
        "connectors": connectors,
    }


def dump(catalog: Mapping[str, Any]) -> str:
    """The text of the file."""
    return json.dumps(catalog, indent=1, ensure_ascii=False) + "\n"


class _Making:
    """One catalog on its way."""

    def __init__(self, connectors: Path, airbyte: Path, before: Mapping[str, Any]) -> None:
        self.root = connectors
        self.airbyte_root = airbyte
        self.git, self.airbyte_git = Git(connectors), Git(airbyte)
        self.old: dict[str, dict[str, Any]] = {each["name"]: each for each in before.get("connectors", [])}
        self.builds = {**airbyte_builds(airbyte), **connector_builds(connectors)}
        self.pages = pages(connectors)
        self.rows = list(rows(connectors))
        self.page_of = self._pages_by_name()
        self.row_of = self._rows_by_name()
        self.names = {*self.builds, *self.page_of, *self.row_of}
        self._refuse_a_part()

    def _refuse_a_part(self) -> None:
        gone = [
            name for name, old in self.old.items() if name not in self.names and old.get("published_by_ci") is not False
        ]
        if len(self.old) >= 8 and len(gone) * 4 > len(self.old):
            raise CatalogDataError(
                f"{len(gone)} of {len(self.old)} connectors are not in these checkouts, such as {gone[0]}.",
                hint="they are not whole, or their layout has changed; a sparse or partial checkout does not do",
            )

    def _has_code(self, entry: Mapping[str, Any]) -> bool:
        """Whether the code of a connector is still there, built or not."""
        code = entry.get("code")
        if not code:
            return False
        root = self.airbyte_root if code["repository"] == AIRBYTE else self.root
        return (root / str(code["path"])).is_dir()

    def provenance(self, repository: str, git: Git) -> dict[str, Any]:
        commit, when = git.commit()
        return {"repository": repository, "commit": commit, "commit_date": when, "used": _USED[repository]}

    def connectors(self) -> list[dict[str, Any]]:
        """All entries: those of images by name, then those that are no image."""
        entries = [self._entry(name) for name in {*self.names, *self.old}]
        return sorted(entries, key=lambda each: (each["family"] == "dekaf", each["name"]))

    # which page, and which line of the lists, is whose

    def _pages_by_name(self) -> dict[str, Page]:
        """The page of each connector: that which it had, that of its name, or that which shows its image."""
        by_key = {each.key: each for each in self.pages}
        found: dict[str, Page] = {}
        for name, old in self.old.items():
            page = by_key.get(_key(old.get("docs_url")))
            if page is not None:
                found[name] = page
        taken = {each.key for each in found.values()}
        for page in self.pages:
            whose = self._whose(page) if page.key not in taken else None
            if whose is not None:
                found.setdefault(whose, page)
        return found

    def _whose(self, page: Page) -> str | None:
        if page.dekaf:
            return "dekaf" if page.stem == "dekaf" else f"dekaf-{page.stem}"
        prefix = "source-" if page.kind == "capture" else "materialize-"
        named = f"{prefix}{page.stem}"
        if named in self.builds:
            return named
        variants = [each.name for each in self.builds.values() if each.variant_of == page.image and page.image]
        by_word = [each for each in variants if page.stem in each.removeprefix(prefix).split("-")]
        return by_word[0] if len(by_word) == 1 else page.image

    def _rows_by_name(self) -> dict[str, Row]:
        by_page: dict[str, list[str]] = {}
        for name, page in self.page_of.items():
            by_page.setdefault(page.key, []).append(name)
        found: dict[str, Row] = {}
        for row in self.rows:
            whose = row.image
            if whose is not None and whose not in self.builds:
                prefixed = f"{'source-' if row.kind == 'capture' else 'materialize-'}{whose}"
                whose = prefixed if prefixed in self.builds else whose
            if whose is None:
                whose = self._of_page(row, by_page.get(row.page, []))
            if whose is not None:
                found.setdefault(whose, row)
        return found

    def _of_page(self, row: Row, names: Sequence[str]) -> str | None:
        """Several connectors may share a page: the title tells whose line it is, else the image of the page."""
        if len(names) < 2:
            return names[0] if names else None
        titled = [each for each in names if self.old.get(each, _NOTHING).get("title") == row.title]
        shown = [each for each in names if each == self.page_of[each].image]
        return next(iter(titled or shown), None)

    # one entry

    def _entry(self, name: str) -> dict[str, Any]:
        old = self.old.get(name, _NOTHING)
        build, page, row = self.builds.get(name), self.page_of.get(name), self.row_of.get(name)
        if name.startswith("dekaf"):
            return self._dekaf(name, old, page, row)
        if build is None and page is None and row is None:
            return {**old, "published_by_ci": False} if self._has_code(old) else _vanished(old)
        lifecycle, successor = self._lifecycle(name, old, build, page, row)
        kind = "capture" if name.startswith("source-") else "materialization"
        tag = self._tag(old, build, page, row)
        code = {"repository": _repository(build), "path": build.folder} if build else None
        if code is not None and not self._has_code({"code": code}):
            code = old.get("code") or code  # built of another one's folder
        seen = {
            "docs_index": row.tag if row and row.tag else (old.get("versions_seen") or {}).get("docs_index"),
            "ci": build.tag or (old.get("versions_seen") or {}).get("ci") if build else None,
            "VERSION_file": build.version_file if build else None,
        }
        return {
            "name": name,
            "kind": kind,
            "title": row.title if row else old.get("title") or (page.title if page else _titled(name)),
            "system": old.get("system") or self._system(name),
            "image": f"ghcr.io/estuary/{name}",
            "tag": tag,
            "image_ref": f"ghcr.io/estuary/{name}:{tag}" if tag else f"ghcr.io/estuary/{name}",
            "lifecycle": lifecycle,
            "replaced_by": old.get("replaced_by") or successor,
            "origin": _origin(build, old),
            "family": (build.family if build else None) or old.get("family"),
            "protocol": old.get("protocol") or _protocol(kind, build),
            "variant_of": build.variant_of if build else old.get("variant_of"),
            "listed_in_docs_index": row is not None,
            "docs_group": row.group if row else None,
            "docs_url": page.url if page else old.get("docs_url"),
            "short_url": old.get("short_url"),
            "versions_seen": seen,
            "published_by_ci": True if build else old.get("published_by_ci"),
            "code": code,
            "upstream_image": (build.upstream_image if build else None) or old.get("upstream_image"),
            "last_code_change": self._changed(build, old),
            "usage_rate": build.usage_rate if build and build.usage_rate is not None else old.get("usage_rate"),
            **self._facts(build, old),
            "aliases": old.get("aliases") or self._sibling(name).get("aliases") or _aliases(self._system(name)),
            "detect": old.get("detect") or self._detect(name, build),
            "evidence": _evidence(build, page, row),
            "notes": list(old.get("notes", [])),
        }

    def _dekaf(self, name: str, old: dict[str, Any], page: Page | None, row: Row | None) -> dict[str, Any]:
        if page is None:
            return _vanished(old)
        system = old.get("system") or name.removeprefix("dekaf-")
        return {
            "name": name,
            "kind": "materialization",
            "title": old.get("title") or page.title,
            "system": system,
            "image": None,
            "tag": None,
            "image_ref": None,
            "lifecycle": "deprecated" if page.deprecated else "active",
            "replaced_by": old.get("replaced_by"),
            "origin": "estuary",
            "family": "dekaf",
            "protocol": {"flow_runtime_protocol": "dekaf", "codec": None},
            "variant_of": None,
            "listed_in_docs_index": row is not None or bool(old.get("listed_in_docs_index")),
            "docs_group": row.group if row else old.get("docs_group"),
            "docs_url": page.url,
            "aliases": old.get("aliases") or _aliases(system),
            "detect": old.get("detect") or {each: [] for each in _DETECT},
            "evidence": ["docs-page"],
            "notes": old.get("notes") or ["Not an image: endpoint is `dekaf: {variant, config}`."],
        }

    def _lifecycle(
        self, name: str, old: dict[str, Any], build: Build | None, page: Page | None, row: Row | None
    ) -> tuple[str, str | None]:
        """Its state, and for one that is out of use what took its place, where a page or a name tells."""
        if name in _INTERNAL:
            return "internal", None
        own = page is not None and page.image in (None, name)
        if (page is not None and own and page.deprecated) or (row is not None and row.deprecated):
            return "deprecated", self._by_link(page) or self._native(name)
        listed = build is not None and row is not None and name in (row.image, page.image if page else None)
        if old.get("lifecycle") in ("deprecated", "superseded") and not listed:
            return str(old["lifecycle"]), self._native(name)
        if row is not None or page is not None:
            return "active", None
        if build is not None and build.family == "airbyte-to-flow" and self._native(name):
            return "superseded", self._native(name)
        return "unlisted", None

    def _by_link(self, page: Page | None) -> str | None:
        if page is None or page.successor is None:
            return None
        there = [name for name, each in self.page_of.items() if each.stem == page.successor and each is not page]
        return there[0] if len(there) == 1 else None

    def _native(self, name: str) -> str | None:
        native = f"{name}-native"
        return native if native in self.names else None

    def _tag(self, old: dict[str, Any], build: Build | None, page: Page | None, row: Row | None) -> str | None:
        told = [build.tag if build else None, row.tag if row else None]
        told += [page.tag if page is not None and build is None else None, old.get("tag")]
        return next((each for each in told if each), None)

    def _changed(self, build: Build | None, old: dict[str, Any]) -> str | None:
        if build is None or build.variant_of:
            return old.get("last_code_change")
        git = self.airbyte_git if build.family == "airbyte-to-flow" else self.git
        return git.changed(build.folder) or old.get("last_code_change")

    def _facts(self, build: Build | None, old: dict[str, Any]) -> dict[str, Any]:
        """What snapshots tell: logins, spec, streams. What they do not tell any more is kept."""
        kept = {each: old.get(each) for each in ("auth_kinds", "spec", "streams", "streams_source")}
        if build is None or build.family == "airbyte-to-flow":
            return kept
        folder = self.root / build.folder
        spec, streams = spec_of(folder, self.root), streams_of(folder, self.root)
        if spec is not None:
            kept["spec"] = spec[0]
            kept["auth_kinds"] = auth_kinds(spec[1]) or old.get("auth_kinds")
        if streams is not None and not build.variant_of:
            kept["streams"], kept["streams_source"] = streams
        return kept

    def _system(self, name: str) -> str:
        sibling = self._sibling(name)
        return str(sibling.get("system") or re.sub(r"-(native|v\d+)$", "", _bare(name)))

    def _sibling(self, name: str) -> dict[str, Any]:
        """The connector of the same system that was known before, for a new one that takes its place."""
        prefix = name.partition("-")[0]
        return self.old.get(f"{prefix}-{re.sub(r'-(native|v[0-9]+|batch|ct)$', '', _bare(name))}", _NOTHING)

    def _detect(self, name: str, build: Build | None) -> dict[str, Any]:
        sibling = self._sibling(name).get("detect")
        if sibling:
            return {each: list(sibling[each]) for each in _DETECT}
        found = hosts(self.root / build.folder) if build and build.family != "airbyte-to-flow" else []
        return {each: found if each == "hosts" else [] for each in _DETECT}


def _vanished(old: dict[str, Any]) -> dict[str, Any]:
    """A connector that no source knows any more."""
    note = "No longer in Estuary's repositories."
    lifecycle = old["lifecycle"] if old["lifecycle"] in ("deprecated", "superseded") else "deprecated"
    notes = list(old.get("notes", []))
    listed = {"lifecycle": lifecycle, "notes": notes if note in notes else [*notes, note], "evidence": []}
    return {**old, **listed, "listed_in_docs_index": False, **({"published_by_ci": False} if old.get("image") else {})}


def _bare(name: str) -> str:
    return name.partition("-")[2]


def _titled(name: str) -> str:
    return _bare(name).replace("-", " ").title()


def _aliases(system: str) -> list[str]:
    return sorted({system, system.replace("-", " ")})


def _key(url: str | None) -> str:
    return (url or "").partition("/reference/Connectors/")[2].strip("/").lower()


def _repository(build: Build) -> str:
    return AIRBYTE if build.family == "airbyte-to-flow" else CONNECTORS


def _origin(build: Build | None, old: Mapping[str, Any]) -> str:
    if build is None:
        return str(old.get("origin") or "estuary-private-or-unlocated")
    if build.family == "airbyte-to-flow":
        return "airbyte-image"
    return "airbyte-code-in-estuary-cdk" if (build.family or "").endswith("shim") else "estuary"


def _protocol(kind: str, build: Build | None) -> dict[str, Any]:
    speaks_json = build is not None and build.family is not None and build.family != "estuary-go"
    codec = "json" if speaks_json else "see Dockerfile" if build else None
    return {"flow_runtime_protocol": "capture" if kind == "capture" else "materialize", "codec": codec}


def _evidence(build: Build | None, page: Page | None, row: Row | None) -> list[str]:
    found = []
    if build is not None:
        plain = "airbyte-repo" if build.family == "airbyte-to-flow" else "connectors-repo"
        found.append("connectors-repo-VARIANTS" if build.variant_of else plain)
    return [*found, *(["docs-index"] if row else []), *(["docs-page"] if page else [])]


def counts(connectors: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How many there are, and of which kinds."""

    def by(key: str) -> dict[str, int]:
        return dict(Counter(str(each.get(key)) for each in connectors).most_common())

    return {
        "total": len(connectors),
        "by_kind": by("kind"),
        "by_lifecycle": by("lifecycle"),
        "by_family": by("family"),
        "with_spec": sum(each.get("spec") is not None for each in connectors),
        "with_streams": sum(each.get("streams") is not None for each in connectors),
        "with_hosts": sum(bool(each["detect"]["hosts"]) for each in connectors),
        "listed_in_docs_index": sum(bool(each.get("listed_in_docs_index")) for each in connectors),
    }
