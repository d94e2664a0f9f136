"""Shared objects in images hold what is loaded, and nothing that only a debugger reads."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import nacl
import pytest

from connector_sdk.images._symbols import without_symbols


def test_a_shortened_library_is_loaded_and_works(tmp_path: Path) -> None:
    source = Path(nacl.__file__).parent
    shutil.copytree(source, tmp_path / "nacl")
    library = next((tmp_path / "nacl").glob("_sodium*.so"))
    before = library.stat().st_size
    without_symbols(tmp_path)
    assert library.stat().st_size < before / 4
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from nacl.secret import SecretBox\n"
        "import nacl\n"
        "assert nacl.__file__.startswith(sys.path[0])\n"
        "box = SecretBox(bytes(32))\n"
        "print(box.decrypt(box.encrypt(b'sealed')).decode())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "sealed\n"


def test_shortening_twice_is_shortening_once(tmp_path: Path) -> None:
    library = tmp_path / "library.so"
    shutil.copy(next(Path(nacl.__file__).parent.glob("_sodium*.so")), library)
    without_symbols(tmp_path)
    once = library.read_bytes()
    without_symbols(tmp_path)
    assert library.read_bytes() == once


@pytest.mark.parametrize(
    "content",
    [b"", b"\x7fELF", b"INPUT(libm.so.6)\n", b"\x7fELF\x01\x01" + bytes(80), b"\x7fELF\x02\x01" + b"\xff" * 80],
    ids=["empty", "cut off", "a linker script", "32 bits", "headers that point outside"],
)
def test_what_is_no_such_library_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    for name in ("library.so", f"module{EXTENSION_SUFFIXES[0]}", "library.so.3"):
        (tmp_path / name).write_bytes(content)
    without_symbols(tmp_path)
    assert {each.read_bytes() for each in tmp_path.iterdir()} == {content}
