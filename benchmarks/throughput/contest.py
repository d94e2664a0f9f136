"""A job is run by all its contestants in turn, in rounds; what is told of each is the median."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .api import LIMIT
from .contestants import Contestant, Task
from .venvs import installed

__all__ = ["Outcome", "contest", "serving"]

_HERE = Path(__file__).parent
_LATEST = 300.0
_ENOUGH = 5_000  # with fewer records the difference to a start is noise


@contextmanager
def serving(unique: int = 128) -> Iterator[str]:
    """The API, in a process of its own: its address."""
    command = [sys.executable, "-m", "benchmarks.throughput.api", "--unique", str(unique)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_HERE.parents[1])
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@dataclass
class Outcome:
    """What a contestant took: runs of a single page, which are starts, and runs of the whole job."""

    name: str
    records: int
    expected: int
    starts: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    failed: str = ""

    def _median(self, what: str, of: str = "runs") -> float:
        runs = self.runs if of == "runs" else self.starts
        return statistics.median(float(each[what]) for each in runs)

    def _over(self, what: str) -> float | None:
        """What the records took beyond what a start takes."""
        over = self._median(what) - self._median(what, "starts")
        return over if self.records >= _ENOUGH and over > 0 else None

    @property
    def slope(self) -> float | None:
        """CPU seconds for a million records, the start left out."""
        over = self._over("cpu")
        return None if over is None else over / (self.records - LIMIT) * 1e6

    @property
    def rate(self) -> float:
        """Records a second of wall time, the start left out where that can be told."""
        over = self._over("wall")
        return (self.records - LIMIT) / over if over else self.records / self.wall

    @property
    def wall(self) -> float:
        """Seconds of wall time, with the start."""
        return self._median("wall")

    @property
    def start(self) -> float:
        """CPU seconds of a run with a single page."""
        return self._median("cpu", "starts")

    @property
    def memory(self) -> float:
        """Peak resident bytes."""
        return self._median("rss")

    @property
    def lines(self) -> int:
        """Lines written, of records and of what stands between them."""
        return int(self._median("lines"))


def contest(
    job: str, variant: str, records: int, contestants: Sequence[Contestant], api: str, rounds: int
) -> list[Outcome]:
    """The outcomes, in the order of the contestants. One that fails, or writes other than what was asked, says so and
    takes no further part."""
    outcomes = []
    for each in contestants:
        # as many records as make whole pages, in every round
        count = max(LIMIT, min(records, each.most) // LIMIT * LIMIT)
        outcomes.append(Outcome(each.name, count, count + each.extra, failed=installed(each.venv)))
    for number in range(1, rounds + 1):
        for each, outcome in zip(contestants, outcomes, strict=True):
            if outcome.failed:
                continue
            print(f"{job}, round {number} of {rounds}: {each.name} ... ", end="", file=sys.stderr, flush=True)
            outcome.starts.append(_run(each, Task(api, variant, LIMIT)))
            outcome.runs.append(_run(each, Task(api, variant, outcome.records)))
            outcome.failed = _wrong(outcome)
            told = outcome.failed or f"{outcome.runs[-1]['wall']:.1f} s, {outcome.runs[-1]['cpu']:.1f} s of CPU"
            print(told, file=sys.stderr)
    return outcomes


def _run(contestant: Contestant, task: Task) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as request:
        request.write(contestant.request(task))
        request.flush()
        asked = {
            "argv": contestant.argv(task),
            "env": dict(contestant.env),
            "stdin": request.name,
            "mark": contestant.mark,
            "seconds": _LATEST,
        }
        command = [sys.executable, "-I", "-S", str(_HERE / "gauge.py"), json.dumps(asked)]
        told: dict[str, Any] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return told


def _wrong(outcome: Outcome) -> str:
    run = outcome.runs[-1]
    if run["code"]:
        said = run["said"].strip().splitlines()
        return f"failed (exit {run['code']}): {said[-1] if said else 'it said nothing'}"
    if run["records"] != outcome.expected:
        return f"wrote {run['records']:,} records where {outcome.expected:,} were due"
    return ""
