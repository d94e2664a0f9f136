"""What an account offers: its credentials proved, its streams found, those left out that it may not read."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from connector_sdk.config import Config
from connector_sdk.declare import Connector, Endpoint, Follow, Lookup, Partitions, Stream
from connector_sdk.errors import SdkError
from connector_sdk.http import Client, Fill, NotOffered, Signal, encode

from .borders import Borders
from .clock import SystemClock

__all__ = ["check_endpoint", "granted", "offered", "prove"]

_log = logging.getLogger("connector_sdk")
_HOUR = 3_600_000_000
_SIDE_BY_SIDE = 8


def check_endpoint(connector: Connector) -> Endpoint | None:  # type: ignore[type-arg]
    """What is read to prove the credentials: ``check=``, else the first stream that asks for nothing else."""
    if isinstance(connector.check, Endpoint):
        return connector.check
    streams = [connector.check] if isinstance(connector.check, Stream) else connector.declared()
    for stream in streams:
        if isinstance(stream.read, Endpoint) and not stream.read.uses() & {"since", "until", "each", "all", "answer"}:
            return stream.read
    return None


async def prove(connector: Connector, config: Config, **how: Any) -> None:  # type: ignore[type-arg]
    """Read one page with these credentials; ``how`` goes to the client. Raises the SourceError that says what is
    wrong."""
    endpoint = check_endpoint(connector)
    if endpoint is None:
        return
    async with aclosing(_client(connector, config, how)) as client:
        await client.check(endpoint)


async def offered(
    connector: Connector,  # type: ignore[type-arg]
    config: Config,
    *,
    probe: bool = False,
    **how: Any,
) -> list[Stream]:
    """The streams of this account; ``how`` goes to the client. With ``probe`` those are left out, with a warning,
    whose first page is answered by what a rule calls ``On(...).drop()``, and what hangs on them. Raises what finding
    streams raises."""
    async with aclosing(_client(connector, config, how)) as client:
        streams = await connector.offered(client.source, _refused)
        return await _Probes(client, streams).left() if probe else streams


async def granted(connector: Connector, config: Config, **how: Any) -> frozenset[str] | None:  # type: ignore[type-arg]
    """The scopes that the source says these credentials have; None where it does not say. ``how`` goes to the client.
    Raises SourceErrors."""
    if connector.granted is None:
        return None
    async with aclosing(_client(connector, config, how)) as client:
        found = await client.lookups.get(connector.granted)
    return None if found is None else frozenset(found)


def _refused(name: str, error: Exception) -> bool:
    """Whether the streams that a generator would find are left out."""
    if isinstance(error, NotOffered):
        _log.warning("%s: left out, since the source does not offer it to these credentials (%s)", name, error)
    return isinstance(error, NotOffered)


class _Probes:
    """Asks for the first page of every stream that can be asked for without knowing anything else."""

    def __init__(self, client: Client, streams: list[Stream]) -> None:
        self._client = client
        self._streams = streams
        self._out: dict[str, str] = {}
        self._turns = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def left(self) -> list[Stream]:
        """The streams that may be read, as far as the source tells now."""
        await asyncio.gather(*map(self._probe, self._streams))
        left: list[Stream] = []
        for stream in self._streams:
            why = self._out.get(stream.name) or next(filter(None, map(self._out.get, _parents(stream))), None)
            if why is None:
                left.append(stream)
                continue
            self._out[stream.name] = why
            _log.warning("%s: left out, since the source does not offer it to these credentials (%s)", stream.name, why)
        return left

    async def _probe(self, stream: Stream) -> None:
        endpoint = stream.read
        if not isinstance(endpoint, Endpoint) or not self._may_drop(endpoint):
            return
        async with self._turns:
            try:
                fill = await self._fill(stream, endpoint)
                if fill is not None:
                    (await self._client.check(replace(endpoint, next=None), fill)).release()
            except NotOffered as refused:
                self._out[stream.name] = str(refused)
            except (SdkError, Signal) as error:
                _log.info("%s: its first page could not be read (%s); it is offered all the same", stream.name, error)

    def _may_drop(self, endpoint: Endpoint) -> bool:
        return any(rule.outcome == "drop" for rule in (*endpoint.on, *self._client.http.on))

    async def _fill(self, stream: Stream, endpoint: Endpoint) -> Fill | None:
        """What its first page is asked for with; None where that takes records of another stream."""
        uses, bound, each = endpoint.uses(), None, None
        if uses & {"since", "until"}:
            borders = await Borders.find(stream, self._client)
            now = self._client.clock.now()
            bound = borders.filler(borders.cursor.at(now - _HOUR), borders.cursor.at(now))
        if stream.per is not None:
            if isinstance(stream.per, Stream | Partitions):
                return None
            parts = await self._client.lookups.get(stream.per) if isinstance(stream.per, Lookup) else stream.per
            if not parts:
                return None
            each = encode(parts[0])
        elif uses & {"each", "all"}:
            return None
        return Fill(bound=bound, each=each)


def _parents(stream: Stream) -> list[str]:
    """The streams without which this one cannot be read."""
    if isinstance(stream.sync, Follow):
        parents = [each for each in stream.sync.streams if isinstance(each, Stream)]
        return [parents[0].name] if len(parents) == 1 else []
    parent = stream.per.of if isinstance(stream.per, Partitions) else stream.per
    return [parent.name] if isinstance(parent, Stream) else []


def _client(connector: Connector, config: Config, how: dict[str, Any]) -> Client:  # type: ignore[type-arg]
    # a person waits for the answer, so patience is short
    return Client(connector.http(config), config, clock=SystemClock(), patience=5.0, first_patience=3.0, **how)
