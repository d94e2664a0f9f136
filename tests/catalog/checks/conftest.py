"""A team's repository that is clean: a source in use, a connector to build, and flow.yaml for both ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.requests.desk import DECIDES, Desk


@pytest.fixture(scope="session")
def _clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    desk = Desk(tmp_path_factory.mktemp("shop"))
    gong = desk.checked("Gong", "--replaces", "etl/gong.py")
    desk.request("decide", gong, "--use-existing", "source-gong", "--reason", "it is there", "--by", DECIDES,
                 "--today", "2026-11-04")  # fmt: skip
    desk.approved("Zoom", "--replaces", "etl/zoom.py")
    desk.run("flow", "init", "source-gong", "--prefix", "acmeCo/", "--to", "snowflake")
    (desk.root / "etl").mkdir()
    (desk.root / "etl" / "zoom.py").write_text("print('still needed')\n")
    desk.commit("a clean repository")
    return desk.root


@pytest.fixture
def shop(tmp_path: Path, _clean: Path) -> Desk:
    """A copy of the clean repository."""
    return Desk(tmp_path, _clean)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty repository."""
    return Desk(tmp_path)
