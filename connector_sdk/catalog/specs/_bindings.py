"""A capture's bindings and collections: streams that have none get them, and all others stay."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connector_sdk.catalog.specs._edit import Fresh, Text
from connector_sdk.catalog.specs._tree import Tree
from connector_sdk.catalog.specs._wanted import Stream, safe_name
from connector_sdk.catalog.specs._work import SHORT, Work
from connector_sdk.errors import FlowSpecError

__all__ = ["Bound", "bind", "collect", "named"]

_INFERRED = {"allOf": [{"$ref": "flow://write-schema"}, {"$ref": "flow://inferred-schema"}]}

Bound = list[tuple[Stream, str]]
"""Streams, each with the collection that it goes to."""


def bind(
    work: Work,
    flow: Fresh | Text,
    name: str,
    captures: Mapping[str, Any],
    named: Callable[[Work, Stream], dict[str, Any]],
) -> Bound:
    """Each stream with the collection that it goes to; those that have no binding yet get one, made by ``named``.

    Raises FlowSpecError where another capture fills the collection.
    """
    capture = captures[name]
    there = capture.get("bindings") or []
    targets = {work.wanted.path_of(each.get("resource")): each for each in there if isinstance(each, dict)}
    taken = {
        each.get("target"): other
        for other, body in captures.items()
        for each in (body.get("bindings") or [] if isinstance(body, dict) else [])
        if isinstance(each, dict)
    }
    streams = work.wanted.streams or ()
    found: Bound = []
    new: list[dict[str, Any]] = []
    for stream in streams:
        if stream.path in targets:
            found.append((stream, str(targets[stream.path].get("target") or "")))
            continue
        binding = named(work, stream)
        target = binding["target"]
        if target in taken:
            raise FlowSpecError(
                f"{target} is filled by {taken[target]} already.", hint="give this capture a --prefix of its own"
            )
        taken[target] = name
        new.append(binding)
        found.append((stream, target))
    flow.add(("captures", name, "bindings"), new, SHORT)
    if flow.path == work.flow:
        work.done.told += [f"{each['target']} is new" for each in new if there]
        _vanished(work, streams, targets)
    return found


def named(work: Work, stream: Stream) -> dict[str, Any]:
    """The binding of a stream that is new."""
    binding: dict[str, Any] = {"resource": dict(stream.resource), "target": work.prefix + safe_name(stream.name)}
    return {**binding, "disable": True} if stream.disabled else binding


def _vanished(work: Work, streams: Sequence[Stream], targets: Mapping[Any, Mapping[str, Any]]) -> None:
    if work.wanted.streams is None:
        return
    offered = {each.path for each in streams}
    for path, binding in targets.items():
        if path not in offered:
            off = " (it is disabled already)" if binding.get("disable") is True else ""
            work.tell(
                f"{'/'.join(path)} is not offered any more{off}; its binding to "
                f"{binding.get('target')} stays until you disable or remove it"
            )


def collect(work: Work, flow: Fresh | Text, bound: Bound, tree: Tree) -> None:
    """The collections that bindings go to and that are nowhere yet."""
    there = (flow.data or {}).get("collections") or {}
    imported = tree.defined("collections")
    new: dict[str, Any] = {}
    for stream, target in bound:
        body = there.get(target) or (imported[target][1] if target in imported else None)
        if body is None and target:
            new[target] = _collection(work, stream)
        elif isinstance(body, dict) and body.get("key") not in (None, list(stream.key)):
            work.tell(
                f"{target} has the key {', '.join(map(str, body['key']))}; {stream.name} is offered with "
                f"{', '.join(stream.key)}: Flow changes the key of a collection only by a reset"
            )
    flow.add(("collections",), new, SHORT)


def _collection(work: Work, stream: Stream) -> dict[str, Any]:
    file = work.schema(stream)
    if stream.schema.get("x-infer-schema"):
        return {"writeSchema": file, "readSchema": _INFERRED, "key": list(stream.key)}
    return {"schema": file, "key": list(stream.key)}
