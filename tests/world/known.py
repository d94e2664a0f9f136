"""The engine's known defects, mended: so that the properties go on to find others. Each has its story in
``test_defects.py``; when the engine itself is mended, that story says so, and the mend here goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import dropwhile
from typing import Any
from unittest.mock import patch

from connector_sdk.engine.documents import Row
from connector_sdk.engine.incremental import IncrementalLanes
from connector_sdk.engine.memory import Overtaken
from connector_sdk.plan import TAIL, Patch, Step

__all__ = ["mended"]

_done = IncrementalLanes._done
_rising = IncrementalLanes._rising


def _leaves(self: Overtaken, lane: str) -> None:
    """What was written is remembered as long as one lane has a request open, not only while two have."""
    self._open.pop(lane, None)
    if not self._open:
        self._written.clear()


def _rises(self: IncrementalLanes, found: Sequence[Row], last: int) -> int:
    """Rows before the span, which a coarse filter gives as well, are no disorder."""
    return _rising(self, list(dropwhile(lambda row: row.tick < last, found)), last)


def _ends(self: IncrementalLanes, step: Step, began: int) -> Patch:
    """A resumed step ends before the source's clock too; the next pass counts from that clock; and what is forgotten
    does not take the place of what the same transaction remembers."""
    memory, self.memory = self.memory, None
    patch = _done(self, replace(step, began=None), began)
    self.memory = memory
    if memory is not None:
        memory.forget(self.plan_.forgettable(self.ledger.state.data))
    if step.lane == TAIL and self.tail.began is not None:
        self.tail.began = min(self.tail.began, began)
    return patch


_MENDS: tuple[tuple[type, str, Callable[..., Any]], ...] = (
    (Overtaken, "leave", _leaves),
    (IncrementalLanes, "_rising", _rises),
    (IncrementalLanes, "_done", _ends),
)


@contextmanager
def mended() -> Iterator[None]:
    """The engine without its known defects."""
    with ExitStack() as stack:
        for owner, name, mend in _MENDS:
            stack.enter_context(patch.object(owner, name, mend))
        yield
