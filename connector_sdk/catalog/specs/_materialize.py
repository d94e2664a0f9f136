"""Materializations of a capture's collections, in flow.yaml beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connector_sdk.catalog.specs._destinations import Destination
from connector_sdk.catalog.specs._edit import Fresh, Text
from connector_sdk.catalog.specs._images import image_name, reference
from connector_sdk.catalog.specs._known import Catalog
from connector_sdk.catalog.specs._links import source_name
from connector_sdk.catalog.specs._skeleton import Skeleton
from connector_sdk.catalog.specs._work import SHORT, Work
from connector_sdk.errors import FlowSpecError

__all__ = ["materialize"]


def materialize(
    work: Work, flow: Fresh | Text, capture: str, destination: Destination, catalog: Catalog | None
) -> None:
    """A materialization of the capture's collections; one that is there gets those that it does not read yet."""
    data = flow.data
    there = data.get("materializations") or {}
    name = _materialization_name(work, there, destination)
    if name not in there:
        listed = catalog.get(destination.connector) if catalog is not None else None
        if listed is None:
            raise FlowSpecError(f"The catalog has no {destination.connector}.", hint="refresh the catalog's data")
        config = f"{destination.connector}/config.yaml"
        body = {"endpoint": {"connector": {"image": reference(listed), "config": config}}, "bindings": []}
        flow.add(("materializations",), {name: body}, SHORT)
        skeleton = Skeleton(dict(destination.config), {**destination.comments})
        work.add_config(config, skeleton, listed.title, listed.docs_url or "")
        if destination.note:
            work.tell(f"{destination.connector}: {destination.note}")
    read = [source_name(each.get("source")) for each in there.get(name, {}).get("bindings") or ()]
    new = []
    for binding in data["captures"][capture].get("bindings") or ():
        target = binding.get("target")
        if target and target not in read and binding.get("disable") is not True:
            new.append({"source": target, "resource": _resource(work, target, destination)})
    flow.add(("materializations", name, "bindings"), new, SHORT)


def _materialization_name(work: Work, there: Mapping[str, Any], destination: Destination) -> str:
    """The name of the materialization: the one of this destination that is there, or one beside the capture."""
    found = [
        name for name, body in there.items() if isinstance(body, dict) and image_name(body) == destination.connector
    ]
    return found[0] if len(found) == 1 else f"{work.prefix}{destination.connector}"


def _resource(work: Work, target: str, destination: Destination) -> dict[str, Any]:
    stream = target.rpartition("/")[2]
    table = target if destination.table == "path" else re.sub(r"\W+", "_", f"{work.wanted.system}_{stream}").lower()
    return {destination.table: table, **destination.resource}
