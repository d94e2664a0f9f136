"""How a binding writes: documents and the change of state that they earn, as one transaction."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from connector_sdk.plan import Patch

from .documents import Document, Upserts
from .outbox import Outbox
from .state import BindingState, split

__all__ = ["Encoder", "Ledger"]

_PATCH = 128 << 10


class Encoder(Protocol):
    """What a protocol's back end gives: the bytes of a transaction."""

    def transaction(self, binding: int, documents: Sequence[Document], patch: Patch) -> bytes:
        """The documents of one binding, and the checkpoint that covers them with this change of its state."""
        ...


class Ledger:
    """One binding's documents and state on their way out, counted."""

    def __init__(self, binding: int, state: BindingState, outbox: Outbox, encoder: Encoder) -> None:
        self.state = state
        self.documents = 0
        self.deletions = 0
        self.checkpoints = 0
        self._binding = binding
        self._outbox = outbox
        self._encoder = encoder
        self._ages: deque[int] = deque(maxlen=4096)

    async def commit(
        self,
        size: int,
        make: Callable[[], tuple[Sequence[Document], Patch]],
        *,
        lazy: bool = True,
        written: Callable[[], None] | None = None,
    ) -> None:
        """Write the documents and the patch that ``make`` gives at the instant they are queued.

        Without documents a ``lazy`` patch is only noted, and leaves with the next transaction: idle progress costs
        nothing. ``written`` is called when the last byte has left.
        """

        def transaction() -> bytes:
            documents, patch = make()
            if not documents and (lazy or not (patch or self.state.lazy)):
                self.state.note(patch)
                return b""
            self.checkpoints += 1
            deleted = 0 if isinstance(documents, Upserts) else sum(document.op == "d" for document in documents)
            self.deletions += deleted
            self.documents += len(documents) - deleted
            return self._encoder.transaction(self._binding, documents, self.state.take(patch))

        await self._outbox.put(size, transaction, written)

    async def flush(self) -> None:
        """Write what waits, in transactions without documents, none with more than a patch may hold.

        What waits is taken at the instant it is queued: taken before, it would be written behind later changes.
        """
        if not self.state.lazy:
            return

        def transactions() -> bytes:
            patches = list(split(self.state.take({}), _PATCH))
            self.checkpoints += len(patches)
            return b"".join(self._encoder.transaction(self._binding, (), patch) for patch in patches)

        await self._outbox.put(0, transactions)

    def fresh(self, age: int) -> None:
        """A record left so many microseconds after its change in the source."""
        self._ages.append(age)

    def freshness(self) -> tuple[float, float] | None:
        """Seconds from a change in the source to its checkpoint, for the latest records: median and worst."""
        if not self._ages:
            return None
        ages = sorted(self._ages)
        return ages[len(ages) // 2] / 1e6, ages[-1] / 1e6
