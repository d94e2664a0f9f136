"""Whether a specification has Flow's shape: names, what must be there, what may."""

from __future__ import annotations

import functools
import json
from importlib import resources

from connector_sdk.catalog.specs._misfits import Fitting, Misfit
from connector_sdk.catalog.specs._report import Report, Source

__all__ = ["check_shape"]

_NAME = "letters, digits, - _ and . in parts parted by /"
_HINTS = {
    ("pattern", "key"): "a key is a list of JSON pointers such as /id",
    ("pattern", "interval"): "write a number and s, m, h or d, such as 5m",
    ("pattern", "target"): f"a name has {_NAME}",
    ("pattern", "source"): f"a name has {_NAME}",
    ("required", "key"): "name what identifies a document: key: [/id]",
    ("required", "schema"): "give a JSON Schema, or the name of a file that holds one, as schema:",
    ("required", "bindings"): "bindings: [] is allowed for a start; flowctl raw discover fills it",
    ("required", "endpoint"): "endpoint: {connector: {image, config}}",
}


@functools.cache
def _shape() -> Fitting:
    place = resources.files("connector_sdk.catalog").joinpath("data/flow-spec-shape.schema.json")
    text = place.read_text("utf-8").replace(r"\\w", r"\\p{L}\\p{N}_")  # names may be written in any alphabet
    return Fitting(json.loads(text))


def check_shape(source: Source, report: Report) -> None:
    """Tell what does not have the shape of a specification; places that other rules explain are left to them."""
    for misfit in _shape().misfits(source.data):
        if not _explained(misfit):
            thing, hint = _words(misfit)
            report.add("flow-shape", "error", source, misfit.where, f"{thing} {misfit.says}.", hint)


def _explained(misfit: Misfit) -> bool:
    """Whether a rule of its own says it better: what fills a collection, and its key."""
    if len(misfit.where) < 2 or misfit.where[0] != "collections":
        return False
    inside = (misfit.where[2:] or (misfit.name,))[0]
    return inside in ("source", "destination") or (inside == "key" and misfit.keyword in ("required", "minItems"))


def _words(misfit: Misfit) -> tuple[str, str]:
    where = misfit.where
    subject = where[:-1] if misfit.keyword == "additionalProperties" else where
    thing = ".".join(map(str, subject)) or "The file"
    if misfit.keyword == "additionalProperties" and len(where) == 2 and where[0] in ("captures", "collections"):
        return thing, f"a name has {_NAME}"
    last = misfit.name or next((str(each) for each in reversed(where) if isinstance(each, str)), "")
    return thing, misfit.hint or _HINTS.get((misfit.keyword, last), "")
