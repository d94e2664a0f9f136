"""Linear's one endpoint over the sandbox's data: limits, errors of every kind, archives, pages, and its traps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connector_sdk.engine.clock import parse_instant
from connector_sdk.testing.fake import Answer, FakeApi, JsonObject, OAuthTokens, Request, beside

if TYPE_CHECKING:
    import linear_data as data
    import linear_schema as schemas
else:
    data, schemas = beside(__file__, "linear_data"), beside(__file__, "linear_schema")

HOUR = 3600.0
CODES = {
    400: ("invalid input", "INPUT_ERROR"), 401: ("authentication error", "AUTHENTICATION_ERROR"),
    403: ("forbidden", "FORBIDDEN"), 429: ("ratelimited", "RATELIMITED"),
}  # fmt: skip


@dataclass
class Traps:
    """Linear's habits, each of which can be switched.

    ``refused``: root fields that these credentials may not read, with the error's type. ``most_points``: of one query.
    ``requests``, ``points``: what an hour allows. ``tells_limits``: whether answers have the headers of the limits.
    ``page_most``: no page holds more, whatever was asked for, as a small workspace's sandbox needs for several pages.
    ``offset_cursors``: cursors count rows, so pages shift; without it they are the id of the last row.
    ``lost_cursors``: there is more, and no cursor. ``same_cursors``: each page names the cursor that led to it.
    ``dead_cursors``: so many cursors are refused.
    """

    refused: dict[str, str] = field(default_factory=dict)
    most_points: float = 10_000
    requests: int = 2500
    points: int = 3_000_000
    tells_limits: bool = True
    page_most: int = 250
    offset_cursors: bool = False
    lost_cursors: bool = False
    same_cursors: bool = False
    dead_cursors: int = 0


class Failed(Exception):  # noqa: N818 - how Linear says no
    """An answer with ``errors``. ``beside``: the data that stands there all the same."""

    def __init__(self, kind: str, message: str, status: int = 400, *, code: str = "", **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.beside: JsonObject | None = more.pop("beside", None)
        self.headers: dict[str, str] = more.pop("headers", {})
        path = {"path": more.pop("path")} if "path" in more else {}
        extensions = {"type": kind, **({"code": code} if code else {}), "userError": True, **more}
        self.error: JsonObject = {"message": message, **path, "extensions": extensions}

    def answer(self) -> Answer:
        body: JsonObject = {"errors": [self.error]}
        if self.beside is not None:
            body["data"] = self.beside
        return Answer(body, self.status, dict(self.headers))


@dataclass
class Bucket:
    """A leaky bucket: it fills up evenly, in an hour."""

    most: float
    left: float
    since: int

    def take(self, amount: float, now: int) -> bool:
        self.left = min(self.most, self.left + (now - self.since) / 1e6 * self.most / HOUR)
        self.since = now
        if amount > self.left:
            return False
        self.left -= amount
        return True

    def headers(self, name: str) -> dict[str, str]:
        full = self.since // 1000 + int((self.most - self.left) / self.most * HOUR * 1000)
        return {f"X-RateLimit-{name}-Limit": f"{self.most:.0f}", f"X-RateLimit-{name}-Remaining": f"{int(self.left)}",
                f"X-RateLimit-{name}-Reset": f"{full}"}  # fmt: skip


class Routes:
    """Serves a world as Linear does. ``failures`` are thrown first, by root field or, for ``"*"``, for any."""

    def __init__(self, api: FakeApi, world: data.World, tokens: OAuthTokens, traps: Traps) -> None:
        self.api = api
        self.world = world
        self.traps = traps
        self.failures: list[tuple[str, Failed]] = []
        self.asked: list[tuple[schemas.Query, float]] = []
        now = api.now()
        self.requests = Bucket(traps.requests, traps.requests, now)
        self.points = Bucket(traps.points, traps.points, now)
        api.post("/graphql")(self.graphql)
        api.post("/oauth/token", auth=False)(tokens.endpoint)
        api.error_body = error_body

    def graphql(self, request: Request) -> Answer:
        self.world.settle(self.api.now())
        headers: dict[str, str] = {}
        try:
            body = request.json or {}
            query = self._read(body.get("query", ""), body.get("variables") or {})
            headers = self._limited(query)
            for at, (name, failed) in enumerate(self.failures):
                if name in ("*", query.fields[0].name):
                    del self.failures[at]
                    raise failed
            found = {each.key: self._root(each, request) for each in query.fields}
        except Failed as failed:
            answer = failed.answer()
            answer.headers = {**headers, **answer.headers}
            return answer
        return Answer({"data": found}, headers=headers)

    def _read(self, text: str, variables: JsonObject) -> schemas.Query:
        try:
            query = schemas.Query(text, variables)
            schemas.check(query.fields, "Query")
        except schemas.Invalid as wrong:
            raise Failed("graphql error", str(wrong), code="GRAPHQL_VALIDATION_FAILED") from None
        return query

    def _limited(self, query: schemas.Query) -> dict[str, str]:
        """The headers of the limits. Raises what Linear says of a query that is too much."""
        points, now = schemas.cost(query.fields, "Query"), self.api.now()
        self.asked.append((query, points))
        if points > self.traps.most_points:
            most = f"Maximum allowed complexity: {self.traps.most_points:.0f}."
            told = f"The query is too complex. Complexity: {points:.0f}. {most}"
            raise Failed("invalid input", "Query too complex", code="INPUT_ERROR", userPresentableMessage=told)
        free = not self.api.limits_on
        good = free or (self.requests.take(1, now) and self.points.take(points, now))
        buckets = {**self.requests.headers("Requests"), **self.points.headers("Complexity")}
        headers = {"X-Complexity": f"{points:.0f}", **buckets} if self.traps.tells_limits else {}
        if not good:
            raise Failed("ratelimited", "Rate limit exceeded", code="RATELIMITED", statusCode=429, headers=headers)
        return headers

    # ---- what is asked for

    def _root(self, each: schemas.Selected, request: Request) -> Any:
        if each.name in self.traps.refused:
            raise Failed(self.traps.refused[each.name], f"No access to {each.name}", path=[each.name])
        known, world = schemas.schema(), self.world
        kind = known.types["Query"][each.name]
        if kind.type.endswith("Connection"):
            nodes = known.nodes(kind.type)
            rows = [row for of in known.members.get(nodes, [nodes]) for row in world.table(of).values()]
            return self._page(each, nodes, rows, request)
        if "id" in each.arguments:
            row = world.table(kind.type).get(each.arguments["id"])
            if row is None:
                raise Failed("invalid input", f"Entity not found: {kind.type}", code="INPUT_ERROR")
            return self._shown(each.inner, kind.type, row, request)
        rows = list(world.table(kind.type).values())
        shown = [self._shown(each.inner, kind.type, row, request) for row in rows]
        return shown if kind.many else shown[0]

    def _shown(self, selected: list[schemas.Selected], kind: str, row: JsonObject, request: Request) -> JsonObject:
        """A record as it was asked for."""
        known, found = schemas.schema(), {}
        kind = row["__typename"] if kind in known.members else kind
        for each in selected:
            if each.on:
                if each.on == kind:
                    found |= self._shown(each.inner, kind, row, request)
                continue
            if each.name == "__typename":
                found[each.key] = kind
                continue
            field = known.types[kind][each.name]
            if field.type.endswith("Connection"):
                nodes = known.nodes(field.type)
                found[each.key] = self._page(each, nodes, self.world.below(kind, row, each.name, nodes), request)
            elif known.plain(field):
                found[each.key] = self.world.value(row, field)
            elif field.many:
                rows = self.world.below(kind, row, each.name, field.type)
                found[each.key] = [self._shown(each.inner, field.type, one, request) for one in rows]
            else:
                found[each.key] = self._referred(each, field.type, row.get(each.name), request)
        return found

    def _referred(self, each: schemas.Selected, kind: str, id: str | None, request: Request) -> JsonObject | None:
        if id is None:
            return None
        row = self.world.table(kind).get(id)
        return {"id": id} if row is None else self._shown(each.inner, kind, row, request)

    # ---- pages

    def _page(self, each: schemas.Selected, kind: str, rows: Iterable[JsonObject], request: Request) -> JsonObject:
        given = each.arguments
        first = given.get("first") or 50
        if not 1 <= first <= 250:
            raise Failed("invalid input", "Argument Validation Error", code="INPUT_ERROR")
        passes = filter_of(given.get("filter") or {})
        by = given.get("orderBy", "createdAt")
        shown = [row for row in rows if passes(row) and (given.get("includeArchived") or row["archivedAt"] is None)
                 and (given.get("includeDisabled") or row.get("active", True))]  # fmt: skip
        shown.sort(key=lambda row: (row[by], row["id"]), reverse=True)
        start = self._after(given.get("after"), kind, shown, by)
        page = shown[start : start + min(first, self.traps.page_most)]
        request.records = (request.records or 0) + len(page)
        more = start + len(page) < len(shown)
        end = str(start + len(page)) if self.traps.offset_cursors else page[-1]["id"] if page else None
        if self.traps.lost_cursors and more:
            end = None
        if self.traps.same_cursors and given.get("after"):
            more, end = True, given["after"]
        found: JsonObject = {}
        for one in each.inner:
            if one.name == "nodes":
                found[one.key] = [self._shown(one.inner, kind, row, request) for row in page]
            elif one.name == "pageInfo":
                info = {"hasNextPage": more, "endCursor": end, "hasPreviousPage": start > 0, "startCursor": None}
                found[one.key] = {part.key: info[part.name] for part in one.inner}
        return found

    def _after(self, after: str | None, kind: str, shown: list[JsonObject], by: str) -> int:
        """Where a page begins: behind the row that the cursor names, whatever has come and gone since."""
        if after is None:
            return 0
        table = self.world.table(kind)
        if self.traps.dead_cursors > 0 or (not self.traps.offset_cursors and after not in table):
            self.traps.dead_cursors -= 1
            raise Failed("invalid input", "Argument Validation Error", code="INPUT_ERROR")
        if self.traps.offset_cursors:
            return int(after)
        place = (table[after][by], after)
        return sum(1 for row in shown if (row[by], row["id"]) >= place)


def filter_of(given: JsonObject) -> Callable[[JsonObject], bool]:
    """A filter: all of its members hold."""
    tests: list[Callable[[JsonObject], bool]] = []
    for name, compared in given.items():
        for how, value in compared.items():
            wanted = parse_instant(value) if name.endswith("At") else value
            if how not in COMPARED:
                raise Failed("invalid input", f"Unknown comparator {how}", code="INPUT_ERROR")
            tests.append(lambda row, name=name, how=how, wanted=wanted: COMPARED[how](row[name], wanted))
    return lambda row: all(test(row) for test in tests)


COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda found, wanted: bool(found == wanted), "in": lambda found, wanted: found in wanted,
    "gt": lambda found, wanted: bool(found > wanted), "gte": lambda found, wanted: bool(found >= wanted),
    "lt": lambda found, wanted: bool(found < wanted), "lte": lambda found, wanted: bool(found <= wanted),
}  # fmt: skip


def error_body(status: int, message: str, request: Request) -> JsonObject:
    """The body of what the server in front says, or of faults that a test asks for. The login's is as in RFC 6749."""
    if request.path == "/oauth/token":
        return {"error": message}
    kind, code = CODES.get(status, ("internal error", "INTERNAL_SERVER_ERROR"))
    return {"errors": [{"message": message, "extensions": {"type": kind, "code": code, "userError": status < 500}}]}
