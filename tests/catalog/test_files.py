"""What every YAML file of the request path is read by."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector_sdk.catalog import _yaml
from connector_sdk.catalog._files import parse, unread
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


LEAKS = {
    "a key twice": ("auth: a\nauth: S3CRET\n", 2),
    "no anchor": ("a: 1\naccess_key: *S3CRET\n", 2),
    "int": ("x: !!int S3CRET", 1),
    "float": ("x: !!float S3CRET", 1),
    "timestamp": ("x: !!timestamp S3CRET", 1),
    "bool": ("x: !!bool S3CRET", 1),
    "a tag": ("x: !S3CRET b", 1),
    "a tag with a handle": ("x: !S3CRET!e b", 1),
    "a tag in full": ("x: !<S3CRET> b", 1),
    "a key without a value": ("{S3CRET, S3CRET}", 1),
    "a merge": ("<<: S3CRET", 1),
    "a quote": ("a: 'S3CRET", 1),
    "an at": ("a: @S3CRET", 1),
    "a per cent sign": ("%S3CRET x", 1),
    "lines": ("a: |S3CRET", 1),
    "a colon": ("a: S3CRET: b", 1),
}


@pytest.mark.parametrize("name", LEAKS)
def test_what_is_told_of_a_mistake_holds_its_line_and_no_value(name: str) -> None:
    text, line = LEAKS[name]
    with pytest.raises(EntryError) as caught:
        parse(text, Path("/somewhere/a.yaml"), EntryError)
    assert "S3CRET" not in str(caught.value)
    told, where = unread(caught.value, Path("/somewhere/a.yaml"))
    assert told.startswith("a.yaml, line ")
    assert where == line


@pytest.mark.filterwarnings("error")
def test_an_anchor_that_is_given_twice_is_the_later_one() -> None:
    assert parse("a: &S3CRET 1\nb: &S3CRET 2\nc: *S3CRET\n", Path("a.yaml")).plain() == {"a": 1, "b": 2, "c": 2}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('system: "Z\\ud800"', "a lone surrogate"),
        ("x: " + "9" * 5_000, "a number cannot be read"),
        ("x: 0x" + "f" * 5_000, "a number is too long"),
        ("a: b\n---\nc: d\n", "a second document"),
    ],
)
def test_what_could_be_read_and_not_printed_is_refused(text: str, said: str) -> None:
    with pytest.raises(EntryError, match=said):
        parse(text, Path("a.yaml"), EntryError)


def test_a_character_that_json_escapes_in_two_halves_is_one() -> None:
    assert parse('{"a": "\\ud83d\\ude00"}', Path("a.json")).plain() == {"a": "\U0001f600"}


@pytest.mark.parametrize("day", ["2026-02-30", "2026-11-27T25:00:00Z", "0001-01-01T00:00:00+23:59"])
def test_a_day_that_no_calendar_has_is_text(day: str) -> None:
    assert parse(f"until: {day}\n", Path("a.yaml")).plain() == {"until": day}


@pytest.mark.parametrize(
    "text", ["[" * 20_000, "{" * 20_000, "[\n" * 20_000, "- " * 20_000, "{a: " * 20_000, "? " * 20_000]
)
def test_depth_is_counted_before_anything_is_made_of_it(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scanned = []
    fetch = _yaml._Scanner.fetch_more_tokens  # what costs: each token looks at all brackets that are open
    monkeypatch.setattr(_yaml._Scanner, "fetch_more_tokens", lambda self: scanned.append(1) or fetch(self))
    with pytest.raises(EntryError, match="too deep in one another"):
        parse(text, Path("a.yaml"), EntryError)
    assert len(scanned) < 500


def test_depth_that_aliases_make_counts_too() -> None:
    chain = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 200))
    with pytest.raises(EntryError, match="too deep in one another"):
        parse(chain, Path("a.yaml"), EntryError)
    assert parse("[" * 90 + "]" * 90, Path("a.yaml")).plain()
