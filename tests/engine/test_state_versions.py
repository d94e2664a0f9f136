"""States that earlier versions wrote are read on; a layout that changes without a migration does not pass.

``states/v1.json`` holds states of the forest, as they were after a kill at some byte. A new layout has a new
``VERSION``, a migration, and a file of its own: ``python -m tests.engine.test_state_versions`` writes it.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.engine.state import VERSION
from connector_sdk.testing.flow import Collections, Kill

FOLDER = Path(__file__).parent / "states"
STREAMS = [
    "folders",
    "files",
    "notes",
    "comments",
    "sizes",
    "tasks",
    "contacts",
    "orders",
    "parts",
    "entries",
    "leaves",
]
KILLS = (6_000, 14_000, 22_000, 40_000, None)
NAMED = {"v": "", "by": "", "start": "", "n": "", "tail": "*", "fill": "*", "settled": "*", "sweep": "*", "open": "*",
         "w": "*", "token": "*", "full": "*", "seen": "***", "held": "**", "rows": "**", "followed": "**",
         "listed": "**", "due": "*", "blocks": "*", "gone": "*"}  # fmt: skip
"""By kind, how many levels below it have names that depend on the source."""

RARE = {"followed/*/*: str", "listed/*/*: str", "gone/*: int", "n: int", "blocks/*: str"}
"""Places that not every run of the forest reaches."""


def shape(state: dict[str, Any]) -> set[str]:
    """A state's layout: every place with its type, whatever the source's own names are."""
    return {
        each for kind, value in state.items() for each in _places(kind, value, NAMED.get(kind.partition(".")[0], ""))
    }


def _places(at: str, value: Any, free: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at}: {type(value).__name__}"
        return
    for name, inner in value.items():
        named = free[:1] or ("*" if at.endswith("/parts") else name)
        yield from _places(f"{at}/{named}", inner, free[1:])


def states_of(forest: Any) -> list[dict[str, Any]]:
    """States of a capture of the forest, killed here and there while it changes."""
    draw, fresh, found = random.Random(3), iter(range(1000, 9000)), []
    capture, state = forest.capture(*STREAMS), None
    for kill in KILLS:
        for _ in range(20):
            forest.disturb(draw, fresh)
        session = forest.player().run(capture, state, kill=Kill.byte(kill) if kill else None)
        state = session.state
        found.append(state)
        forest.jump(9)
    return found


def recorded() -> list[Path]:
    return sorted(FOLDER.glob("v*.json"))


@pytest.mark.parametrize("file", recorded(), ids=lambda file: file.stem)
def test_states_of_every_version_are_read_on(forest: Any, file: Path) -> None:
    forest.jump(9 * len(KILLS))  # none of them is from the future
    capture = forest.capture(*STREAMS)
    whole = sum(forest.player().run(capture).documents.values())
    for state in json.loads(file.read_text("utf-8"))["states"]:
        session = forest.player().run(capture, state, into=Collections())
        assert session.exit_code == 0, session.error
        assert not [log.message for log in session.logs if "starts over" in log.message]
        assert sum(session.documents.values()) < whole, "nothing of it was used"


def test_the_layout_is_the_one_that_is_recorded(forest: Any) -> None:
    newest = json.loads((FOLDER / f"v{VERSION}.json").read_text("utf-8"))
    found: set[str] = set()
    for state in states_of(forest):
        for binding in state["bindingStateV1"].values():
            found |= shape(binding)
    new = found - set(newest["shape"])
    assert not new, (
        "the layout of the state has changed: if a state without this is read as before, record it anew; if not, raise "
        f"VERSION and write a migration: {sorted(new)}"
    )


def write() -> None:
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from tests.engine.conftest import Forest

    forest = Forest()
    forest.fill(random.Random(1))
    with forest.api:
        states = states_of(forest)
    known = set().union(*(shape(each) for state in states for each in state["bindingStateV1"].values()))
    known |= RARE
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps({"version": VERSION, "shape": sorted(known), "states": states}, indent=1)
    (FOLDER / f"v{VERSION}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    write()
