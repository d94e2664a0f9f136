"""A paginated API on 127.0.0.1 that is much faster than any of its clients.

    python -m benchmarks.throughput.api [--port 0] [--unique 128]

Pages are serialised once at the start; a request picks one, appends the token of the next and writes. The first part of
a path is the variant, with ``30`` behind it where each answer takes 30 ms; the second is how many records there are::

    /big/100000/items?limit=250&after=TOKEN     {"results": [...], "paging": {"next": {"after": "TOKEN"}}}
    /big30/32000/parts/p3?...                   a sixteenth of them, in a chain of its own
    /big30/32000/spans?since=...                a page of those that were updated within a span of ten days
    /big/100000/owners                          ten more records, in one page

``big`` records have 1.1 KB, ``small`` ones 160 bytes; ``bigz`` are big ones, compressed with gzip. Contents, ids among
them, repeat after ``--unique`` pages; ``spans`` should have no more, since a later one that is read first hides the
older versions of its records. Nothing was updated in 2026 or later, except in ``spans``, which end yesterday.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import re
import struct
import zlib
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

LIMIT = 250
PARTS = 16
SPAN = timedelta(days=10)
OWNERS = 10
LATENCY = 0.03

_WORDS = [
    "acme", "globex", "initech", "umbrella", "soylent", "müller", "straße", "café", "naïve", "東京", "株式会社",
    "renewal", "expansion", "pilot", "onboarding", "quarterly", "platform", "security", "review", "legal",
    "procurement", "champion", "budget", "blocked", "verbal", "commit", "forecast",
]  # fmt: skip


def history(records: int) -> date:
    """The day on which the first span of so many records begins; the last one ends before today."""
    return datetime.now(tz=UTC).date() - SPAN * (records // LIMIT)


def _instant(draw: random.Random) -> str:
    day = date(2020, 1, 1) + timedelta(days=draw.randrange(6 * 365))
    clock = f"{draw.randint(0, 23):02}:{draw.randint(0, 59):02}:{draw.randint(0, 59):02}.{draw.randint(0, 999):03}"
    return f"{day}T{clock}Z"


def _big(draw: random.Random, number: int) -> dict[str, Any]:
    def words(count: int) -> str:
        return " ".join(draw.choice(_WORDS) for _ in range(count))

    def others(count: int, kind: str) -> list[dict[str, str]]:
        return [{"id": str(draw.randint(1, 10**9)), "type": kind} for _ in range(count)]

    return {
        "id": str(9_000_000_000 + number),
        "createdAt": _instant(draw),
        "updatedAt": _instant(draw),
        "archived": False,
        "properties": {
            "dealname": words(4),
            "dealstage": draw.choice(["appointmentscheduled", "qualifiedtobuy", "closedwon"]),
            "pipeline": "default",
            "amount": round(draw.random() * 1e5, 2),
            "amount_in_home_currency": None,
            "forecast_probability": draw.random(),
            "closedate": _instant(draw),
            "lastmodifieddate": _instant(draw),
            "num_associated_contacts": draw.randint(0, 20),
            "description": words(24) + ' said "yes"\n— ' + words(3),
            "next_step": words(6),
            "owner_id": str(draw.randint(10**7, 10**8)),
            "is_closed": draw.random() < 0.3,
            "deal_score": None,
        },
        "associations": {
            "contacts": others(draw.randint(1, 3), "deal_to_contact"),
            "companies": others(1, "deal_to_company"),
        },
        "tags": [draw.choice(_WORDS) for _ in range(3)],
        "owner": {"name": words(2), "email": f"owner.{draw.randint(1, 99)}@example.com", "active": True},
    }


def _small(draw: random.Random, number: int) -> dict[str, Any]:
    return {
        "id": str(9_000_000_000 + number),
        "updatedAt": _instant(draw),
        "name": draw.choice(_WORDS),
        "score": draw.randint(0, 999),
        "active": True,
        "ownerId": None,
        "kind": "contact",
        "v": draw.random(),
    }


def _pages(make: Any, unique: int) -> list[bytes]:
    draw = random.Random(7)
    return [
        b'{"results":[' + b",".join(_json(make(draw, page * LIMIT + at)) for at in range(LIMIT)) + b"]"
        for page in range(unique)
    ]


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


class Pages:
    """All bodies. A page is the serialised part that all totals share, and its end, which tells the next token."""

    def __init__(self, unique: int) -> None:
        self._plain = {"big": _pages(_big, unique), "small": _pages(_small, unique)}
        self._deflated = [_deflate(page) for page in self._plain["big"]]
        self._spanned = lru_cache(maxsize=256)(self._dated)

    def body(self, variant: str, path: list[str], query: dict[str, str]) -> list[bytes]:
        """The parts of the body that ``path`` (what is behind the variant) asks for."""
        total, place, *rest = path
        count = int(total) // LIMIT
        if place == "owners":
            return [b'{"results":[', b",".join(b'{"id":"%d","name":"owner"}' % at for at in range(OWNERS)), b"]}"]
        if place == "spans":
            return self._span(count, query["since"])
        if place not in ("items", "parts"):
            return [b'{"ok":true}']
        if query.get("since", "2020") >= "2026":
            return [b'{"results":[]}']
        first, pages = 0, count
        if place == "parts":  # the first ones hold what does not divide
            pages, more = divmod(count, PARTS)
            number = int(rest[0][1:])
            first = number * pages + min(number, more)
            pages += number < more
        at = int(query.get("after", "p0")[1:])
        if at >= pages:
            return [b'{"results":[]}']
        end = b"}" if at + 1 == pages else b',"paging":{"next":{"after":"p%d"}}}' % (at + 1)
        if variant == "bigz":
            return _inflatable(self._deflated[(first + at) % len(self._deflated)], end)
        bodies = self._plain[variant]
        return [bodies[(first + at) % len(bodies)], end]

    def _span(self, count: int, since: str) -> list[bytes]:
        at = (date.fromisoformat(since[:10]) - history(count * LIMIT)) // SPAN
        return [self._spanned(history(count * LIMIT), at), b"}"] if at < count else [b'{"results":[]}']

    def _dated(self, begin: date, at: int) -> bytes:
        bodies = self._plain["big"]
        day = str(begin + SPAN * at).encode()
        return re.sub(rb'(?<="updatedAt":")[\d-]+', day, bodies[at % len(bodies)])


_Deflated = tuple[bytes, int, int]


def _deflate(page: bytes) -> _Deflated:
    """The page deflated up to a border that more can be appended at, its checksum and its length."""
    deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
    return deflater.compress(page) + deflater.flush(zlib.Z_FULL_FLUSH), zlib.crc32(page), len(page)


def _inflatable(page: _Deflated, end: bytes) -> list[bytes]:
    deflated, checksum, size = page
    deflater = zlib.compressobj(1, zlib.DEFLATED, -15)
    rest = deflater.compress(end) + deflater.flush()
    trailer = struct.pack("<II", zlib.crc32(end, checksum), size + len(end))
    return [b"\x1f\x8b\x08\0\0\0\0\0\0\xff", deflated, rest, trailer]


class Server(asyncio.Protocol):
    """One connection: no more of HTTP than its requests need."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head, self._received = self._received[:end], self._received[end + 4 :]
            path, _, asked = head.split(b" ", 2)[1].decode().partition("?")
            query = dict(pair.split("=", 1) for pair in asked.split("&") if "=" in pair)
            variant, *rest = path.strip("/").split("/")
            if variant.endswith("30"):
                loop = asyncio.get_running_loop()
                loop.call_later(LATENCY, self._answer, variant.removesuffix("30"), rest, query)
            else:
                self._answer(variant, rest, query)

    def _answer(self, variant: str, path: list[str], query: dict[str, str]) -> None:
        if self._transport.is_closing():
            return
        body = self._pages.body(variant, path, query)
        coding = b"content-encoding: gzip\r\n" if body[0].startswith(b"\x1f\x8b") else b""
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n%scontent-length: %d\r\n\r\n"
        self._transport.writelines([head % (coding, sum(map(len, body))), *body])


async def serve(port: int, unique: int) -> None:
    """Serve for ever; print the port."""
    pages = Pages(unique)
    server = await asyncio.get_running_loop().create_server(lambda: Server(pages), "127.0.0.1", port, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--unique", type=int, default=128)
    chosen = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(chosen.port, chosen.unique))
