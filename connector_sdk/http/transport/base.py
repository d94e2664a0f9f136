"""The interface of a transport."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, NamedTuple, Protocol
from urllib.parse import quote, urlsplit, urlunsplit

__all__ = [
    "BETWEEN",
    "CONNECT",
    "Failure",
    "Head",
    "Headers",
    "NoAnswer",
    "Receive",
    "Transport",
    "Unwritable",
    "address_of",
    "checked",
]

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


_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?|")
_KEPT = ":/?#[]@!$&'()*+,;=%~-._"


def checked(headers: Mapping[str, str]) -> Mapping[str, str]:
    """These headers. Raises Unwritable for one that HTTP cannot carry."""
    if not all(_NAME.fullmatch(name) and _VALUE.fullmatch(value) for name, value in headers.items()):
        raise Unwritable
    return headers


def address_of(url: str) -> str:
    """The address in ASCII, without its fragment. Raises Unwritable for what is no address of HTTP."""
    try:
        parts = urlsplit(url)
        host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 0) >= 0
    except (ValueError, UnicodeError):
        raise Unwritable from None
    if not known or any(char in " \r\n\t\0" for char in host):
        raise Unwritable
    return urlunsplit((parts.scheme, host, quote(parts.path, safe=_KEPT), quote(parts.query, safe=_KEPT), ""))


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
