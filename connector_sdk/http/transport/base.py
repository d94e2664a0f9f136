"""The interface of a transport."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, NamedTuple, Protocol

__all__ = ["BETWEEN", "CONNECT", "Failure", "Head", "Headers", "NoAnswer", "Receive", "Transport", "Unwritable"]

CONNECT, BETWEEN = 10.0, 60.0
"""The most seconds, of real time: to connect, and without a byte."""

Failure = Literal["name", "tls", "refused", "connecting", "silent", "unconnected", "broken"]
"""Why there is no answer: the host's name is not known; no secure connection; nothing listens; no connection in
``CONNECT`` seconds; nothing sent for ``BETWEEN`` seconds; no connection for another reason, a proxy's among them; the
answer broke off or is no HTTP."""


class NoAnswer(Exception):  # noqa: N818 - says what happened
    """There is no whole answer. ``detail``: the library's word for it, of TLS its reason; never a secret."""

    def __init__(self, failure: Failure, detail: str = "") -> None:
        super().__init__(detail or failure)
        self.failure: Failure = failure
        self.detail = detail


class Unwritable(Exception):  # noqa: N818 - says what happened
    """The address or a header holds what HTTP cannot carry. Without a text, which might hold a secret."""


class Headers(Mapping[str, str]):
    """An answer's headers by name, whatever its case; those that came several times are joined by commas."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._lines: dict[str, list[str]] = {}
        for name, value in pairs:
            self._lines.setdefault(name.lower(), []).append(value)

    def __getitem__(self, name: str) -> str:
        return ", ".join(self._lines[name.lower()])

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._lines

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def get_list(self, name: str) -> list[str]:
        """Each of the headers of that name, as they came."""
        return list(self._lines.get(name.lower(), ()))


class Head(NamedTuple):
    """An answer before its body."""

    status: int
    reason: str
    headers: Headers


Receive = Callable[[Head], Callable[[bytes], object]]
"""Told of the head, gives what is to be told of each piece of the body. What either raises ends the transfer."""


class Transport(Protocol):
    """Sends one request at a time for each who waits; kept connections are shared."""

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None, receive: Receive
    ) -> Head:
        """The head, once the body has been received to its end.

        Raises NoAnswer, Unwritable, and what ``receive`` raises. A cancelled request leaves nothing behind.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...
