"""What flow init is to write: a connector, its streams, and the config that it asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connector_sdk.catalog.specs._images import reference
from connector_sdk.catalog.specs._known import Listed, SpecFacts
from connector_sdk.catalog.specs._plain import MISSING, at, parts
from connector_sdk.catalog.specs._skeleton import Skeleton, of_facts, of_schema

__all__ = ["Stream", "Wanted", "from_answers", "from_catalog", "safe_name"]


@dataclass(frozen=True)
class Stream:
    """A stream as discovery offers it. ``path`` is what identifies its resource, whatever else stands in it."""

    name: str
    path: tuple[str, ...]
    resource: Mapping[str, Any]
    key: tuple[str, ...]
    schema: Mapping[str, Any]
    disabled: bool = False


@dataclass(frozen=True)
class Wanted:
    """A capture to write. ``image`` is empty where none was named, and ``first`` the one that a new capture gets then;
    ``command`` starts the connector on this machine.

    ``streams`` is None where nobody knows them yet; ``left_out`` are told of, and not written. ``docs`` says where its
    config is explained, and ``official`` whether it is a connector of Estuary's.
    """

    name: str
    title: str
    image: str
    pointers: tuple[str, ...]
    streams: tuple[Stream, ...] | None
    config: Skeleton
    command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    first: str = ""
    docs: str = ""
    official: bool = False
    left_out: tuple[str, ...] = ()

    @property
    def system(self) -> str:
        """What is in the names of tables: the connector's name without its kind."""
        return safe_name(self.name.removeprefix("source-").removesuffix("-native")).replace("-", "_")

    def path_of(self, resource: Any) -> tuple[str, ...]:
        """What identifies a resource, as its pointers say."""
        found = (at(resource, parts(each)) for each in self.pointers)
        return tuple("" if each is MISSING or each is None else str(each) for each in found)


def safe_name(text: str) -> str:
    """A text as a part of a name in Flow: letters, digits, ``-``, ``_`` and ``.`` stay."""
    return re.sub(r"[^\w\-.]+", "_", text).strip("_") or "stream"


def from_answers(
    name: str,
    spec: Mapping[str, Any],
    bindings: Sequence[Mapping[str, Any]],
    *,
    image: str = "",
    first: str = "",
    command: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    docs: str = "",
) -> Wanted:
    """The capture of a connector that answered ``spec`` and ``discover``; ``docs``: where its config is explained.

    ``first`` is the image of a capture that is not there yet, where ``image`` names none.
    """
    schema = spec["configSchema"]
    wanted = Wanted(
        name,
        str(schema.get("title") or name),
        image,
        tuple(spec["resourcePathPointers"]),
        None,
        of_schema(schema),
        tuple(command),
        dict(env or {}),
        first,
        docs,
    )
    streams = [
        Stream(
            each["recommendedName"],
            wanted.path_of(each["resourceConfig"]),
            each["resourceConfig"],
            tuple(each.get("key") or ()),
            each["documentSchema"] if isinstance(each["documentSchema"], Mapping) else {},
            bool(each.get("disable")),
        )
        for each in bindings
    ]
    return _with(wanted, streams)


def _with(wanted: Wanted, streams: Sequence[Stream]) -> Wanted:
    keyed = tuple(each for each in streams if each.key)
    return replace(wanted, streams=keyed, left_out=tuple(each.name for each in streams if not each.key))


def from_catalog(listed: Listed, image: str = "") -> Wanted:
    """The capture of a connector of Estuary's catalog: its streams and their keys, as far as the catalog has them."""
    spec = listed.spec or SpecFacts()
    config = of_facts(spec)
    if listed.auth_kinds:
        kinds = ", ".join(listed.auth_kinds)
        config.notes.append(f"Ways to log in: {kinds}. Of the fields of credentials keep those of yours.")
    if listed.spec is None:
        config.notes.append("The catalog does not know what it needs: flowctl raw spec tells.")
    wanted = Wanted(
        listed.name,
        listed.title,
        image or reference(listed),
        tuple(spec.resource_path_pointers),
        None,
        config,
        docs=listed.docs_url or "",
        official=True,
    )
    resources = [(each, _resource(each.name, spec)) for each in listed.streams or ()]
    if not resources or any(resource is None for _, resource in resources):
        return wanted
    return _with(
        wanted,
        [
            Stream(each.name, wanted.path_of(resource), resource or {}, each.key or (), _schema(each.key or ()))
            for each, resource in resources
        ],
    )


def _resource(stream: str, spec: SpecFacts) -> dict[str, Any] | None:
    """The resource of a stream, in the two forms that Estuary's API connectors have; None for another."""
    if set(spec.resource_required) == {"name"}:
        return {"name": stream}
    if set(spec.resource_required) == {"stream", "syncMode"}:
        return {"stream": stream, "syncMode": "incremental"}
    return None


def _schema(key: tuple[str, ...]) -> dict[str, Any]:
    """What is certain of documents of which only the key is known; the rest is inferred."""
    schema: dict[str, Any] = {"type": "object", "x-infer-schema": True}
    for place in key:
        here = schema
        steps = parts(place)
        for step in steps:
            if step not in here.setdefault("required", []):
                here["required"].append(step)
            here = here.setdefault("properties", {}).setdefault(step, {"type": "object"})
        here["type"] = "integer" if steps == ("_meta", "row_id") else ["string", "integer"]
    return schema
