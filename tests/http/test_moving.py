"""Offsets over a set that changes at random between any two requests: whatever stays is read."""

from __future__ import annotations

import random
from typing import Any

import pytest

from connector_sdk import GET, NEXT, NextOffset
from connector_sdk.http import Fill, Places

PLACES = Places(["/id"])
KEYED = Fill(key=lambda record: PLACES.of(record)[0] or b"")


@pytest.mark.parametrize("end", ["empty", "size", "total", "more"])
@pytest.mark.parametrize("seed", range(12))
def test_whatever_stays_is_read(source: Any, end: str, seed: int) -> None:
    dice = random.Random(f"{end}{seed}")
    size = dice.choice([2, 3, 7])
    living = sorted(dice.sample(range(1000), 60))
    stayed = set(living)

    def handler(request: Any) -> Any:
        at = int(request.query["skip"])
        body = {"i": [{"id": each} for each in living[at : at + size]]}
        body |= {"total": len(living), "more": at + size < len(living)}
        for _ in range(dice.choice([0, 0, 1, 1, 5])):
            if dice.random() < 0.7 and living:
                stayed.discard(living.pop(dice.randrange(len(living))))
            else:
                living.append(new) if (new := dice.randrange(1000)) not in living else None
                living.sort()
        return body

    source.api.get("/i")(handler)
    pages = NextOffset(size=size if end == "size" else None, more="/more" if end == "more" else None)
    endpoint = GET("/i", records="/i", params={"skip": NEXT}, pages=pages, total="/total" if end == "total" else None)
    read = {record["id"] for record in source.records(endpoint, KEYED)}
    assert stayed <= read
