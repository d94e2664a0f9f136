"""Which images the two repositories publish, by their CI: the matrices of workflows, VERSION, VARIANTS, Dockerfiles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector_sdk.catalog._files import read
from connector_sdk.errors import CatalogDataError

__all__ = ["Build", "airbyte_builds", "connector_builds"]

_NAME = re.compile(r"(source|materialize)-[a-z0-9]+(-[a-z0-9]+)*")
_UPSTREAM = re.compile(r"^FROM\s+(?:--\S+\s+)?(airbyte/[\w./-]+:[\w.-]+)", re.MULTILINE)
_VERSION = re.compile(r"io\.airbyte\.version\s*=\s*\"?(v\d+)")
_SHIM = "shim_airbyte_cdk"


@dataclass(frozen=True)
class Build:
    """An image that is published: by which family of code, from which folder, under which tag."""

    name: str
    family: str | None
    folder: str
    tag: str | None = None
    version_file: str | None = None
    variant_of: str | None = None
    upstream_image: str | None = None
    usage_rate: float | None = None


def connector_builds(root: Path) -> dict[str, Build]:
    """What estuary/connectors publishes, variants included. Raises CatalogDataError where no workflow names any."""
    found: dict[str, Build] = {}
    for each in _listed(root):
        name = each["name"]
        folder = root / name
        version = _line(folder / "VERSION")
        found[name] = Build(
            name,
            _family(folder),
            name,
            tag=_text(each.get("version")) or version,
            version_file=version,
            usage_rate=_number(each.get("usage_rate")),
            variant_of=_text(each.get("base")),
        )
        listed = _text(each.get("variants")) or _lines(folder / "VARIANTS")
        for variant in listed.split():
            if _NAME.fullmatch(variant) and variant != name:
                found.setdefault(
                    variant, Build(variant, found[name].family, name, tag=found[name].tag, variant_of=name)
                )
    if not found:
        raise CatalogDataError(
            f"No workflow in {root / '.github'} names a connector that it builds.",
            hint="is it a whole checkout of estuary/connectors? Its layout may have changed: then tell us",
        )
    return {name: _based(each, found) for name, each in found.items()}


def _based(each: Build, all_of_them: Mapping[str, Build]) -> Build:
    """A variant that a workflow lists by itself is made of its base's code."""
    base = all_of_them.get(each.variant_of or "")
    if base is None or each.folder == base.folder:
        return each
    return Build(each.name, base.family, base.folder, tag=each.tag or base.tag, variant_of=base.name)


def airbyte_builds(root: Path) -> dict[str, Build]:
    """What estuary/airbyte publishes: images of Airbyte's, wrapped."""
    found = {}
    for each in _listed(root):
        name = each["name"]
        folder = f"airbyte-integrations/connectors/{name}"
        recipe = _lines(root / folder / "Dockerfile")
        upstream, version = _UPSTREAM.findall(recipe), _VERSION.search(recipe)
        found[name] = Build(
            name,
            "airbyte-to-flow",
            folder,
            tag=version[1] if version else None,
            upstream_image=upstream[-1] if upstream else None,
        )
    return found


def _listed(root: Path) -> Iterator[dict[str, Any]]:
    """The connectors that workflows build: plain names, or maps with a version; and the variants among them."""
    folder = root / ".github"
    for path in sorted([*folder.glob("*.y*ml"), *folder.glob("workflows/*.y*ml")]):
        for each in _rows(read(path, CatalogDataError).data):
            name = each if isinstance(each, str) else each.get("name") or each.get("tag") or each.get("connector")
            if isinstance(name, str) and _NAME.fullmatch(name):
                yield {**(each if isinstance(each, Mapping) else {}), "name": name}


def _rows(data: Any) -> Iterator[Any]:
    """The rows of all matrices of a workflow; of a list that a workflow reads, its own."""
    if isinstance(data, list):
        yield from (each for each in data if isinstance(each, str | Mapping))
    jobs = data.get("jobs") if isinstance(data, Mapping) else None
    for job in jobs.values() if isinstance(jobs, Mapping) else ():
        strategy = job.get("strategy") if isinstance(job, Mapping) else None
        matrix = strategy.get("matrix") if isinstance(strategy, Mapping) else None
        for rows in matrix.values() if isinstance(matrix, Mapping) else ():
            if isinstance(rows, list):
                yield from (each for each in rows if isinstance(each, str | Mapping))


def _family(folder: Path) -> str | None:
    if (folder / "pyproject.toml").is_file():
        shim = any(_SHIM in _lines(each) for each in folder.glob("source_*/**/*.py"))
        return "estuary-cdk-python+airbyte-cdk-shim" if shim else "estuary-cdk-python"
    if (folder / "Cargo.toml").is_file():
        return "estuary-rust"
    return "estuary-go" if any(folder.glob("**/*.go")) else None


def _lines(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""


def _line(path: Path) -> str | None:
    return _lines(path).strip() or None


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str) and value else None


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
