"""Elements of an XML document as records, while the document is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from connector_sdk.declare import Endpoint, Xml
from connector_sdk.errors import AnswerError, RecordsNotFoundError

from .decode import encode
from .lines import LARGEST, too_large

__all__ = ["elements"]

_DEEPEST = 200
_TOLD = 12


def elements(endpoint: Endpoint, kind: Xml, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The elements at ``kind.record``, each as an object, as the word ``Xml`` says.

    Raises ValueError for what is no XML or is cut off, AnswerError for a document type or one that is nested too
    deeply, and RecordsNotFoundError where there is no place that could hold a record.
    """
    reader = _Reader(endpoint, kind)
    for chunk in chunks:
        yield from reader.read(chunk, final=False)
    yield from reader.read(b"", final=True)
    reader.check_found()


class _Reader:
    """Builds records of what the parser tells, and keeps nothing of what stands between them."""

    def __init__(self, endpoint: Endpoint, kind: Xml) -> None:
        self._endpoint = endpoint
        self._record = kind.record[1:].split("/")
        self._lists = frozenset(kind.always_lists)
        self._path: list[str] = []
        self._seen: dict[str, None] = {}
        self._found = False
        self._building: list[tuple[dict[str, Any], list[str]]] = []  # an element's members, and its own text
        self._made: list[bytes] = []
        self._size = 0
        parser = self._parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._doctype

    def read(self, chunk: bytes, *, final: bool) -> list[bytes]:
        """The records that end in this piece."""
        self._made = []
        self._size += len(chunk)
        try:
            self._parser.Parse(chunk, final)
        except expat.ExpatError as wrong:
            raise ValueError(f"it is no XML: {wrong}") from wrong
        if self._size > LARGEST:  # of one record, or of one name or comment that does not end
            raise self._too_large()
        return self._made

    def check_found(self) -> None:
        """Raise RecordsNotFoundError where nothing was there that could hold a record."""
        if not self._found:
            raise RecordsNotFoundError(
                f"{self._endpoint}: there is nothing at {'/' + '/'.join(self._record)!r} in the answer; the elements "
                f"in it: {', '.join(self._seen)}.",
                hint="correct Xml(record=) in the stream's definition",
            )

    def _too_large(self) -> Exception:
        return too_large(self._endpoint, f"line {self._parser.CurrentLineNumber:,}")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        self._path.append(name)
        if len(self._path) > _DEEPEST:
            raise AnswerError(
                f"{self._endpoint} gave an answer that is nested too deeply to be read.",
                hint="ask the source for fewer fields",
            )
        if not self._building:
            self._size = 0
            if len(self._path) <= 4 and len(self._seen) < _TOLD:
                self._seen["/" + "/".join(self._path)] = None
            # a place that holds no record today may hold one tomorrow
            self._found |= self._path == (self._record[:-1] or self._record)
            if self._path != self._record:
                return
        members: dict[str, Any] = {}
        for attribute, value in attributes.items():
            if attribute != "xmlns" and not attribute.startswith("xmlns:"):
                members[f"@{_local(attribute)}"] = value
        self._building.append((members, []))

    def _characters(self, text: str) -> None:
        if self._building:
            self._building[-1][1].append(text)
        else:
            self._size = 0

    def _end(self, tag: str) -> None:
        name = self._path.pop()
        if not self._building:
            self._size = 0
            return
        members, texts = self._building.pop()
        text = "".join(texts)
        if not self._building:
            self._size = 0
            if text.strip():
                members["#text"] = text.strip()
            self._made.append(encode(members))
            return
        value: Any = text
        if members:
            value = members | {"#text": text.strip()} if text.strip() else members
        above = self._building[-1][0]
        if name in self._lists:
            above.setdefault(name, []).append(value)
        elif name not in above:
            above[name] = value
        elif isinstance(above[name], list):
            above[name].append(value)
        else:
            above[name] = [above[name], value]

    def _doctype(self, *told: Any) -> None:
        raise AnswerError(
            f"{self._endpoint} answered XML with a document type (DTD), which is not read: it may stand for other "
            "files, or for more than any memory holds.",
            hint="ask the source for XML without one",
        )


def _local(name: str) -> str:
    return name.rpartition(":")[2]
