"""What every YAML file of the request path is read by."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector_sdk.catalog._files import parse
from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.checks import check_all
from connector_sdk.errors import EntryError

BOMB = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))


def test_values_are_those_of_json() -> None:
    text = "day: 2026-11-27\nat: 2026-11-27T10:00:00Z\nyes: &y true\nalso: *y\nquoted: '1'\nhex: 0x10\n1: [~, 1.5]\n"
    assert parse(text, Path("a.yaml")).plain() == {
        "day": "2026-11-27", "at": "2026-11-27T10:00:00Z", "yes": True, "also": True, "quoted": "1", "hex": 16,
        "1": [None, 1.5],
    }  # fmt: skip


def test_aliases_without_end_are_refused_at_once() -> None:
    with pytest.raises(EntryError, match=r"^a\.yaml cannot be read: its aliases make it endless\."):
        parse(BOMB, Path("a.yaml"), EntryError)


def test_values_in_one_another_without_end_are_refused() -> None:
    with pytest.raises(EntryError, match=r"^a\.yaml cannot be read: its values lie too deep in one another\."):
        parse("[" * 5_000 + "]" * 5_000, Path("a.yaml"), EntryError)


def test_such_a_file_in_a_pull_request_is_a_finding(tmp_path: Path) -> None:
    for folder, name in (("requests", "2026-001-zoom"), ("catalog-entries", "source-zoom"), (".", "flow")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / f"{name}.yaml").write_text(BOMB)
    found = {each.path for each in check_all(Repository(tmp_path)) if "endless" in each.message}
    assert found == {"requests/2026-001-zoom.yaml", "catalog-entries/source-zoom.yaml", "flow.yaml"}
