"""Asana's logs in the sandbox: an event feed for each resource, with sync tokens, and the audit log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connector_sdk.testing.fake import JsonObject

DAY = 86_400_000_000


class Feeds:
    """Events by the resource that a feed is of: they bubble up, so one event may be in several feeds.

    A sync token is good for a day, and shows all that came after it was made.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self.events: dict[str, list[JsonObject]] = {}
        self._tokens: dict[str, tuple[str, int, int, int]] = {}
        self._used: dict[int, int] = {}
        self._chains = 0
        self._expired = -1
        self.lost = False

    def tell(self, resources: list[str], event: JsonObject) -> None:
        """Something happened, which these resources' feeds tell, unless events are lost."""
        for each in () if self.lost else dict.fromkeys(resources):
            self.events.setdefault(each, []).append(event)

    def fresh(self, resource: str) -> str:
        """A token for what comes from now on."""
        self._chains += 1
        return self._token(resource, len(self.events.get(resource, ())), self._chains)

    def _token(self, resource: str, position: int, chain: int) -> str:
        token = f"de4774f6{len(self._tokens):08x}:{chain}"
        self._tokens[token] = (resource, position, chain, self._now())
        return token

    def expire(self) -> None:
        """Every token given so far is too old."""
        self._expired = len(self._tokens) - 1

    def opened(self, resource: str, token: str, *, forgets: bool) -> tuple[int, int] | None:
        """Where a token goes on, and its chain; None where it is too old, or of another resource. ``forgets``: a token
        that is older than one that was used is not taken any more."""
        of, position, chain, born = self._tokens.get(token, ("", 0, 0, 0))
        number = list(self._tokens).index(token) if of else -1
        if of != resource or number <= self._expired or born < self._now() - DAY:
            return None
        if forgets and position < self._used.get(chain, 0):
            return None
        self._used[chain] = max(position, self._used.get(chain, 0))
        return position, chain

    def after(self, resource: str, position: int, chain: int, most: int) -> JsonObject:
        """The events behind a position, at most so many, and the token to go on from."""
        found = self.events.get(resource, [])
        page = found[position : position + most]
        end = position + len(page)
        return {"data": page, "sync": self._token(resource, end, chain), "has_more": end < len(found)}


def event(
    kind: str, action: str, gid: str, at: str, *, parent: JsonObject | None = None, change: JsonObject | None = None,
    user: JsonObject | None = None,
) -> JsonObject:  # fmt: skip
    """An event: ``parent`` is told of what was added or removed only, ``user`` may be null."""
    told: dict[str, Any] = {"user": user, "type": kind, "action": action, "parent": parent, "created_at": at}
    told["resource"] = {"gid": gid, "resource_type": kind}
    if change is not None:
        told["change"] = change
    return told
