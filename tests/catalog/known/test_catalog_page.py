"""docs/catalog.md, word by word: its commands end as it says, its tables name what there is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from connector_sdk.catalog.known import EXIT_CODES, GAP_KINDS

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "catalog.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("line", [line for block in blocks("sh") for line in block.splitlines()])
def test_a_command_of_the_page_ends_as_it_says(line: str, tmp_path: Path) -> None:
    command, _, said = line.partition(" # exit code ")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        command, shell=True, cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "PATH": path}, timeout=120
    )
    assert done.returncode == int(said or 0), done.stderr
    assert done.stdout
    assert not done.stderr


def test_the_example_holds() -> None:
    (example,) = blocks("python")
    exec(compile(example, "docs/catalog.md", "exec"), {})


def test_the_tables_name_all_answers_rungs_and_needs() -> None:
    answers = re.findall(r"^\| (\d) \| `([a-z-]+)` \|", PAGE, re.MULTILINE)
    assert {word: int(code) for code, word in answers} == EXIT_CODES
    table = PAGE.partition("## Needs")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z]+)", table, re.MULTILINE)) == set(GAP_KINDS)
    ladder = (ROOT / "connector_sdk" / "catalog" / "known" / "_ladder.py").read_text("utf-8")
    rungs = re.findall(r'\("([a-z]+)", lambda', ladder)
    assert (
        re.findall(r"^\| `([a-z]+)` \| (?!known|it)", PAGE.partition("decides:")[2].partition("\n- ")[0], re.MULTILINE)
        == rungs
    )
