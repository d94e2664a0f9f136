"""The states of a request: which follow which, and who has to do what next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["DECIDED", "ENDED", "STATES", "State", "reached", "route"]

StateName = Literal[
    "draft",
    "checked",
    "closed-use-existing",
    "rejected",
    "approved",
    "building",
    "candidate",
    "submitted",
    "registered",
    "retired",
]


@dataclass(frozen=True)
class State:
    """One state; ``then`` are those that may follow it, ``waits_for`` is who has to act, ``to_do`` is what."""

    name: str
    means: str
    then: tuple[str, ...]
    waits_for: Literal["requester", "reviewer", "owner", "Estuary", ""] = ""
    to_do: str = ""


_ALL = (
    State("draft", "written, not compared with the catalog", ("checked", "retired"), "requester", "request check"),
    State(
        "checked",
        "compared with the catalog, not decided",
        ("checked", "approved", "rejected", "closed-use-existing", "retired"),
        "reviewer",
        "request decide",
    ),
    State("closed-use-existing", "a connector that is there is to be used", ()),
    State("rejected", "not to be built", ()),
    State(
        "approved",
        "to be built; nothing is begun",
        ("approved", "building", "retired"),
        "owner",
        "request move ID building",
    ),
    State(
        "building",
        "the connector has a folder and an entry",
        ("building", "candidate", "retired"),
        "owner",
        "build it, then request move ID candidate",
    ),
    State(
        "candidate",
        "it conforms, and its image is recorded",
        ("candidate", "building", "submitted", "retired"),
        "owner",
        "entry pack, send it, then request move ID submitted",
    ),
    State(
        "submitted",
        "Estuary has its registration pack",
        ("submitted", "building", "registered", "retired"),
        "Estuary",
        "when Estuary has added the image: request move ID registered",
    ),
    State("registered", "Estuary runs it", ("registered", "retired")),
    State("retired", "no longer wanted, or replaced", ()),
)

STATES: dict[str, State] = {each.name: each for each in _ALL}
"""Every state by its name, in the order of the path."""

DECIDED: dict[str, str] = {"approved": "approve", "rejected": "reject", "closed-use-existing": "use-existing"}
"""The states that a decision leads to, each with the decision's answer."""

ENDED = frozenset(each.name for each in _ALL if not each.then)
"""The states that nothing follows."""

_APPROVED = ("approved", "building", "candidate", "submitted", "registered")


def reached(state: str, goal: str) -> bool:
    """Whether a request in ``state`` is at ``goal`` or past it, on the path of what is approved."""
    return state in _APPROVED and goal in _APPROVED and _APPROVED.index(state) >= _APPROVED.index(goal)


def route(start: str, goal: str) -> list[str]:
    """The shortest way between two states, without ``start``; empty where there is none."""
    ways, seen = [[start]], {start}
    while ways:
        way = ways.pop(0)
        for name in STATES[way[-1]].then:
            if name == goal:
                return [*way[1:], name]
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []
