"""Thousands of edits and a hundred kills, with faults between: ``python -m tests.conformance.long`` tells a table."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from connector_sdk.testing.conformance import Lab, Source, Subject, World
from connector_sdk.testing.flow import Kill

HERE = Path(__file__).parent
SOURCES = {
    "source-crm": HERE / "source-crm",
    "source-chat": HERE / "source-chat",
    "source-gong": HERE.parents[1] / "connectors" / "source-gong",
}


@dataclass
class Ordeal:
    """What a source was put through, and how many records were equal at the end."""

    edits: int = 0
    kills: int = 0
    faults: int = 0
    records: int = 0


def subject(name: str) -> Subject:
    """One of the sources."""
    module = name.replace("-", "_")
    return Subject(name, (sys.executable, "-m", module), SOURCES[name], module)


def ordeal(source: Source, seed: int, edits: int, kills: int) -> Ordeal:
    """Edits between requests and between sessions, faults at random, SIGKILL at random bytes; then, of the quiet
    source, equality. Raises Failed where there is none."""
    lab = Lab(source, seed=seed)
    told = Ordeal()
    parts = source.subject.parts
    for part in parts:
        with lab.world(part) as it:
            _part(it, told, seed, edits // len(parts), kills // len(parts))
    return told


def _part(it: World, told: Ordeal, seed: int, edits: int, kills: int) -> None:
    left = edits
    more = {"only": list(it.part.changes)} if it.part.changes else {}

    def edit(count: int) -> None:
        nonlocal left
        count = min(count, left)
        left -= count
        it.sandbox.tick(count, **more)  # type: ignore[attr-defined]

    def between(request: object) -> None:
        with it.api.lock:
            if left and it.draw.random() < 0.2:
                edit(it.draw.randint(1, 3))

    hook, chaos = it.api.before("*", between), it.api.chaos(0.05, seed=seed)
    done = sessions = 0
    while done < kills or (left and sessions < 4 * kills + 20):
        with it.api.lock:
            edit(edits // (2 * kills + 1) + 1)
        limit = it.draw.choice([2_000, 20_000, 200_000])
        kill = Kill.byte(it.draw.randint(1, limit)) if done < kills else None
        done += bool(it.run(hours=it.draw.choice([0.1, 0.5, 3]), kill=kill).killed)
        sessions += 1
    hook.stop()
    chaos.stop()
    it.catch_up()
    told.records += it.check_equal()
    told.edits, told.kills, told.faults = told.edits + edits - left, told.kills + done, told.faults + chaos.done


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=10_000, help="of each source, over all seeds")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--only", default=",".join(SOURCES))
    options = parser.parse_args()
    print(f"{'source':<14}{'edits':>8}{'kills':>8}{'faults':>8}{'records':>9}{'seconds':>9}", flush=True)
    for name in options.only.split(","):
        source, all_, began = Source(subject(name)), Ordeal(), time.monotonic()
        for seed in range(options.seeds):
            one = ordeal(source, seed, options.edits // options.seeds, options.kills // options.seeds)
            all_ = Ordeal(*(getattr(all_, each) + getattr(one, each) for each in Ordeal.__dataclass_fields__))
        took = time.monotonic() - began
        print(f"{name:<14}{all_.edits:>8,}{all_.kills:>8}{all_.faults:>8,}{all_.records:>9,}{took:>9.0f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
