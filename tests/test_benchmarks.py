"""The benchmarks run, in small: what they tell of memory, state and shards holds here too."""

from __future__ import annotations

import importlib.util
import multiprocessing
import threading
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"benchmarks_{name}", BENCHMARKS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("partitions", "bindings"), [(400, 1), (20, 20)])
def test_an_hour_of_many_partitions_or_bindings_stays_small_and_starves_none(partitions: int, bindings: int) -> None:
    told = load("scale").run(partitions, bindings, 6.0, "PT10M")
    assert told["documents"] > partitions
    assert told["resident MB"] < 200
    assert told["state KiB"] < 1024
    assert told["longest wait s"] < 3600


def test_shards_of_the_benchmark_find_every_record_once() -> None:
    shards = load("shards")
    ours, theirs = multiprocessing.Pipe()
    server = threading.Thread(target=shards.serve, args=(theirs, 3, 0.001), daemon=True)
    server.start()
    try:
        port = ours.recv()
        for count in (1, 3):
            told = shards.run(count, port, 12)
            assert (told["records"], told["found twice"]) == (12 * 3 * shards.RECORDS, 0)
            ours.send(True)
            assert ours.recv() == 36
    finally:
        ours.send(False)
        server.join()
