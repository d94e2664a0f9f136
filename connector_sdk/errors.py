"""Everything that can go wrong, as one tree.

::

    SdkError
    ├── DefinitionError            the author's file cannot work; raised when it is imported
    │   └── NotPerformedError      declared rightly, but this version's engine does not perform it yet
    ├── ConfigError                the user's config does not fit the connector
    ├── SourceError                the source, or the way to it
    │   ├── UnreachableError       no answer: DNS, refused, TLS, time-out, 5xx until the budget ended
    │   ├── CredentialsError       the source refused the credentials
    │   ├── RefusedError           the source refused the request for good (4xx)
    │   ├── AnswerError            an answer that cannot be used: not JSON, HTML, cut off
    │   ├── ExportFailedError      an export that the source gave up, or did not finish in time
    │   ├── RecordsNotFoundError   the records pointer matched nothing in the answer
    │   ├── PagingError            a token that repeats, "more" without a token, a page order that breaks the promise
    │   ├── CappedError            the source cuts its answer short, and the question cannot be made smaller
    │   └── ChangeLogExpiredError  a change log whose tokens die before everything can be listed once
    ├── RecordError                a record that cannot leave as a document
    │   ├── MissingKeyError
    │   ├── MissingCursorError
    │   └── RecordTooLargeError
    ├── StateError                 state that cannot be resumed from, or grows beyond what may be kept
    │   ├── StateFullError
    │   ├── StateNewerError
    │   └── StateUnreadableError
    ├── ProtocolError              a request of the runtime that makes no sense
    │   ├── MalformedLineError
    │   ├── UnknownBindingError
    │   ├── DuplicateBindingError
    │   └── CollectionKeyError
    ├── CatalogError               what lies beside connectors: the catalog, requests, entries, flow.yaml, new folders
    │   ├── CatalogUsageError      what was asked for makes no sense; nothing was begun
    │   ├── CatalogDataError       a catalog file that is none, or of a newer version
    │   ├── RequestFileError       a request that is not valid, or a step that its state or its people do not allow
    │   ├── EntryError             a catalog entry that is not valid, or does not agree with its connector
    │   ├── FlowSpecError          a flow.yaml that cannot be read, merged or written
    │   └── ScaffoldError          a connector's folder that cannot be begun
    └── ImageError                 an image that cannot be built, kept or sent
        ├── ImageUsageError        what was asked for makes no sense; nothing was begun
        ├── ImageLockError         the packages that go into it: no lock, a stale one, no wheel for the platform
        ├── EngineError            the container engine: none, no permission, or it refused
        ├── BaseImageError         the base image: not found, or not one that fits
        ├── ImageRefusedError      built, but too large, or with a licence that is refused
        ├── ImageCheckError        built, but it does not run as Flow and Airbyte run it
        └── RegistryError          a registry that cannot be reached, or refuses

Each class has a ``code``; ``connector-sdk explain CODE`` shows its page. The text of an error is one sentence that
says what failed, then, where there is one, a hint that says what to do. It never holds the value of a secret.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Self

__all__ = [
    "AnswerError",
    "BaseImageError",
    "CappedError",
    "CatalogDataError",
    "CatalogError",
    "CatalogUsageError",
    "ChangeLogExpiredError",
    "CollectionKeyError",
    "ConfigError",
    "CredentialsError",
    "DefinitionError",
    "DuplicateBindingError",
    "EngineError",
    "EntryError",
    "ExportFailedError",
    "FlowSpecError",
    "ImageCheckError",
    "ImageError",
    "ImageLockError",
    "ImageRefusedError",
    "ImageUsageError",
    "MalformedLineError",
    "MissingCursorError",
    "MissingKeyError",
    "NotPerformedError",
    "PagingError",
    "ProtocolError",
    "RecordError",
    "RecordTooLargeError",
    "RecordsNotFoundError",
    "RefusedError",
    "RegistryError",
    "RequestFileError",
    "ScaffoldError",
    "SdkError",
    "SourceError",
    "StateError",
    "StateFullError",
    "StateNewerError",
    "StateUnreadableError",
    "UnknownBindingError",
    "UnreachableError",
    "all_errors",
    "did_you_mean",
]


class SdkError(Exception):
    """What failed, in one sentence; ``hint`` says what to do about it. The root of the tree."""

    code = "error"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Message and hint in one line; after a full stop the hint is a sentence of its own."""
        if not self.hint:
            return self.message
        if self.message[-1:] == ")":  # the author's file and line
            return f"{self.message}: {self.hint}"
        if self.message[-1:] != ".":
            return f"{self.message} {self.hint}"
        first = self.hint.split()[0].rstrip(",;:")
        hint = self.hint[0].upper() + self.hint[1:] if first.isalpha() else self.hint
        return f"{self.message} {hint}{'' if hint[-1] in '.?!' else '.'}"

    def about(self, stream: str) -> Self:
        """This error, its message telling which stream it is about."""
        if f"{stream!r}" not in self.message:
            self.message = f"stream {stream!r}: {self.message}"
        return self


class DefinitionError(SdkError, TypeError):
    """A definition that cannot work. Raised on import; names the stream and the nearest thing that would work."""

    code = "definition"


class NotPerformedError(DefinitionError):
    """A definition that is right, but that this version's engine does not perform yet."""

    code = "not-performed-yet"


class ConfigError(SdkError, ValueError):
    """The user's config does not fit: a field is missing, misspelt or of the wrong kind. Never shows a value."""

    code = "config"


