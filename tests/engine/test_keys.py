"""The keys that are remembered of an increment, for its deletes: those that are read again, and no others."""

from __future__ import annotations

from connector_sdk.engine.keys import Keys
from connector_sdk.engine.room import Room
from connector_sdk.engine.state import BindingState


def remembered(ticks: range) -> Keys:
    state = BindingState({}, "inc /created Iso 1s | key /id", "2026-01-01T00:00:00Z")
    keys = Keys("held", state, Room(1 << 20))
    for tick in ticks:
        keys.put("", f'"k{tick}"', "digest00", tick)
    state.note(keys.take())
    return keys


def test_what_lies_behind_the_windows_is_forgotten_and_its_room_given_back() -> None:
    keys = remembered(range(100))
    filled = keys._room.used
    keys.forget("", 60)
    keys._state.note(keys.take())
    assert set(keys.of("")) == {f'"k{tick}"' for tick in range(60, 100)}
    assert keys._room.used < filled / 2


def test_a_long_past_is_forgotten_in_parts_so_that_no_patch_is_large() -> None:
    keys = remembered(range(5_000))
    left = []
    for _ in range(4):
        keys.forget("", 4_999)
        keys._state.note(keys.take())
        left.append(len(keys.of("")))
    assert left == [3_000, 1_000, 1, 1]


def test_a_key_is_held_from_when_it_is_sent_until_it_is_dropped() -> None:
    keys = remembered(range(2))
    assert keys.holds("", '"k1"')
    assert not keys.holds("", '"k2"')
    keys.put("", '"k2"', "digest00", 2)
    keys.drop("", ['"k1"'])
    assert keys.holds("", '"k2"')
    assert not keys.holds("", '"k1"')
