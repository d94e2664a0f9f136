"""Shared objects without what only a debugger or a linker reads: symbols, debug information, section headers."""

from __future__ import annotations

import struct
from pathlib import Path

__all__ = ["without_symbols"]

# ELF64, little-endian: where the headers say what this needs (elf.h: Elf64_Ehdr, Elf64_Phdr)
_MAGIC = b"\x7fELF\x02\x01"
_PROGRAM_HEADERS = struct.Struct("<Q")
_PROGRAM_HEADERS_AT = 32
_SECTION_HEADERS_AT = 40
_COUNTS = struct.Struct("<HH")  # size of a program header, and how many there are
_COUNTS_AT = 54
_SECTION_COUNTS_AT = 60  # how many section headers there are, and which one names them
_SEGMENT = struct.Struct("<IIQQQQ")  # kind, flags, offset, two addresses, bytes in the file


def without_symbols(folder: Path) -> None:
    """Shorten every shared object in a folder to what is loaded: its segments. What is not ELF for 64 bits stays.

    A program is loaded by its program headers alone; what lies behind the last segment is for a linker or a debugger. A
    tenth of PyNaCl's library remains.
    """
    for path in sorted(folder.rglob("*.so*")):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            kept = _loaded(data)
            if len(kept) < len(data):
                path.write_bytes(kept)


def _loaded(data: bytes) -> bytes:
    if not data.startswith(_MAGIC) or len(data) < _SECTION_COUNTS_AT + 4:
        return data
    (at,) = _PROGRAM_HEADERS.unpack_from(data, _PROGRAM_HEADERS_AT)
    size, count = _COUNTS.unpack_from(data, _COUNTS_AT)
    end = at + size * count
    if not count or size < _SEGMENT.size or end > len(data):
        return data
    for place in range(at, end, size):
        _, _, offset, _, _, length = _SEGMENT.unpack_from(data, place)
        end = max(end, offset + length)
    if end > len(data):
        return data
    kept = bytearray(data[:end])
    kept[_SECTION_HEADERS_AT : _SECTION_HEADERS_AT + 8] = bytes(8)
    kept[_SECTION_COUNTS_AT : _SECTION_COUNTS_AT + 4] = bytes(4)
    return bytes(kept)
