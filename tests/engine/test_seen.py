"""The memory of what was sent, where there is no room: what it does not hold repeats, and nothing is held back."""

from __future__ import annotations

from typing import Any

from connector_sdk.engine.room import Room
from connector_sdk.engine.seen import Seen
from connector_sdk.engine.state import merge


def test_a_later_version_without_room_takes_the_older_one_with_it() -> None:
    state: dict[str, Any] = {}
    room = Room(100)
    seen = Seen(state, "", 10, room)
    seen.remember(b"1", 5, 111)
    merge(state, seen.take())
    assert Seen(state, "", 10, Room(100)).sent_before(b"1", 111)
    room.take(room.limit - room.used)
    seen.remember(b"1", 5, 222)
    merge(state, seen.take())
    for memory in (seen, Seen(state, "", 10, Room(100))):
        assert not memory.sent_before(b"1", 111), "A, B, A: the last A has to leave"
        assert not memory.sent_before(b"1", 222)
