"""How little the job can take, without retries, errors, limits, keys or state: ``bound.py CLIENT WORK URL...``

CLIENT   httpx     its synchronous client
         chains    its asynchronous client, with a chain of pages for each URL at once
         socket    a socket, and as little of HTTP as this API needs
WORK     orjson    each record is decoded, and encoded again
         slices    each record leaves as the bytes that it came in; only the page's own members are decoded
         cursors   the same, and each record's cursor is read

Either way there is one write a page. What one way does not need is not imported for it: its memory and its start count.
"""

import asyncio
import os
import socket
import sys
from urllib.parse import urlsplit

HEAD, TAIL = b'{"captured":{"binding":0,"doc":', b"}}\n"
CHECKPOINT = b'{"checkpoint":{"state":{"updated":{"after":"%s"},"mergePatch":true}}}\n'


if sys.argv[1] != "socket":
    import httpx
if sys.argv[2] in ("slices", "cursors"):
    import msgspec

    class Cursor(msgspec.Struct, gc=False):
        updatedAt: str

    class Next(msgspec.Struct):
        after: str

    class Paging(msgspec.Struct):
        next: Next

    class Page(msgspec.Struct):
        results: list[msgspec.Raw]
        paging: Paging | None = None

    decode = msgspec.json.Decoder(Page).decode
    cursor = msgspec.json.Decoder(Cursor).decode
    cursors = sys.argv[2] == "cursors"

    def work(body):
        page = decode(body)
        if cursors:
            max(cursor(record).updatedAt for record in page.results)
        return page.results, page.paging and page.paging.next.after
else:
    import orjson

    def work(body):
        page = orjson.loads(body)
        paging = page.get("paging")
        return [orjson.dumps(record) for record in page["results"]], paging and paging["next"]["after"]


def write(body):
    """Write the page's records; give the next token."""
    records, after = work(body)
    lines = HEAD + (TAIL + HEAD).join(records) + TAIL if records else b""
    view = memoryview(lines + CHECKPOINT % (after or "").encode())
    while view:
        view = view[os.write(1, view) :]
    return after


def query(after):
    return "?limit=250" + (f"&after={after}" if after else "")


def by_httpx(url):
    with httpx.Client() as client:
        after = write(client.get(url + query(None)).content)
        while after:
            after = write(client.get(url + query(after)).content)


def by_socket(url):
    parts = urlsplit(url)
    received = memoryview(bytearray(4 << 20))
    with socket.create_connection((parts.hostname, parts.port)) as wire:

        def get(after):
            wire.sendall(f"GET {parts.path}{query(after)} HTTP/1.1\r\nhost: {parts.netloc}\r\n\r\n".encode())
            size = wire.recv_into(received)
            head, _, _ = bytes(received[:1024]).partition(b"\r\n\r\n")
            begin = len(head) + 4
            end = begin + int(head.rpartition(b"content-length: ")[2])
            while size < end:
                size += wire.recv_into(received[size:])
            return bytes(received[begin:end])

        after = write(get(None))
        while after:
            after = write(get(after))


async def by_chains(urls):
    async with httpx.AsyncClient() as client:

        async def chain(url):
            after = write((await client.get(url + query(None))).content)
            while after:
                after = write((await client.get(url + query(after))).content)

        await asyncio.gather(*(chain(url) for url in urls))


match sys.argv[1]:
    case "httpx":
        by_httpx(sys.argv[3])
    case "socket":
        by_socket(sys.argv[3])
    case "chains":
        asyncio.run(by_chains(sys.argv[3:]))
