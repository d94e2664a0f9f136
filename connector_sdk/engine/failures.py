"""What fails, lane by lane: since when, with what, and when it is tried again (R21)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from connector_sdk.errors import RefusedError, SdkError
from connector_sdk.http import NotReadable

__all__ = ["Failure", "Failures", "is_own"]

_log = logging.getLogger("connector_sdk")
_LONGEST = 300.0  # seconds between two tries
_REFUSED = 3600.0  # the same, for a partition that the source refuses
_OWN = (402, 403, 404)
_QUIET = 60.0  # seconds in which the same message is not repeated


def is_own(error: BaseException) -> bool:
    """Whether the source refuses just this partition, and will again."""
    return isinstance(error, NotReadable) or (isinstance(error, RefusedError) and error.status in _OWN)


@dataclass
class Failure:
    """A lane that fails. ``since``, ``again``: monotonic seconds; ``refused``: the source refuses this partition,
    which is the partition's own matter."""

    since: float
    error: Exception
    refused: bool = False
    count: int = 0
    again: float = 0.0


class Failures:
    """The failing lanes of one binding."""

    def __init__(self, stream: str, binding: int) -> None:
        self._fields = {"stream": stream, "binding": binding}
        self._stream = stream
        self._lanes: dict[str, Failure] = {}
        self._told: dict[str, float] = {}

    def __bool__(self) -> bool:
        return any(not failure.refused for failure in self._lanes.values())

    def add(self, lane: str, error: Exception, now: float, *, refused: bool = False) -> Failure:
        """This lane failed now."""
        failure = self._lanes.setdefault(lane, Failure(now, error))
        failure.error, failure.refused = error, refused
        failure.count += 1
        pause = _REFUSED if refused else min(_LONGEST, 2.0 ** min(failure.count - 1, 20))
        failure.again = now + pause
        self._tell(lane, error, now)
        return failure

    def _tell(self, lane: str, error: Exception, now: float) -> None:
        text = str(error)
        if now - self._told.get(text, -_QUIET) < _QUIET:
            return
        self._told = {told: at for told, at in self._told.items() if now - at < _QUIET} | {text: now}
        expected = isinstance(error, SdkError | NotReadable)
        fields: dict[str, Any] = {**self._fields, **({"lane": lane} if lane.strip("/") else {})}
        _log.log(logging.WARNING if expected else logging.ERROR, "%s: %s", self._stream, error,
                 extra={"fields": fields}, exc_info=None if expected else error)  # fmt: skip

    def clear(self, lane: str) -> None:
        """This lane works."""
        self._lanes.pop(lane, None)

    def blocks(self, lane: str, now: float) -> bool:
        """Whether this lane is not to be tried yet."""
        failure = self._lanes.get(lane)
        return failure is not None and failure.again > now

    def __contains__(self, lane: str) -> bool:
        return lane in self._lanes

    def lanes(self) -> list[str]:
        """The lanes that fail."""
        return list(self._lanes)

    def again(self) -> Iterator[tuple[str, float]]:
        """When each of them is tried again (monotonic seconds)."""
        return ((lane, failure.again) for lane, failure in self._lanes.items())

    def retries(self, now: float) -> list[str]:
        """The lanes whose time has come."""
        return [lane for lane, failure in self._lanes.items() if failure.again <= now]

    @property
    def next(self) -> float | None:
        """When the first of them is tried again (monotonic seconds)."""
        return min((failure.again for failure in self._lanes.values()), default=None)

    @property
    def since(self) -> float | None:
        """Since when something has been failing (monotonic seconds)."""
        return min((each.since for each in self._lanes.values() if not each.refused), default=None)

    @property
    def error(self) -> Exception | None:
        """What it is failing with."""
        return next((each.error for each in self._lanes.values() if not each.refused), None)

    @property
    def refused(self) -> list[str]:
        """The partitions that the source refuses."""
        return sorted({lane.rpartition("/")[0] for lane, each in self._lanes.items() if each.refused})
