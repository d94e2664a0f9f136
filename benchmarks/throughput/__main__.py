"""Contestants side by side, over jobs of many records, told as a table a job.

    python -m benchmarks.throughput [--records 100000] [--rounds 3] [--jobs big,small,gzip,latency]
                                    [--only httpx,estuary] [--quick] [--full] [--write]

The peers are installed into build/bench at first. ``--only`` takes parts of contestants' names, ``--quick`` is one
round of a fifth of the records, ``--full`` adds the job that tells whether memory grows with the number of records,
and ``--write`` puts what was told into docs/performance.md, where the sections of other jobs stay as they are.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from .contest import Outcome, contest, serving
from .contestants import BASE, Contestant, everyone
from .table import table
from .venvs import PROJECT, versions

DOCUMENT = Path(__file__).parents[2] / "docs" / "performance.md"
_PLACE = re.compile(r"(?<=<!-- throughput begins -->\n).*(?=<!-- throughput ends -->)", re.DOTALL)

JOBS = {
    "big": ("big", 1.0, "Records of 1.1 KB"),
    "small": ("small", 2.0, "Records of 160 bytes"),
    "gzip": ("bigz", 1.0, "Records of 1.1 KB, compressed with gzip"),
    "latency": ("big30", 0.32, "30 ms a page"),
    "flat": ("big", 20.0, "Memory, with twenty times the records"),
}
"""Each job's variant of the API, how many records it has for one of ``--records``, and its title."""


def told(job: str, contestants: Sequence[Contestant], api: str, records: int, rounds: int) -> tuple[str, list[Outcome]]:
    """The job's section: title, conditions and table; and its outcomes."""
    variant, share, title = JOBS[job]
    count = int(records * share)
    if job == "flat":  # with few records, and with many
        rounds = 1
        outcomes = [
            outcome for many in (records, count) for outcome in contest(job, variant, many, contestants, api, rounds)
        ]
    else:
        outcomes = contest(job, variant, count, contestants, api, rounds)
    return f"### {title}\n\n{conditions(contestants, rounds)}\n\n{table(outcomes, BASE)}\n", outcomes


def conditions(contestants: Sequence[Contestant], rounds: int) -> str:
    """When, where and what, as far as the figures depend on it."""
    compared = ", ".join(versions(sorted({each.venv for each in contestants} - {PROJECT})))
    return (
        f"Taken on {datetime.now(tz=UTC):%Y-%m-%d}, Python {platform.python_version()}, {os.cpu_count()} cores of "
        f"{platform.machine()}, {platform.system()}; {'one round' if rounds == 1 else f'medians of {rounds} rounds'}. "
        f"With {compared}."
    )


def write(sections: Iterable[str], document: Path = DOCUMENT) -> None:
    """Put the sections between the document's two marks, instead of those there that have the same titles."""
    before = document.read_text()
    there = _PLACE.search(before)
    if there is None:
        raise SystemExit(f"{document} has no marks <!-- throughput begins --> and <!-- throughput ends -->")
    old = re.split("^(?=### )", there[0].strip(), flags=re.MULTILINE)
    by_title = {each.partition("\n")[0].removeprefix("### "): each.strip() for each in (*old, *sections)}
    whole = "\n\n".join(by_title[title] for _, _, title in JOBS.values() if title in by_title)
    document.write_text(_PLACE.sub(lambda _: f"\n{whole}\n\n", before))


def main() -> None:
    """Run what was chosen, and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", default="big,small,gzip,latency", help="some of " + ", ".join(JOBS))
    parser.add_argument("--only", default="", help="parts of contestants' names")
    parser.add_argument("--quick", action="store_true", help="one round, a fifth of the records")
    parser.add_argument("--full", action="store_true", help="the job flat too")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    chosen = parser.parse_args()
    records, rounds = (chosen.records // 5, 1) if chosen.quick else (chosen.records, chosen.rounds)
    jobs = chosen.jobs.split(",") + (["flat"] if chosen.full and "flat" not in chosen.jobs else [])
    if strange := [job for job in jobs if job not in JOBS]:
        parser.error(f"there is no job {strange[0]!r}; it takes {', '.join(JOBS)}")
    taking_part = {
        job: [each for each in everyone()[job] if any(part.strip() in each.name for part in chosen.only.split(","))]
        for job in jobs
    }
    texts, ours = [], []
    with serving() as api:
        for job, contestants in taking_part.items():
            text, outcomes = told(job, contestants, api, records, rounds)
            print(text, flush=True)
            texts.append(text)
            ours += [each for each in outcomes if each.name.startswith("connector_sdk")]
    if chosen.write:
        write(texts)
    if wrong := [each for each in ours if each.failed]:
        sys.exit(f"{wrong[0].name}: {wrong[0].failed}")


if __name__ == "__main__":
    main()
