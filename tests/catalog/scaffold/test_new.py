"""A new connector: named, whole, offline, and right before anybody has edited it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.scaffold import _new, check_name, new_connector, title_of
from connector_sdk.catalog.scaffold._names import names_of
from connector_sdk.errors import CatalogError, CatalogUsageError, ScaffoldError
from connector_sdk.images import Options, build, locked, read_settings
from connector_sdk.testing.conformance import Subject, chosen, run
from tests.commands import command
from tests.images.conftest import Layout

ROOT = Path(__file__).parents[3]
FILES = [
    "README.md",
    "image.lock",
    "pyproject.toml",
    "sandbox.py",
    "source_acme/__init__.py",
    "source_acme/__main__.py",
    "tests/test_conformance.py",
]


def sdk(*args: object, cwd: Path, code: int = 0) -> str:
    """What the command says, where no proxy and no index could be asked."""
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple"}
    done = command(*args, cwd=cwd, env={**os.environ, **nowhere})
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if code == 0 else done.stderr


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new connector, as the command makes it; nothing in these tests writes to it."""
    root = tmp_path_factory.mktemp("repository")
    (root / "connectors").mkdir()
    told = json.loads(sdk("new", "source-acme", "--title", "Acme CRM", "--json", cwd=root))
    assert told["files"] == FILES
    assert told["folder"] == "connectors/source-acme"
    return root / "connectors" / "source-acme"


def test_it_is_whole_and_nothing_is_left_to_fill_in(acme: Path) -> None:
    found = sorted(each.relative_to(acme).as_posix() for each in acme.rglob("*") if each.is_file())
    assert [each for each in found if "__pycache__" not in each] == FILES
    for name in FILES:
        text = (acme / name).read_text("utf-8")
        assert not _new._PLACE.search(text), name
        assert "Acme CRM" in text or name in ("image.lock", "source_acme/__main__.py"), name
    assert sorted(each.name for each in acme.parent.iterdir()) == ["source-acme"]


def test_it_previews_offline(acme: Path, tmp_path: Path) -> None:
    told = json.loads(sdk("preview", acme, "--sandbox", "--json", "--db", tmp_path / "rows.duckdb", cwd=tmp_path))
    assert told["verdict"] == "complete"
    rows = {each["name"]: each["rows"] for each in told["bindings"]}
    assert rows.keys() == {"users", "items", "comments"}
    assert all(rows.values())


def test_its_readme_has_the_streams_that_it_has(acme: Path, tmp_path: Path) -> None:
    table = sdk("discover", acme, "--markdown", cwd=tmp_path)
    assert table.strip() in (acme / "README.md").read_text("utf-8")


def test_its_lock_is_that_of_connectors_with_the_same_packages(acme: Path) -> None:
    text = locked(read_settings("source-acme", "source_acme", acme))
    assert text == (ROOT / "connectors" / "source-asana" / "image.lock").read_text("utf-8"), (
        "copy it: cp connectors/source-asana/image.lock connector_sdk/catalog/scaffold/template/rest/image.lock.txt"
    )


def test_it_builds(acme: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CLI", "no-such-engine")
    base = str(Layout(tmp_path / "base").write())
    built = build(read_settings("source-acme", "source_acme", acme), Options("", "oci", base, tmp_path / "acme.tar"))
    assert built.started == "process"
    assert built.labels["org.opencontainers.image.title"] == "Acme CRM"
    assert built.size.total < 25e6


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("source-acme", ""),
        ("source-3cx-import", "3CX"),
        ("source-import", "L'Import, Inc."),
        ("source-items", "Ünïted Items & Co"),
        (f"source-{'-'.join(['word'] * 11)}", "W" * 60),
    ],
)
def test_what_it_is_called_makes_neither_lint_nor_types_complain(tmp_path: Path, name: str, title: str) -> None:
    folder = new_connector(tmp_path, name, title=title)
    for args in (["check"], ["format", "--diff"]):
        argv = [
            sys.executable,
            "-m",
            "ruff",
            *args,
            "--config",
            str(ROOT / "pyproject.toml"),
            "--no-cache",
            str(folder),
        ]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    for path in folder.rglob("*.py"):
        compile(path.read_text("utf-8"), str(path), "exec")


