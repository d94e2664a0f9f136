"""Limits on requests: so many in any window of so long."""

from __future__ import annotations

from collections import deque
from typing import Literal

from connector_sdk.testing.fake._values import Duration, seconds_of

__all__ = ["Limit", "RetryAfter"]

RetryAfter = Literal["seconds", "date"] | None
"""How a refusal tells when to come back: whole seconds, an HTTP date, or not at all."""


class Limit:
    """At most ``count`` requests in any window of ``per``, on the API's clock. Refused requests do not count."""

    def __init__(self, count: int, per: Duration, retry_after: RetryAfter, status: int, message: str) -> None:
        self.count = count
        self.per = seconds_of(per)
        self.retry_after = retry_after
        self.status = status
        self.message = message
        self.refused = 0
        """How many requests this limit has refused."""
        self._taken: deque[int] = deque()

    def wait(self, now: int) -> float:
        """Seconds until a request would pass; 0 when it passes now."""
        window = int(self.per * 1_000_000)
        while self._taken and self._taken[0] <= now - window:
            self._taken.popleft()
        if len(self._taken) < self.count:
            return 0.0
        return (self._taken[0] + window - now) / 1_000_000

    def take(self, now: int) -> None:
        """Count a request that passed."""
        self._taken.append(now)

    def reset(self) -> None:
        """Forget what was taken."""
        self._taken.clear()
