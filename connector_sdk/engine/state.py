"""What is remembered of a binding: opened with care, changed only by patches, kept by the runtime.

A state is one JSON object under ``bindingStateV1.<stateKey>``: ``v`` is its version, ``by`` the fingerprint of what
gives it meaning, ``start`` the first instant of history; the rest is the planner's (docs/architecture.md).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from connector_sdk.errors import StateNewerError, StateUnreadableError
from connector_sdk.plan import Patch

__all__ = ["VERSION", "BindingState", "compose", "merge", "split"]

VERSION = 1


def merge(target: dict[str, Any], patch: Mapping[str, Any]) -> None:
    """Change ``target`` as RFC 7396 says: objects merge, None removes, all else replaces."""
    for name, value in patch.items():
        if value is None:
            target.pop(name, None)
        elif isinstance(value, Mapping):
            inner = target.get(name)
            if not isinstance(inner, dict):
                inner = target[name] = {}
            merge(inner, value)
        else:
            target[name] = value


def compose(first: Patch, second: Mapping[str, Any]) -> Patch:
    """One patch that does what ``first`` and then ``second`` do.

    An object that follows a None is written whole by every planner, so that merging it over the old one replaces it.
    """
    both = dict(first)
    for name, value in second.items():
        if isinstance(value, Mapping) and isinstance(both.get(name), Mapping):
            both[name] = compose(both[name], value)
        else:
            both[name] = copy.deepcopy(dict(value)) if isinstance(value, Mapping) else value
    return both


def split(patch: Patch, limit: int) -> Iterator[Patch]:
    """The same change in patches of about ``limit`` characters each, cut between partitions and their members (R27)."""
    part: Patch = {}
    size = 0
    for kind, change in patch.items():
        for name, inner in change.items() if isinstance(change, dict) else [(None, change)]:
            length = len(kind) + len(str(name)) + len(str(inner))
            if size and size + length > limit:
                yield part
                part, size = {}, 0
            size += length
            if name is None:
                part[kind] = inner
            else:
                part.setdefault(kind, {})[name] = inner
        if change == {}:
            part[kind] = {}
    if part:
        yield part


class BindingState:
    """The state of one binding, as it will be once everything that is under way has been written.

    ``data`` is always ahead of what the runtime has committed, and commits are prefixes of it, so a crash takes all
    lanes back together. ``lazy`` holds changes that wait for the next transaction, ``noted`` how many they are.
    """

    def __init__(self, found: object, by: str, start: str) -> None:
        self.warning = ""
        self.lazy: Patch = {}
        self.data: dict[str, Any] = {}
        self.start_before: str | None = None
        self.noted = 0
        if found is None or found == {}:
            self._begin(by, start, old={})
            return
        if not isinstance(found, dict):
            raise StateUnreadableError("The state of this binding is no JSON object.", hint="backfill the binding")
        version = found.get("v")
        if not isinstance(version, int) or version < 1:
            self._begin(by, start, old=found)
            self.warning = "its state was not written by this SDK, so it starts over"
        elif version > VERSION:
            raise StateNewerError(
                f"The state was written by a newer version of the connector (layout {version}; known: {VERSION}).",
                hint="go back to the newer image, or backfill the binding",
            )
        elif found.get("by") != by:
            self._begin(by, start, old=found)
            self.warning = f"its definition changed ({found.get('by')!r} is now {by!r}), so it starts over"
        else:
            self.data = copy.deepcopy(found)
            self._start = start
            if found.get("start") != start:
                self.start_before = found.get("start")

    def restarted(self) -> None:
        """What another start of history asks for has been noted, so that the start may be, after it."""
        self.start_before = None
        self.note({"start": self._start})

    def _begin(self, by: str, start: str, *, old: Mapping[str, Any]) -> None:
        self.note({**dict.fromkeys(old), "v": VERSION, "by": by, "start": start})

    def note(self, patch: Patch) -> None:
        """Change the state; it is written with the next transaction."""
        merge(self.data, patch)
        self.lazy = compose(self.lazy, patch)
        self.noted += 1

    def take(self, patch: Patch) -> Patch:
        """Change the state, and get all that is to be written now: this patch and what waited before it."""
        merge(self.data, patch)
        whole, self.lazy = compose(self.lazy, patch), {}
        self.noted = 0
        return whole
