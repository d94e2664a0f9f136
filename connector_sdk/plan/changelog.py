"""The plan of a ChangeLog stream: the log, and the full read beside it, from one partition's state and the time alone.

The state of a partition ``p``:

- ``token.p``: where the log goes on; its presence is "known"
- ``full.p = {from, t, n}``: everything has to be listed (not before ``from``, since a listing may trail the log);
  ``t`` is when that was decided, ``n`` how often the token has expired since the last listing was finished
- ``due.p``: the next comparison with everything, for logs that may lose
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector_sdk.errors import ChangeLogExpiredError

from .incremental import TailPass
from .steps import FULL, LOG, Patch, Planned, Step, earliest

__all__ = ["ChangeLogPlan"]

State = Mapping[str, Any]


@dataclass(frozen=True)
class ChangeLogPlan:
    """What a declaration asks for, in microseconds. ``lag``: how far the listing may trail the log; ``sweep``: how
    often all is compared, or None."""

    every: int
    lag: int
    sweep: int | None = None

    def known(self, state: State, partition: str = "") -> bool:
        """Whether a token has been committed."""
        return partition in state.get("token", {})

    def plan(self, state: State, now: int, log: TailPass, opened: int, partition: str = "") -> Planned:
        """The next look at the log, and the full read if one is due. ``opened``: when this session began, since a
        listing may trail what the log told the session before."""
        steps, lazy = [], {}
        full = state.get("full", {}).get(partition)
        again = log.again(self.every)
        if log.began is None or (again is not None and now >= again) or (full is None and not log.filled):
            log.began, log.filled = now, full is None
            steps.append(Step(LOG, partition, page=state.get("token", {}).get(partition, "")))
        dues: list[int | None] = [log.again(self.every)]
        if not self.known(state, partition):
            return Planned(tuple(steps), earliest(dues))
        due = state.get("due", {}).get(partition)
        if full is None and self.sweep is not None and due is not None and now >= due:
            full = {"from": now, "t": now, "n": 0}
            lazy = {"full": {partition: full}}
        if full is not None:
            begin = max(full["from"], opened + self.lag)
            if now >= begin:
                steps.append(Step(FULL, partition))
            else:
                dues.append(begin)
        elif due is not None:
            dues.append(due)
        return Planned(tuple(steps), earliest(dues), lazy, not steps and full is None and log.filled)

    def init(self, token: str, now: int, partition: str = "") -> Patch:
        """The change that fixes where the log is followed from, before anything is listed."""
        return {"token": {partition: token}, "full": {partition: {"from": now + self.lag, "t": now, "n": 0}}}

    def expired(self, state: State, token: str | None, now: int, served: bool, partition: str = "") -> Patch:
        """The change after the log refused its token: a new one, and everything listed again; keys are kept.
        ``served``: the token has been good in this session, so that it expired while it was used.

        Raises ChangeLogExpiredError where the listing has not been finished since the last time.
        """
        full = state.get("full", {}).get(partition)
        if full is not None and full["n"] and served:
            raise ChangeLogExpiredError(
                f"the change log's token expired twice before everything could be listed once: the listing has taken "
                f"{(now - full['t']) // 1_000_000:,} s so far, and the token lived for less.",
                hint="narrow the stream (per=), raise the source's limits, or use sync=Snapshot()",
            )
        entry = {"from": now + self.lag, "t": now, "n": int(served)}
        return {"token": {partition: token}, "full": {partition: entry}}

    def listed(self, began: int, partition: str = "") -> Patch:
        """The change that a finished listing has earned."""
        patch: Patch = {"full": {partition: None}}
        if self.sweep is not None:
            patch["due"] = {partition: began + self.sweep}
        return patch