class SourceError(SdkError):
    """The source, or the way to it, failed. ``status`` is the HTTP status where there was an answer."""

    code = "source"

    def __init__(self, message: str, *, hint: str = "", status: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class UnreachableError(SourceError):
    """No usable answer until the budget for retries ended."""

    code = "source-unreachable"


class CredentialsError(SourceError):
    """The source refused the credentials, after one refresh where they can be refreshed."""

    code = "credentials-refused"


class RefusedError(SourceError):
    """The source refused this request for good."""

    code = "request-refused"


class AnswerError(SourceError):
    """An answer with a good status that cannot be used: not JSON, not UTF-8, or cut off."""

    code = "answer-unusable"


class ExportFailedError(SourceError):
    """An export that the source gave up, or did not finish in the time declared for it."""

    code = "export-failed"


class RecordsNotFoundError(SourceError):
    """The records pointer matched nothing in an answer; names the lists that were there."""

    code = "records-not-found"


class PagingError(SourceError):
    """The pages do not lead to an end: a token that repeats, "more" without a token, too many empty pages."""

    code = "paging-stuck"


class CappedError(SourceError):
    """The source gives no more than so many records for one question, and this question is as small as its filter
    allows."""

    code = "answer-capped"


class ChangeLogExpiredError(SourceError):
    """A change log's token expired twice before everything could be listed once."""

    code = "change-log-expired"


class RecordError(SdkError):
    """A record that cannot leave as a document."""

    code = "record"


class MissingKeyError(RecordError):
    """A record has no value, or no scalar value, at a place of its stream's key."""

    code = "record-without-key"


class MissingCursorError(RecordError):
    """A record has no readable value at its stream's cursor."""

    code = "record-without-cursor"


class RecordTooLargeError(RecordError):
    """A document is larger than Flow takes (16 MB)."""

    code = "record-too-large"


class StateError(SdkError):
    """State that cannot be resumed from."""

    code = "state"


class StateFullError(StateError):
    """More has to be remembered than may be kept: too many partitions, or keys where their deletes are required."""

    code = "state-full"


class StateNewerError(StateError):
    """The state was written by a newer version of the SDK."""

    code = "state-newer"


class StateUnreadableError(StateError):
    """The state is not JSON, or not a JSON object."""

    code = "state-unreadable"


class ProtocolError(SdkError):
    """A request of the runtime that makes no sense."""

    code = "protocol"


class MalformedLineError(ProtocolError):
    """A line on stdin that is not one JSON object with one known request in it."""

    code = "protocol-line-malformed"


class UnknownBindingError(ProtocolError):
    """A binding names a stream that the connector does not have."""

    code = "binding-unknown"


class DuplicateBindingError(ProtocolError):
    """Two bindings have the same resource path."""

    code = "binding-duplicate"


class CollectionKeyError(ProtocolError):
    """A collection's key has a place that the stream's documents do not have."""

    code = "collection-key"


class CatalogError(SdkError):
    """What lies beside the connectors: Estuary's catalog, requests, entries, flow.yaml, new folders."""

    code = "catalog"


class CatalogUsageError(CatalogError, ValueError):
    """What was asked for makes no sense. Nothing was begun."""

    code = "catalog-usage"


class CatalogDataError(CatalogError):
    """A catalog file that cannot be used: not one, or of a newer version than this SDK knows."""

    code = "catalog-data"


class RequestFileError(CatalogError):
    """A request that is not valid, or a step that its state, or who takes it, does not allow."""

    code = "connector-request"


class EntryError(CatalogError):
    """A catalog entry that is not valid, or does not agree with its connector or its image."""

    code = "catalog-entry"


class FlowSpecError(CatalogError):
    """A flow.yaml that cannot be read, merged or written."""

    code = "flow-spec"


class ScaffoldError(CatalogError):
    """A connector's folder that cannot be begun."""

    code = "scaffold"


class ImageError(SdkError):
    """An image that cannot be built, kept or sent."""

    code = "image"


class ImageUsageError(ImageError, ValueError):
    """What was asked for makes no sense, such as a push to no registry. Raised before anything is begun."""

    code = "image-usage"


class ImageLockError(ImageError):
    """The packages that go into an image: there is no lock, it is stale, or no wheel fits the platform."""

    code = "image-lock"


class EngineError(ImageError):
    """The container engine: there is none, it may not be used, or it refused."""

    code = "engine"


class BaseImageError(ImageError):
    """The base image: it is not found, not readable, or not one that fits."""

    code = "image-base"


class ImageRefusedError(ImageError):
    """The image was put together, but it is larger than its budget, or holds a package whose licence is refused."""

    code = "image-refused"


class ImageCheckError(ImageError):
    """The image was built, but does not run as Flow and Airbyte run it; it got no tag."""

    code = "image-check"


class RegistryError(ImageError):
    """A registry cannot be reached, or refuses."""

    code = "registry"


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """The hint for a wrong name: the nearest known one, else all of them, else nothing."""
    names = list(known)
    near = difflib.get_close_matches(wrong, names, 1, 0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"there is {', '.join(repr(name) for name in names)}" if names else ""


def all_errors() -> Iterator[type[SdkError]]:
    """Every class of the tree, the root first."""
    pending: list[type[SdkError]] = [SdkError]
    seen: set[type[SdkError]] = set()
    while pending:
        each = pending.pop(0)
        if each not in seen:
            seen.add(each)
            yield each
            pending += each.__subclasses__()
