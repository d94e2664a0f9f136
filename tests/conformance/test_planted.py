"""Faults planted in the engine are caught by the kit, on a connector that is sound."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from connector_sdk.testing.conformance import CHECKS, Source, Subject, try_check

HERE = Path(__file__).parent

PLANTED = {
    "a span is done at its first page": "killed-between-lines",
    "absence needs no proof": "an-answer-without-records-deletes-nothing",
    "a failed request is an empty page": "server-errors-are-tried-again",
    "a checkpoint leaves before its documents": "killed-after-checkpoints",
    "the own clock is always right": "a-wrong-clock-loses-nothing",
    "every version is new": "a-quiet-source-sends-nothing",
    "all partitions are mine": "shards-share-the-work",
}
"""By fault: the check that has to catch it."""


@pytest.mark.parametrize("fault", list(PLANTED))
def test_a_planted_fault_is_caught(fault: str) -> None:
    name = "crm" if "clock" in fault else "chat"  # what a chat has missed it finds when it reads three days again
    argv = (sys.executable, str(HERE / "planted.py"), f"source_{name}")
    env = {"PLANTED": fault}
    subject = Subject(f"source-{name}", argv, HERE / f"source-{name}", f"source_{name}", env, patience=20)
    outcome = try_check(CHECKS[PLANTED[fault]], Source(subject))
    assert outcome.status == "failed", f"{PLANTED[fault]} {outcome.status}: {outcome.told}"
