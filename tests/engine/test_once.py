"""A session that is run once ends, however slow the source is beside what is asked of it."""

from __future__ import annotations

from typing import Any

from connector_sdk.engine.clock import instant_text
from connector_sdk.plan import TailPass

HOUR = 3_600_000_000


def test_a_listing_that_takes_longer_than_its_pause_is_read_once(toy: Any) -> None:
    toy.items.put_all({"id": n} for n in range(200))
    capture = toy.capture("items")
    clock = (
        f"{instant_text(toy.clock.now())}*1000000"  # an hour passes in four milliseconds, less than twenty pages take
    )
    session = toy.player(CONNECTOR_CLOCK=clock).run(capture, timeout=60)
    assert session.exit_code == 0, session.error
    assert session.documents == {"items": 200}


def test_no_pass_of_a_tail_follows_the_one_that_catches_it_up() -> None:
    on, once = TailPass(began=0, filled=True), TailPass(began=0, filled=True, once=True)
    assert on.again(HOUR) == HOUR
    assert once.again(HOUR) is None
    assert TailPass(began=0, filled=False, once=True).again(HOUR) == HOUR  # history is still being read
    assert TailPass(once=True).again(HOUR) is None  # the first one is due anyhow
