"""Transactions as Flow's lines: the slices as they came, framed; the checkpoint last."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import orjson

from connector_sdk.declare import Stream
from connector_sdk.engine import Document, Upserts
from connector_sdk.errors import RecordError
from connector_sdk.plan import Patch

from .requests import CREDENTIALS
from .schemas import sourced_schema

__all__ = ["FlowEncoder"]

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


class FlowEncoder:
    """Gives the bytes of a transaction: captured lines, then one checkpoint that patches only its own state key."""

    def __init__(self, bindings: Sequence[tuple[int, Stream, str]]) -> None:
        self._streams = {index: stream for index, stream, _ in bindings}
        self._state_keys = {index: state_key for index, _, state_key in bindings}
        self._sourced: set[int] = set()

    def transaction(self, binding: int, documents: Sequence[Document], patch: Patch) -> bytes:
        """All of it in one buffer."""
        head = b'{"captured":{"binding":%d,"doc":{"_meta":{"op":"' % binding
        state = {"bindingStateV1": {self._state_keys[binding]: patch}}
        end = orjson.dumps({"checkpoint": {"state": {"updated": state, "mergePatch": True}}}) + b"\n"
        if isinstance(documents, Upserts) and documents:
            first = head + b'u"},'
            framed: list[bytes | memoryview] = [b"}}\n" + first] * (2 * len(documents) + 1)
            framed[0] = self._source(binding, documents) + first
            framed[1::2] = [body[1:] for body in documents.bodies]
            framed[-1] = b"}}\n" + end
            return b"".join(framed)
        usual = {"u": head + b'u"},', "d": head + b'd"},'}
        parts: list[bytes | memoryview] = [self._source(binding, documents)]
        for op, body, row_id, meta in documents:
            if row_id is None and not meta:
                parts += (usual[op], body[1:], b"}}\n")
                continue
            row = b"" if row_id is None else b',"row_id":%d' % row_id
            if b'"_meta"' in bytes(body):
                body, parts_meta = self._own_meta(binding, body)
                row += parts_meta
            rest = bytes(body[1:])
            parts += (head, op.encode(), b'"', row, b"}" if rest.lstrip() == b"}" else b"},", rest, b"}}\n")
        parts.append(end)
        return b"".join(parts)

    @staticmethod
    def credentials(sealed: str) -> bytes:
        """A checkpoint that keeps a sealed refresh token, beside the states of the bindings."""
        state = {CREDENTIALS: {"refresh": sealed}}
        return orjson.dumps({"checkpoint": {"state": {"updated": state, "mergePatch": True}}}) + b"\n"

    def _source(self, binding: int, documents: Sequence[Document]) -> bytes:
        if binding in self._sourced or not documents:
            return b""
        self._sourced.add(binding)
        document = documents[0]
        schema = sourced_schema(self._streams[binding], document.body)
        return orjson.dumps({"sourcedSchema": {"binding": binding, "schema_json": schema}}) + b"\n"

    def _own_meta(self, binding: int, body: bytes | memoryview) -> tuple[bytes, bytes]:
        """A record that has a ``_meta`` of its own keeps its members beside ours."""
        members = _members.decode(body)
        if "_meta" not in members:
            return bytes(body), b""
        theirs = bytes(members.pop("_meta"))
        if theirs[:1] != b"{":
            raise RecordError(f"stream {self._streams[binding].name!r}: a record has a _meta that is no object.")
        inner = {name: raw for name, raw in _members.decode(theirs).items() if name not in ("op", "row_id", "uuid")}
        own = b",".join(orjson.dumps(name) + b":" + bytes(raw) for name, raw in inner.items())
        return msgspec.json.encode(members), b"," + own if own else b""
