"""R28: of a binding's requests one in four goes to its history and one in eight to reading again, while they have work;
partitions take turns by longest wait."""

from __future__ import annotations

from collections import Counter

import pytest

from connector_sdk.engine.fairness import Ready
from connector_sdk.engine.partitions import Partition
from connector_sdk.plan import FILL, LOG, REREAD, SWEEP, TAIL, Step, share

PARTS = 50


def served(lanes: tuple[str, ...], rounds: int, workers: int = 8) -> tuple[Counter[str], dict[str, list[int]]]:
    """Endless work in every lane of every partition; each step is one request and ends before the next begins."""
    shares: Counter[str] = Counter()
    ready = Ready(shares, workers)
    turns: dict[str, list[int]] = {}
    for part in range(PARTS):
        for lane in lanes:
            ready.add(Step(lane, f"p{part}"), Partition(f"p{part}"))
    for number in range(rounds):
        chosen = ready.next()
        assert chosen is not None
        step, part = chosen
        shares[share(step.lane)] += 1
        turns.setdefault(step.key, []).append(number)
        ready.ended(step)
        ready.add(step, part)
    return shares, turns


@pytest.mark.parametrize("new", [TAIL, LOG, SWEEP])
def test_history_and_reading_again_get_their_part_beside_endless_news(new: str) -> None:
    shares, _ = served((new, FILL, REREAD), 4_000)
    assert shares["history"] >= 1_000 - 8
    assert shares["again"] >= 500 - 8
    assert shares["new"] >= 2_500 - 8


def test_history_alone_beside_news_gets_its_part() -> None:
    shares, _ = served((TAIL, FILL), 4_000)
    assert shares["history"] >= 1_000 - 8


def test_partitions_take_turns_by_longest_wait() -> None:
    _, turns = served((TAIL, FILL), 4_000)
    for lane in (TAIL, FILL):
        counts = [len(turns[f"p{part}/{lane}"]) for part in range(PARTS)]
        assert max(counts) - min(counts) <= 1


def test_a_share_that_was_idle_is_not_owed_what_it_did_not_need() -> None:
    shares: Counter[str] = Counter()
    ready = Ready(shares, 8)
    tail, fill = Step(TAIL, "p"), Step(FILL, "p")
    ready.add(tail, Partition("p"))
    for _ in range(1_000):
        ready.next()
        shares["new"] += 1
        ready.ended(tail)
        ready.add(tail, Partition("p"))
    ready.add(fill, Partition("p"))
    first = []
    for _ in range(40):
        chosen = ready.next()
        assert chosen is not None
        first.append(chosen[0].lane)
        shares[share(chosen[0].lane)] += 1
        ready.ended(chosen[0])
        ready.add(*chosen)
    assert TAIL in first[:6], "the tail is not left waiting while the backfill catches up on a thousand requests"
    assert first.count(FILL) >= 9
