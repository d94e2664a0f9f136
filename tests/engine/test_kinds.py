"""Every kind of stream through the real process: the collection equals the source once it is quiet."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from connector_sdk.testing.flow import Collections

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


def captured(rows: Collections, stream: str) -> dict[Any, Any]:
    found = rows[stream].committed
    return {
        key[0] if len(key) == 1 else key: {k: v for k, v in doc.items() if k != "_meta"} for key, doc in found.items()
    }


def keep(doc: Any) -> Any:
    return doc


@pytest.mark.parametrize("stream", STREAMS)
def test_a_first_capture_holds_everything_and_a_second_sends_nothing(forest: Any, stream: str) -> None:
    forest.fill(random.Random(7))
    capture, rows = forest.capture(stream), Collections(keep=keep)
    first = forest.player().run(capture, into=rows)
    assert first.exit_code == 0, first.error
    assert captured(rows, stream) == forest.truth(stream)
    again = forest.player().run(capture, first.state, into=rows)
    assert again.documents == {stream: 0}


@pytest.mark.parametrize("seed", range(8))
def test_every_kind_side_by_side_while_the_source_changes(forest: Any, seed: int) -> None:
    """Changes between any two requests, in three sessions; then one over the quiet source, after every interval."""
    draw, fresh = random.Random(seed), itertools.count(1000)
    capture, rows = forest.capture(*STREAMS), Collections(keep=keep)
    hook = forest.api.before("*", lambda request: draw.random() < 0.3 and forest.disturb(draw, fresh))
    state = None
    for _ in range(3):
        session = forest.player().run(capture, state, into=rows)
        assert session.exit_code == 0, session.error
        state = session.state
        forest.jump(draw.choice([0, 1, 9]))
    hook.stop()
    forest.jump(9)
    session = forest.player().run(capture, state, into=rows)
    assert session.exit_code == 0, session.error
    for stream in STREAMS:
        found, truth = captured(rows, stream), forest.truth(stream)
        if stream in ("notes", "sizes", "comments"):  # what is below a deleted file stays
            assert {key: found.get(key) for key in truth} == truth, stream
        else:
            assert found == truth, stream
