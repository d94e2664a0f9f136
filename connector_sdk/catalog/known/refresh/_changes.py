"""What is different between two catalogs, as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Change", "changes"]

_VANISHED = "No longer in Estuary's repositories."


@dataclass(frozen=True)
class Change:
    """One difference: ``what`` is added, removed, deprecated, returned, streams, tag, config, login, details, or
    review, of a note that may be out of date."""

    what: str
    name: str
    told: str

    def as_json(self) -> dict[str, str]:
        """The change as it stands in the output of ``--json``."""
        return {"what": self.what, "name": self.name, "told": self.told}


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The differences, those first that matter most to somebody who uses the catalog."""
    old = {each["name"]: each for each in before["connectors"]}
    new = {each["name"]: each for each in after["connectors"]}
    found = [Change("added", name, _added(each)) for name, each in new.items() if name not in old]
    found += [Change("removed", name, "it is not listed any more") for name in old if name not in new]
    for name, each in new.items():
        if name in old and old[name] != each:
            found += _differences(name, old[name], each)
    order = ("added", "removed", "deprecated", "returned", "streams", "tag", "config", "login", "details", "review")
    return sorted(found, key=lambda each: (order.index(each.what), each.name))


def _added(each: Mapping[str, Any]) -> str:
    streams = f", {len(each['streams'])} streams" if each.get("streams") else ""
    return f"{each['title']}, {each['kind']}, {each['lifecycle']}{streams}"


def _differences(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    told = [*_state(name, old, new), *_streams(name, old, new), *_spec(name, old, new)]
    if old.get("tag") != new.get("tag"):
        told.append(Change("tag", name, f"{old.get('tag')} -> {new.get('tag')}"))
    if set(old.get("auth_kinds") or ()) != set(new.get("auth_kinds") or ()):
        told.append(Change("login", name, _listing(new.get("auth_kinds") or ["none"])))
    yield from told
    if any(each.what in ("streams", "config", "login") for each in told) and new.get("notes"):
        yield Change("review", name, f"a note was written before this: {' '.join(new['notes'])}")
    if not told:
        fields = [each for each in {**old, **new} if old.get(each) != new.get(each)]
        yield Change("details", name, _listing(fields))


def _state(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    was, now = old["lifecycle"], new["lifecycle"]
    out = ("deprecated", "superseded")
    instead = f"; {new['replaced_by']} took its place" if new.get("replaced_by") else ""
    if _VANISHED in new.get("notes", ()) and _VANISHED not in old.get("notes", ()):
        yield Change("removed", name, f"no source knows it any more; it stays listed as {now}{instead}")
    elif was != now:
        what = "deprecated" if now in out else "returned" if was in out else "details"
        yield Change(what, name, f"{was} -> {now}{instead if now in out else ''}")
    elif old.get("replaced_by") != new.get("replaced_by"):
        yield Change("details", name, f"replaced by {new.get('replaced_by')}")


def _streams(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    had = {each["name"]: each.get("key") for each in old.get("streams") or ()}
    has = {each["name"]: each.get("key") for each in new.get("streams") or ()}
    told = []
    for word, names in (
        ("new", [each for each in has if each not in had]),
        ("gone", [each for each in had if each not in has]),
        ("another key", [each for each in has if each in had and has[each] != had[each]]),
    ):
        if names:
            told.append(f"{word}: {_listing(names)}")
    if told:
        yield Change("streams", name, "; ".join(told))


def _spec(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    had, has = old.get("spec") or {}, new.get("spec") or {}
    told = []
    for key, label in (
        ("required", "required"),
        ("properties", "fields"),
        ("secret_pointers", "secrets"),
        ("resource_required", "required of a resource"),
        ("resource_properties", "fields of a resource"),
        ("resource_path_pointers", "path of a resource"),
    ):
        more = [each for each in has.get(key) or () if each not in (had.get(key) or ())]
        less = [each for each in had.get(key) or () if each not in (has.get(key) or ())]
        if more or less:
            told.append(f"{label}: {' '.join([*(f'+{each}' for each in more), *(f'-{each}' for each in less)])}")
    if told:
        yield Change("config", name, "; ".join(told))


def _listing(names: Sequence[str], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
