"""What is tested: a connector that can be started, and the sandbox and documents beside it."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from connector_sdk.declare import (
    ChangeLog,
    Connector,
    Follow,
    Incremental,
    Listed,
    as_tuple,
    interval,
    micros,
)
from connector_sdk.testing.fake import Part, Sandbox, beside
from connector_sdk.testing.flow import Player

__all__ = ["Subject"]

_HOUR = 3_600_000_000
_SDK = str(Path(__file__).resolve().parents[3])


@dataclass(frozen=True)
class Subject:
    """A connector under test.

    ``argv`` starts it as Flow would; ``folder`` holds its ``sandbox.py``, README and package ``module`` (empty where it
    is no package of Python); ``patience``: seconds of silence that are too many. Of an image also: ``sealed`` starts it
    without a network, ``memory`` is its containers' limit, which judges it in place of what is measured of a process,
    and ``files`` the folder that they see at the same path.
    """

    name: str
    argv: tuple[str, ...]
    folder: Path
    module: str = ""
    env: dict[str, str] = field(default_factory=dict)
    patience: float = 60.0
    sealed: tuple[str, ...] = ()
    memory: str = ""
    files: Path | None = None

    def player(self, **env: str) -> Player:
        """The runtime's side. It ends when it is caught up, unless CONNECTOR_RUN says something else."""
        path = os.pathsep.join([str(self.folder), _SDK, *filter(None, [os.environ.get("PYTHONPATH", "")])])
        return Player(
            self.argv,
            env={"PYTHONPATH": path, "CONNECTOR_RUN": "once", "CONNECTOR_WARM": "1", **self.env, **env},
            timeout=self.patience,
        )

    def bare(self) -> Player:
        """The runtime's side as it probes: without a network, where that can be taken away, and with no environment."""
        if self.sealed:
            return Player(self.sealed, timeout=30)
        path = self.player().env.get("PYTHONPATH", "")
        return Player(self.argv, env={"PYTHONPATH": path, **self.env}, inherit=False, timeout=30)

    def sandbox(self, options: dict[str, Any]) -> Sandbox:
        """A new sandbox. Of the options those are given that its function takes."""
        found: Sandbox = self._module.sandbox(**self.accepted(options))
        return found

    def accepted(self, options: dict[str, Any]) -> dict[str, Any]:
        """Those of the options that its ``sandbox()`` takes."""
        known = inspect.signature(self._module.sandbox).parameters
        if any(each.kind is each.VAR_KEYWORD for each in known.values()):
            return options
        return {name: value for name, value in options.items() if name in known}

    @property
    def parts(self) -> list[Part]:
        """What is proved together."""
        return list(getattr(self._module, "PARTS", None) or [Part()])

    @cached_property
    def _module(self) -> Any:
        return beside(self.folder / "sandbox.py", "sandbox")

    @cached_property
    def declared(self) -> Connector[Any] | None:
        """Its definition, where it is one of this SDK's."""
        if not self.module:
            return None
        sys.path.insert(0, str(self.folder))
        try:
            found = importlib.import_module(self.module)
        finally:
            sys.path.remove(str(self.folder))
        return next((each for each in vars(found).values() if isinstance(each, Connector)), None)

    def deletes(self, stream: str) -> bool:
        """Whether the stream's deletes are captured; of what is not declared here, it is taken for granted."""
        if self.declared is None:
            return True
        found = [each for each in self.declared.declared() if each.name == stream]
        return not found or found[0].deletes is not None or not isinstance(found[0].sync, Incremental | Follow)

    def volatile(self, stream: str) -> tuple[str, ...]:
        """Pointers to what changes from reading to reading and makes no new version."""
        found = [] if self.declared is None else [each for each in self.declared.declared() if each.name == stream]
        return tuple(found[0].volatile) if found else ()

    @cached_property
    def settling(self) -> float:
        """Hours after which all that a change means has been due once: every interval, lag, re-read and sweep."""
        longest = 25 * _HOUR
        for stream in self.declared.declared() if self.declared is not None else ():
            longest = max(longest, micros(interval(stream)) + _settling(stream.sync))
            if listed := stream.learns(Listed):
                longest = max(longest, micros(listed.every))
        return longest / _HOUR + 1


def _settling(sync: Any) -> int:
    """Microseconds until a sync has looked again at all that it looks at again."""
    if isinstance(sync, Incremental):
        # a window that a lookup finds is the user's, and not known here
        windows = [micros(each) for each in as_tuple(sync.reread) if isinstance(each, str | timedelta)]
        passes = [max(_HOUR, window // 7) for window in windows]
        return micros(sync.lag) + max([*passes, 0 if sync.sweep is None else micros(sync.sweep)])
    if isinstance(sync, ChangeLog):
        return micros(sync.lag) + (0 if sync.sweep is None else micros(sync.sweep))
    if isinstance(sync, Follow):
        return 0 if sync.sweep is None else micros(sync.sweep)
    return 0
