"""Contestants side by side, over jobs of many records, told as a table a job.

    python -m benchmarks.throughput [--records 100000] [--rounds 3] [--jobs big,small,gzip,latency]
                                    [--only connector_sdk,estuary] [--quick] [--full] [--write]

The peers are installed into build/bench at first. ``--only`` takes parts of contestants' names, ``--quick`` is one
round of a fifth of the records, ``--full`` adds the job that tells whether memory grows with the number of records,
and ``--write`` puts what was told into docs/performance.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
from collections.abc import Sequence
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
    """The job's title and table, and its outcomes."""
    variant, share, title = JOBS[job]
    count = int(records * share)
    if job == "flat":  # a round of few records and one of many
        outcomes = [
            outcome for many in (records, count) for outcome in contest(job, variant, many, contestants, api, 1)
        ]
    else:
        outcomes = contest(job, variant, count, contestants, api, rounds)
    return f"### {title}\n\n{table(outcomes, BASE)}\n", outcomes


def conditions(contestants: Sequence[Contestant], rounds: int) -> str:
    """When, where and what, as far as the figures depend on it."""
    compared = ", ".join(versions(sorted({each.venv for each in contestants} - {PROJECT})))
    return (
        f"Taken on {datetime.now(tz=UTC):%Y-%m-%d}, Python {platform.python_version()}, {os.cpu_count()} cores of "
        f"{platform.machine()}, {platform.system()}; medians of {rounds} rounds. Compared: {compared}.\n"
    )


def write(text: str, document: Path = DOCUMENT) -> None:
    """Put the text between the document's two marks."""
    before = document.read_text()
    if not _PLACE.search(before):
        raise SystemExit(f"{document} has no marks <!-- throughput begins --> and <!-- throughput ends -->")
    document.write_text(_PLACE.sub(lambda _: f"\n{text}\n", before))


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
        job: [each for each in everyone()[job] if any(part in each.name for part in chosen.only.split(","))]
        for job in jobs
    }
    texts, ours = [], []
    with serving() as api:
        for job, contestants in taking_part.items():
            text, outcomes = told(job, contestants, api, records, rounds)
            print(text, flush=True)
            texts.append(text)
            ours += [each for each in outcomes if each.name.startswith("connector_sdk")]
    text = conditions([each for job in taking_part.values() for each in job], rounds)
    print(text)
    if chosen.write:
        write("\n".join([text, *texts]).rstrip())
    if wrong := [each for each in ours if each.failed]:
        sys.exit(f"{wrong[0].name}: {wrong[0].failed}")


if __name__ == "__main__":
    main()
