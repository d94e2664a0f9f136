"""What is known of each binding while a preview runs, and how it is shown."""

from __future__ import annotations

import sys
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from connector_sdk.cli._output import console, table
from connector_sdk.testing.flow import Capture, Captured, Log

__all__ = ["BindingProgress", "Display", "Progress"]

_REFRESH = 0.25
_PLAIN = 3.0
_WINDOW = 5.0
_WARNINGS = 50


@dataclass
class BindingProgress:
    """One binding: what arrived, counted here, and what the connector tells of itself in its progress logs."""

    name: str
    documents: int = 0
    checkpoints: int = 0
    requests: int | None = None
    retries: int | None = None
    at: str = ""
    status: str = ""
    last_warning: str = ""
    recent: deque[tuple[float, int]] = field(default_factory=deque)

    def rate(self, now: float) -> float:
        """Documents a second over the last few seconds."""
        self.recent.append((now, self.documents))
        while len(self.recent) > 2 and now - self.recent[0][0] > _WINDOW:
            self.recent.popleft()
        began, before = self.recent[0]
        return (self.documents - before) / (now - began) if now > began else 0.0


class Progress:
    """All bindings of a session. ``warnings`` are the distinct warnings, ``status`` the connector's last status."""

    def __init__(self, capture: Capture) -> None:
        self.bindings = [BindingProgress(each.name) for each in capture.bindings]
        self.status = ""
        self.warnings: Counter[str] = Counter()
        self._by_name = {each.name: each for each in self.bindings}

    def document(self, event: Captured) -> None:
        """A document arrived."""
        self.bindings[event.binding].documents += 1

    def log(self, log: Log) -> str:
        """Take what a log tells; returns a warning that has not been shown yet, else nothing."""
        if log.event == "connectorStatus":
            self.status = log.message
        if log.event == "progress":
            self._told(log.fields)
        if log.level not in ("warn", "error"):
            return ""
        text = log.message.removeprefix(f"{log.stream}: ")
        message = f"{log.stream}: {text}" if log.stream else text
        if log.stream in self._by_name:
            self._by_name[log.stream].last_warning = text
        self.warnings[message] += 1
        return message if self.warnings[message] == 1 and len(self.warnings) <= _WARNINGS else ""

    def _told(self, fields: dict[str, Any]) -> None:
        index = fields.get("binding")
        found = self._by_name.get(str(fields.get("stream", "")))
        if found is None and isinstance(index, int) and 0 <= index < len(self.bindings):
            found = self.bindings[index]
        if found is None:
            return
        for name in ("requests", "retries"):
            if isinstance(fields.get(name), int):
                setattr(found, name, fields[name])
        for name in ("at", "status"):
            if isinstance(fields.get(name), str):
                setattr(found, name, fields[name])


class Display:
    """Shows progress on stderr: a table that is redrawn on a terminal, a line every few seconds elsewhere."""

    def __init__(self, progress: Progress, clock: Callable[[], float] = time.monotonic) -> None:
        self._progress = progress
        self._clock = clock
        self._console = console(sys.stderr)
        self._live: Any = None
        self._shown = clock()
        self._told: list[int] = []
        for each in progress.bindings:
            each.rate(self._shown)  # so that the first rate has a beginning

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            from rich.live import Live

            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.__exit__(kind, error, trace)

    def say(self, text: str) -> None:
        """A line that stays, above the progress."""
        self._console.print(text, soft_wrap=True)

    def turn(self) -> None:
        """Show the present state, if the last one is old enough."""
        now = self._clock()
        if now - self._shown < (_PLAIN if self._live is None else _REFRESH):
            return
        self._shown = now
        if self._live is not None:
            self._live.update(self._table(now), refresh=True)
            return
        told = [each.documents for each in self._progress.bindings]
        for each, before in zip(self._progress.bindings, self._told or [0] * len(told), strict=True):
            if each.documents != before:
                self.say(_line(each, now))
        self._told = told

    def _table(self, now: float) -> Any:
        columns = ("stream", "documents", "per second", "requests", "retries", "at", "status")
        rows = table(self._progress.status, *columns, right=columns[1:5])
        for each in self._progress.bindings:
            rows.add_row(
                each.name,
                f"{each.documents:,}",
                f"{each.rate(now):,.0f}",
                "" if each.requests is None else f"{each.requests:,}",
                "" if each.retries is None else f"{each.retries:,}",
                each.at,
                each.status,
            )
        return rows


def _line(each: BindingProgress, now: float) -> str:
    parts = [f"{each.name}: {each.documents:,} documents", f"{each.rate(now):,.0f} a second"]
    parts += [f"{each.requests:,} requests"] if each.requests is not None else []
    parts += [f"{each.retries:,} retries"] if each.retries else []
    parts += [f"at {each.at}"] if each.at else []
    parts += [each.status] if each.status else []
    return ", ".join(parts)
