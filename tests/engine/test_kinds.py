"""Every kind of stream through the real process: the collection equals the source once it is quiet."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from connector_sdk.testing.flow import Collections, Kill

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


def equal(forest: Any, rows: Collections) -> None:
    for stream in STREAMS:
        found, truth = captured(rows, stream), forest.truth(stream)
        if stream in ("notes", "sizes", "comments"):  # what is below a deleted file stays
            assert {key: found.get(key) for key in truth} == truth, stream
        else:
            assert found == truth, stream


@pytest.mark.parametrize("seed", range(6))
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
    equal(forest, rows)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_every_kind_killed_ten_times_while_the_source_changes(forest: Any, seed: int) -> None:
    """SIGKILL at random bytes, tokens that expire, errors in between; then two sessions over the quiet source."""
    draw, fresh = random.Random(seed), itertools.count(1000)
    capture, rows = forest.capture(*STREAMS), Collections(keep=keep)
    hook = forest.api.before("*", lambda request: draw.random() < 0.2 and forest.disturb(draw, fresh))
    chaos = forest.api.chaos(0.05, seed=seed)
    state, kills = None, 0
    while kills < 10:
        kill = Kill.byte(draw.randint(1, draw.choice([2_000, 20_000, 60_000])))
        session = forest.player().run(capture, state, into=rows, kill=kill, timeout=60)
        assert session.killed or session.exit_code == 0, session.error
        state, kills = session.state, kills + bool(session.killed)
        tasks = (state or {}).get("bindingStateV1", {}).get("tasks.v0", {})
        if draw.random() < 0.4 and not tasks.get("full"):
            forest.events_from = len(forest.events)  # the log forgets; twice before a listing ends is an error
        forest.jump(draw.choice([0, 0.2, 1, 9]))
    hook.stop()
    chaos.stop()
    for _ in range(2):
        forest.jump(9)
        session = forest.player().run(capture, state, into=rows)
        assert session.exit_code == 0, session.error
        state = session.state
    equal(forest, rows)
