"""Gong through Airbyte's protocol: the same as through Flow's, with crashes in both."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from connector_sdk.testing.airbyte import Player, prove_equal

FOLDER = Path(__file__).parents[1]
STREAMS = ["calls", "call_transcripts", "users", "scorecard_definitions", "library_folder_content", "audit_logs"]
SMALL = {"calls": 80, "users": 15, "history_days": 4, "limits": False}


def lived(gong: Any) -> list[str]:
    told: list[str] = []
    for kind in ("call added", "call deleted", "user renamed", "user deleted", "scorecard deleted", "something logged"):
        told += gong.tick(1, only=[kind])
    return told


def test_both_protocols_give_the_same_records_keys_and_deletions() -> None:
    proof = prove_equal(FOLDER, streams=STREAMS, seed=3, kills=2, options=SMALL, change=lived)
    assert proof.differences == []
    assert proof.equal
    assert min(proof.kills) >= 2
    assert all(each.records for each in proof.streams.values())
    for stream in ("calls", "users"):
        assert proof.streams[stream].flow_deletes, stream
        assert proof.streams[stream].airbyte_deletes, stream


def test_the_spec_is_answered_with_little_cpu() -> None:
    call = Player([sys.executable, "-m", "source_gong"], cwd=FOLDER).call("spec")
    assert (call.exit_code, len(call.messages), call.logs, call.violations) == (0, 1, [], [])
    assert call.usage is not None
    assert call.usage.cpu < 1.0  # 0.3 s on a machine that has nothing else to do
