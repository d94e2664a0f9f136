"""Where a check is tried: the connector, its sandboxes, and how much is to be tried."""

from __future__ import annotations

from typing import Any

from connector_sdk.testing.conformance._check import NotExercised
from connector_sdk.testing.conformance._subject import Subject
from connector_sdk.testing.conformance._world import Source, World
from connector_sdk.testing.fake import Part

__all__ = ["Lab"]


class Lab:
    """What a check is given. ``quick``: try less; ``seen`` collects what happened, for the report."""

    def __init__(self, source: Source, *, quick: bool = False, seed: int = 0) -> None:
        self.source = source
        self.subject: Subject = source.subject
        self.quick = quick
        self.seed = seed
        self.seen: list[dict[str, Any]] = []

    @property
    def parts(self) -> list[Part]:
        """The parts of the source; of a smoke only the first."""
        found = self.subject.parts
        return found[:1] if self.quick else found

    def large(self) -> World:
        """A sandbox of the size that it has by itself, with all streams that are on by default."""
        return self.world(Part())

    def world(self, part: Part | None = None, *, seed: int = 0, **options: Any) -> World:
        """A new sandbox and capture, to be used in a ``with``: of the first part, where none is given."""
        if not (self.subject.folder / "sandbox.py").is_file():
            raise NotExercised("the connector has no sandbox.py")
        return World(self.source, part or self.subject.parts[0], self.seen, self.seed + seed, options)