def test_it_passes_the_smoke_and_strict_types(acme: Path, tmp_path: Path) -> None:
    """The whole kit is tried on a new connector by the walk through requests."""
    subject = Subject("source-acme", (sys.executable, "-m", "source_acme"), acme, "source_acme")
    report = run(subject, chosen(quick=True), quick=True)
    assert [(each.check, each.told) for each in report.failed] == []
    assert report.passed
    env = {**os.environ, "MYPYPATH": f"{acme}{os.pathsep}{ROOT}"}
    argv = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--cache-dir",
        str(tmp_path),
        "-p",
        "source_acme",
        "-m",
        "sandbox",
    ]
    done = subprocess.run(argv, cwd=acme, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# ---- names


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("acme", "such as source-acme"),
        ("Source_Acme", "such as source-acme"),
        ("source-Acme CRM", "such as source-acme-crm"),
        ("destination-acme", "such as source-destination-acme"),
        ("source-", "such as source"),
        ("source--acme", "such as source-acme"),
        ("../source-acme", "such as source-acme"),
        ("", "such as source-acme"),
        (f"source-{'a' * 60}", "take a shorter one"),
        ("source-test", "name it after the system"),
        ("source-name", "name it after the system"),
    ],
)
def test_names_that_no_connector_has(tmp_path: Path, name: str, hint: str) -> None:
    with pytest.raises(CatalogUsageError) as wrong:
        new_connector(tmp_path, name)
    assert hint in wrong.value.hint
    assert list(tmp_path.iterdir()) == []


def test_names_that_are_taken(tmp_path: Path) -> None:
    with pytest.raises(ScaffoldError, match="source_gong is installed"):
        new_connector(tmp_path, "source-gong")
    (tmp_path / "source-acme").mkdir()
    with pytest.raises(ScaffoldError, match="there already"):
        new_connector(tmp_path, "source-acme")
    assert list((tmp_path / "source-acme").iterdir()) == []
    (tmp_path / "source-there").symlink_to(tmp_path / "nowhere")
    with pytest.raises(ScaffoldError, match="there already"):
        new_connector(tmp_path, "source-there")


@pytest.mark.parametrize("title", [" ", "two\nlines", 'say "Acme"', "back\\slash", "{braces}", "a|b", "<b>", "x" * 61])
def test_titles_that_would_break_what_they_stand_in(tmp_path: Path, title: str) -> None:
    with pytest.raises(CatalogUsageError, match="title"):
        new_connector(tmp_path, "source-acme", title=title)
    assert list(tmp_path.iterdir()) == []


def test_a_kind_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(CatalogUsageError, match="no kind of connector 'soap'"):
        new_connector(tmp_path, "source-acme", kind="soap")


def test_names_in_code_are_ones_that_python_takes() -> None:
    assert names_of("source-acme-crm").variable == "acme_crm"
    assert names_of("source-acme-crm").config == "AcmeCrmConfig"
    for name in ("source-import", "source-match", "source-3cx", "source-items", "source-list"):
        check_name(name)
        names = names_of(name)
        assert names.variable == "connector"
        assert names.config.isidentifier()
    assert title_of("source-acme-crm") == "Acme Crm"


# ---- nothing by halves


def test_an_interrupted_run_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(template: Path, made: Path, values: dict[str, str]) -> None:
        (made / "README.md").write_text("half")
        raise KeyboardInterrupt

    monkeypatch.setattr(_new, "_fill", interrupted)
    with pytest.raises(KeyboardInterrupt):
        new_connector(Repository(tmp_path), "source-acme")
    assert list(tmp_path.iterdir()) == []


def test_a_command_that_is_ended_leaves_nothing_or_all_of_it(tmp_path: Path) -> None:
    (tmp_path / "connectors").mkdir()
    code = (
        "import time, connector_sdk.catalog.scaffold._new as new; fill = new._fill\n"
        "def slow(*args): fill(*args); print('filled', flush=True); time.sleep(30)\n"
        "new._fill = slow\n"
        "import sys; sys.argv = ['connector-sdk', 'new', 'source-acme']\n"
        "from connector_sdk.cli import main; main()"
    )
    process: subprocess.Popen[Any] = subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "filled\n"
    time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "Interrupted" in said
    assert list((tmp_path / "connectors").iterdir()) == []


def test_somebody_who_was_faster_keeps_what_is_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill = _new._fill

    def beaten(template: Path, made: Path, values: dict[str, str]) -> None:
        fill(template, made, values)
        (tmp_path / "source-acme").mkdir()
        (tmp_path / "source-acme" / "theirs").write_text("x")

    monkeypatch.setattr(_new, "_fill", beaten)
    with pytest.raises(CatalogError, match="there already"):
        new_connector(tmp_path, "source-acme")
    assert [each.name for each in tmp_path.rglob("*")] == ["source-acme", "theirs"]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ScaffoldError, match="cannot be written"):
        new_connector(tmp_path / "file", "source-acme")


def test_the_command_says_what_is_next_and_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "connectors").mkdir()
    said = sdk("new", "source-acme", cwd=tmp_path / "connectors")
    assert "connector-sdk preview source-acme --sandbox" in said
    assert "Change:" in said
    assert "nothing is written over" in sdk("new", "source-acme", cwd=tmp_path, code=1)
    assert "exclude each other" in sdk("new", "source-acme", "--root", ".", "--folder", ".", cwd=tmp_path, code=2)
