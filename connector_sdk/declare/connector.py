"""The connector: a source's whole definition."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from connector_sdk.config import Config
from connector_sdk.errors import did_you_mean

from ._word import check_type, fail, word
from .answers import Http
from .endpoints import Endpoint
from .source import Source
from .streams import Partitions, Stream
from .syncs import Follow
from .values import Lookup
from .verdicts import check_verdict

__all__ = ["Connector"]

C = TypeVar("C", bound=Config)


@word
class Connector(Generic[C]):
    """A source's definition.

    ``name``: ``source-`` and the vendor. ``title``: what people call it. ``config``: the user's fields. ``http``: the
    client that a config gives. ``streams``: the streams, in the order in which they are offered. ``check``: what is
    read to prove the credentials; the first stream that asks for nothing else, where it is left out. ``granted``:
    finds the scopes of the credentials, where the source tells; discovery then offers the streams that lack one as
    disabled. ``docs``: the address of its documentation.
    """

    name: str
    title: str
    config: type[C]
    http: Callable[[C], Http]
    streams: Sequence[Stream | Callable[[Source[C]], AsyncIterator[Stream]]]
    check: Endpoint | Stream | None = None
    granted: Lookup[Iterable[str]] | Lookup[Iterable[str] | None] | None = None
    docs: str = "https://docs.estuary.dev/reference/Connectors/capture-connectors/"

    def __post_init__(self) -> None:
        where = f"connector {self.name!r}"
        if not isinstance(self.name, str) or not re.fullmatch(r"source-[a-z0-9]+(-[a-z0-9]+)*", self.name):
            fail(where, "is no name for a connector", "write 'source-' and the vendor in lower case")
        if not (isinstance(self.config, type) and issubclass(self.config, Config)):
            fail(where, "config is no class of Config", "write class GongConfig(Config): ...")
        if not callable(self.http):
            fail(where, "http is no function", "say http=lambda config: Http(...)")
        check_type(self.check, (Endpoint, Stream, type(None)), where, "check", "a stream or an endpoint")
        seen: dict[str, Stream] = {}
        for stream in self.streams:
            if not isinstance(stream, Stream):
                if not callable(stream):
                    fail(
                        where, f"streams holds a {type(stream).__name__}", "it takes streams and generators of streams"
                    )
                continue
            if stream.name in seen:
                fail(where, f"two streams are called {stream.name!r}")
            seen[stream.name] = stream
            check_verdict(stream)
        if not self.streams:
            fail(where, "has no streams")
        self._check_parents(where, seen)

    def _check_parents(self, where: str, seen: dict[str, Stream]) -> None:
        for stream in seen.values():
            parents: list[Any] = [stream.per.of if isinstance(stream.per, Partitions) else stream.per]
            if isinstance(stream.sync, Follow):
                parents += stream.sync.streams
            for parent in parents:
                if isinstance(parent, Stream) and seen.get(parent.name) is not parent:
                    near = did_you_mean(parent.name, [name for name in seen if name != stream.name])
                    fail(where, f"stream {stream.name!r} needs {parent.name!r}, which is not in streams=",
                         near or f"add {parent.name} to streams=")  # fmt: skip

    def declared(self) -> list[Stream]:
        """The streams that are known without asking the source."""
        return [stream for stream in self.streams if isinstance(stream, Stream)]

    @property
    def dynamic(self) -> bool:
        """Whether some streams are known only to the account."""
        return len(self.declared()) < len(self.streams)

    async def offered(
        self, source: Source[C], refused: Callable[[str, Exception], bool] = lambda name, error: False
    ) -> list[Stream]:
        """All streams of an account, in the order of ``streams=``: those of generators are asked for.

        ``refused``: told of the name of a generator that failed, and why; whether it then simply offers no more.
        Raises DefinitionError for two streams of one name, and what the generators raise.
        """
        found: dict[str, Stream] = {}
        for each in self.streams:
            made: list[Stream] = []
            try:
                made += [each] if isinstance(each, Stream) else [stream async for stream in each(source)]
            except Exception as error:
                if not refused(getattr(each, "__name__", "streams"), error):
                    raise
            for stream in made:
                check_type(stream, Stream, f"connector {self.name!r}", "a generator of streams yields", "streams")
                if stream.name in found:
                    fail(f"connector {self.name!r}", f"two streams are called {stream.name!r}")
                check_verdict(stream)
                found[stream.name] = stream
        return list(found.values())
