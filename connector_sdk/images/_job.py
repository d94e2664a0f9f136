"""What a build is about: how it was asked for, what it has at hand, and what comes of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from connector_sdk.images._base import is_file
from connector_sdk.images._checks import Check
from connector_sdk.images._container import Limits
from connector_sdk.images._engine import Engine
from connector_sdk.images._reference import Reference
from connector_sdk.images._settings import Settings
from connector_sdk.images._size import Size
from connector_sdk.images._stage import Stage

__all__ = ["Builder", "Built", "Job", "Options"]


@dataclass(frozen=True)
class Options:
    """How to build: see ``connector-sdk build --help``, whose options these are."""

    tag: str = ""
    builder: str = "docker"
    base: str = ""
    output: Path | None = None
    push: bool = False
    sbom: Path | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass
class Built:
    """What came of a build. ``digest`` is the manifest's where it is known: pushed, or built without an engine;
    ``labels`` are the image's."""

    image: str
    builder: str
    base: str
    size: Size = field(default_factory=lambda: Size({}, 0))
    bill: dict[str, Any] = field(default_factory=dict)
    id: str = ""
    digest: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    started: str = ""
    output: str = ""
    pushed: bool = False
    checks: list[Check] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Counts the seconds of a phase."""
        began = time.monotonic()
        yield
        self.seconds[phase] = round(self.seconds.get(phase, 0.0) + time.monotonic() - began, 2)


@dataclass
class Job:
    """One build under way. ``work`` is its own folder, gone when it ends; ``name`` is what the image will be called."""

    settings: Settings
    options: Options
    name: Reference
    base: str
    work: Path
    say: Callable[[str], object]
    built: Built
    engine: Engine = field(default_factory=Engine)

    def note_base(self, pinned: str) -> None:
        """Note a base that may be another one tomorrow; ``pinned`` is its digest of today, where that is known."""
        if "@" not in self.base and not is_file(self.base):
            to = (
                f", such as {self.base}@{pinned}" if pinned else f": docker pull {self.base} prints its digest of today"
            )
            self.built.notes.append(f"the base image {self.base} is not pinned; name it with its digest{to}")


class Builder(Protocol):
    """A way to build. ``prepare`` fails early: before packages are fetched, and before anything is made."""

    def prepare(self, job: Job) -> None: ...

    def make(self, job: Job, staged: Stage) -> None:
        """Build the image, start it, and only then name, write and push it."""
