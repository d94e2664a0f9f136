"""Several processes share a capture by key range (R19)."""

from __future__ import annotations

from typing import Any

import pytest

from connector_sdk.testing.flow import Collections, KeyRange


def keep(doc: Any) -> Any:
    return doc


@pytest.mark.parametrize("count", [2, 4])
def test_shards_read_everything_once_together(forest: Any, count: int) -> None:
    streams = ["files", "notes", "contacts", "leaves"]
    capture, found = forest.capture(*streams), {stream: [] for stream in streams}
    for part in KeyRange.split(count):
        rows = Collections(keep=keep)
        session = forest.player().run(capture, into=rows, range=part)
        assert session.exit_code == 0, session.error
        for stream in streams:
            found[stream].append({key[0] for key in rows[stream].committed})
    for stream in streams:
        assert set().union(*found[stream]) == set(forest.truth(stream)), stream
        assert sum(map(len, found[stream])) == len(forest.truth(stream)), f"{stream}: shards overlap"
    assert sum(bool(part) for part in found["files"]) > 1
    assert sum(bool(part) for part in found["contacts"]) == sum(bool(part) for part in found["leaves"]) == 1


@pytest.mark.parametrize("copied", [True, False])
def test_a_split_in_mid_run_loses_nothing(forest: Any, copied: bool) -> None:
    """After a split both shards have a copy of the state, or none; what belongs to the other one is forgotten."""
    capture, rows = forest.capture("files"), Collections(keep=keep)
    first = forest.player().run(capture, into=rows)
    forest.files.put({"id": "new", "in": "f1", "created": forest.now(), "size": 1})
    forest.jump(2)
    known = []
    for part in KeyRange.split(2):
        session = forest.player().run(capture, first.state if copied else None, into=rows, range=part)
        assert session.exit_code == 0, session.error
        known.append(set(session.state["bindingStateV1"]["files.v0"]["tail"]))
        assert session.documents["files"] < 10 if copied else session.documents["files"] > 10
    assert not known[0] & known[1]
    assert known[0] | known[1] == {"f0", "f1", "f2", "f4", "f5"}
    assert {key[0] for key in rows["files"].committed} == set(forest.truth("files"))
