"""A connector's process with one fault planted in the engine: ``planted.py MODULE``, with ``PLANTED`` naming it."""

from __future__ import annotations

import os
import sys
from typing import Any

from connector_sdk.engine import keys, reading, runtime, seen, snapshot, span
from connector_sdk.flow import encode
from connector_sdk.http import answers, asking


def first_page() -> None:
    span.Performance._so_far = lambda self, token, ended: self._done()  # type: ignore[method-assign]


def no_proof() -> None:
    reading.Reading.exact = property(lambda self: True)  # type: ignore[assignment, method-assign]
    snapshot.Listing.denied = lambda self, sweep, part, known: False  # type: ignore[method-assign]
    opened = asking.records_of

    def records_of(endpoint: Any, body: bytes, told: Any) -> Any:
        try:
            return opened(endpoint, body, told)
        except Exception:
            return []

    asking.records_of = records_of  # type: ignore[assignment]


def empty_page() -> None:
    failed = answers.Judge.failed

    def judged(self: Any, endpoint: Any, reply: Any, *, completing: bool = False) -> Any:
        if reply.status >= 500:
            return answers.Verdict("empty")
        return failed(self, endpoint, reply, completing=completing)

    answers.Judge.failed = judged  # type: ignore[method-assign]


def checkpoint_first() -> None:
    framed = encode.FlowEncoder.transaction

    def transaction(self: Any, binding: int, documents: Any, patch: Any) -> bytes:
        lines = framed(self, binding, documents, patch).splitlines(keepends=True)
        return b"".join([lines[-1], *lines[:-1]])

    encode.FlowEncoder.transaction = transaction  # type: ignore[method-assign]


def own_clock() -> None:
    runtime.SourceClock.at = lambda self, own, monotonic: own  # type: ignore[method-assign]


def all_new() -> None:
    keys.Keys.same = lambda self, partition, key, digest: False  # type: ignore[method-assign]
    seen.Seen.sent_before = lambda self, key, digest: False  # type: ignore[method-assign]


def mine() -> None:
    made = runtime.Runtime.__post_init__

    def whole(self: Any) -> None:
        made(self)
        self.owned = (0, 0xFFFF_FFFF)

    runtime.Runtime.__post_init__ = whole  # type: ignore[method-assign]


FAULTS = {
    "a span is done at its first page": first_page,
    "absence needs no proof": no_proof,
    "a failed request is an empty page": empty_page,
    "a checkpoint leaves before its documents": checkpoint_first,
    "the own clock is always right": own_clock,
    "every version is new": all_new,
    "all partitions are mine": mine,
}

if __name__ == "__main__":
    FAULTS[os.environ["PLANTED"]]()
    from connector_sdk.process import main

    main(sys.argv[1])
