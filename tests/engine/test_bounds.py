"""R27: state is bounded, for a binding and a capture; what is beyond is refused by name, with what to do."""

from __future__ import annotations

from typing import Any, cast

import pytest

from connector_sdk import EACH, GET, SINCE, UNTIL, Incremental, Stream
from connector_sdk.engine import Binding, Runtime, SystemClock
from connector_sdk.engine.binding import BindingRun
from connector_sdk.engine.room import Room
from connector_sdk.errors import StateFullError


def run(room: Room) -> BindingRun:
    read = GET("/p", params={"in": EACH, "since": SINCE, "until": UNTIL}, records="/a")
    stream = Stream("messages", key="/id", per=("a", "b"), read=read, sync=Incremental("/u", reread="1h"))
    nothing: Any = None
    runtime = Runtime(cast("Any", nothing), SystemClock(), nothing, nothing, room=room)
    return BindingRun(Binding(0, stream, "messages", None, "2026-01-01T00:00:00Z"), runtime)


def names(count: int) -> list[str]:
    return [f"channel-{number:05}" for number in range(count)]


def test_eight_thousand_partitions_have_room_in_a_binding() -> None:
    binding = run(Room(16 << 20))
    binding._make_room(binding.tracks[0], names(8_000))
    assert binding._room.limit > 0, "and some is left for what was sent"


def test_too_many_partitions_are_refused_with_their_count_and_what_to_do() -> None:
    binding = run(Room(16 << 20))
    with pytest.raises(StateFullError) as refused:
        binding._make_room(binding.tracks[0], names(20_000))
    assert "20,000 partitions" in str(refused.value)
    assert "Split the key range over more shards" in str(refused.value)


def test_the_progress_of_all_bindings_counts_for_the_capture() -> None:
    capture = Room(1 << 20)
    first, second = run(capture), run(capture)
    first._make_room(first.tracks[0], names(5_000))
    with pytest.raises(StateFullError, match="of the 16 MiB of a capture"):
        second._make_room(second.tracks[0], names(5_000))
    first._make_room(first.tracks[0], names(100))
    second._make_room(second.tracks[0], names(5_000))


def test_what_is_looked_for_again_is_counted_once() -> None:
    capture = Room(1 << 20)
    binding = run(capture)
    for _ in range(100):
        binding._make_room(binding.tracks[0], names(3_000))
    assert capture.used == binding.tracks[0].size
