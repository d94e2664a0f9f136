"""What goes wrong, where and when: faults, holds and hooks, on demand or at random."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from connector_sdk.testing.fake._request import Request
from connector_sdk.testing.fake._values import Duration, seconds_of

__all__ = ["TRANSIENT", "Chaos", "Fault", "FaultRule", "Hold", "Hook", "Nth", "Rule", "Where", "matches"]

Kind = Literal["status", "reset", "reset_midway", "cut", "cut_json", "slow", "replaced", "content_type", "delay"]
Nth = int | Collection[int]
Where = Callable[[Request], bool]


@dataclass(frozen=True)
class Fault:
    """One way for an answer to go wrong: ``Fault.status(503)``, ``Fault.reset()``, ``Fault.html()`` and so on.

    Faults that replace the answer (``status``, ``html``, ``not_json``, ``empty``) are given before credentials,
    limits and the handler are looked at. For the others the answer is computed as always, then spoilt on its way.
    """

    kind: Kind
    code: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    message: str = ""
    retry_after: float | str | None = None
    as_date: bool = False
    seconds: float = 0.0

    @classmethod
    def status(
        cls, code: int, message: str = "", *, retry_after: float | str | None = None, as_date: bool = False
    ) -> Fault:
        """This status with the vendor's error body; ``Retry-After`` as seconds, as an HTTP date, or as given text."""
        return cls(
            "status", code, message=message or f"status {code} on demand", retry_after=retry_after, as_date=as_date
        )

    @classmethod
    def reset(cls) -> Fault:
        """The connection is reset before a byte of the answer was sent."""
        return cls("reset")

    @classmethod
    def reset_midway(cls) -> Fault:
        """The connection is reset after half of the body."""
        return cls("reset_midway")

    @classmethod
    def cut(cls) -> Fault:
        """The connection is closed in order after half of the bytes that Content-Length promised."""
        return cls("cut")

    @classmethod
    def cut_json(cls) -> Fault:
        """Half of the JSON, with a Content-Length that fits it: only parsing finds out."""
        return cls("cut_json")

    @classmethod
    def slow(cls, duration: Duration) -> Fault:
        """The body takes this long on the clock, in twenty pieces."""
        return cls("slow", seconds=seconds_of(duration))

    @classmethod
    def delay(cls, duration: Duration) -> Fault:
        """Nothing is sent for this long on the clock; then the answer as it was computed."""
        return cls("delay", seconds=seconds_of(duration))

    @classmethod
    def html(cls, code: int = 200) -> Fault:
        """A page of HTML, as a proxy or a log-in form sends it."""
        page = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Sign in</h1></body></html>"
        return cls("replaced", code, page, "text/html; charset=utf-8")

    @classmethod
    def not_json(cls, body: bytes = b"upstream \xff\xfe timed out", code: int = 200) -> Fault:
        """Bytes that are no JSON (and, by default, no UTF-8), called application/json."""
        return cls("replaced", code, body)

    @classmethod
    def empty(cls, code: int = 200) -> Fault:
        """No body at all."""
        return cls("replaced", code)

    @classmethod
    def wrong_type(cls, content_type: str = "text/plain") -> Fault:
        """The right answer under another content type."""
        return cls("content_type", content_type=content_type)

    @property
    def replaces(self) -> bool:
        """Whether the handler is not asked at all."""
        return self.kind in ("status", "replaced")

    @property
    def name(self) -> str:
        """A word for the request log."""
        return f"status {self.code}" if self.kind == "status" else self.kind


TRANSIENT: tuple[Fault, ...] = (
    Fault.status(429, retry_after=1),
    Fault.status(500),
    Fault.status(502),
    Fault.status(503, retry_after=1),
    Fault.status(503),
    Fault.reset(),
    Fault.reset_midway(),
    Fault.cut(),
    Fault.cut_json(),
)
"""Faults that a good client survives by asking again."""


