"""What an author's own code is given: the source, the step, and pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from connector_sdk.config import Config

from .values import Json

if TYPE_CHECKING:
    from .endpoints import Endpoint

__all__ = ["Client", "Page", "Source", "Span", "Step"]

C = TypeVar("C", bound=Config)


@dataclass(frozen=True)
class Span:
    """The half-open span of cursor values ``[since, until)`` that a step reads, in the cursor's own writing."""

    since: Any
    until: Any


class Page(Protocol):
    """What one answer held."""

    @property
    def json(self) -> Any:
        """The whole body, decoded."""
        ...

    @property
    def token(self) -> str | None:
        """The token of the next page; None on the last, empty where more of the same answer follows."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The answer's headers; names in any case."""
        ...

    def records(self) -> Iterator[Json]:
        """The records, decoded one by one."""
        ...

    def values(self, at: str) -> list[Any]:
        """What each record holds at a place."""
        ...


class Client(Protocol):
    """Requests with the connector's limits, retries, credentials and rules.

    ``step`` fills SINCE, UNTIL, EACH and NEXT; ``each`` and ``next`` take their place where they are given.
    """

    async def page(
        self, endpoint: Endpoint, step: Step | None = None, *, each: Any = None, next: str | None = None
    ) -> Page:
        """One page: all that one answer holds."""
        ...

    def pages(
        self, endpoint: Endpoint, step: Step | None = None, *, each: Any = None, next: str | None = None
    ) -> AsyncIterator[Page]:
        """All pages from here to the end; a large ``body`` that is not JSON comes in several."""
        ...

    def stream(
        self, endpoint: Endpoint, step: Step | None = None, *, each: Any = None, next: str | None = None
    ) -> AsyncIterator[Page]:
        """One answer whose ``body`` is not JSON, of any size, in pages of about half a megabyte, in constant memory.

        ``page`` gives the same answer in one page, of at most 128 MiB. The first page comes when the whole body has
        arrived and is known not to be cut off; until the last one it is kept in a temporary file, which goes with the
        loop: ``async with contextlib.aclosing(source.http.stream(...))`` where the loop is left early. The token of
        every page but the last is empty. Raises SourceError, RecordError for a record that no document can hold, and
        AnswerError where the body makes no sense further on.
        """
        ...

    def records(self, endpoint: Endpoint, step: Step | None = None, *, each: Any = None) -> AsyncIterator[Json]:
        """The records of all pages."""
        ...

    def make_page(self, records: Iterable[Json], token: str | None = None) -> Page:
        """A page of the author's own; with a ``token`` it may be resumed from."""
        ...


@dataclass(frozen=True)
class Source(Generic[C]):
    """The source as an author's code sees it: the user's config and the client."""

    config: C
    http: Client


@dataclass(frozen=True)
class Step:
    """What is to be read now: this partition (``each``), these followed records (``batch``), this ``span``, from
    ``token`` on where the step is resumed."""

    each: Any = None
    batch: Sequence[Json] = ()
    span: Span | None = None
    token: str | None = None
