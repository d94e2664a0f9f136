"""Committed documents on their way into DuckDB: one file of JSON lines per stream."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson

from connector_sdk.testing.flow import Key, key_reader

__all__ = ["Spool"]


class Spool:
    """Takes the documents of one stream; what is committed can be loaded from ``path`` as ``{k, n, d, doc}`` lines.

    ``k`` is the document's key as text, ``n`` its number, ``d`` whether it deletes, ``doc`` the document as it came.
    Only the documents of the open transaction are held in memory.
    """

    def __init__(self, path: Path, binding: int, key: tuple[str, ...], jsonl: Any = None, name: str = "") -> None:
        self.path = path
        self.rows = 0
        self.size = 0
        self.largest = 0
        self.documents = 0
        self.deletes = 0
        self._read_key = key_reader(key)
        self._prefix = b'{"captured":{"binding":%d,"doc":' % binding
        self._number = 0
        self._pending: list[bytes] = []
        self._pending_documents = 0
        self._pending_deletes = 0
        self._jsonl = jsonl
        self._stream = orjson.dumps(name)
        self._pending_docs: list[bytes] = []
        self._file: Any = None

    def add(self, doc: dict[str, Any], line: bytes) -> None:
        """A document arrived; it waits for its checkpoint."""
        meta = doc.get("_meta")
        deletes = isinstance(meta, dict) and meta.get("op") == "d"
        raw = self._raw(doc, line)
        self._number += 1
        key = orjson.dumps(_text(self._read_key(doc)))
        self._pending.append(
            b'{"k":%b,"n":%d,"d":%b,"doc":%b}\n' % (key, self._number, b"true" if deletes else b"false", raw)
        )
        if deletes:
            self._pending_deletes += 1
        else:
            self._pending_documents += 1
        if self._jsonl is not None:
            self._pending_docs.append(b'{"stream":%b,"doc":%b}\n' % (self._stream, raw))

    def commit(self) -> None:
        """A checkpoint covers what is pending: it goes to the file."""
        if not self._pending:
            return
        if self._file is None:
            self._file = self.path.open("wb")
        self._file.writelines(self._pending)
        self.rows += len(self._pending)
        sizes = [len(each) for each in self._pending]
        self.size += sum(sizes)
        self.largest = max(self.largest, *sizes)
        self.documents += self._pending_documents
        self.deletes += self._pending_deletes
        if self._jsonl is not None:
            self._jsonl.writelines(self._pending_docs)
        self.rollback()

    def rollback(self) -> None:
        """What is pending is lost, as it would be in Flow."""
        self._pending.clear()
        self._pending_docs.clear()
        self._pending_documents = self._pending_deletes = 0

    def take(self) -> bool:
        """Whether there is something to load; the file is complete then, and begins anew with the next commit."""
        if self._file is None:
            return False
        self._file.close()
        self._file = None
        return True

    def taken(self) -> None:
        """What was taken is loaded."""
        self.rows = self.size = 0
        self.path.unlink()

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _raw(self, doc: dict[str, Any], line: bytes) -> bytes:
        # the usual form of a line holds the document as a slice; any other form is written anew
        if line.startswith(self._prefix) and line.endswith(b"}}"):
            return line[len(self._prefix) : -2]
        return json.dumps(doc, ensure_ascii=False).encode()


def _text(key: Key) -> str:
    return "\x1f".join(f"{type(part).__name__[0]}{part}" for part in key)
