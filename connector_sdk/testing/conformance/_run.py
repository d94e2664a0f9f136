"""Trying checks, several at a time, each in a process that is not this one."""

from __future__ import annotations

import multiprocessing
import os
import time
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field

from connector_sdk.errors import did_you_mean
from connector_sdk.testing.conformance._check import CHECKS, GROUPS, Check, NotExercised, Outcome
from connector_sdk.testing.conformance._lab import Lab
from connector_sdk.testing.conformance._subject import Subject
from connector_sdk.testing.conformance._world import Source

__all__ = ["Report", "chosen", "run", "try_check"]

_source: Source | None = None


@dataclass
class Report:
    """What came of a run, in the order of the checks."""

    connector: str
    outcomes: list[Outcome] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def failed(self) -> list[Outcome]:
        """The checks that failed."""
        return [each for each in self.outcomes if each.status == "failed"]

    @property
    def passed(self) -> bool:
        """Whether nothing failed, and something was proved."""
        return not self.failed and any(each.status == "passed" for each in self.outcomes)

    def count(self, status: str) -> int:
        """How many checks ended so."""
        return sum(each.status == status for each in self.outcomes)

    def as_json(self) -> dict[str, object]:
        """The report for ``--json``."""
        return {
            "connector": self.connector, "passed": self.passed, "seconds": round(self.seconds, 1),
            "counts": {status: self.count(status) for status in ("passed", "failed", "not exercised")},
            "checks": [each.as_json() for each in self.outcomes],
        }  # fmt: skip


def chosen(names: Iterable[str] = (), *, quick: bool = False) -> list[Check]:
    """The checks of these names, or all, or those of the smoke. Raises ValueError for a name that is none."""
    names = list(names)
    for name in names:
        if name not in CHECKS:
            raise ValueError(f"There is no check {name!r}: {did_you_mean(name, CHECKS)}")
    found = [each for each in CHECKS.values() if (each.name in names if names else each.quick or not quick)]
    return sorted(found, key=lambda each: GROUPS.index(each.group))


def try_check(check: Check, source: Source, *, quick: bool = False, seed: int = 0) -> Outcome:
    """Try one check here and now."""
    lab = Lab(source, quick=quick, seed=seed)
    began = time.monotonic()
    try:
        status, told = "passed", check.try_(lab)
    except NotExercised as reason:
        status, told = "not exercised", str(reason)
    except AssertionError as wrong:  # what the player raises too
        status, told = "failed", str(wrong) or type(wrong).__name__
    except Exception as wrong:
        last = traceback.extract_tb(wrong.__traceback__)[-1]
        status = "failed"
        told = f"{type(wrong).__name__}: {wrong} ({os.path.basename(last.filename)}:{last.lineno})"  # noqa: PTH119
    return Outcome(
        check.name, check.group, check.why, check.rules, status, told, time.monotonic() - began, lab.seen  # type: ignore[arg-type]
    )  # fmt: skip


def run(
    subject: Subject, checks: Iterable[Check], *, quick: bool = False, jobs: int | None = None, seed: int = 0,
    told: Callable[[Outcome], object] = lambda outcome: None,
) -> Report:  # fmt: skip
    """Try the checks, ``jobs`` at a time; without it twice as many as there are processors, since they wait as much as
    they work. ``told`` hears of each that has ended."""
    checks = list(checks)
    began = time.monotonic()
    outcomes: dict[str, Outcome] = {}
    # not forked: a sandbox has threads, and a connector's definition may not be imported here
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs or 2 * (os.cpu_count() or 1), context, _begin, (subject,))
    try:
        waiting = {pool.submit(_try, each.name, quick, seed): each for each in checks}
        for done in as_completed(waiting):
            outcome = outcomes[waiting[done].name] = done.result()
            told(outcome)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return Report(subject.name, [outcomes[each.name] for each in checks], time.monotonic() - began)


def _begin(subject: Subject) -> None:
    import connector_sdk.testing.conformance  # noqa: F401 - knows all checks

    global _source
    _source = Source(subject)


def _try(name: str, quick: bool, seed: int) -> Outcome:
    assert _source is not None
    return try_check(CHECKS[name], _source, quick=quick, seed=seed)
