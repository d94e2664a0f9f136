"""A pause that the source asks for is told to people while it lasts, and holds nobody up who wants to stop."""

from __future__ import annotations

import re
from typing import Any

from connector_sdk.testing.fake import Fault


def test_a_pause_is_shown_as_status_with_its_end(toy: Any) -> None:
    toy.items.put({"id": 1})
    capture = toy.capture("items")
    toy.api.fault(Fault.status(429, "slow down", retry_after=80_000), "GET /items", times=None)
    status: list[str] = []

    def told(session: Any) -> bool:
        found = [log.message for log in session.logs if "waiting for" in log.message]
        status[:] = found[-1:]
        return bool(found)

    with toy.player(CONNECTOR_RUN="").open(capture) as session:
        session.run(until=told, timeout=30)
        session.stop(within=5)
    # ten in the morning, and some twenty-two hours
    assert re.search(r"waiting for .*429 .*slow down.* until 0[89]:\d\d:\d\d UTC", status[0]), status
