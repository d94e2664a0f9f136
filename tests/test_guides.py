"""README and AGENTS.md, word by word: their commands run, their examples work, their vocabulary is whole."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import connector_sdk
from connector_sdk.testing.flow import Player

ROOT = Path(__file__).parents[1]
GUIDES = {name: (ROOT / name).read_text("utf-8") for name in ("README.md", "AGENTS.md")}
NEEDS_MORE = ("make ", "source ")  # they install, or only change the shell


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDES[name], re.DOTALL | re.MULTILINE)


def commands() -> list[tuple[str, str]]:
    lines = [(name, line) for name in GUIDES for block in blocks(name, "sh") for line in block.splitlines()]
    return [(name, line) for name, line in lines if not line.startswith(NEEDS_MORE)]


@pytest.mark.parametrize(("name", "line"), commands())
def test_a_command_of_the_guides_does_what_it_says(name: str, line: str, tmp_path: Path) -> None:
    (tmp_path / "connectors").symlink_to(ROOT / "connectors")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        line, shell=True, cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "PATH": path}, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert "Traceback" not in done.stderr


def test_the_connector_of_the_readme_is_a_whole_one(tmp_path: Path) -> None:
    (definition,) = blocks("README.md", "python")
    package = tmp_path / "source_acme"
    package.mkdir()
    (package / "__init__.py").write_text(definition)
    (package / "__main__.py").write_text("from connector_sdk.process import main\n\nmain('source_acme')\n")
    spec = Player([sys.executable, "-m", "source_acme"], cwd=tmp_path).spec()
    assert spec["configSchema"]["required"] == ["credentials"]
    assert spec["configSchema"]["title"] == "Acme"


def test_the_tests_of_the_guide_pass() -> None:
    folder = ROOT / "connectors" / "source-gong"
    for example in blocks("AGENTS.md", "python"):
        made = {"sys": sys, "folder": folder, "__file__": str(folder / "tests" / "test_conformance.py")}
        exec(compile(example, "AGENTS.md", "exec"), made)


def test_every_word_is_in_the_table_and_the_table_has_no_other() -> None:
    table = GUIDES["AGENTS.md"].partition("## The words")[2].partition("\n## ")[0]
    rows = "\n".join(line for line in table.splitlines() if line.startswith("|"))
    named = set(re.findall(r"`@?([A-Za-z_0-9]+)(?:\(\))?`", rows))
    arguments = {
        "auth",
        "key",
        "read",
        "sync",
        "per",
        "deletes",
        "text",
        "volatile",
        "shared",
        "optional",
        "about",
        "scopes",
    }
    assert named - arguments == set(connector_sdk.__all__)


@pytest.mark.parametrize("name", sorted(GUIDES))
def test_every_link_leads_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", GUIDES[name]):
        assert target.startswith("https://") or (ROOT / target).exists(), target
