"""Values that are found before requests can be made."""

from __future__ import annotations

import asyncio
import inspect
import math
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from connector_sdk.declare import Lookup, Source, micros
from connector_sdk.errors import DefinitionError, SdkError, SourceError

from .blame import failed_at
from .limits import Clock
from .signals import Signal

__all__ = ["Lookups"]

_finding: ContextVar[tuple[Lookup[Any], ...]] = ContextVar("finding", default=())


class Lookups:
    """The values of lookups: found once a session, again every ``every``, once for all who wait."""

    def __init__(self, source: Source[Any], clock: Clock, scrub: Callable[[str], str]) -> None:
        self._source = source
        self._clock = clock
        self._scrub = scrub
        self._found: dict[Lookup[Any], tuple[float, object, float]] = {}
        self._tasks: dict[Lookup[Any], asyncio.Task[Any]] = {}

    async def get(self, lookup: Lookup[Any], since: float = -math.inf) -> Any:
        """The value, looked for from this instant on (monotonic seconds). What the author's function raises becomes a
        SourceError that names the lookup."""
        found = self._found.get(lookup)
        if found is not None and self._clock.monotonic() < found[0] and found[2] >= since:
            return found[1]
        if lookup in _finding.get():
            raise DefinitionError(f"{lookup!r} needs its own value.", hint="take it out of the requests that find it")
        task = self._tasks.get(lookup)
        if task is None:
            task = self._tasks[lookup] = asyncio.get_running_loop().create_task(self._find(lookup))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        # one who is cancelled must not take the value from the others
        value = await asyncio.shield(task)
        return value if self.began(lookup) >= since else await self.get(lookup, since)

    def began(self, lookup: Lookup[Any]) -> float:
        """When the value that there is was looked for (monotonic seconds)."""
        return self._found[lookup][2]

    async def _find(self, lookup: Lookup[Any]) -> Any:
        began = self._clock.monotonic()
        _finding.set((*_finding.get(), lookup))
        try:
            value = lookup.find(self._source)
            if inspect.isawaitable(value):
                value = await value
        except (SdkError, Signal):
            raise
        except Exception as wrong:
            raise SourceError(f"{lookup!r}: {self._scrub(failed_at(lookup.find, wrong))}.") from wrong
        else:
            self._found[lookup] = (self._clock.monotonic() + micros(lookup.every) / 1e6, value, began)
            return value
        finally:
            self._tasks.pop(lookup, None)

    async def aclose(self) -> None:
        """End what is still being looked for."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
