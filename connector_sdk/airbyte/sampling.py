"""The schemas of streams whose author declared none, from a look at their first records (discovery has no other).

Each stream is read as a sync would read it, for a moment, and nothing of it leaves.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import orjson
from pydantic import BaseModel

from connector_sdk.config import Config
from connector_sdk.declare import Connector, Stream
from connector_sdk.engine import Binding, BindingRun, ByteBudget, Document, History, Outbox, Runtime, SystemClock
from connector_sdk.http import Client

from .dialect import always
from .inference import Seen

__all__ = ["declared_schema", "schemas_of"]

_log = logging.getLogger("connector_sdk")
_ENOUGH = 25
"""Records of a stream after which no further page is asked for."""
_REQUESTS = 5
"""Requests for a stream after which any record is enough: where pages are small, limits would be spent on a look."""
_MOST = 250
"""Records of a stream that are looked at."""
_AT_ONCE = 4
"""Streams that are looked at side by side: more would only queue for the source's limits, ahead of each other."""
_SECONDS = 120.0
"""How long a look at all streams may take."""


def schemas_of(
    connector: Connector,  # type: ignore[type-arg]
    config: Config,
    streams: Iterable[Stream],
    start: str,
    **how: Any,
) -> dict[str, dict[str, Any]]:
    """The schema of each stream's records, by name; ``how`` goes to the client.

    What cannot be read in time, or at all, has a schema of its key alone; a log says so.
    """
    found: dict[str, dict[str, Any]] = {}
    unknown = []
    for stream in streams:
        if stream.schema is None:
            unknown.append(stream)
        else:
            found[stream.name] = declared_schema(stream.schema)
    seen = asyncio.run(_looked(connector, config, unknown, start, how)) if unknown else []
    for stream, each in zip(unknown, seen, strict=True):
        found[stream.name] = each.record(always(stream))
    return found


class _Sampler:
    """Takes what would be sent, and stops each stream that has shown enough."""

    def __init__(self, count: int) -> None:
        self.seen = [Seen() for _ in range(count)]
        self.enough = [asyncio.Event() for _ in range(count)]
        self._rows = [0] * count
        self.runs: list[BindingRun] = []

    def transaction(self, binding: int, documents: Sequence[Document], patch: Mapping[str, Any]) -> bytes:
        """Nothing, after a look."""
        for document in documents[: _MOST - self._rows[binding]]:
            if document.op == "u":
                self.seen[binding].see(orjson.loads(document.body))
                self._rows[binding] += 1
        many = self.runs[binding].trace.requests >= _REQUESTS
        if self._rows[binding] >= (1 if many else _ENOUGH):
            self.enough[binding].set()
        return b""


async def _looked(
    connector: Connector,  # type: ignore[type-arg]
    config: Config,
    streams: Sequence[Stream],
    start: str,
    how: Mapping[str, Any],
) -> list[Seen]:
    clock = SystemClock.from_spec(os.environ.get("CONNECTOR_CLOCK", ""))
    sampler = _Sampler(len(streams))
    with open(os.devnull, "wb") as nowhere:  # noqa: ASYNC230, PTH123 - opening it never waits
        client = Client(connector.http(config), config, clock=clock, budget=ByteBudget(16 << 20), patience=5.0,
                        first_patience=3.0, **how)  # fmt: skip
        async with aclosing(client):
            outbox = Outbox(nowhere.fileno())
            runtime = Runtime(client, clock, outbox, sampler, once=True, history=History(1))
            turn = asyncio.Semaphore(_AT_ONCE)
            runs = [
                BindingRun(Binding(index, stream, stream.name, None, start), runtime)
                for index, stream in enumerate(streams)
            ]
            sampler.runs = runs
            looks = [asyncio.create_task(_look(run, sampler.enough[run.binding.index], turn)) for run in runs]
            over = asyncio.create_task(clock.sleep(_SECONDS))
            done = asyncio.gather(*looks, return_exceptions=True)
            done.add_done_callback(lambda _: over.cancel())
            await asyncio.wait({over})
            late = [look for look in looks if not look.done()]
            for look in late:
                look.cancel()
            await done
            outbox.abandon(1.0)
    unseen = [stream.name for stream, look in zip(streams, looks, strict=True) if look in late]
    if unseen:
        _log.warning("there was no time to look at all records of %s: columns may be missing", ", ".join(unseen))
    return sampler.seen


async def _look(run: BindingRun, enough: asyncio.Event, turn: asyncio.Semaphore) -> None:
    async with turn:
        await _look_now(run, enough)


async def _look_now(run: BindingRun, enough: asyncio.Event) -> None:
    reading = asyncio.create_task(run.run())
    waiting = asyncio.create_task(enough.wait())
    try:
        await asyncio.wait({reading, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (reading, waiting):
            task.cancel()
        await asyncio.gather(reading, waiting, return_exceptions=True)


def declared_schema(schema: type[BaseModel] | Mapping[str, Any]) -> dict[str, Any]:
    """A declared schema with what it refers to in place, since a destination follows no references."""
    raw = dict(schema) if isinstance(schema, Mapping) else schema.model_json_schema()
    defs = {f"#/{kind}/{name}": each for kind in ("$defs", "definitions") for name, each in raw.get(kind, {}).items()}
    made: dict[str, Any] = _inlined({word: each for word, each in raw.items() if word not in ("$defs", "definitions")},
                                    defs, ())  # fmt: skip
    return {"type": "object", "additionalProperties": True, **made}


def _inlined(schema: Any, defs: Mapping[str, Any], inside: tuple[str, ...]) -> Any:
    if isinstance(schema, list):
        return [_inlined(each, defs, inside) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    target = schema.get("$ref")
    if isinstance(target, str):
        if target in inside or target not in defs:  # what holds itself has no end that could be written
            return {"type": ["null", "object"], "additionalProperties": True}
        rest = {word: each for word, each in schema.items() if word != "$ref"}
        return {**_inlined(defs[target], defs, (*inside, target)), **_inlined(rest, defs, inside)}
    return {word: _inlined(each, defs, inside) for word, each in schema.items()}
