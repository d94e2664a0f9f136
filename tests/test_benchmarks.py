"""The benchmarks run, in small: what they tell of memory, state and shards holds here too."""

from __future__ import annotations

import importlib.util
import multiprocessing
import shutil
import threading
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks.throughput import __main__ as throughput
from benchmarks.throughput import contest, contestants, table

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


def test_contestants_of_the_benchmark_write_every_record() -> None:
    ways = {"deals": ("deals", "owners"), "parts": ("parts",), "spans": ("spans",)}
    naive = contestants.peer("naive", "naive.py")
    lost = replace(naive, name="lost", mark='{"nothing"')
    taking_part = [*(contestants.sdk(name, "httpx", *streams) for name, streams in ways.items()), naive, lost]
    with contest.serving(unique=4) as api:
        outcomes = contest.contest("tiny", "big", 750, taking_part, api, rounds=1)
    found = {each.name: [run["records"] for run in each.starts + each.runs] for each in outcomes}
    rest = [250, 750]
    assert found == {"deals": [260, 760], "parts": rest, "spans": rest, "naive": rest, "lost": [0, 0]}
    assert outcomes[3].lines == 750 + 3
    assert [each.failed for each in outcomes] == ["", "", "", "", "wrote 0 records where 750 were due"]

    head, rule, *rows = (line.split("|")[1:-1] for line in table.table(outcomes, "naive").splitlines())
    assert {len(row) for row in (head, rule, *rows)} == {9}
    assert [row[0].strip() for row in rows] == [*ways, "naive", "lost"]
    assert rows[3][head.index(" times faster ")].strip() == "1.0"
    assert rows[4][1].strip() == "wrote 0 records where 750 were due"


def test_slopes_of_the_benchmark_leave_the_start_out() -> None:
    started = {"cpu": 1.0, "wall": 2.0, "rss": 1, "lines": 1}
    ran = {"cpu": 3.0, "wall": 4.0, "rss": 50 << 20, "lines": 100_400}
    outcome = contest.Outcome("steady", 100_250, 100_250, [started] * 3, [ran, ran, {**ran, "cpu": 90.0}])
    assert outcome.slope == pytest.approx(20.0)
    assert outcome.rate == pytest.approx(50_000)
    row = table.table([outcome], "another").splitlines()[2]
    assert row == "| steady | 100,250 | 50,000 | 20.0 | 1.00 | 50 | - | - | 100,400 |"


def test_the_benchmark_is_written_between_its_marks_only(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    shutil.copy(BENCHMARKS.parent / "docs" / "performance.md", document)
    before = document.read_text().split("<!-- throughput")
    big, small = (throughput.JOBS[job][2] for job in ("big", "small"))
    throughput.write([f"### {small}\n\nits last table\n", f"### {big}\n\n\\1\n"], document)
    throughput.write([f"### {small}\n\nnew\n"], document)
    after = document.read_text().split("<!-- throughput")
    assert (after[0], after[2]) == (before[0], before[2])
    assert f"### {big}\n\n\\1\n\n### {small}\n\nnew\n\n" in after[1]
    assert "its last table" not in after[1]
