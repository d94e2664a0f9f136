"""Files that people write too are changed in their own ways, and together or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector_sdk.catalog import _written
from connector_sdk.catalog._written import like, replace
from connector_sdk.errors import CatalogError


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        (b"a: 1\nb: 2\n", "a: 1\nb: 3\n", b"a: 1\nb: 3\n"),
        (b"a: 1\r\nb: 2\r\n", "a: 1\nx: 0\nb: 3\n", b"a: 1\r\nx: 0\r\nb: 3\r\n"),
        (b"a: 1\rb: 2\r", "a: 1\nb: 3\n", b"a: 1\rb: 3\r"),
        (b"\xef\xbb\xbfa: 1\r\n", "\ufeffa: 2\n", b"\xef\xbb\xbfa: 2\r\n"),
        (b"\xef\xbb\xbfa: 1\n", "a: 2\n", b"\xef\xbb\xbfa: 2\n"),
        (b"a: 1\r\nb: 2", "a: 1\nb: 3\nc: 4\n", b"a: 1\r\nb: 3\r\nc: 4"),
        (b"a: 1", "a: 1\nb: 2\n", b"a: 1\nb: 2"),
        (b"", "a: 1\n", b"a: 1\n"),
        (b"a: 1\n\n\n", "a: 2\n\n\n", b"a: 2\n\n\n"),
        (b"a: 1\r\nb: 2\nc: 3\n", "a: 1\nx: 0\nb: 2\nc: 3\n", b"a: 1\r\nx: 0\nb: 2\nc: 3\n"),
        (b"a: 1\r\nb: 2\nc: 3\r\nd: 4", "b: 2\nc: 3\nd: 5\n", b"b: 2\nc: 3\r\nd: 5"),
    ],
)
def test_a_new_text_has_the_ways_of_the_old_one(before: bytes, text: str, after: bytes) -> None:
    assert like(before, text) == after


def test_several_are_written_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"1")
    other.write_bytes(b"2")
    one.chmod(0o640)
    put, made = _written._put, []

    def interrupted(made_at: Path, data: bytes, path: Path) -> None:
        put(made_at, data, path)
        made.append(made_at)
        if len(made) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(_written, "_put", interrupted)
    with pytest.raises(KeyboardInterrupt):
        replace((one, b"3"), (other, b"4"))
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {"one": b"1", "other": b"2"}
    replace((one, b"3"), (other, b"4"))
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {"one": b"3", "other": b"4"}
    assert one.stat().st_mode & 0o777 == 0o640


def test_what_was_written_already_is_taken_back(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "folder" / "other"
    one.write_bytes(b"1")
    other.parent.mkdir()
    other.write_bytes(b"2")
    (other.parent / ".other.new").mkdir()  # what nobody can write
    with pytest.raises(CatalogError, match=r"\.other\.new cannot be written: Is a directory\."):
        replace((one, b"3"), (other, b"4"))
    assert one.read_bytes() == b"1" and other.read_bytes() == b"2"


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"1")
    (tmp_path / "link").symlink_to("real")
    replace((tmp_path / "link", b"2"))
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_bytes() == b"2"
