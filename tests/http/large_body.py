"""Reads a body of some hundred megabytes, made while it is sent, and prints by how much the process grew.

``python large_body.py csv``: peak growth of resident memory in bytes, records and pages, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from connector_sdk.config import Config
from connector_sdk.declare import GET, Csv, Http, JsonLines, Xml
from connector_sdk.engine import SystemClock
from connector_sdk.engine.budget import ByteBudget
from connector_sdk.errors import RecordTooLargeError
from connector_sdk.http import Client, Fill

SIZE = 300 << 20
PAGE = os.sysconf("SC_PAGE_SIZE")


def resident() -> int:
    """Bytes of memory that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def blocks(record: Callable[[int], bytes], size: int) -> Iterator[bytes]:
    """Some records again and again, about half a megabyte at once."""
    block = b"".join(record(n) for n in range(2_000))
    for _ in range(size // len(block)):
        yield block


def row(n: int) -> bytes:
    noise = random.Random(n).randbytes(80).hex()
    return f'{n},"a ""quoted"" value, {noise}",{noise}\n'.encode()


def line(n: int) -> bytes:
    return json.dumps({"id": n, "text": random.Random(n).randbytes(150).hex()}).encode() + b"\n"


def element(n: int) -> bytes:
    return f"<entry id='{n}'><text>{random.Random(n).randbytes(150).hex()}</text></entry>".encode()


def framed(begin: bytes, body: Iterator[bytes], end: bytes = b"") -> Iterator[bytes]:
    yield begin
    yield from body
    yield end


def gzipped(chunks: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(1, wbits=31)
    for chunk in chunks:
        yield packer.compress(chunk)
    yield packer.flush()


def zipped(chunks: Iterator[bytes]) -> Iterator[bytes]:
    import zipfile

    class Out:
        def __init__(self) -> None:
            self.parts: list[bytes] = []

        def write(self, data: bytes) -> int:
            self.parts.append(bytes(data))
            return len(data)

        def flush(self) -> None: ...

    out: Any = Out()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("export.csv", "w", force_zip64=True) as member:
            for chunk in chunks:
                member.write(chunk)
                yield b"".join(out.parts)
                out.parts.clear()
    yield b"".join(out.parts)


def csv_body(size: int = SIZE) -> Iterator[bytes]:
    return framed(b"id,quoted,noise\n", blocks(row, size))


CASES: dict[str, tuple[Any, Callable[[], Iterator[bytes]]]] = {
    "csv": (Csv(), csv_body),
    "lines": (JsonLines(), lambda: blocks(line, SIZE // 3)),
    "xml": (Xml("/feed/entry"), lambda: framed(b"<feed>", blocks(element, SIZE // 3), b"</feed>")),
    "gzip": (Csv(), lambda: gzipped(csv_body(SIZE // 3))),
    "zip": (Csv(), lambda: zipped(csv_body(SIZE // 3))),
    "long": (JsonLines(), lambda: framed(b'{"a":"', (b"x" * (1 << 20) for _ in range(200)), b'"}\n')),
}


def serve(listening: socket.socket, body: Callable[[], Iterator[bytes]]) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        for chunk in body():
            if chunk:
                connection.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        connection.sendall(b"0\r\n\r\n")


async def read(url: str, kind: Any) -> dict[str, int]:
    client = Client(Http(url), Config(), clock=SystemClock(), budget=ByteBudget(16 << 20))
    before = peak = resident()
    records = pages = 0
    ended = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not ended.wait(0.002):
            peak = max(peak, resident())

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        async for page in client.read(GET("/export", body=kind), Fill()):
            records += len(page.slices)
            pages += 1
            page.release()
    except RecordTooLargeError:
        pass
    finally:
        ended.set()
        watching.join()
        await client.aclose()
    return {"grown": peak - before, "records": records, "pages": pages}


def main(case: str) -> None:
    kind, body = CASES[case]
    listening = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(listening, body), daemon=True).start()
    print(json.dumps(asyncio.run(read(f"http://127.0.0.1:{listening.getsockname()[1]}", kind))))


if __name__ == "__main__":
    main(sys.argv[1])
