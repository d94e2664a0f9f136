"""A connector as a protocol's back end asks it: a config that fits, good credentials, the streams there are."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from connector_sdk.config import Config, OAuth2Login, parse_config, secrets_of
from connector_sdk.declare import Connector, Stream

__all__ = ["Service"]

_log = logging.getLogger("connector_sdk")

Keep = Callable[[str], Awaitable[None]]
"""Keeps a refresh token that takes the place of the one in the config."""


class Service:
    """One connector in one process. ``hide``: told of every secret that no output may show.

    What needs HTTP, the engine or asyncio is imported when it is asked for: a spec is answered without them.
    """

    def __init__(self, connector: Connector, hide: Callable[[Iterable[str]], None]) -> None:  # type: ignore[type-arg]
        self.connector = connector
        self._hide = hide

    def config(self, data: object) -> Config:
        """The config that this data is; its secrets are hidden from now on. Raises ConfigError."""
        config: Config = parse_config(self.connector.config, data, name=self.connector.name)
        self._hide(secrets_of(config))
        return config

    def start(self, config: Config) -> str:
        """The instant at which history begins, as text: part of what a state means."""
        return str(getattr(config, "start_date", None) or "1970-01-01T00:00:00Z")

    def rotating(self, config: Config) -> OAuth2Login | None:
        """The login of this config, where its refresh tokens are good for one use."""
        from connector_sdk.http import rotating

        return rotating(self.connector.http(config).auth)

    def prove(self, config: Config, keep: Keep | None = None) -> None:
        """Read one page with these credentials. Raises the SourceError that says what is wrong."""
        import asyncio

        from connector_sdk.engine import prove

        asyncio.run(prove(self.connector, config, **self._how(keep)))

    def offered(self, config: Config, keep: Keep | None = None, *, probe: bool = False) -> dict[str, Stream]:
        """The streams of this account, by name; those that only it knows are asked for. With ``probe`` those are left
        out that its credentials may not read, where rules say how the source tells that. Raises what asking raises."""
        if not (self.connector.dynamic or probe):
            return {stream.name: stream for stream in self.connector.declared()}
        import asyncio

        from connector_sdk.engine import offered

        found = asyncio.run(offered(self.connector, config, probe=probe, **self._how(keep)))
        return {stream.name: stream for stream in found}

    def found(self, config: Config, keep: Keep | None = None) -> tuple[dict[str, Stream], set[str]]:
        """What discovery finds: the streams of this account, by name, and the names of those for which its credentials
        lack a scope, which are logged. Where the source tells the scopes, these say what may be read, and nothing is
        tried; else streams are probed. Raises what asking raises."""
        scopes = self._granted(config, keep)
        streams = self.offered(config, keep, probe=scopes is None)
        return streams, set() if scopes is None else _lacking(scopes, streams.values())

    def _granted(self, config: Config, keep: Keep | None) -> frozenset[str] | None:
        if self.connector.granted is None:
            return None
        import asyncio

        from connector_sdk.engine import granted

        return asyncio.run(granted(self.connector, config, **self._how(keep)))

    def _how(self, keep: Keep | None) -> dict[str, Any]:
        return {"keep": keep, "hide": self._hide}


def _lacking(scopes: frozenset[str], streams: Iterable[Stream]) -> set[str]:
    lacking = set()
    for stream in streams:
        if needed := sorted(set(stream.scopes) - scopes):
            _log.warning("%s: the credentials lack %s", stream.name, ", ".join(needed))
            lacking.add(stream.name)
    return lacking
