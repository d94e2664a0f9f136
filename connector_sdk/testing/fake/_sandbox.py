"""What a connector's ``sandbox.py`` offers, to the command and to tests."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from connector_sdk.testing.fake._api import FakeApi
from connector_sdk.testing.fake._values import JsonObject

__all__ = ["Sandbox"]


@runtime_checkable
class Sandbox(Protocol):
    """A vendor's API in one process: what ``sandbox(port=..., clock=...)`` in a connector's ``sandbox.py`` returns."""

    @property
    def api(self) -> FakeApi:
        """The server, for faults, limits, holds and the request log."""
        ...

    @property
    def url(self) -> str:
        """Where it listens, such as ``http://127.0.0.1:40123``."""
        ...

    def start(self) -> Any:
        """Listen; gives the sandbox itself."""
        ...

    def stop(self) -> None:
        """Close every connection; nothing is left running."""
        ...

    def config(self) -> JsonObject:
        """A connector config that fits it, ``advanced.base_url`` included."""
        ...

    def truth(self, stream: str) -> dict[Any, JsonObject]:
        """What a perfect capture of the stream would hold now: records as the API shows them, by key."""
        ...

    def __enter__(self) -> Any: ...

    def __exit__(self, *exc: object) -> None: ...
