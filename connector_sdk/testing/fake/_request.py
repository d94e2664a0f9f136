"""What a handler is given and what it answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote

from connector_sdk.testing.fake._values import Form, getter, instant_in

__all__ = ["Answer", "Refuse", "Request", "encode", "encoded"]

D = TypeVar("D")
_REQUIRED: Any = object()


class Refuse(Exception):  # noqa: N818 - a handler's word, not a defect
    """Raised in a handler: this status, with the vendor's own error body around the message."""

    def __init__(self, status: int, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})


@dataclass
class Answer:
    """An answer with more to say than 200 and JSON. ``body`` may be JSON, text or raw bytes."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    def encoded(self) -> bytes:
        """The body as it goes over the wire."""
        if isinstance(self.body, bytes):
            return self.body
        if self.status == 204:
            return b""
        if isinstance(self.body, str) and self.content_type != "application/json":
            return self.body.encode()
        return encode(self.body)


def encode(body: Any) -> bytes:
    """Compact JSON in UTF-8."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


class Request:
    """One request as a handler sees it.

    The readers (``text``, ``integer``, ``instant``, ``day``, ``choice``, ``texts``, ``flag``) take a place: a name is
    looked up in the query, a pointer such as ``/filter/fromDateTime`` in the JSON body. Without a default the input
    is required; a missing or unreadable one is answered with status 400, and the handler never sees it.
    """

    def __init__(
        self, n: int, time: int, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> None:
        raw_path, _, raw_query = target.partition("?")
        self.n = n
        self.time = time
        """When it arrived, in microseconds since 1970 on the API's clock."""
        self.method = method
        self.path = unquote(raw_path)
        self.queries: dict[str, list[str]] = {}
        """Every value of each query parameter; ``query`` holds the last."""
        for name, value in parse_qsl(raw_query, keep_blank_values=True):
            self.queries.setdefault(name, []).append(value)
        self.query = {name: values[-1] for name, values in self.queries.items()}
        self.headers = headers
        """Lower-case names."""
        self.body = body
        self.parts: dict[str, str] = {}
        """The path's parameters: ``/v2/users/{id}`` gives ``request.parts["id"]``."""
        self.records: int | None = None
        """How many records were served, for the log; paging sets it."""
        self._json: Any = _REQUIRED

    @property
    def json(self) -> Any:
        """The body as JSON; None without a body. A body that is not JSON is answered with 400."""
        if self._json is _REQUIRED:
            try:
                self._json = json.loads(self.body) if self.body else None
            except ValueError:
                raise Refuse(400, "the request body is not JSON") from None
        return self._json

    def value(self, place: str, default: D = _REQUIRED) -> Any | D:
        """What stands at a place, as it came; null counts as absent."""
        found = getter(place)(self.json) if place.startswith("/") else self.query.get(place)
        if found is not None:
            return found
        if default is _REQUIRED:
            raise Refuse(400, f"{_name(place)} is required")
        return default

    def text(self, place: str, default: D = _REQUIRED) -> str | D:
        """Text that is not empty."""
        found = self.value(place, None)
        if found is None:
            return self._absent(place, default)
        if not isinstance(found, str) or not found:
            raise Refuse(400, f"{_name(place)} must be text")
        return found

    def integer(self, place: str, default: D = _REQUIRED, *, least: int = 0, most: int | None = None) -> int | D:
        """A whole number within bounds."""
        found = self.value(place, None)
        if found is None:
            return self._absent(place, default)
        try:
            number = int(found) if not isinstance(found, float | bool) else None
        except (TypeError, ValueError):
            number = None
        if number is None or number < least or (most is not None and number > most):
            raise Refuse(400, f"{_name(place)} must be a whole number from {least} to {most or 'any'}")
        return number

    def instant(
        self, place: str, default: D = _REQUIRED, *, form: Form = "iso", zone: bool = True, fraction: bool = True
    ) -> int | D:
        """Microseconds since 1970. ISO text needs an offset unless ``zone=False``; ``fraction=False`` refuses one."""
        found = self.value(place, None)
        if found is None:
            return self._absent(place, default)
        try:
            instant = instant_in(found, form)
        except (ValueError, OverflowError):
            raise Refuse(400, f"{_name(place)} is not a valid date-time") from None
        if form == "iso":
            _, _, clock_time = str(found).partition("T")
            if not clock_time or (zone and not (clock_time.endswith("Z") or "+" in clock_time or "-" in clock_time)):
                raise Refuse(400, f"{_name(place)} must be a date-time with an offset from UTC")
            if not fraction and "." in clock_time:
                raise Refuse(400, f"{_name(place)} must not have a fraction of a second")
        return instant

    def day(self, place: str, default: D = _REQUIRED) -> date | D:
        """A calendar day, ``YYYY-MM-DD``."""
        found = self.value(place, None)
        if found is None:
            return self._absent(place, default)
        try:
            day = date.fromisoformat(found)
        except (TypeError, ValueError):
            day = None
        if day is None or len(found) != 10:
            raise Refuse(400, f"{_name(place)} is not a valid date, YYYY-MM-DD")
        return day

    def choice(self, place: str, options: Iterable[str], default: D = _REQUIRED) -> str | D:
        """One of the given words."""
        found = self.value(place, None)
        if found is None:
            return self._absent(place, default)
        if found not in (words := list(options)):
            raise Refuse(400, f"{_name(place)} must be one of {', '.join(words)}")
        return str(found)

    def texts(self, place: str, default: D = _REQUIRED, *, most: int | None = None) -> list[str] | D:
        """A list of texts: an array in the body, or a parameter that is repeated or separated by commas."""
        if place.startswith("/"):
            found = self.value(place, None)
        else:
            found = [part for value in self.queries.get(place, []) for part in value.split(",")] or None
        if found is None:
            return self._absent(place, default)
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            raise Refuse(400, f"{_name(place)} must be a list of texts")
        if most is not None and len(found) > most:
            raise Refuse(400, f"{_name(place)} holds {len(found)} values, at most {most} are allowed")
        return found

    def flag(self, place: str, default: bool = False) -> bool:
        """True or false."""
        found = self.value(place, default)
        if found in (True, False):
            return bool(found)
        if found in ("true", "false"):
            return bool(found == "true")
        raise Refuse(400, f"{_name(place)} must be true or false")

    def inputs(self, *, without: str = "") -> str:
        """Everything that was asked, without one place, as comparable text. A page token is bound to it."""
        queries = {name: values for name, values in sorted(self.queries.items()) if name != without}
        body = self.json
        if without.startswith("/") and isinstance(body, dict):
            body = {name: value for name, value in body.items() if f"/{name}" != without}
        return json.dumps([self.method, self.path, queries, body], sort_keys=True)

    def _absent(self, place: str, default: D) -> D:
        if default is _REQUIRED:
            raise Refuse(400, f"{_name(place)} is required")
        return default


def encoded(given: Any, request: Request) -> Answer:
    """What a handler gave as bytes, so that later edits cannot reach it; its records counted."""
    answer = given if isinstance(given, Answer) else Answer(given, 204 if given is None else 200)
    if request.records is None and answer.status == 200 and isinstance(answer.body, Mapping):
        request.records = next((len(value) for value in answer.body.values() if isinstance(value, list)), None)
    return replace(answer, body=answer.encoded())


def _name(place: str) -> str:
    return place.removeprefix("/").replace("/", ".")
