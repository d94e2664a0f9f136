"""The command and the files it writes: the same bytes each time, and no other file touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from connector_sdk.catalog.site._facts import Facts, slug
from connector_sdk.catalog.site._html import Markup, code, data, outside, tag, text
from tests.catalog.site.example import TODAY, example


def run(*arguments: str | Path, seed: str = "0") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "connector_sdk.cli", "catalog", "site", *map(str, arguments)],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONHASHSEED": seed},
    )  # fmt: skip


def written(folder: Path) -> dict[str, bytes]:
    return {
        each.relative_to(folder).as_posix(): each.read_bytes() for each in sorted(folder.rglob("*")) if each.is_file()
    }


def test_the_same_files_and_day_give_the_same_bytes(tmp_path: Path) -> None:
    example(tmp_path / "one")
    example(tmp_path / "two")
    for name, seed in (("one", "1"), ("two", "2")):
        done = run("--root", tmp_path / name, "--output", tmp_path / f"{name}-site", "--today", TODAY, seed=seed)
        assert done.returncode == 0, done.stderr
    assert written(tmp_path / "one-site") == written(tmp_path / "two-site")
    again = run("--root", tmp_path / "one", "--output", tmp_path / "one-site", "--today", "2026-12-24")
    assert again.returncode == 0
    changed = written(tmp_path / "one-site")
    assert changed["index.html"] != written(tmp_path / "two-site")["index.html"]
    assert b"2026-12-24" in changed["estuary.html"]


def test_it_says_where_the_site_begins(tmp_path: Path) -> None:
    example(tmp_path)
    told = json.loads(run("--root", tmp_path, "--output", tmp_path / "site", "--today", TODAY, "--json").stdout)
    assert Path(told["start"]).is_file()
    assert sorted(told["files"]) == sorted(str(tmp_path / "site" / each) for each in written(tmp_path / "site"))
    done = run("--root", tmp_path, "--output", tmp_path / "site")
    assert done.stdout == f"{len(told['files'])} files in {tmp_path / 'site'}; open {told['start']}\n"


def test_pages_of_an_earlier_site_do_not_stay(tmp_path: Path) -> None:
    example(tmp_path)
    site = tmp_path / "site"
    assert run("--root", tmp_path, "--output", site).returncode == 0
    (tmp_path / "catalog-entries" / "source-gong.yaml").unlink()
    assert (site / "connectors" / "source-gong.html").exists()
    assert run("--root", tmp_path, "--output", site).returncode == 0
    assert not (site / "connectors" / "source-gong.html").exists()
    assert (site / "connectors" / "source-slack.html").exists()


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    example(tmp_path)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("mine")
    done = run("--root", tmp_path, "--output", tmp_path / "site")
    assert done.returncode == 2
    assert "holds files that no site made" in done.stderr
    assert "hint: name a folder that is empty, or not there yet" in done.stderr
    assert written(tmp_path / "site") == {"index.html": b"mine"}


def test_a_list_that_names_files_elsewhere_removes_none(tmp_path: Path) -> None:
    example(tmp_path)
    site, mine = tmp_path / "site", tmp_path / "mine.html"
    mine.write_text("mine")
    site.mkdir()
    names = ["../mine.html", str(mine), "connectors/../../mine.html", "a/b/c.html", 7, "notes.txt"]
    (site / "notes.txt").write_text("mine")
    (site / "site.json").write_text(json.dumps({"made_by": "connector-sdk catalog site", "files": names}))
    assert run("--root", tmp_path, "--output", site).returncode == 0
    assert mine.read_text() == (site / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--today", "tomorrow"], "--today tomorrow is no day."),
        (["--today", "2026-02-30"], "--today 2026-02-30 is no day."),
        (["--today", "20261127"], "--today 20261127 is no day."),
        (["--today", "2026-W01-1"], "--today 2026-W01-1 is no day."),
        (["--data", "nowhere.json"], "nowhere.json cannot be read"),
        (["--root", "nowhere"], "There is no folder"),
    ],
)
def test_bad_input_gets_one_sentence(arguments: list[str], told: str, tmp_path: Path) -> None:
    done = run("--output", tmp_path / "site", *arguments)
    assert done.returncode in (1, 2)
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "site").exists()


def test_an_output_that_is_a_file_is_refused(tmp_path: Path) -> None:
    example(tmp_path)
    (tmp_path / "file").write_text("mine")
    done = run("--root", tmp_path, "--output", tmp_path / "file")
    assert done.returncode == 2
    assert "is no folder" in done.stderr


@pytest.mark.parametrize(
    ("content", "told"), [(b"a: [1", "line 1"), (b"- 1", "holds no entry"), (b"a: \xff", "is not UTF-8 text")]
)
def test_an_entry_that_is_no_yaml_is_named_with_its_line(content: bytes, told: str, tmp_path: Path) -> None:
    example(tmp_path)
    (tmp_path / "catalog-entries" / "source-odd.yaml").write_bytes(content)
    done = run("--root", tmp_path, "--output", tmp_path / "site")
    assert done.returncode == 1
    assert "source-odd.yaml" in done.stderr
    assert told in done.stderr
    assert not (tmp_path / "site").exists()


# markup and facts


def test_text_is_escaped_wherever_it_is_put() -> None:
    assert tag("p", "<b>", title='"<&') == '<p title="&quot;&lt;&amp;">&lt;b&gt;</p>'
    assert Markup("<b>") + "<i>" == "<b>&lt;i&gt;"
    assert text("\ud800") == "\ufffd"
    assert data("</script>\u2028") == '"\\u003c/script\\u003e\\u2028"'
    assert tag("input", hidden=True, id=None) == "<input hidden>"


def test_a_long_name_may_break_after_its_punctuation() -> None:
    assert code("a/b_<c>") == "<code>a<wbr>/b_<wbr>&lt;c&gt;</code>"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "//x.example", "http://", "data:,x", "http://[x", "https://a\u202eb"]
)
def test_what_is_no_address_of_the_web_is_no_link(address: str) -> None:
    assert "<a" not in outside(address, "label")


@pytest.mark.parametrize("name", ["../x", "a b", "A", "", ".", "a" * 99, "-", "a/b", "CON?", "\ud800"])
def test_an_odd_name_becomes_a_plain_part_of_an_address(name: str) -> None:
    assert slug(name) != name
    assert slug(slug(name)) == slug(name)
    assert slug(name) not in ("", ".", "..")


def test_facts_that_are_of_another_kind_are_not_there() -> None:
    facts = Facts({"a": {"b": [1, None, {"c": "  x\n y "}]}, "d": "2026-11-27T10:00:00Z", "e": True})
    assert facts.texts("a", "b") == ("1",)
    assert [each.text("c") for each in facts.each("a", "b")] == ["", "", "x y"]
    assert facts.text("a", "b", "c") == facts.text("nowhere") == ""
    assert facts.number("e") is None
    assert str(facts.day("d")) == "2026-11-27"
    assert facts.day("e") is None
