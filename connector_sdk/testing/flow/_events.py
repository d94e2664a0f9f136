"""What happens in a session, in the order in which it arrived."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from connector_sdk.testing.flow._logs import Log

__all__ = ["Answered", "BackfillMark", "Captured", "Checkpoint", "Event", "Exited", "Opened", "SourcedSchema"]


class Answered(NamedTuple):
    """The answer to a request that was sent before ``open`` on the same stdin: its kind, and its body."""

    kind: str
    body: dict[str, Any]


class Opened(NamedTuple):
    """The session is open; ``acknowledgements`` tells whether the connector wants its checkpoints acknowledged."""

    acknowledgements: bool


class Captured(NamedTuple):
    """One document of a binding: decoded, and the whole line as it came."""

    binding: int
    doc: dict[str, Any]
    line: bytes


class SourcedSchema(NamedTuple):
    """A schema that the source vouches for; it takes effect with the next checkpoint."""

    binding: int
    schema: dict[str, Any]


class BackfillMark(NamedTuple):
    """The beginning or the end of a full refresh of a binding."""

    binding: int
    begins: bool


class Checkpoint(NamedTuple):
    """All before it is committed. ``documents`` counts, per binding, the documents that it covers.

    ``number`` counts the session's checkpoints from 1, ``patch`` is the state change, ``size`` the line's bytes.
    """

    number: int
    patch: dict[str, Any]
    merge: bool
    documents: dict[int, int]
    size: int


class Exited(NamedTuple):
    """The process is gone; ``code`` is negative for a signal, as in subprocess."""

    code: int


Event: TypeAlias = Answered | Opened | Captured | SourcedSchema | BackfillMark | Checkpoint | Log | Exited
