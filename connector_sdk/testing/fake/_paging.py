"""Pages of a result that moves: opaque tokens, page numbers, offsets and next links."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

from connector_sdk.testing.fake._request import Refuse, Request
from connector_sdk.testing.fake._values import Duration, JsonObject, getter, rank, seconds_of

__all__ = ["Page", "Pager", "Paging", "next_link", "numbered", "offsets"]

Paging = Literal["offset", "frozen", "keyset"]


@dataclass(frozen=True)
class Page:
    """One page: its records, the token of the next page or None, and the counts that vendors like to tell."""

    records: list[JsonObject]
    next: str | None
    total: int
    number: int

    @property
    def more(self) -> bool:
        """Whether there is a next page."""
        return self.next is not None


class Pager:
    """Opaque, signed page tokens. ``api.pager(...)`` makes one.

    ``paging`` says what a token hides: ``"offset"`` counts into the result as it is when the next page is asked for
    (a row deleted in front makes it skip one, a row added makes it repeat one), ``"frozen"`` reads on in the result as
    it was on the first page, ``"keyset"`` goes on after the last row by ``order`` and key. A token is refused when it
    is older than ``life``, was used ``uses`` times, was expired by the test, or comes with other inputs than those it
    was given for.
    """

    def __init__(
        self,
        paging: Paging = "offset",
        *,
        now: Callable[[], int],
        size: int = 100,
        life: Duration | None = None,
        uses: int | None = None,
        order: tuple[str, ...] = (),
        refused: int = 400,
        secret: str = "pages",
    ) -> None:
        if paging == "keyset" and not order:
            raise ValueError("keyset tokens need order=(places): the last of them must be the key")
        self.size = size
        self.life = life
        self.uses = uses
        self.refused = refused
        self._paging = paging
        self._order = [getter(place) for place in order]
        self._now = now
        self._secret = secret.encode()
        self._frozen: dict[int, list[JsonObject]] = {}
        self._used: dict[str, int] = {}
        self._serial = 0
        self._oldest = 0

    def page(
        self, request: Request, rows: Sequence[JsonObject], *, at: str = "cursor", size: int | None = None
    ) -> Page:
        """The page that the request asks for: its token stands at ``at`` (a query name, or a body pointer).

        ``rows`` is the whole result as it is now, in order.
        """
        size = size or self.size
        token = request.text(at, None)
        bound = hashlib.sha256(request.inputs(without=at).encode()).hexdigest()[:16]
        held: JsonObject = {"p": 0, "n": 0} if token is None else self._opened(token, at, bound)
        rows, start = self._from(held, rows)
        records = list(rows[start : start + size])
        request.records = len(records)
        following = None
        if start + size < len(rows):
            position = self._ranks(records[-1]) if self._paging == "keyset" else start + size
            following = self._sealed({"p": position, "n": held["n"] + 1, "f": held.get("f"), "b": bound})
        return Page(records, following, len(rows), held["n"])

    def expire(self) -> None:
        """Every token given so far is refused from now on."""
        self._oldest = self._serial

    def _from(self, held: JsonObject, rows: Sequence[JsonObject]) -> tuple[Sequence[JsonObject], int]:
        if self._paging == "frozen":
            if held.get("f") is None:
                held["f"] = len(self._frozen)
                self._frozen[held["f"]] = list(rows)
            rows = self._frozen[held["f"]]
        if self._paging == "keyset" and held["p"]:
            after = [tuple(each) for each in held["p"]]
            return rows, sum(1 for row in rows if self._ranks(row) <= after)
        return rows, held["p"]

    def _ranks(self, row: JsonObject) -> list[tuple[int, Any]]:
        return [rank(find(row)) for find in self._order]

    def _sealed(self, held: JsonObject) -> str:
        self._serial += 1
        held["s"] = self._serial
        if self.life is not None:
            held["exp"] = int(self._now() / 1_000_000 + seconds_of(self.life))
        text = ".".join((_base64(b'{"alg":"HS256"}'), _base64(json.dumps(held, separators=(",", ":")).encode())))
        return f"{text}.{self._signature(text)}"

    def _opened(self, token: str, at: str, bound: str) -> JsonObject:
        name = at.removeprefix("/")
        text, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(text).encode()):
            raise Refuse(self.refused, f"{name} is invalid")
        payload = text.partition(".")[2]
        held: JsonObject = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        if held["s"] <= self._oldest or ("exp" in held and held["exp"] * 1_000_000 <= self._now()):
            raise Refuse(self.refused, f"{name} has expired")
        if held["b"] != bound:
            raise Refuse(self.refused, f"{name} does not belong to the other inputs of this request")
        used = self._used[token] = self._used.get(token, 0) + 1
        if self.uses is not None and used > self.uses:
            raise Refuse(self.refused, f"{name} has been used before")
        return held

    def _signature(self, text: str) -> str:
        return _base64(hmac.digest(self._secret, text.encode(), "sha256"))


def numbered(
    request: Request,
    rows: Sequence[JsonObject],
    *,
    number_at: str = "page",
    size_at: str = "per_page",
    first: int = 1,
    size: int = 100,
    most: int = 1000,
) -> Page:
    """The page with the number that the request asks for; ``next`` is the following number as text."""
    number = request.integer(number_at, first, least=first)
    size = request.integer(size_at, size, least=1, most=most)
    start = (number - first) * size
    return _cut(request, rows, start, size, number, str(number + 1))


def offsets(
    request: Request,
    rows: Sequence[JsonObject],
    *,
    offset_at: str = "offset",
    limit_at: str = "limit",
    size: int = 100,
    most: int = 1000,
) -> Page:
    """The rows from the offset that the request asks for; ``next`` is the following offset as text."""
    start = request.integer(offset_at, 0)
    size = request.integer(limit_at, size, least=1, most=most)
    return _cut(request, rows, start, size, start // size, str(start + size))


def next_link(request: Request, page: Page, *, base: str, at: str = "cursor") -> str | None:
    """The whole address of the next page: this request's with the token set; None on the last page."""
    if page.next is None:
        return None
    queries = {**request.queries, at: [page.next]}
    return f"{base}{request.path}?{urlencode(queries, doseq=True)}"


def _cut(request: Request, rows: Sequence[JsonObject], start: int, size: int, number: int, following: str) -> Page:
    records = list(rows[start : start + size])
    request.records = len(records)
    return Page(records, following if start + size < len(rows) else None, len(rows), number)


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
