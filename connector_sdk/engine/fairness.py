"""Which step is begun next: shares of requests between lanes, turns between partitions (R28)."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping

from connector_sdk.plan import Step, share

from .partitions import Partition

__all__ = ["Ready"]

_WEIGHTS = {"new": 5, "history": 2, "again": 1}
"""Of eight requests of a binding with work everywhere: one in four for its history, one in eight for reading again."""


class Ready:
    """Steps that could be begun. Those of the share that had the fewest requests for its weight go first; within a
    share, the one that has waited longest. Of the workers one is kept for each share that has none running: what is
    new does not wait for the end of a long span of history.
    """

    def __init__(self, served: Mapping[str, int], workers: int) -> None:
        self._served = served
        self._workers = workers
        self._from: dict[str, float] = dict.fromkeys(_WEIGHTS, 0.0)  # what a share that was idle is not owed
        self._waiting: dict[str, deque[tuple[Step, Partition]]] = {name: deque() for name in _WEIGHTS}
        self._running: Counter[str] = Counter()
        self._keys: dict[str, Step] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def step(self, key: str) -> Step | None:
        """The step of this lane that waits."""
        return self._keys.get(key)

    def add(self, step: Step, part: Partition) -> None:
        """This step could be begun."""
        name = share(step.lane)
        if not self._waiting[name] and not self._running[name]:
            busy = [self._turn(other) for other in _WEIGHTS if self._waiting[other] or self._running[other]]
            self._from[name] += max(0.0, min(busy, default=self._turn(name)) - self._turn(name))
        self._waiting[name].append((step, part))
        self._keys[step.key] = step

    def _turn(self, name: str) -> float:
        return self._served.get(name, 0) / _WEIGHTS[name] + self._from[name]

    def next(self) -> tuple[Step, Partition] | None:
        """The step to begin now; None where there is none, or no worker for it."""
        free = self._workers - sum(self._running.values())
        waiting = [name for name in _WEIGHTS if self._waiting[name]]
        idle = [name for name in _WEIGHTS if not self._running[name]]
        if len(idle) >= free:  # the workers that are left are kept for these
            waiting = [name for name in waiting if name in idle]
        if free <= 0 or not waiting:
            return None
        name = min(waiting, key=self._turn)
        step, part = self._waiting[name].popleft()
        del self._keys[step.key]
        self._running[name] += 1
        return step, part

    def ended(self, step: Step) -> None:
        """A step that was begun is over."""
        self._running[share(step.lane)] -= 1