def matches(on: str, method: str, path: str) -> bool:
    """Whether ``on`` (``"*"``, ``"/v2/calls"``, ``"GET /v2/users/*"``, ``"/v2/users/{id}"``) means a request."""
    wanted, _, pattern = on.rpartition(" ")
    pattern = "".join("*" if "{" in part else part for part in _split(pattern))
    return wanted in ("", "*", method) and fnmatchcase(path, pattern)


def _split(pattern: str) -> list[str]:
    return [part for piece in pattern.split("/") for part in ("/", piece)][1:]


class Rule:
    """Which requests something happens to: the ``nth`` of those that match (counted from now), ``times`` in a row."""

    def __init__(self, on: str, nth: Nth, times: int | None, where: Where | None = None) -> None:
        self.on = on
        self.seen = 0
        """How many requests matched so far."""
        self._nth = nth
        self._times = times
        self._where = where
        self._stopped = False

    def stop(self) -> None:
        """It happens no more."""
        self._stopped = True

    def due(self, request: Request) -> bool:
        """Count the request if it matches; whether it is one of those that were meant."""
        if self._stopped or not matches(self.on, request.method, request.path):
            return False
        if self._where is not None and not self._where(request):
            return False
        self.seen += 1
        if isinstance(self._nth, int):
            return self.seen >= self._nth and (self._times is None or self.seen < self._nth + self._times)
        return self.seen in self._nth

    def fault(self, request: Request) -> Fault | None:
        """The fault that this rule does to a request that is due."""
        return None


class FaultRule(Rule):
    """One fault for the requests that are due."""

    def __init__(self, what: Fault, on: str, nth: Nth, times: int | None) -> None:
        super().__init__(on, nth, times)
        self._what = what

    def fault(self, request: Request) -> Fault | None:
        return self._what


class Chaos(Rule):
    """Faults at random, from a seed: each matching request has this chance of one.

    The same request is spared after ``in_a_row`` faults, so that a client with a budget for retries gets through.
    """

    def __init__(self, rate: float, seed: int, faults: Sequence[Fault], on: str, in_a_row: int) -> None:
        super().__init__(on, 1, None)
        self.done = 0
        """How many faults there were."""
        self._rate = rate
        self._random = random.Random(seed)
        self._faults = list(faults)
        self._in_a_row = in_a_row
        self._row: dict[tuple[str, str, bytes], int] = {}

    def fault(self, request: Request) -> Fault | None:
        same = (request.method, f"{request.path}{request.query}", request.body)
        row = self._row.get(same, 0)
        if row >= self._in_a_row or self._random.random() >= self._rate:
            self._row.pop(same, None)
            return None
        self._row[same] = row + 1
        self.done += 1
        return self._random.choice(self._faults)


class Hook(Rule):
    """A function called before the data is read, or between reading it and sending the answer."""

    def __init__(self, call: Callable[[Request], object], after: bool, on: str, nth: Nth, times: int | None) -> None:
        super().__init__(on, nth, times)
        self.call = call
        self.after = after


class Hold(Rule):
    """An answer whose data is read, and that waits until ``release()``. ``with api.hold(...) as hold`` releases too."""

    def __init__(self, on: str, nth: Nth, times: int | None, where: Where | None = None) -> None:
        super().__init__(on, nth, times, where)
        self.request: Request | None = None
        """The request that is held."""
        self._held = threading.Event()
        self._released = threading.Event()

    @property
    def held(self) -> bool:
        """Whether a request has been held."""
        return self._held.is_set()

    def wait(self, timeout: float = 10.0) -> Request:
        """Wait until a request is held, and get it. Raises TimeoutError after so many real seconds."""
        if not self._held.wait(timeout) or self.request is None:
            raise TimeoutError(f"no request for {self.on!r} was held within {timeout:g} s ({self.seen} matched)")
        return self.request

    def release(self) -> None:
        """Send the held answer as it was computed; later requests are not held."""
        self._released.set()
        self.stop()

    def keep(self, request: Request) -> None:
        """Called by the API in the request's own thread: return when released."""
        self.request = request
        self._held.set()
        self._released.wait()

    def __enter__(self) -> Hold:
        return self

    def __exit__(self, *exc: object) -> None:
        self.release()
