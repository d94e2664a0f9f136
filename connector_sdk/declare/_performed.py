"""What this version's engine performs. The vocabulary is larger: what lies beyond is told on import, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from connector_sdk.errors import NotPerformedError

from .endpoints import Endpoint, Job
from .paging import NextKey, NextLink, NextNumber, NextOffset
from .streams import Stream
from .syncs import ChangeLog
from .values import ALL, Place

__all__ = ["check_performed"]


def check_performed(name: str, streams: Iterable[object], http: Callable[..., object]) -> None:
    """Raise NotPerformedError naming every stream that asks for what this version does not do yet."""
    told = []
    for stream in streams:
        if not isinstance(stream, Stream):
            told.append(f"{getattr(stream, '__name__', 'a generator')}: streams known only to the account")
        elif beyond := sorted(set(_beyond(stream))):
            told.append(f"{stream.name}: {', '.join(beyond)}")
    if told:
        raise NotPerformedError(
            f"connector {name!r}: declared rightly, but this version does not perform yet: {'; '.join(told)}.",
            hint="leave these streams out of streams=, or wait for a later version",
        )


def _beyond(stream: Stream) -> Iterator[str]:
    if isinstance(stream.sync, ChangeLog) and not isinstance(stream.sync.changes, Endpoint):
        yield "ChangeLog(changes=) other than an endpoint"
    for reader in stream.readers():
        if isinstance(reader, Job):
            yield "read=Job"
        elif isinstance(reader, Endpoint):
            yield from _beyond_endpoint(reader)


def _beyond_endpoint(endpoint: Endpoint) -> Iterator[str]:
    if endpoint.next is not None:
        yield ".then"
    if endpoint.body is not None:
        yield f"body={type(endpoint.body).__name__}"
    if isinstance(endpoint.pages, NextLink | NextOffset | NextNumber | NextKey):
        yield f"pages={type(endpoint.pages).__name__}"
    for rule in endpoint.on:
        if rule.outcome in ("skip", "drop", "gone", "split"):
            yield f"On(...).{rule.outcome}()"
    for each in endpoint.varying():
        if isinstance(each, ALL):
            yield "ALL"
        if isinstance(each, Place) and each.what == "answer":
            yield "ANSWER in a request"
