"""A judge that nobody here wrote: source-slack reads a first page of each default stream from Slack's own document.

``make prism`` runs it. Stoplight's Prism serves the document (``document.py`` says what is changed in it): it refuses
requests that the document does not allow, and answers with the document's examples. Prints a line a stream; exits with
1 where one fails, and where none ran.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from source_slack import SlackConfig, slack
from source_slack.conversations import messages

from connector_sdk.config import parse_config
from connector_sdk.declare import Endpoint, Stream
from connector_sdk.engine import SystemClock
from connector_sdk.engine.documents import Shape
from connector_sdk.http import Client, Fill
from tests.foreign.prism.document import parameters, patched

BUILD = Path("build/prism")
PRISM = BUILD / "node_modules" / ".bin" / "prism"
CHANNEL = b'{"id":"C061EG9T2","channel_id":"C061EG9T2","ts":"1482960137.003543"}'
LEAST = 13
"""So many default streams the document knows."""


@contextmanager
def served() -> Iterator[str]:
    """Prism, serving the patched document on a free port of 127.0.0.1."""
    file = BUILD / "slack.json"
    file.write_text(json.dumps(patched()), "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    argv = [str(PRISM), "mock", "-h", "127.0.0.1", "-p", str(port), str(file)]
    with (BUILD / "prism.log").open("wb") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=subprocess.STDOUT)
    try:
        url = f"http://127.0.0.1:{port}"
        _await(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(f"{url}/api/auth.test", trust_env=False, timeout=5)
            return
        except httpx.TransportError:
            time.sleep(0.2)
    sys.exit(f"Prism does not answer; {BUILD / 'prism.log'} says why")


async def first_page(client: Client, stream: Stream) -> int:
    """How many records the first page of a stream holds, each of which has its key. Raises what the connector does."""
    assert isinstance(stream.read, Endpoint)
    fill = Fill(
        each=CHANNEL, bound=lambda border: {"since": "1482960000.000000", "until": "1700000000.000000"}[border.what]
    )
    page = await client.page(stream.read, fill)
    cursor = getattr(stream.sync, "cursor", None)
    rows = [Shape(stream).row(body) for body in page.slices]
    if cursor is not None and any(value is None for value in page.values(cursor)):
        raise ValueError(f"a record has nothing at {cursor}")
    return len(rows)


def judged() -> list[Stream]:
    """The default streams whose method the document knows."""
    found = [each for each in slack.declared() if not each.optional and isinstance(each.read, Endpoint)]
    return [each for each in found if parameters(str(each.read.path).rpartition("/")[2]) is not None]  # type: ignore[union-attr]


async def judge(url: str) -> int:
    """Read them all, and tell of each; how many failed."""
    given = {"credentials": {"credentials_title": "Token", "token": "made-up"}, "advanced": {"base_url": url}}
    config = parse_config(SlackConfig, given, name="source-slack")
    client = Client(slack.http(config), config, clock=SystemClock(), patience=5, first_patience=20)
    failed = 0
    try:
        await client.check(slack.check)  # type: ignore[arg-type]
        for stream in judged():
            try:
                count = await first_page(client, stream)
                good = count > 0
                told = f"{count} records"
            except Exception as wrong:  # whatever it is, it is the verdict of this stream
                good, told = False, f"{type(wrong).__name__}: {wrong}"
            failed += not good
            print(f"{'passed' if good else 'FAILED'}  {stream.name}: {told}")
    finally:
        await client.aclose()
    return failed


def main() -> int:
    streams = judged()
    if len(streams) < LEAST:
        print(f"only {len(streams)} streams are known to the document, and there were {LEAST}: nothing is proved")
        return 1
    if messages not in streams:
        print("messages are not among them")
        return 1
    with served() as url:
        failed = asyncio.run(judge(url))
    print(f"{len(streams) - failed} of {len(streams)} streams read a first page from Slack's own document")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
