"""For hours: ``python -m tests.world.soak --minutes 60`` plays new histories, and tells how many went wrong."""

from __future__ import annotations

import argparse
import logging
import random
import sys
import time
from collections import Counter

from .families import FAMILIES, failing
from .play import play

_ROUND = 50


def main() -> int:
    """Play until the time is over; 1 if something was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=None, help="the first seed; drawn if it is not given")
    parser.add_argument("--only", default="", help="names of families, with commas")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    first = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 40)
    names = options.only.split(",") if options.only else list(FAMILIES)
    found = _soak(names, first, time.monotonic() + options.minutes * 60)
    return 1 if found else 0


def _soak(names: list[str], first: int, end: float) -> int:
    histories: Counter[str] = Counter()
    violations: Counter[str] = Counter()
    told: set[tuple[str, str]] = set()
    began = time.process_time()
    seed = first
    while time.monotonic() < end:
        for name in names:
            for each in range(seed, seed + _ROUND):
                story = FAMILIES[name](random.Random(each))
                outcome = play(story)
                histories[name] += 1
                if outcome.violation is None:
                    continue
                violations[name] += 1
                if (name, outcome.violation.what) not in told:
                    told.add((name, outcome.violation.what))
                    print(failing(story, outcome, f"{name}, seed {each}"), flush=True)
        seed += _ROUND
        _table(names, histories, violations, time.process_time() - began)
    return sum(violations.values())


def _table(names: list[str], histories: Counter[str], violations: Counter[str], seconds: float) -> None:
    rate = sum(histories.values()) / max(0.001, seconds)
    print(f"\n{'family':<20}{'histories':>10}{'violations':>12}    {rate:.0f} histories a second of CPU")
    for name in names:
        print(f"{name:<20}{histories[name]:>10}{violations[name]:>12}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
