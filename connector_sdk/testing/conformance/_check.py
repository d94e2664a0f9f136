"""What a check is: a name, why it matters, and a function that tries it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from connector_sdk.testing.conformance._lab import Lab

__all__ = ["CHECKS", "GROUPS", "Check", "Failed", "NotExercised", "Outcome", "Status", "check", "expecting"]

Status = Literal["passed", "failed", "not exercised"]


class Failed(AssertionError):  # noqa: N818 - says what happened
    """The connector did not do what the check is about; the text is a sentence with what was seen."""


class NotExercised(Exception):  # noqa: N818 - says what happened
    """The check has nothing to try on this connector; the text is the reason."""


@dataclass(frozen=True)
class Check:
    """One behaviour that is judged from outside. ``rules``: the promises of the engine, or sections of the protocol,
    that it is about; ``quick``: whether it is part of the smoke; ``try_``: tries it and tells what was seen."""

    name: str
    group: str
    why: str
    rules: tuple[str, ...]
    quick: bool
    try_: Callable[[Lab], str]


@dataclass
class Outcome:
    """What came of a check: ``told`` is a sentence on what was seen, or what is wrong; ``seen`` has the sessions and
    requests, and of a failed one the conversation."""

    check: str
    group: str
    why: str
    rules: tuple[str, ...]
    status: Status
    told: str
    seconds: float = 0.0
    seen: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The same for ``--json``."""
        return {
            "check": self.check, "group": self.group, "why": self.why, "rules": list(self.rules),
            "status": self.status, "told": self.told, "seconds": round(self.seconds, 2), "seen": self.seen,
        }  # fmt: skip


GROUPS = ("protocol", "config", "documentation", "capture", "bindings", "state", "shards", "crash", "faults", "airbyte")
"""The groups of checks, in the order in which they are told."""

CHECKS: dict[str, Check] = {}
"""All checks by name."""


def check(
    group: str, why: str, *rules: str, quick: bool = False
) -> Callable[[Callable[[Lab], str]], Callable[[Lab], str]]:
    """Make a check of a function; its name, with hyphens, is the check's."""

    def add(try_: Callable[[Lab], str]) -> Callable[[Lab], str]:
        name = try_.__name__.replace("_", "-")
        CHECKS[name] = Check(name, group, why, rules, quick, try_)
        return try_

    return add


@contextmanager
def expecting(what: str) -> Iterator[None]:
    """Say of anything that the connector does wrong within that it happened while ``what``."""
    from connector_sdk.testing.flow import CallFailedError, SilentError, ViolationError

    try:
        yield
    except (CallFailedError, SilentError, ViolationError) as error:
        raise Failed(f"{what}: {error}") from error
