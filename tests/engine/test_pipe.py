"""What a pipe takes without making its writer wait, and that the loop never waits for a reader."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from connector_sdk.engine.outbox import Outbox
from connector_sdk.engine.pipe import Pipe


def test_an_empty_pipe_takes_its_size_and_one_that_holds_something_nothing() -> None:
    read, write = os.pipe()
    pipe = Pipe(write)
    assert pipe.takes(60_000)
    assert not pipe.takes(0)
    assert not pipe.takes(2 << 20)
    os.write(write, b"x")
    assert not pipe.takes(1)
    os.read(read, 1)
    assert pipe.takes(1)
    os.close(write)
    os.close(read)
    assert not pipe.takes(1)


def test_what_it_says_it_takes_it_takes() -> None:
    read, write = os.pipe()
    pipe = Pipe(write)
    size = next(size for size in range(1 << 20, 0, -4096) if pipe.takes(size))
    os.set_blocking(write, False)
    assert os.write(write, bytes(size)) == size
    os.close(write)
    os.close(read)


def test_files_take_nothing_at_once(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as file:
        assert not Pipe(file.fileno()).takes(1)


@pytest.mark.parametrize("sizes", [[100] * 50, [300_000] * 12, [10, 3_000_000, 10, 500_000, 10]])
def test_the_loop_goes_on_while_nobody_reads_and_all_arrives_in_order(sizes: list[int]) -> None:
    read, write = os.pipe()
    parcels = [bytes([65 + at % 26]) * size for at, size in enumerate(sizes)]
    got: list[bytes] = []

    def drain() -> None:
        while chunk := os.read(read, 1 << 16):
            got.append(chunk)

    async def work() -> None:
        outbox = Outbox(write)
        written: list[int] = []
        puts = [
            asyncio.ensure_future(outbox.put(len(each), lambda each=each: each, lambda at=at: written.append(at)))  # type: ignore[misc]
            for at, each in enumerate(parcels)
        ]
        for _ in range(20):  # the loop turns, though nobody reads
            await asyncio.sleep(0)
        reader = threading.Thread(target=drain)
        reader.start()
        await asyncio.gather(*puts)
        await outbox.drained()
        assert outbox.abandon(5)
        os.close(write)
        reader.join()
        await asyncio.sleep(0)
        assert written == list(range(len(parcels)))

    asyncio.run(work())
    os.close(read)
    assert b"".join(got) == b"".join(parcels)
