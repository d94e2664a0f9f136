"""A session that is run once ends, however slow the source is beside what is asked of it."""

from __future__ import annotations

from typing import Any

from connector_sdk.engine import SystemClock
from connector_sdk.plan import TailPass

HOUR = 3_600_000_000


def test_a_listing_that_takes_longer_than_its_pause_is_read_once(toy: Any) -> None:
    toy.items.put_all({"id": n} for n in range(200))
    capture = toy.capture("items")
    # an hour passes in four milliseconds, which twenty pages do not take; for the source too, since its time counts
    toy.clock = toy.api.clock = SystemClock(toy.clock.now(), 1_000_000)
    session = toy.player().run(capture, timeout=60)
    assert session.exit_code == 0, session.error
    assert session.documents == {"items": 200}


def test_no_pass_of_a_tail_follows_the_one_that_catches_it_up() -> None:
    on, once = TailPass(began=0, filled=True), TailPass(began=0, filled=True, once=True)
    assert on.again(HOUR) == HOUR
    assert once.again(HOUR) is None
    assert TailPass(began=0, filled=False, once=True).again(HOUR) == HOUR  # history is still being read
    assert TailPass(once=True).again(HOUR) is None  # the first one is due anyhow
