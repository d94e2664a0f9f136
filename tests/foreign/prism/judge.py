"""A judge that nobody here wrote: source-slack and source-asana read a first page of each default stream from the
vendors' own documents.

``make prism`` runs it. Stoplight's Prism serves each document (``document.py`` and ``asana.py`` say what is changed in
them): it refuses requests that the document does not allow, and answers with the document's examples. Prints a line a
stream; exits with 1 where one fails, and where none ran.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from source_asana import asana
from source_slack import slack

from connector_sdk.config import parse_config
from connector_sdk.declare import Connector, Endpoint, Lookup, Step, Stream
from connector_sdk.engine import SystemClock
from connector_sdk.engine.documents import Shape
from connector_sdk.http import Client, Fill, RawPage
from tests.foreign.prism import asana as asana_document
from tests.foreign.prism import document as slack_document

BUILD = Path("build/prism")
PRISM = BUILD / "node_modules" / ".bin" / "prism"


@dataclass(frozen=True)
class Judged:
    """A connector and its vendor's document. ``known``: whether the document has what a stream reads; ``each``: what a
    stream is asked for, where it hangs on another; ``least``: so many default streams the document knows; ``none_fit``:
    a stream that takes none of the document's examples, so that it is enough if it can read them."""

    connector: Connector[Any]
    document: Callable[[], dict[str, Any]]
    credentials: dict[str, str]
    known: Callable[[str], bool]
    each: Callable[[Stream], bytes]
    ready: str
    least: int
    surely: str
    none_fit: str = ""

    def streams(self) -> list[Stream]:
        """The default streams that the document knows."""
        found = [each for each in self.connector.declared() if not each.optional and endpoint_of(each) is not None]
        return [each for each in found if self.known(shape_of(each))]


def endpoint_of(stream: Stream) -> Endpoint | None:
    """What its first page is asked for by; of a generator, the endpoint that it was made with."""
    if isinstance(stream.read, Endpoint):
        return stream.read
    inner = inspect.getclosurevars(stream.read).nonlocals if callable(stream.read) else {}
    return next((each for each in inner.values() if isinstance(each, Endpoint)), None)


def shape_of(stream: Stream) -> str:
    """The path of its requests, with ``x`` for what varies in it."""
    endpoint = endpoint_of(stream)
    assert endpoint is not None
    return re.sub(r"\{.*?\}", "x", str(endpoint).partition(" ")[2])


def slack_each(stream: Stream) -> bytes:
    return b'{"id":"C061EG9T2","channel_id":"C061EG9T2","ts":"1482960137.003543"}'


def asana_each(stream: Stream) -> bytes:
    """A workspace's gid for what is listed by workspace, else the record of a parent, or a place."""
    if isinstance(stream.per, Lookup) and stream.per.name != "every_place":
        return b'"12345"'
    return b'{"gid":"12345","workspace":{"gid":"12345"},"user":{"gid":"12345"}}'


def asana_place(stream: Stream) -> bytes:
    return b'{"workspace":"12345"}' if stream.name == "projects" else asana_each(stream)


SUBJECTS = [
    Judged(
        slack, slack_document.patched, {"credentials_title": "Token", "token": "made-up"},
        lambda shape: slack_document.parameters(shape.rpartition("/")[2]) is not None, slack_each, "/api/auth.test", 13,
        "messages",
    ),
    Judged(
        asana, asana_document.patched, {"credentials_title": "Personal access token", "token": "made-up"},
        lambda shape: asana_document.operation(f"{asana_document.BASE}{shape}") is not None, asana_place,
        "/api/1.0/workspaces", 17, "tasks", "tasks_without_project",
    ),
]  # fmt: skip


@contextmanager
def served(judged: Judged) -> Iterator[str]:
    """Prism, serving the patched document on a free port of 127.0.0.1."""
    name = judged.connector.name
    file = BUILD / f"{name}.json"
    file.write_text(json.dumps(judged.document()), "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    argv = [str(PRISM), "mock", "-h", "127.0.0.1", "-p", str(port), str(file)]
    with (BUILD / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=subprocess.STDOUT)
    try:
        url = f"http://127.0.0.1:{port}"
        _await(f"{url}{judged.ready}", process, BUILD / f"{name}.log")
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(url, trust_env=False, timeout=5)
            return
        except httpx.TransportError:
            time.sleep(0.2)
    sys.exit(f"Prism does not answer; {log} says why")


async def first_page(client: Client, stream: Stream, each: bytes) -> int:
    """How many records the first page of a stream holds, each of which has its key. Raises what the connector does."""
    assert stream.read is not None
    fill = Fill(
        each=each, bound=lambda border: {"since": "1482960000.000000", "until": "1700000000.000000"}[border.what]
    )
    if isinstance(stream.read, Endpoint):
        page = await client.page(stream.read, fill)
    else:
        step = Step(each=json.loads(each))
        async with aclosing(_pages(client, stream, Fill(each=each, step=step))) as pages:
            page = await anext(pages)
    cursor = getattr(stream.sync, "cursor", None)
    rows = [Shape(stream).row(body) for body in page.slices]
    if cursor is not None and any(value is None for value in page.values(cursor)):
        raise ValueError(f"a record has nothing at {cursor}")
    return len(rows)


async def _pages(client: Client, stream: Stream, fill: Fill) -> AsyncIterator[RawPage]:
    assert stream.read is not None
    async with aclosing(client.read(stream.read, fill)) as pages:
        async for page in pages:
            yield page


async def judge(judged: Judged, url: str) -> int:
    """Read them all, and tell of each; how many failed."""
    connector = judged.connector
    given = {"credentials": judged.credentials, "advanced": {"base_url": url}}
    config = parse_config(connector.config, given, name=connector.name)
    client = Client(connector.http(config), config, clock=SystemClock(), patience=5, first_patience=20)
    failed = 0
    try:
        check = connector.check
        await client.check(check.read if isinstance(check, Stream) else check)  # type: ignore[arg-type]
        for stream in judged.streams():
            try:
                count = await first_page(client, stream, judged.each(stream))
                good = count > 0 or stream.name == judged.none_fit
                told = f"{count} records"
            except Exception as wrong:  # whatever it is, it is the verdict of this stream
                good, told = False, f"{type(wrong).__name__}: {wrong}"
            failed += not good
            print(f"{'passed' if good else 'FAILED'}  {connector.name} {stream.name}: {told}")
    finally:
        await client.aclose()
    return failed


def main() -> int:
    failed = 0
    for judged in SUBJECTS:
        names, title = [stream.name for stream in judged.streams()], judged.connector.title
        if len(names) < judged.least or judged.surely not in names:
            print(f"the document of {title} knows {', '.join(names) or 'no stream'}: nothing is proved")
            return 1
        with served(judged) as url:
            wrong = asyncio.run(judge(judged, url))
        print(f"{len(names) - wrong} of {len(names)} streams read a first page from {title}'s own document")
        failed += wrong
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
