"""When a span has been read whole, also where a second request found that some of what was listed is gone."""

from __future__ import annotations

import pytest

from connector_sdk.declare import GET, NEXT, NextToken
from connector_sdk.engine.documents import Row
from connector_sdk.engine.reading import Reading
from connector_sdk.http import RawPage

LISTING = {"params": {"cursor": NEXT}, "records": "/calls", "total": "/total"}


@pytest.mark.parametrize("stable", [True, False])
def test_what_is_listed_and_then_gone_counts_as_read(stable: bool) -> None:
    reading = Reading(GET("/calls", pages=NextToken("/next", stable=stable), **LISTING))
    rows = [Row(b'{"id":1}', b"1", 0), Row(b'{"id":2}', b"2", 0)]
    reading.page(RawPage([row.body for row in rows], total=4, gone=[b'{"id":3}']), rows)
    assert reading.short_of == 1
    reading.page(RawPage([], total=4, gone=[b'{"id":4}']), [])
    assert reading.short_of == 0
    assert reading.whole
