"""The catalog from its file: the one that comes with the SDK, or one that was made later."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from connector_sdk.catalog.known._listed import Catalog, Detect, Listed, ListedStream, SpecFacts
from connector_sdk.errors import CatalogDataError

__all__ = ["SCHEMA_VERSION", "load", "raw"]

SCHEMA_VERSION = 1
_SHIPPED = "estuary-catalog.json"
_AGAIN = "make it anew with connector-sdk catalog refresh, or leave --data out for the one that comes with the SDK"


def load(path: Path | None = None) -> Catalog:
    """The catalog in a file; without one, the catalog that comes with the SDK.

    Raises CatalogDataError where the file cannot be read, is no such catalog, was cut off, or is of a newer version.
    """
    return _shipped() if path is None else _catalog(raw(path), path.name)


@cache
def _shipped() -> Catalog:
    return _catalog(raw(None), _SHIPPED)


def raw(path: Path | None = None) -> dict[str, Any]:
    """The same as it stands in the file, for what makes a new one of it. Raises CatalogDataError as ``load`` does."""
    try:
        if path is None:
            text = (resources.files("connector_sdk.catalog") / "data" / _SHIPPED).read_text("utf-8")
        else:
            text = path.read_text("utf-8")
    except OSError as wrong:
        raise CatalogDataError(f"{path} cannot be read: {wrong.strerror}.", hint=_AGAIN) from None
    except UnicodeDecodeError:
        raise CatalogDataError(f"{path} is not UTF-8 text.", hint=_AGAIN) from None
    name = _SHIPPED if path is None else path.name
    try:
        found = json.loads(text)
    except json.JSONDecodeError as wrong:
        begun, ended = text.lstrip()[:1], text.rstrip()[-1:]
        what = "was cut off" if begun == "{" and ended != "}" else "is not JSON"
        raise CatalogDataError(f"{name} {what}, at line {wrong.lineno}.", hint=_AGAIN) from None
    except RecursionError:
        raise CatalogDataError(f"{name} is no catalog: it is nested too deep.", hint=_AGAIN) from None
    if not isinstance(found, dict) or "schema_version" not in found:
        raise CatalogDataError(f"{name} is no catalog of connectors: it has no schema_version.", hint=_AGAIN)
    version = found["schema_version"]
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise CatalogDataError(f"{name} has a schema_version that is no number of one: {version!r}.", hint=_AGAIN)
    if version > SCHEMA_VERSION:
        raise CatalogDataError(
            f"{name} has version {version}; this SDK reads version {SCHEMA_VERSION}.",
            hint="upgrade the SDK, from where it was installed",
        )
    if not isinstance(found.get("connectors"), list) or not found["connectors"]:
        raise CatalogDataError(f"{name} is no catalog of connectors: it lists none.", hint=_AGAIN)
    return found


def _catalog(found: Mapping[str, Any], name: str) -> Catalog:
    listed: dict[str, Listed] = {}
    for number, each in enumerate(found["connectors"]):
        try:
            one = _listed(each)
        except (KeyError, TypeError, ValueError, AttributeError) as wrong:
            told = each.get("name") if isinstance(each, dict) else None
            where = f"of {told}" if isinstance(told, str) else f"number {number}"
            what = f"has no {wrong}" if isinstance(wrong, KeyError) else f"cannot be read ({wrong})"
            raise CatalogDataError(f"{name}: the entry {where} {what}.", hint=_AGAIN) from None
        if one.name in listed:
            raise CatalogDataError(f"{name} lists {one.name} twice.", hint=_AGAIN)
        listed[one.name] = one
    built = str(found.get("built", ""))
    content = json.dumps(found["connectors"], sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    return Catalog(
        version=f"{built}+sha256:{hashlib.sha256(content).hexdigest()[:8]}",
        built=built,
        provenance=tuple(found.get("provenance") or ()),
        connectors=tuple(listed.values()),
    )


def _listed(each: Mapping[str, Any]) -> Listed:
    if each["kind"] not in ("capture", "materialization"):
        raise ValueError(f"its kind is {each['kind']!r}")
    return Listed(
        name=_text(each["name"]),
        kind=each["kind"],
        title=_text(each["title"]),
        system=_text(each["system"]),
        image=each.get("image"),
        tag=each.get("tag"),
        lifecycle=_text(each["lifecycle"]),
        replaced_by=each.get("replaced_by"),
        origin=each.get("origin"),
        family=each.get("family"),
        variant_of=each.get("variant_of"),
        docs_url=each.get("docs_url"),
        auth_kinds=_optional(each.get("auth_kinds")),
        spec=_spec(each.get("spec")),
        streams=_streams(each.get("streams")),
        streams_source=each.get("streams_source"),
        aliases=_tuple(each.get("aliases")),
        detect=_detect(each.get("detect") or {}),
        notes=_tuple(each.get("notes")),
        last_code_change=each.get("last_code_change"),
        upstream_image=each.get("upstream_image"),
    )


def _detect(found: Mapping[str, Any]) -> Detect:
    return Detect(**{name: _tuple(found.get(name)) for name in Detect.__dataclass_fields__})


def _spec(found: Mapping[str, Any] | None) -> SpecFacts | None:
    if found is None:
        return None
    lists = ("required", "properties", "secret_pointers")
    resources = ("resource_properties", "resource_required", "resource_path_pointers")
    return SpecFacts(
        **{name: _tuple(found.get(name)) for name in (*lists, *resources)},
        oauth2=bool(found.get("oauth2")),
        documentation_url=found.get("documentation_url"),
    )


def _streams(found: Any) -> tuple[ListedStream, ...] | None:
    if found is None:
        return None
    return tuple(ListedStream(_text(each["name"]), _optional(each.get("key"))) for each in found)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _tuple(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return tuple(_text(each) for each in value)


def _optional(value: Any) -> tuple[str, ...] | None:
    return None if value is None else _tuple(value)
