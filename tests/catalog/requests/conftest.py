"""The desk that requests are made at."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.requests.desk import ENTRY, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(scope="session")
def _begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.request("new", "Webex", "--today", "2026-11-20")
    desk.checked("Zoom")
    desk.approved("Linear")
    desk.commit("three requests")
    return desk.root


@pytest.fixture
def waiting(tmp_path: Path, _begun: Path) -> Desk:
    """Three requests: a draft (Webex), one to decide (Zoom), one to build (Linear)."""
    return Desk(tmp_path, _begun)


@pytest.fixture
def begun(waiting: Desk) -> Desk:
    """Linear is building: its folder and a small entry are there."""
    folder = waiting.root / "connectors" / "source-linear"
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text("")
    (waiting.root / "catalog-entries").mkdir()
    (waiting.root / "catalog-entries" / "source-linear.yaml").write_text(ENTRY)
    waiting.request("move", "linear", "building", "--today", "2026-11-10")
    return waiting
