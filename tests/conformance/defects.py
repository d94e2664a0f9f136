"""Defects of ``source-shop``: what is wrong, and the check that is there for it."""

from __future__ import annotations

import sys
from pathlib import Path

from connector_sdk.testing.conformance import Subject

__all__ = ["DEFECTS", "FOLDER", "shop"]

FOLDER = Path(__file__).parent / "source-shop"

DEFECTS = {
    "loses a record at a page border": "everything-is-captured",
    "moves the cursor too early": "killed-after-checkpoints",
    "checkpoints before documents": "killed-after-checkpoints",
    "replaces the state": "every-line-keeps-the-protocol",
    "prints": "every-line-keeps-the-protocol",
    "writes before it has opened": "every-line-keeps-the-protocol",
    "leaves documents without a checkpoint": "every-line-keeps-the-protocol",
    "shows the secret in an error": "wrong-credentials-are-told-and-never-shown",
    "traces its headers": "secrets-are-nowhere",
    "repeats a wrong value": "a-wrong-config-is-refused-by-field",
    "names no field": "a-wrong-config-is-refused-by-field",
    "accepts any credentials": "wrong-credentials-are-told-and-never-shown",
    "accepts any stream": "an-unknown-stream-is-named",
    "ignores its range": "shards-share-the-work",
    "sends everything again": "a-quiet-source-sends-nothing",
    "starts over each time": "a-quiet-source-sends-nothing",
    "reads no history": "everything-is-captured",
    "never deletes": "changes-are-captured",
    "deletes after a failed sweep": "a-failing-source-deletes-nothing",
    "takes a broken body for an empty page": "a-failing-source-deletes-nothing",
    "takes any answer for a page": "an-answer-without-records-deletes-nothing",
    "grows without bound": "memory-stays-within-its-limit",
    "waits for ever": "server-errors-are-tried-again",
    "never tries again": "server-errors-are-tried-again",
    "dies at 429": "rate-limits-are-waited-for",
    "hides that it failed": "a-failing-source-deletes-nothing",
    "trusts its own clock": "a-wrong-clock-loses-nothing",
    "keeps its state by number": "bindings-may-move-and-go",
    "ignores a backfill": "a-backfill-concerns-one-binding",
    "takes any state": "a-newer-state-is-refused",
    "notes every poll in its state": "state-does-not-grow-with-time",
    "refuses unknown keys": "unknown-keys-are-ignored",
    "reads no linked collections": "linked-collections-are-read",
    "reads short lines only": "large-requests-are-read",
    "stops with its stdin": "stdin-may-close-or-stay",
    "ignores SIGTERM": "sigterm-ends-it",
    "answers nonsense with a traceback": "nonsense-is-refused-in-a-sentence",
    "needs the network for its spec": "probe-is-answered",
    "closes its config": "config-schema-makes-a-form",
    "has a field without a title": "config-schema-makes-a-form",
    "sleeps before it works": "work-begins-at-once",
}
"""By defect: the check that must catch it, whatever else does."""


def shop(defect: str = "") -> Subject:
    """The shop's connector, with this defect or none."""
    argv = (sys.executable, "-m", "source_shop")
    return Subject("source-shop", argv, FOLDER, "source_shop", {"DEFECT": defect}, patience=6)
