"""Our own connectors, as their catalog entries tell of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connector_sdk.catalog._files import read
from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.known._listed import Detect, Listed, ListedStream
from connector_sdk.errors import EntryError

__all__ = ["read_ours"]


def read_ours(repository: Repository) -> tuple[Listed, ...]:
    """The entries of a repository as the catalog lists connectors. An entry that lacks something is listed with what it
    has: whether it is whole, ``entry validate`` says. Raises EntryError where a file cannot be read as YAML."""
    files = sorted(repository.entries.glob("*.yaml")) if repository.entries.is_dir() else []
    return tuple(_listed(path) for path in files if path.is_file())


def _listed(path: Path) -> Listed:
    data = read(path, EntryError).data
    metadata, spec, generated = (_map(data, each) for each in ("metadata", "spec", "generated"))
    system, deprecation, estuary = (_map(spec, each) for each in ("system", "deprecation", "estuary"))
    name = _text(metadata.get("name")) or path.stem
    bare = name.removeprefix("source-")
    packages = _texts(system.get("packages"))
    streams = generated.get("streams")
    return Listed(
        name=name,
        kind="capture",
        title=_text(metadata.get("title")) or bare.replace("-", " ").title(),
        system=bare,
        image=_text(_map(spec, "image").get("repository")) or None,
        tag=_text(estuary.get("tag")) or None,
        lifecycle=_text(metadata.get("lifecycle")) or "building",
        replaced_by=_text(deprecation.get("replacedBy")) or None,
        origin="ours",
        family="ours",
        auth_kinds=_kinds(generated.get("auth")),
        streams=tuple(_stream(each) for each in streams) if isinstance(streams, list) else None,
        aliases=tuple(dict.fromkeys([*_texts(metadata.get("aliases")), *_texts([system.get("vendor")])])),
        detect=Detect(
            hosts=_texts(system.get("hosts")),
            python_packages=packages,
            npm_packages=packages,
        ),
        licence=_text(spec.get("licence")) or None,
        registered=estuary.get("registered") is True,
        request=_text(metadata.get("request")) or None,
        ours=True,
    )


def _stream(each: Any) -> ListedStream:
    told = each if isinstance(each, Mapping) else {"name": each}
    key, deletes = told.get("key"), told.get("deletes")
    return ListedStream(
        name=_text(told.get("name")),
        key=_texts(key) if isinstance(key, list) else None,
        deletes="" if deletes in (False, "", "none", "no", "not captured") else _text(deletes) or None,
        interval=_text(told.get("defaultInterval")) or None,
    )


def _kinds(auth: Any) -> tuple[str, ...] | None:
    """The logins; an entry writes each as its title, or as a map that has one."""
    if not isinstance(auth, list):
        return None
    return _texts([each.get("title") or each.get("kind") if isinstance(each, Mapping) else each for each in auth])


def _map(data: Any, key: str) -> Mapping[str, Any]:
    found = data.get(key) if isinstance(data, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _text(value: Any) -> str:
    return "yes" if value is True else str(value) if isinstance(value, str | int) and value is not False else ""


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(each for each in map(_text, values) if each) if isinstance(values, list) else ()
