"""The source's server: requests as they arrive, answers as a server of its habits gives them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from .declared import length_of
from .source import Source, Table, Version

__all__ = ["Answer", "Server", "Told"]


@dataclass(frozen=True)
class Answer:
    """A status, and a body as JSON text."""

    status: int
    body: bytes
    rows: Sequence[bytes] = ()


class Told(Exception):
    """The server answers with a status and a text instead of a page."""

    def __init__(self, status: int, error: str, **more: object) -> None:
        self.answer = Answer(status, json.dumps({"error": error, **more}).encode())


@dataclass
class _Token:
    """Where a chain of pages goes on. ``read``, ``pages``: rows and pages of the chain so far."""

    made: float
    after: tuple[object, ...] = ()
    offset: int = 0
    frozen: list[bytes] = field(default_factory=list)
    read: int = 0
    pages: int = 1


class Server:
    """Answers to requests, by what is visible now. ``blank``: how many of the next listings begin empty. ``dying``: how
    many of the page tokens that come next are dead."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.declared = source.declared
        self.blank = 0
        self.dying = 0
        self._tokens: list[_Token] = []

    def answer(self, path: str, params: Mapping[str, str], body: bytes | None) -> Answer:
        """The answer to a request."""
        try:
            return self._routed(path, params, body)
        except Told as told:
            return told.answer

    def _routed(self, path: str, params: Mapping[str, str], body: bytes | None) -> Answer:
        match path:
            case "/check":
                return Answer(200, b'{"rows":[]}')
            case "/":
                raise Told(404, "nothing here")
            case "/rows":
                return self._listing(self.source.rows, params)
            case "/threads":
                return self._listing(self.source.threads, params)
            case "/keys":
                return self._listing(self.source.rows, params, self.declared.keys)
            case "/topics":
                return self._certain([pair for pair in self._seen(self.source.threads) if pair[0][0] == "u"], params)
            case "/second/rows" | "/second/threads" | "/second/keys":
                return self._second(path.removeprefix("/second"), params)
            case "/boxes":
                return self._boxes(params)
            case "/gone":
                return self._gone(params)
            case "/log":
                return self._log(params)
            case "/below":
                return self._below(params, body)
        return self._one(path.removeprefix("/rows/"))

    # ---- listings --------------------------------------------------------------------------------------------------

    def _listing(self, table: Table, params: Mapping[str, str], keys: str = "") -> Answer:
        """``keys``: how a listing of keys alone is paged, where it is one."""
        declared, paging = self.declared, keys or self.declared.paging
        token = self._token(params["page"], declared.lives) if "page" in params else None
        if token is None and self.blank:
            self.blank -= 1
            return Answer(200, b'{"rows":[]}')
        if token is not None and paging == "frozen":
            return self._page(token.frozen, token.offset, token)
        listed = sorted(self._asked(table, params), key=lambda pair: self._place(*pair))
        bodies = [_key_of(version) if keys else version.body for _, version in listed]
        match paging:
            case "one":
                return self._told(bodies[: declared.cap or None], None, len(bodies))
            case "offset":
                return self._counted(bodies, int(params["offset"]))
            case "number":
                return self._counted(bodies, int(params["number"]) * declared.size)
            case "key":
                return self._after([key for key, _ in listed], bodies, params)
            case "keyset":
                places = [self._place(*pair) for pair in listed]
                begin = 0 if token is None else sum(place <= token.after for place in places)
                return self._page(bodies, begin, token, places)
            case "frozen":
                return self._page(bodies, 0, None, frozen=True)
        return self._page(bodies, 0 if token is None else token.offset, token)

    def _asked(self, table: Table, params: Mapping[str, str]) -> Iterator[tuple[str, Version]]:
        low, high = (self._border(params.get(name)) for name in ("since", "until"))
        box = self._box(params)
        trailing = self.source.now() - self.declared.trails if self.declared.kind == "log" else None
        if trailing is not None:
            pairs = iter(table.visible(trailing).items())
        else:
            pairs = self.source.matching(table, low, high)
        return (pair for pair in pairs if pair[0][0] != "u" and (box is None or box in pair[1].where))

    def _box(self, params: Mapping[str, str]) -> str | None:
        box = params.get("box")
        if box is None:
            return None
        if self.source.hidden.get(box, 0.0) > self.source.now():
            raise Told(403, "not yours")
        if self.source.boxes.seen(box, self.source.now()) is None:
            raise Told(404, "no such box")
        return box

    def _border(self, text: str | None) -> int | None:
        if text is None:
            return None
        unit = self.declared.unit
        if unit in ("second", "number"):
            return int(text)
        if unit == "day":
            day = date.fromisoformat(text)
            today = datetime.fromtimestamp(self.source.now(), ZoneInfo(self.declared.zone)).date()
            if self.declared.until_today and (day > today or (day == today and self.declared.until == "inclusive")):
                raise Told(400, f"{text} has not ended")
            return day.toordinal()
        moment = datetime.fromisoformat(text).astimezone(UTC)
        return int(moment.timestamp()) // length_of(unit)

    def _page(
        self, bodies: list[bytes], begin: int, token: _Token | None, places: Sequence[tuple[object, ...]] = (),
        *, frozen: bool = False,
    ) -> Answer:  # fmt: skip
        declared = self.declared
        read = 0 if token is None else token.read
        size = min(declared.size, declared.cap - read) if declared.cap else declared.size
        end = min(len(bodies), begin + size)
        text = None
        if end < len(bodies) and (not declared.cap or read + end - begin < declared.cap):
            still = bodies if frozen or (token is not None and token.frozen) else []
            after = places[end - 1] if places else ()
            text = self._keep(_Token(self.source.now(), after, end, still, read + end - begin,
                                     1 if token is None else token.pages + 1))  # fmt: skip
        return self._told(bodies[begin:end], text, read + len(bodies) - begin if places else len(bodies))

    def _counted(self, bodies: list[bytes], begin: int) -> Answer:
        declared = self.declared
        end = min(begin + declared.size, declared.cap) if declared.cap else begin + declared.size
        return self._told(bodies[begin:end], None, len(bodies))

    def _after(self, keys: list[str], bodies: list[bytes], params: Mapping[str, str]) -> Answer:
        rest = [body for key, body in zip(keys, bodies, strict=True) if key > params.get("after", "")]
        return self._told(rest[: self.declared.size], None, len(bodies))

    def _second(self, path: str, params: Mapping[str, str]) -> Answer:
        table = self.source.threads if path == "/threads" else self.source.rows
        listed = sorted(self._asked(table, params))
        bodies = [_key_of(version) if path == "/keys" else version.body for _, version in listed]
        return self._after([key for key, _ in listed], bodies, params)

    def _told(self, rows: list[bytes], token: str | None, total: int) -> Answer:
        if not rows and token is None and self.declared.confirms_empty:
            return Answer(204, b"")
        more = b',"next":"' + token.encode() + b'"' if token is not None else b""
        if self.declared.total:
            more += b',"total":%d' % total
        return Answer(200, b'{"rows":[' + b",".join(rows) + b"]" + more + b"}", rows)

    def _keep(self, token: _Token) -> str:
        self._tokens.append(token)
        return f"t{len(self._tokens) - 1}"

    def _token(self, text: str, lives: int) -> _Token:
        token = self._tokens[int(text[1:])]
        if self.dying:
            self.dying -= 1
            raise Told(410, "the token has died")
        if token.made < self.source.dead_before or (lives and self.source.now() > token.made + lives):
            raise Told(410, "the token is dead")
        if self.declared.chain and token.pages > self.declared.chain:
            raise Told(410, "the token has grown old")
        return token

    def _place(self, key: str, version: Version) -> tuple[object, ...]:
        match self.declared.listing:
            case "rising":
                return (version.value, key)
            case "falling":
                return (-version.value, key)
            case "edit":
                return (version.number,)
        return (key,)

    # ---- everything else -------------------------------------------------------------------------------------------

    def _boxes(self, params: Mapping[str, str]) -> Answer:
        pairs = self._seen(self.source.boxes)
        return self._by_name(pairs, params, 2 if self.declared.per == "parents" else len(pairs))

    def _seen(self, table: Table) -> list[tuple[str, Version]]:
        return sorted(table.visible(self.source.now()).items())

    def _by_name(self, pairs: list[tuple[str, Version]], params: Mapping[str, str], size: int) -> Answer:
        """A page of these after the name that the token stands for."""
        token = self._token(params["page"], 0) if "page" in params else None
        rest = pairs if token is None else [pair for pair in pairs if pair[:1] > token.after]
        more = b""
        if len(rest) > size:
            text = self._keep(_Token(self.source.now(), (rest[size - 1][0],)))
            more = b',"next":"%b"' % text.encode()
        shown = [version.body for _, version in rest[:size]]
        return Answer(200, b'{"rows":[' + b",".join(shown) + b"]" + more + b"}", shown)

    def _gone(self, params: Mapping[str, str]) -> Answer:
        now, low, high = self.source.now(), int(params["from"]), int(params["to"])
        shown = [
            version.body
            for versions in self.source.rows.rows.values()
            for version in [next((each for each in reversed(versions) if each.seen <= now), None)]
            if version is not None and not version.alive and low <= int(version.seen) < high
        ]
        return Answer(200, b'{"rows":[' + b",".join(shown) + b"]}", shown)

    def _log(self, params: Mapping[str, str]) -> Answer:
        source, declared, box = self.source, self.declared, self._box(params)
        if "page" not in params and declared.refuses:
            source.refused = len(source.log)
            raise Told(410, "no token", next=f"{len(source.log)}@{source.now()}")
        if "page" not in params and declared.kind == "log":
            return self._entries([], len(source.log), more=False)
        place, _, made = params.get("page", f"0@{source.now()}").partition("@")
        if float(made) < source.dead_before or (declared.lives and source.now() > float(made) + declared.lives):
            raise Told(410, "the token is dead")
        begin = int(place)
        shown: list[bytes] = []
        at = begin
        for entry in source.log[begin:]:
            if entry.version.seen > source.now() or len(shown) >= declared.size:
                break
            at += 1
            if box is None or box in entry.version.where:
                alive = entry.version.alive
                only = {"id": entry.key, **({} if alive else {"gone": True})}
                shown.append(json.dumps(only).encode() if declared.ids else entry.version.body)
        return self._entries(shown, at, more=at < len(source.log) and source.log[at].version.seen <= source.now())

    def _entries(self, shown: list[bytes], at: int, *, more: bool) -> Answer:
        body = {"next": f"{at}@{self.source.now()}", "more": more}
        text = b'{"rows":[' + b",".join(shown) + b"]," + json.dumps(body).encode()[1:]
        return Answer(200, text, shown)

    def _one(self, key: str) -> Answer:
        version = self.source.rows.seen(key, self.source.now())
        if version is None:
            raise Told(404, "no such row")
        return Answer(200, b'{"row":' + version.body + b"}", [version.body])

    def _below(self, params: Mapping[str, str], body: bytes | None) -> Answer:
        names = json.loads(body)["of"] if body is not None else [params["of"]]
        if params.get("topic") == "true":
            names = [f"u{name[1:]}" for name in names]
        now = self.source.now()
        rows = self.source.rows.visible(now)
        for name in names if body is None else ():
            table = self.source.rows if name.startswith("k") else self.source.threads
            if table.seen(name, now) is None:
                raise Told(404, "no such thread")
        found = sorted((key, version) for key, version in rows.items() if any(name in version.where for name in names))
        if body is not None:
            shown = [version.body for _, version in found]
            return Answer(200, b'{"rows":[' + b",".join(shown) + b"]}", shown)
        return self._certain(found, params)

    def _certain(self, pairs: list[tuple[str, Version]], params: Mapping[str, str]) -> Answer:
        answer = self._by_name(pairs, params, 2)
        return Answer(204, b"") if not answer.rows and self.declared.confirms_empty else answer


def _key_of(version: Version) -> bytes:
    """What a listing of keys alone shows of a row."""
    row = json.loads(version.body)
    return json.dumps({name: row[name] for name in ("id", "at")}).encode()
