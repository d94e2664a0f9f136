"""Incremental streams in the world: whatever happens, the collection becomes what the source holds."""

from __future__ import annotations

import pytest

from .properties import check, how_many

PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", ["borders"])
def test_the_collection_becomes_what_the_source_holds(name: str, part: int) -> None:
    check(name, range(part, how_many(), PARTS))
