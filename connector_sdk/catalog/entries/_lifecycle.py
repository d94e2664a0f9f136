"""The states of an entry, what each of them needs, and which follow each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connector_sdk.catalog.entries._entry import Entry

__all__ = ["STATES", "lacking", "transition_problem"]

STATES = ("requested", "approved", "building", "candidate", "registered", "deprecated", "retired")
_ROAD = STATES[:4]  # may be taken in one go: what is needed is looked at, whoever hurries
_NEXT = {
    "building": {"building", "candidate", "retired"},
    "candidate": {"candidate", "building", "registered", "retired"},
    "registered": {"registered", "deprecated"},
    "deprecated": {"deprecated", "registered", "retired"},
    "retired": {"retired"},
}


def transition_problem(before: str, after: str) -> str:
    """Why an entry cannot go from one state to the other; empty where it can. ``before`` is empty for a new entry."""
    if before in ("", *_ROAD[:2]):
        allowed = set(_ROAD) | ({"retired"} if before else set())
        first = "an entry begins" if not before else f"an entry that is {before} goes on"
        return "" if after in allowed else f"{first} as {', '.join(_ROAD)}, not as {after}"
    if after in _NEXT.get(before, set(STATES)):
        return ""
    options = ", ".join(each for each in STATES if each in _NEXT[before] and each != before)
    return f"an entry that is {before} can become {options or 'nothing else'}, not {after}"


def lacking(entry: Entry, definition: str) -> Iterator[str]:
    """What the entry's state needs and it does not have; one sentence each. ``definition`` is the connector's hash as
    it is now, empty where there is no connector."""
    state = entry.lifecycle
    if state in ("candidate", "registered"):
        yield from _unproved(entry.generated, definition)
        if not entry.at("spec", "data"):
            yield "spec.data does not say what kind of data it is"
        if not entry.at("spec", "support"):
            yield "spec.support does not say who helps its users"
    registered = entry.at("spec", "estuary", "registered") is True
    if state in ("registered", "deprecated") and not registered:
        yield "spec.estuary.registered is not true: Estuary has not added the image"
    if registered and state not in ("registered", "deprecated", "retired"):
        yield f"spec.estuary.registered is true, and an entry that is {state} is not registered"
    if registered:
        for name in ("registeredOn", "reference", "tag"):
            if not entry.at("spec", "estuary", name):
                yield f"spec.estuary has no {name}, which a registered image has"
        if not entry.image:
            yield "spec.image.repository does not say under which name it is registered"
    if state == "deprecated" and not entry.at("spec", "deprecation"):
        yield "spec.deprecation does not say why, and what takes its place"


def _unproved(generated: Mapping[str, Any], definition: str) -> Iterator[str]:
    proof, image = generated.get("conformance"), generated.get("image")
    if not isinstance(proof, Mapping):
        yield "no conformance report was noted (entry sync --report, or --prove)"
    else:
        if not proof.get("whole"):
            yield "its conformance report is of a part of the kit only"
        if proof.get("failed") or not proof.get("passed"):
            yield f"its conformance report has {proof.get('failed')} checks that failed"
        if proof.get("definitionHash") != definition:
            yield "its conformance report is of another definition than the connector has now"
    if not isinstance(image, Mapping):
        yield "no image was noted (entry sync --image)"
    elif image.get("definitionHash") != definition:
        yield "its image was built from another definition than the connector has now"
