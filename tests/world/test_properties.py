"""The world's properties: whatever happens, the collection becomes what the source holds, once, and stays quiet."""

from __future__ import annotations

import pytest

from .families import FAMILIES, check, how_many

PARTS = 8


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", FAMILIES)
def test_the_collection_becomes_what_the_source_holds(name: str, part: int) -> None:
    check(name, range(part, how_many(), PARTS))
