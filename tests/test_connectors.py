"""What docs/connectors.md tells of the connectors is so, and they are as short as is promised."""

from __future__ import annotations

import re

from .connectors import ROOT, table

ON_AVERAGE, LONGEST = 20, 24
"""The most lines that a stream may take: over all connectors, and over one of them."""


def test_the_table_is_current() -> None:
    page = (ROOT / "docs" / "connectors.md").read_text("utf-8")
    assert page == table(), "write it anew: python -m tests.connectors > docs/connectors.md"


def test_a_stream_takes_few_lines() -> None:
    rows = re.findall(r"^\| \[(source-\w+)\]\S* \| (\d+) \|.* ([\d,]+) \| ([\d.]+) \|$", table(), re.MULTILINE)
    assert len(rows) >= 3
    assert {name: each for name, _, _, each in rows if float(each) > LONGEST} == {}
    streams, lines = (sum(int(row[at].replace(",", "")) for row in rows) for at in (1, 2))
    assert lines / streams <= ON_AVERAGE
