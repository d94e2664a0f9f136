"""The source's side: rows with their versions, and pages as a server of its habits gives them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .declared import FORMATS, Declared
from .loop import EPOCH

__all__ = ["Expired", "Given", "Question", "Source", "Version", "floor"]


class Expired(Exception):
    """The token is dead."""


@dataclass(frozen=True)
class Version:
    """A row from the instant ``seen`` on, until a later version (by ``number``) is seen. Instants are seconds."""

    number: int
    value: int
    seen: float
    body: bytes
    alive: bool = True


@dataclass(frozen=True)
class Question:
    """A request as the server understands it: the texts of its borders, and its page token."""

    since: object = None
    until: object = None
    page: str | None = None


@dataclass(frozen=True)
class Given:
    """The answer: bodies in order, the next page's token, how many rows all pages have."""

    rows: list[bytes]
    next: str | None
    total: int


@dataclass
class _Token:
    made: float
    after: tuple[object, ...] = ()
    offset: int = 0
    frozen: list[bytes] = field(default_factory=list)


class Source:
    """Rows and their history. ``now`` gives the source's own time in seconds since 1970."""

    def __init__(self, declared: Declared, now: Callable[[], float]) -> None:
        self.declared = declared
        self.now = now
        self.rows: dict[str, list[Version]] = {}
        self.removed: list[str] = []
        self.dead_before = 0.0
        self._tick = FORMATS[declared.tick][1]
        self._unit = FORMATS[declared.unit][1]
        self._tokens: list[_Token] = []
        self._count = 0

    # ---- what people do in it --------------------------------------------------------------------------------------

    def edit(self, key: str, content: int, *, late: float = 0, ago: float = 0) -> None:
        """Create or change a row; the change is seen ``late`` seconds after. ``ago``: it happened so long before."""
        at = self.now() - ago
        last = self._last(key)
        value = floor(int(at), self._tick)
        if not self.declared.moves and last is not None and last.alive:
            value = last.value
            if at + late > value + self.declared.late:
                return  # nobody promised to find an edit as late as that
        body = json.dumps({"id": key, "at": _written(value, self.declared.tick), "c": content}).encode()
        self._add(key, Version(self._next(), value, at + late, body))

    def remove(self, key: str) -> None:
        """Delete a row."""
        last = self._last(key)
        if last is not None and last.alive:
            self._add(key, Version(self._next(), last.value, self.now(), b"", alive=False))
            self.removed.append(key)

    def _last(self, key: str) -> Version | None:
        versions = self.rows.get(key)
        return versions[-1] if versions else None

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _add(self, key: str, version: Version) -> None:
        self.rows.setdefault(key, []).append(version)

    # ---- what is there ---------------------------------------------------------------------------------------------

    def visible(self, at: float) -> dict[str, Version]:
        """The rows that are seen at an instant."""
        found = {}
        for key, versions in self.rows.items():
            for version in reversed(versions):
                if version.seen <= at:
                    if version.alive:
                        found[key] = version
                    break
        return found

    def last_seen(self) -> float:
        """When the last change becomes visible."""
        return max((version.seen for versions in self.rows.values() for version in versions), default=0.0)

    def gone_since(self, key: str, there: set[str], removals: int) -> bool:
        """Whether there was an instant at which this row was not there, since one at which these keys were there and
        so many removals had been made."""
        return key not in there or key in self.removed[removals:]

    # ---- its server ------------------------------------------------------------------------------------------------

    def answer(self, question: Question) -> Given:
        """A page of what is visible now. Raises Expired."""
        token = self._token(question.page) if question.page is not None else None
        if token is not None and self.declared.paging == "frozen":
            found = token.frozen
            return self._page(found, token.offset, len(found), lambda at: self._keep(_Token(0, (), at, found)))
        listed = sorted(self._matching(question), key=lambda pair: self._place(*pair))
        bodies = [version.body for _, version in listed]
        if self.declared.paging == "one":
            return Given(bodies, None, len(bodies))
        if self.declared.paging == "keyset":
            places = [self._place(*pair) for pair in listed]
            begin = 0 if token is None else sum(place <= token.after for place in places)
            return self._page(bodies, begin, len(bodies), lambda at: self._keep(_Token(0, places[at - 1])))
        begin = 0 if token is None else token.offset
        frozen = bodies if self.declared.paging == "frozen" else []
        return self._page(bodies, begin, len(bodies), lambda at: self._keep(_Token(0, (), at, frozen)))

    def _page(self, bodies: list[bytes], begin: int, total: int, keep: Callable[[int], str]) -> Given:
        end = begin + self.declared.size
        return Given(bodies[begin:end], keep(end) if end < len(bodies) else None, total)

    def _keep(self, token: _Token) -> str:
        token.made = self.now()
        self._tokens.append(token)
        return f"t{len(self._tokens) - 1}"

    def _token(self, text: str) -> _Token:
        token = self._tokens[int(text[1:])]
        if token.made < self.dead_before or (self.declared.lives and self.now() > token.made + self.declared.lives):
            raise Expired
        return token

    def _place(self, key: str, version: Version) -> tuple[object, ...]:
        match self.declared.listing:
            case "rising":
                return (version.value, key)
            case "falling":
                return (-version.value, key)
            case "edit":
                return (version.number,)
            case _:
                return (key,)

    def _matching(self, question: Question) -> Iterator[tuple[str, Version]]:
        declared = self.declared
        low = None if question.since is None else _read(question.since, declared.unit)
        high = None if question.until is None else _read(question.until, declared.unit)
        for key, version in self.visible(self.now()).items():
            at = floor(version.value, self._unit)
            if low is not None and (at < low or (at == low and declared.since == "exclusive")):
                continue
            if high is not None and (at > high or (at == high and declared.until == "exclusive")):
                continue
            yield key, version


def floor(at: int, length: int) -> int:
    """The beginning of the step of this length that an instant lies in."""
    return at - at % length


def _written(at: int, how: str) -> object:
    if how == "second":
        return at
    moment = datetime.fromtimestamp(at, UTC)
    return moment.strftime("%Y-%m-%d" if how == "day" else "%Y-%m-%dT%H:%M:%SZ")


def _read(text: object, how: str) -> int:
    if how == "second":
        return int(str(text))
    moment = datetime.fromisoformat(str(text)).replace(tzinfo=UTC)
    return floor(int(moment.timestamp()), FORMATS[how][1])


assert EPOCH % 86_400 == 0
