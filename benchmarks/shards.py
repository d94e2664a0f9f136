"""One source without limits, captured by 1, 2, 4 and 8 shards at once, told as a table.

    python benchmarks/shards.py [--shelves 1024] [--pages 6] [--latency 30]

Each page takes ``--latency`` milliseconds. Every shard is a process of its own over its own pipes, as Flow runs it.
Told are what the shards found together and twice, the requests, the wall time from the start of the processes to the
end of the last, and the CPU seconds of all shards: where these reach what the machine has, more shards cannot help.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import orjson

from connector_sdk.testing.flow import Collections, KeyRange, Player

HERE = Path(__file__).parent
RECORDS = 10
COUNTS = (1, 2, 4, 8)


class Shelves:
    """The source, as cheap as it can be: fixed answers, each after its latency."""

    def __init__(self, pages: int, latency: float) -> None:
        self.pages = pages
        self.latency = latency
        self.requests = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer requests for as long as the client stays."""
        try:
            while asked := await reader.readuntil(b"\r\n\r\n"):
                path = asked.split(b" ", 2)[1].decode()
                await asyncio.sleep(self.latency)
                body = orjson.dumps(self.body(path))
                length = len(body)
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % length
                )
                writer.write(body)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def body(self, path: str) -> dict[str, Any]:
        """The page of a shelf, or the answer to the check."""
        if not path.startswith("/shelves/"):
            return {"ok": True}
        self.requests += 1
        shelf, _, token = path.removeprefix("/shelves/").partition("?page=")
        page = int(token or 0)
        items = [{"id": f"{shelf}-{page}-{row}", "title": "a book " * 10} for row in range(RECORDS)]
        return {"items": items, "next": str(page + 1) if page + 1 < self.pages else None}


def serve(pipe: Connection, pages: int, latency: float) -> None:
    """Serve in a process of its own; tell and reset the count of requests whenever asked."""

    async def run() -> None:
        shelves = Shelves(pages, latency)
        server = await asyncio.start_server(shelves.answer, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        while await asyncio.to_thread(pipe.recv):
            pipe.send(shelves.requests)
            shelves.requests = 0
        server.close()

    asyncio.run(run())


def run(shards: int, port: int, shelves: int) -> dict[str, Any]:
    """Capture all of it with so many shards, each in a thread that reads its pipe."""
    env = {"PYTHONPATH": str(HERE / "sources"), "SHELVES": str(shelves), "CONNECTOR_RUN": "once"}
    player = Player([sys.executable, "-m", "source_shelf"], env=env)
    capture = player.prepare({"advanced": {"base_url": f"http://127.0.0.1:{port}"}})

    def shard(part: KeyRange) -> set[str]:
        rows = Collections(keep=lambda document: True)
        session = player.run(capture, into=rows, range=part, timeout=600)
        if session.exit_code:
            raise SystemExit(f"a shard of {shards} failed: {session.error}")
        return {key[0] for key in rows["books"].committed}

    cpu, began = _children_cpu(), time.monotonic()
    with ThreadPoolExecutor(shards) as threads:
        found = list(threads.map(shard, KeyRange.split(shards)))
    wall = time.monotonic() - began
    union = set().union(*found)
    return {
        "shards": shards, "records": len(union), "found twice": sum(map(len, found)) - len(union),
        "wall s": wall, "CPU s": _children_cpu() - cpu,
    }  # fmt: skip


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Run every count of shards and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--shelves", type=int, default=1024)
    parser.add_argument("--pages", type=int, default=6)
    parser.add_argument("--latency", type=float, default=30.0, help="milliseconds a page")
    chosen = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(theirs, chosen.pages, chosen.latency / 1000), daemon=True)
    server.start()
    port = ours.recv()
    told = []
    for count in COUNTS:
        print(f"{count} of {COUNTS[-1]} shards ...", file=sys.stderr)
        row = run(count, port, chosen.shelves)
        ours.send(True)
        row["requests"] = ours.recv()
        row["times faster"] = told[0]["wall s"] / row["wall s"] if told else 1.0
        told.append(row)
    ours.send(False)
    server.join()
    expected = chosen.shelves * chosen.pages * RECORDS
    print(f"{expected:,} records, {chosen.latency:g} ms a page, {os.cpu_count()} cores\n")
    names = list(told[0])
    print("| " + " | ".join(names) + " |")
    print("|" + "---|" * len(names))
    for each in told:
        print("| " + " | ".join(f"{v:,.1f}" if isinstance(v, float) else f"{v:,}" for v in each.values()) + " |")
    if any(row["records"] != expected or row["found twice"] for row in told):
        raise SystemExit("the shards did not find every record exactly once")


if __name__ == "__main__":
    main()
